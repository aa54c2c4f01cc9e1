//! What may be told in an event: an event holds the record as it was, so it is told to whoever may read records of its kind, in the feed as on the
//! timeline. A role that may read events may read nearly all kinds; an API key only those that it was given.

use super::permissions::{
    ApiKeysRead, ClientsRead, ComplaintsRead, DocumentsRead, MoneyRead, PeopleRead, Permission, ProjectsRead,
    SettingsRead, TemplatesRead, WebhooksRead,
};
use super::{RecordsRead, Tx};
use crate::events::Event;

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
