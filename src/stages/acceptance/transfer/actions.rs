//! Offering, accepting and returning a transfer.

use super::store::{
    Transfer, TransferKind, TransferState, is_on_offer, known_instructions, people, termination_reason, unpaid,
};
use crate::access::{Actor, Result, Tx};
use crate::clients;
use crate::db::{Id, Json};
use crate::documents::file_as;
use crate::http::{IfMatch, Problem, Ref, broken};
use crate::instructions;
use crate::receivables::{self, Trigger};
use crate::records::{Stored, insert, locked, save, stale};
use crate::settings;
use crate::workflow::{self, OfferedFile, Party, Project, Stage, Step, Taking, acts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// A transfer to offer.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OfferTransfer {
    /// The files of the transfer list; each takes the category it is offered in.
    #[serde(default)]
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub documents: Vec<OfferedDocument>,
    /// Who is to become back owner. Only the manager or a back leader may name one; else it is whoever accepts.
    #[serde(default)]
    pub named_owner_id: Option<Id>,
    /// A word to the receiver.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Keys are with the hall manager", max_length = 4000)]
    pub note: Option<String>,
}

/// A file to hand over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct OfferedDocument {
    /// An item of the transfer list, or another file category.
    #[validate(length(min = 1, max = 60), custom(function = file_category))]
    #[schema(example = "photos", min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$")]
    pub category: String,
    /// A document of this project.
    pub document_id: Id,
}

fn file_category(category: &str) -> std::result::Result<(), ValidationError> {
    let word = category.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if word && category != "open_instructions" {
        return Ok(());
    }
    Err(broken(
        "category",
        "Must be a file category, such as photos; open instructions go along by themselves.",
        "須為文件類別，例如 photos；未結交代自動隨行。",
    ))
}

/// The acceptance of a transfer.
#[derive(Debug, Clone, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct AcceptTransfer {
    /// The open instructions that the receiver has read and takes over; all of them are needed.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_items = 1000)]
    pub acknowledges: Vec<Id>,
    /// A word to the front owner.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Complete, thank you", max_length = 4000)]
    pub note: Option<String>,
}

/// The return of a transfer.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReturnTransfer {
    /// What is missing: items of the transfer list.
    #[validate(length(min = 1, max = 50))]
    #[schema(example = json!(["photos"]), min_items = 1, max_items = 50)]
    pub missing: Vec<String>,
    /// What is wrong with them.
    #[serde(default)]
    #[validate(length(max = 4000))]
    #[schema(example = "Photos of T3-C are missing", max_length = 4000)]
    pub note: Option<String>,
}

/// Who is to become back owner.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NameOwner {
    /// A leader or specialist of a back group.
    pub named_owner_id: Id,
}

/// Offers the transfer to the back group.
pub fn offer(tx: &mut Tx<'_>, r: &Ref, new: &OfferTransfer) -> Result<(Project, Transfer)> {
    each_document_once(&new.documents)?;
    let project = workflow::lock(tx, r)?;
    let kind = kind_from_here(tx, &project)?;
    workflow::allow(tx, &project, &acts::OFFER_TRANSFER, None, None)?;
    if let Some(named) = new.named_owner_id {
        if !workflow::is_any(tx, &project, &[Party::Manager, Party::BackLeader], None)? {
            return Err(Problem::not_party(
                "Only the manager or a back leader names the back owner; leave `named_owner_id` out.",
                "只有主管或客服部組長可指定後段負責人；請勿填寫 named_owner_id。",
            )
            .into());
        }
        back_staff(tx, named)?;
    }
    for (n, file) in new.documents.iter().enumerate() {
        file_as(tx, &project, file.document_id, &file.category, &format!("/documents/{n}/document_id"))?;
    }
    let record = Transfer {
        id: Id::new(),
        project_id: project.id,
        version: 1,
        kind,
        named_owner_id: new.named_owner_id,
        note: new.note.clone(),
        documents: Json(
            new.documents
                .iter()
                .map(|d| OfferedFile { category: d.category.clone(), document_id: d.document_id })
                .collect(),
        ),
        open_instructions: Json(instructions::open_on(tx, project.id)?),
        unpaid_receivables: Json(unpaid(tx, project.id)?),
        state: TransferState::Offered,
        missing: Json(Vec::new()),
        decision_note: None,
        acknowledged: Json(Vec::new()),
        decided_at: None,
        decided_by: None,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "transfer.offered")?;
    Ok((project, record))
}

/// A document has one category, so it stands for one item.
fn each_document_once(documents: &[OfferedDocument]) -> Result<()> {
    let mut seen = BTreeSet::new();
    for (n, file) in documents.iter().enumerate() {
        if !seen.insert(file.document_id) {
            let pointer = format!("/documents/{n}/document_id");
            return Err(Problem::validation(
                pointer,
                "duplicate",
                "This document is offered twice; each file stands for one category.",
                "同一文件重複列出；每份文件只屬一個類別。",
            )
            .into());
        }
    }
    Ok(())
}

/// Which step a transfer offered now would take, or 409.
fn kind_from_here(tx: &mut Tx<'_>, project: &Project) -> Result<TransferKind> {
    acts::check_state(project, &acts::OFFER_TRANSFER, None)?;
    let kind = match termination_reason(tx, project.id)? {
        Some(_) => TransferKind::Termination,
        None if project.stage == Stage::Acceptance => TransferKind::Acceptance,
        None => {
            return Err(Problem::state(
                "A transfer is offered in acceptance, or earlier once the manager approved a termination.",
                "移交在驗收階段提出；提前終止須先經主管批准。",
            )
            .into());
        }
    };
    if is_on_offer(tx, project.id)? {
        return Err(Problem::state(
            "A transfer is on offer already: it is accepted or returned first.",
            "已有待接收的移交：須先接收或退回。",
        )
        .into());
    }
    Ok(kind)
}

/// Refuses (422) whoever cannot own a project after its transfer.
fn back_staff(tx: &mut Tx<'_>, person: Id) -> Result<()> {
    if Actor::by_id(tx.conn, person)?.is_some_and(|p| p.is_back_staff()) {
        return Ok(());
    }
    Err(Problem::validation(
        "/named_owner_id",
        "not_back_staff",
        "Name an active leader or specialist of a back group.",
        "請指定在職的客服部組長或專員。",
    )
    .into())
}

/// Names who is to become back owner while the transfer is on offer.
pub fn name_owner(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &NameOwner) -> Result<(Project, Transfer)> {
    let (project, mut record) = locked::<Transfer>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::NAME_BACK_OWNER, Some(record.state.as_str()), None)?;
    back_staff(tx, body.named_owner_id)?;
    record.named_owner_id = Some(body.named_owner_id);
    save(tx, &mut record, "transfer.owner_named")?;
    Ok((project, record))
}

/// Accepts a transfer: the project goes into settlement and has its back owner, in one version.
pub fn accept(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &AcceptTransfer) -> Result<(Project, Transfer)> {
    let found = Transfer::find(tx, r)?.ok_or_else(Problem::not_found)?;
    let ends_early = found.kind == TransferKind::Termination;
    if ends_early {
        // Due dates move: the client's row comes before the project's.
        let client = workflow::find(tx, &Ref::Id(found.project_id.0))?.client_id;
        clients::lock(tx, client)?;
    }
    let (mut project, mut record) = locked::<Transfer>(tx, r)?;
    stale(tx, &record, if_match)?;
    let reason = still_possible(tx, &project, &record)?;
    workflow::allow(tx, &project, &acts::ACCEPT_TRANSFER, Some(record.state.as_str()), None)?;
    let open = instructions::open_on(tx, project.id)?;
    let acknowledged = acknowledged(tx, project.id, &body.acknowledges)?;
    let mut offer = workflow::offer_of(tx, &record.documents)?;
    offer.acknowledged = open.iter().map(|i| i.id).filter(|id| acknowledged.contains(id)).collect();
    let taken_over: Vec<Id> = offer.acknowledged.iter().copied().collect();
    let owner = record.named_owner_id.unwrap_or(tx.actor.id);
    project.back_owner_id = Some(owner);
    workflow::advance(tx, &mut project, record.kind.action(), &Taking { reason, review_on: None, offer })?;
    workflow::take_part(tx, project.id, owner)?;
    workflow::take_part(tx, project.id, tx.actor.id)?;
    if ends_early {
        // From now on balance and retention wait for the confirmed final account, whatever was certified before.
        receivables::fire(tx, &project, Trigger::Acceptance, None)?;
    }
    instructions::acknowledge(tx, project.id, &taken_over)?;
    record.state = TransferState::Accepted;
    record.open_instructions = Json(open);
    record.unpaid_receivables = Json(unpaid(tx, project.id)?);
    record.acknowledged = Json(taken_over);
    record.decision_note.clone_from(&body.note);
    (record.decided_at, record.decided_by) = (Some(tx.now), Some(tx.actor.id));
    save(tx, &mut record, "transfer.accepted")?;
    Ok((project, record))
}

/// Whether accepting is a step from where the project stands (else 409); the reason, where it ends the project.
pub(super) fn still_possible(tx: &mut Tx<'_>, project: &Project, record: &Transfer) -> Result<Option<String>> {
    acts::check_state(project, &acts::ACCEPT_TRANSFER, Some(record.state.as_str()))?;
    let action = record.kind.action();
    if Step::find(action, project.stage).is_none() {
        let en = format!(
            "There is no step `{action}` from {}: return the transfer; it is offered again in acceptance.",
            project.stage
        );
        return Err(Problem::state(
            en,
            format!("{} 階段沒有「{action}」這一步：請退回，待驗收階段再移交。", project.stage),
        )
        .into());
    }
    let reason = match record.kind {
        TransferKind::Acceptance => None,
        TransferKind::Termination => {
            let gone = || {
                Problem::state(
                    "The approval of the termination was voided: return the transfer.",
                    "終止批准已作廢：請退回此移交。",
                )
            };
            Some(termination_reason(tx, project.id)?.ok_or_else(gone)?)
        }
    };
    if let Some(named) = record.named_owner_id
        && !tx.found(named, people)?.iter().any(Actor::is_back_staff)
    {
        return Err(Problem::state(
            "Whoever was named as back owner left the back group: the manager or a back leader names another.",
            "原指定的後段負責人已不在客服部：請主管或客服部組長另行指定。",
        )
        .into());
    }
    Ok(reason)
}

/// The instructions that the receiver acknowledges, or 422 at those that this project does not have.
fn acknowledged(tx: &mut Tx<'_>, project: Id, ids: &[Id]) -> Result<BTreeSet<Id>> {
    let known: BTreeSet<Id> = known_instructions(tx, project, ids)?.into_iter().collect();
    match ids.iter().position(|id| !known.contains(id)) {
        Some(n) => Err(Problem::validation(
            format!("/acknowledges/{n}"),
            "unknown",
            "This project has no such instruction.",
            "此項目沒有這條交代。",
        )
        .into()),
        None => Ok(known),
    }
}

/// Returns a transfer, naming what is missing; the front owner stays answerable and may offer again.
pub fn send_back(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, body: &ReturnTransfer) -> Result<(Project, Transfer)> {
    let (project, mut record) = locked::<Transfer>(tx, r)?;
    stale(tx, &record, if_match)?;
    workflow::allow(tx, &project, &acts::RETURN_TRANSFER, Some(record.state.as_str()), None)?;
    let items = settings::load(tx.conn)?.transfer_items;
    if let Some(n) = body.missing.iter().position(|item| !items.contains(item)) {
        let listed = items.join(", ");
        return Err(Problem::validation(
            format!("/missing/{n}"),
            "unknown",
            format!("No such item of the transfer list: {listed}."),
            format!("移交清單沒有此項：{listed}。"),
        )
        .into());
    }
    record.state = TransferState::Returned;
    record.missing = Json(body.missing.clone());
    record.decision_note.clone_from(&body.note);
    (record.decided_at, record.decided_by) = (Some(tx.now), Some(tx.actor.id));
    save(tx, &mut record, "transfer.returned")?;
    Ok((project, record))
}
