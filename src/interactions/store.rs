//! The rows of interactions.

use crate::access::{RecordsRead, Result, Tx};
use crate::db::{At, Day, Id, Json, schema::interactions, text_enum};
use crate::project_record;
use crate::records::{NoExtra, Record};
use crate::workflow::Project;
use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// How we were in touch.
    InteractionKind {
        /// By telephone.
        Call = "call",
        /// A meeting.
        Meeting = "meeting",
        /// The client came to our showroom.
        ShowroomVisit = "showroom_visit",
        /// We went to the site.
        SiteVisit = "site_visit",
        /// By e-mail.
        Email = "email",
        /// By message.
        Message = "message",
        /// By letter.
        Letter = "letter",
        /// In another way.
        Other = "other",
    }
}

/// An interaction with a client.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = interactions, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Interaction {
    /// The interaction.
    pub id: Id,
    /// The project.
    pub project_id: Id,
    /// The client.
    pub client_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// How we were in touch.
    pub kind: InteractionKind,
    /// What was said.
    #[schema(example = "Shown two model rooms; budget and dates discussed")]
    pub summary: String,
    /// Who was there.
    #[schema(value_type = Vec<String>, example = json!(["client design manager"]))]
    pub attendees: Json<Vec<String>>,
    /// When to follow up.
    #[schema(example = "2026-01-16")]
    pub follow_up_on: Option<Day>,
    /// When it was.
    pub occurred_at: At,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

project_record!(Interaction, interactions, "interaction");

impl Record for Interaction {
    type Read = RecordsRead;
    type Extra = NoExtra;
    const PLURAL: &'static str = "interactions";
    const NAME: &'static str = "interaction";
    const EVIDENCE: bool = true;

    fn extra(&self, _tx: &mut Tx<'_>, _project: &Project) -> Result<NoExtra> {
        Ok(NoExtra {})
    }
}
