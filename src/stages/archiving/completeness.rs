//! The archive list, item by item, and what sealing still needs.

use crate::access::{Result, Tx};
use crate::db::{Id, text_enum};
use crate::documents;
use crate::http::Ref;
use crate::workflow::{self, Evidence, Facts, Offer, SEAL_NEEDS, WaivedView};
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// Whether an item of the archive list is there.
    ItemStatus {
        /// The project holds a file of that category.
        There = "there",
        /// It does not.
        Missing = "missing",
        /// The manager waived it.
        Waived = "waived",
    }
}

/// One item of the archive list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CompletenessItem {
    /// The item: a category of files.
    #[schema(example = "contract_scan")]
    pub item: String,
    /// Whether it is there.
    pub status: ItemStatus,
    /// The documents of that category that the caller may read.
    pub documents: Vec<Id>,
}

/// The archive list of a project.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Completeness {
    /// Whether nothing of the list is missing.
    pub complete: bool,
    /// The list.
    pub items: Vec<CompletenessItem>,
    /// Everything that sealing still needs.
    #[schema(example = json!(["documents_complete.photos", "paper_files_placed"]))]
    pub missing: Vec<String>,
    /// What of it the manager waived, and why.
    pub waived: Vec<WaivedView>,
}

/// Reads the archive list of a project.
pub fn of(tx: &mut Tx<'_>, r: &Ref) -> Result<Completeness> {
    let project = workflow::find(tx, r)?;
    let wanted: Vec<Evidence> = SEAL_NEEDS.iter().map(|need| need.evidence).collect();
    let facts = Facts::load(tx.conn, &project, &wanted)?;
    let names = facts.checklists.as_ref().map(|settings| settings.archive_items.clone()).unwrap_or_default();
    let files = documents::of_categories(tx, project.id, &names)?;
    let items: Vec<CompletenessItem> = names
        .into_iter()
        .map(|item| {
            let status = if facts.files.contains(&item) {
                ItemStatus::There
            } else if facts.is_waived(Evidence::DocumentsComplete, Some(&item)) {
                ItemStatus::Waived
            } else {
                ItemStatus::Missing
            };
            let documents = files.iter().filter(|(category, _)| *category == item).map(|(_, id)| *id).collect();
            CompletenessItem { item, status, documents }
        })
        .collect();
    let missing = workflow::missing(&facts, SEAL_NEEDS, &Offer::default()).iter().map(ToString::to_string).collect();
    let waived = workflow::waived(&facts, SEAL_NEEDS);
    Ok(Completeness { complete: items.iter().all(|item| item.status != ItemStatus::Missing), items, missing, waived })
}
