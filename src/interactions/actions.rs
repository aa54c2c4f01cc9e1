//! Logging an interaction.

use super::store::{Interaction, InteractionKind};
use crate::access::{ClientsRead, Permission, Result, Tx};
use crate::clients::{self, Client};
use crate::db::{At, Day, Id, Json};
use crate::http::{Problem, Ref};
use crate::records::insert;
use crate::workflow::{self, Project, acts};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;
use validator::Validate;

/// An interaction to log.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct LogInteraction {
    /// How we were in touch.
    pub kind: InteractionKind,
    /// What was said.
    #[validate(length(min = 1, max = 8000))]
    #[schema(example = "Shown two model rooms; budget and dates discussed", min_length = 1, max_length = 8000)]
    pub summary: String,
    /// Who was there.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(example = json!(["client design manager", "client cost manager"]), max_items = 50)]
    pub attendees: Vec<String>,
    /// When to follow up.
    #[serde(default)]
    #[schema(example = "2026-01-16")]
    pub follow_up_on: Option<Day>,
    /// When it was; now unless said, never in the future.
    #[serde(default)]
    pub occurred_at: Option<At>,
}

/// Logs an interaction on a project.
pub fn log(tx: &mut Tx<'_>, r: &Ref, new: &LogInteraction) -> Result<(Project, Interaction)> {
    let project = workflow::lock(tx, r)?;
    workflow::allow(tx, &project, &acts::LOG_INTERACTION, None, None)?;
    let occurred_at = occurred(tx, new)?;
    let record = Interaction {
        id: Id::new(),
        project_id: project.id,
        client_id: project.client_id,
        version: 1,
        kind: new.kind,
        summary: new.summary.clone(),
        attendees: Json(new.attendees.clone()),
        follow_up_on: new.follow_up_on,
        occurred_at,
        created_at: tx.now,
        created_by: tx.actor.id,
        updated_at: tx.now,
        voided_at: None,
        voided_by: None,
        void_reason: None,
    };
    insert(tx, &record, "interaction.logged")?;
    Ok((project, record))
}

/// Logs an interaction with a client outside any project, so that also one without an open project is looked after; who sees the client may. It stands
/// in the client's history.
pub fn log_with_client(tx: &mut Tx<'_>, r: &Ref, new: &LogInteraction) -> Result<Client> {
    // It answers with the client: a key that may not read clients is not shown one by this.
    if !tx.may(ClientsRead::NAME) {
        return Err(Problem::not_found().into());
    }
    let at = occurred(tx, new)?;
    let said = json!({ "kind": new.kind, "summary": new.summary, "attendees": new.attendees, "occurred_at": at, "follow_up_on": new.follow_up_on });
    clients::contacted(tx, r, at, new.follow_up_on, said)
}

/// When it was: now unless said, 422 in the future.
fn occurred(tx: &Tx<'_>, new: &LogInteraction) -> Result<At> {
    match new.occurred_at {
        Some(at) if at > tx.now => {
            Err(Problem::validation("/occurred_at", "future", "It lies in the future.", "時間在將來。").into())
        }
        at => Ok(at.unwrap_or(tx.now)),
    }
}
