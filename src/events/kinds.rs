//! Every kind of event there is, by what it is about: the change feed filters by them, webhooks subscribe to them, the document lists them.

use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// What can happen to each kind of record; an event's kind is `<record>.<what>`.
pub const KINDS: &[(&str, &[&str])] = &[
    ("user", &["created", "changed", "password_changed"]),
    ("api_key", &["created", "revoked"]),
    ("webhook_endpoint", &["created", "changed", "secret_rotated", "disabled", "enabled"]),
    ("group", &["created", "changed"]),
    ("department", &["created", "changed"]),
    ("settings", &["changed"]),
    ("calendar_day", &["put", "removed"]),
    ("contract_template", &["published"]),
    ("client", &["recorded", "changed", "contacted", "reassigned", "voided"]),
    ("contact", &["recorded", "changed", "voided"]),
    (
        "project",
        &[
            "inquiry_recorded",
            "loaded",
            "updated",
            "accepted",
            "declined",
            "assigned",
            "reassigned",
            "launched",
            "withdrawn",
            "won",
            "lost",
            "installation_finished",
            "acceptance_requested",
            "returned_to_adjustment",
            "transferred",
            "terminated",
            "settled",
            "sealed",
            "archived",
            "shelved",
            "resumed",
            "closed",
        ],
    ),
    ("waiver", &["granted", "voided"]),
    ("interaction", &["logged", "voided"]),
    ("qualification", &["recorded", "voided"]),
    ("instruction", &["recorded", "settled", "acknowledged", "voided"]),
    ("initiation_form", &["recorded", "changed", "voided"]),
    ("assignment_sheet", &["issued", "acknowledged", "voided"]),
    ("reassignment", &["recorded", "acknowledged", "voided"]),
    ("memo", &["sent", "answered", "voided"]),
    ("tender", &["registered", "corrected", "bid_submitted", "opened", "won", "lost", "cancelled", "voided"]),
    ("security", &["paid", "returned", "forfeited", "voided"]),
    ("commission", &["recorded", "voided"]),
    ("scheme", &["submitted", "commented", "confirmed", "superseded", "reinstated", "voided"]),
    ("quotation", &["issued", "accepted", "superseded", "reinstated", "voided"]),
    (
        "contract",
        &[
            "drafted",
            "loaded",
            "changed",
            "submitted",
            "reviewed",
            "signed",
            "amended",
            "site_access_replanned",
            "voided",
        ],
    ),
    ("seal_entry", &["logged", "voided"]),
    ("amendment", &["drafted", "changed", "submitted", "reviewed", "signed", "voided"]),
    ("milestone", &["planned", "reported", "voided"]),
    ("site_readiness_check", &["recorded", "voided"]),
    ("site_access_confirmation", &["recorded", "voided"]),
    ("installation_start", &["recorded", "voided"]),
    ("delivery", &["recorded", "voided"]),
    ("progress_entry", &["logged", "voided"]),
    ("site_issue", &["reported", "resolved", "voided"]),
    ("installation_sign_off", &["recorded", "voided"]),
    ("adjustment", &["requested", "changed", "planned", "completed", "confirmed", "refused", "voided"]),
    ("inspection", &["passed", "failed", "voided"]),
    ("acceptance_certificate", &["recorded", "voided"]),
    ("project_summary", &["written", "changed", "voided"]),
    ("termination_approval", &["approved", "agreement_filed", "voided"]),
    ("transfer", &["offered", "owner_named", "accepted", "returned", "voided"]),
    ("final_account", &["drafted", "submitted", "audited", "confirmed", "replaced", "voided"]),
    (
        "receivable",
        &[
            "opened",
            "amount_changed",
            "due_date_set",
            "paid",
            "payment_reversed",
            "written_off",
            "disputed",
            "dispute_ended",
        ],
    ),
    ("payment", &["recorded", "confirmed", "allocated", "refunded", "reversed", "voided"]),
    ("refund", &["paid"]),
    ("invoice", &["requested", "issued", "received", "red_lettered", "voided"]),
    ("collection_entry", &["recorded", "voided"]),
    ("dispute", &["opened", "ended", "reassigned", "voided"]),
    ("write_off", &["proposed", "approved", "rejected", "booked", "voided"]),
    ("document", &["uploaded", "revised", "updated", "filed", "released", "linked", "voided"]),
    ("archive", &["opened", "paper_files_placed", "sealed", "package_built"]),
    ("archive_addendum", &["recorded", "voided"]),
    (
        "complaint",
        &[
            "registered",
            "changed",
            "reassigned",
            "confirmed",
            "analysed",
            "measures_proposed",
            "measures_sent_back",
            "measures_approved",
            "reviewed",
            "carried_out",
            "verified",
            "found_ineffective",
            "answered",
            "opinion_recorded",
            "closed",
            "reopened",
            "voided",
        ],
    ),
    ("complaint_measure", &["proposed", "replaced", "approved", "done"]),
];

/// Every kind, such as `memo.sent`, in the order of the work.
pub fn kinds() -> impl Iterator<Item = String> {
    KINDS.iter().flat_map(|(record, happenings)| happenings.iter().map(move |what| format!("{record}.{what}")))
}

/// One of them, for the document: in what is asked for the list is closed. In answers it is open, since later releases add to it.
pub struct EventKind;

impl PartialSchema for EventKind {
    fn schema() -> RefOr<Schema> {
        let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(kinds()));
        words
            .description(Some("A kind of event: the record and what happened to it."))
            .examples(["contract.signed"])
            .into()
    }
}

impl ToSchema for EventKind {}

/// Whether there is such a kind.
pub fn is_kind(kind: &str) -> bool {
    let Some((record, what)) = kind.split_once('.') else { return false };
    KINDS.iter().any(|(known, happenings)| *known == record && happenings.contains(&what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_there_once() {
        let all: Vec<String> = kinds().collect();
        let mut once = all.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), all.len());
        assert!(is_kind("memo.sent") && !is_kind("memo.eaten") && !is_kind("memo"));
    }
}
