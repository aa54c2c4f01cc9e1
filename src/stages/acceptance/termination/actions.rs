//! Approving a termination and filing its agreement.

use super::store::{TerminationApproval, standing};
use crate::access::{Result, Tx};
use crate::db::Id;
use crate::documents::file_as;
use crate::http::{IfMatch, Problem, Ref};
use crate::records::{insert, locked, save, stale};
use crate::workflow::{self, Project, acts};
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

/// A termination to approve.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ApproveTermination {
    /// Why the project ends.
    #[validate(length(min = 1, max = 2000))]
    #[schema(example = "Fair cancelled; the client pays what is delivered", min_length = 1, max_length = 2000)]
    pub reason: String,
    /// The signed termination agreement, where it is there already.
    #[serde(default)]
    pub document_id: Option<Id>,
}

/// The agreement that came after the approval.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct FileAgreement {
    /// The signed termination agreement: a document of this project.
    pub document_id: Id,
}

const CATEGORY: &str = "termination_agreement";

/// Approves that a project on site ends. One approval stands at a time.
pub fn approve(tx: &mut Tx<'_>, r: &Ref, new: &ApproveTermination) -> Result<(Project, TerminationApproval)> {
    let project = workflow::lock(tx, r)?;
    acts::check_state(&project, &acts::APPROVE_TERMINATION, None)?;
    if standing(tx, project.id)?.is_some() {
        return Err(Problem::state(
            "A termination is approved already: void it first if it was a mistake.",
            "終止已獲批准；若有誤，請先作廢。",
        )
        .into());
    }
    workflow::allow(tx, &project, &acts::APPROVE_TERMINATION, None, None)?;
    if let Some(document) = new.document_id {
        file_as(tx, &project, document, CATEGORY, "/document_id")?;
    }
    let record = TerminationApproval {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        reason: new.reason.clone(),
        document_id: new.document_id,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "termination_approval.approved")?;
    Ok((project, record))
}

/// Files the agreement that came after the approval.
pub fn file_agreement(
    tx: &mut Tx<'_>,
    r: &Ref,
    if_match: &IfMatch,
    body: &FileAgreement,
) -> Result<(Project, TerminationApproval)> {
    let (project, mut record) = locked::<TerminationApproval>(tx, r)?;
    stale(tx, &record, if_match)?;
    acts::check_state(&project, &acts::FILE_AGREEMENT, None)?;
    if record.document_id.is_some() {
        return Err(Problem::state("The termination agreement is on file already.", "終止協議已存檔。").into());
    }
    workflow::allow(tx, &project, &acts::FILE_AGREEMENT, None, None)?;
    file_as(tx, &project, body.document_id, CATEGORY, "/document_id")?;
    record.document_id = Some(body.document_id);
    save(tx, &mut record, "termination_approval.agreement_filed")?;
    Ok((project, record))
}
