//! What may be told in an event: an event holds the record as it was, so it is told to whoever may read records of its kind, in the feed as on the
//! timeline. A role that may read events may read nearly all kinds; an API key only those that it was given.

use super::permissions::{
    ApiKeysRead, ClientsRead, ComplaintsRead, DocumentsRead, MoneyRead, PeopleRead, Permission, ProjectsRead,
    SettingsRead, TemplatesRead, WebhooksRead,
};
use super::{RecordsRead, Result, Tx};
use crate::events::Event;
use crate::http::Problem;

/// With which permission each kind of record is read; all others are papers of the client department.
const READ_WITH: &[(&str, &[&str])] = &[
    (ApiKeysRead::NAME, &["api_key"]),
    (ClientsRead::NAME, &["client", "contact"]),
    (ComplaintsRead::NAME, &["complaint", "complaint_measure"]),
    (DocumentsRead::NAME, &["document"]),
    (
        MoneyRead::NAME,
        &[
            "amendment",
            "collection_entry",
            "contract",
            "dispute",
            "final_account",
            "invoice",
            "payment",
            "quotation",
            "receivable",
            "refund",
            "seal_entry",
            "security",
            "write_off",
        ],
    ),
    (PeopleRead::NAME, &["department", "group", "user"]),
    (
        ProjectsRead::NAME,
        &["adjustment", "assignment_sheet", "instruction", "memo", "milestone", "project", "scheme", "site_issue"],
    ),
    (SettingsRead::NAME, &["calendar_day", "settings"]),
    (TemplatesRead::NAME, &["contract_template"]),
    (WebhooksRead::NAME, &["webhook_endpoint"]),
];

/// The permission with which records of this kind are read.
pub fn read_with(kind: &str) -> &'static str {
    let found = READ_WITH.iter().find(|(_, kinds)| kinds.contains(&kind));
    found.map_or(RecordsRead::NAME, |(permission, _)| permission)
}

/// Of these events those that this caller may be told.
pub fn told(tx: &Tx<'_>, mut events: Vec<Event>) -> Vec<Event> {
    events.retain(|event| tx.may(read_with(&event.subject_kind)));
    events
}

/// An API key is answered what needs several permissions only if it was given all of them: 403 with the first that it was not.
pub fn given(tx: &Tx<'_>, permissions: &[&'static str]) -> Result<()> {
    let missing = permissions.iter().find(|name| !tx.key_has(name));
    missing.map_or(Ok(()), |name| Err(out_of_scope(name).into()))
}

/// 403: the API key was not given this.
pub(super) fn out_of_scope(name: &str) -> Problem {
    Problem::forbidden(format!("This API key was not given `{name}`."), format!("此 API 密鑰沒有 `{name}` 權限。"))
}

/// An API key has nothing told elsewhere that it may not read itself: 403 at the first kind of event (`contract.signed`) of which that is so.
pub fn subscribes(tx: &Tx<'_>, mut kinds: impl Iterator<Item = String>) -> Result<()> {
    let needed = |kind: &str| read_with(kind.split('.').next().unwrap_or_default());
    let Some(kind) = kinds.find(|kind| !tx.key_has(needed(kind))) else { return Ok(()) };
    let needed = needed(&kind);
    Err(Problem::forbidden(
        format!(
            "`{kind}` is told with `{needed}`, which this API key was not given: it has only what it may read sent."
        ),
        format!("「{kind}」須有 {needed} 權限，此 API 密鑰沒有；它只能使可讀取的類別被發送。"),
    )
    .into())
}
