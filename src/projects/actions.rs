//! Recording a project and changing its facts.

use crate::access::{Result, Tx};
use crate::clients;
use crate::db::{Day, Id, on_each, schema::projects, searchable, text_enum};
use crate::http::{IfMatch, Patch, Problem, Ref, broken};
use crate::records::stale;
use crate::workflow::{self, Project, Stage, acts};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

text_enum! {
    /// How an inquiry reached us.
    Channel {
        /// By telephone.
        Phone = "phone",
        /// Recommended by somebody.
        Referral = "referral",
        /// A tender notice.
        TenderNotice = "tender_notice",
        /// The website.
        Website = "website",
        /// Came to the showroom.
        WalkIn = "walk_in",
        /// A client that we have.
        ExistingClient = "existing_client",
        /// By e-mail.
        Email = "email",
        /// At a fair.
        Exhibition = "exhibition",
        /// In another way.
        Other = "other",
    }
}

/// The facts of a project that its people keep.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ProjectFacts {
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Riverside show flats T3", min_length = 1, max_length = 200)]
    pub name: String,
    /// What it is: show_flat, sales_office, hotel_room, villa, …
    #[validate(length(min = 1, max = 60))]
    #[schema(example = "show_flat", min_length = 1, max_length = 60)]
    pub kind: String,
    /// Where.
    #[serde(default)]
    #[validate(length(max = 400))]
    #[schema(example = "T3, 18 Riverside Road, Guangzhou", max_length = 400)]
    pub address: Option<String>,
    /// Floor area in square metres.
    #[serde(default)]
    #[validate(range(min = 0.0, max = 10_000_000.0))]
    #[schema(example = 386.0, minimum = 0.0, maximum = 10_000_000.0)]
    pub area_m2: Option<f64>,
    /// The client's budget in fen.
    #[serde(default)]
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 130_000_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub budget_amount: Option<i64>,
    /// Wanted from.
    #[serde(default)]
    #[schema(example = "2026-04-20")]
    pub wanted_from: Option<Day>,
    /// Wanted until.
    #[serde(default)]
    #[schema(example = "2026-05-18")]
    pub wanted_until: Option<Day>,
    /// What the client asks for.
    #[serde(default)]
    #[validate(length(max = 8000))]
    #[schema(example = "Three flats, warm wood; sales launch on 1 June", max_length = 8000)]
    pub needs: Option<String>,
}

/// The currency unless said.
pub fn cny() -> String {
    "CNY".to_owned()
}

/// Whether a text looks like an ISO 4217 code.
pub fn currency(code: &str) -> std::result::Result<(), ValidationError> {
    let plain = code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    if plain {
        Ok(())
    } else {
        Err(broken(
            "currency",
            "Must be an ISO 4217 code in capitals, such as CNY.",
            "須為大寫的 ISO 4217 貨幣代碼，例如 CNY。",
        ))
    }
}

/// A project row before it is recorded, in stage intake.
pub fn blank(tx: &Tx<'_>, client_id: Id, facts: &ProjectFacts, channel: Channel, currency: &str) -> Project {
    let mut project = Project {
        id: Id::new(),
        version: 1,
        inquiry_number: String::new(),
        number: None,
        client_id,
        name: String::new(),
        kind: String::new(),
        address: None,
        area_m2: None,
        budget_amount: None,
        currency: currency.to_owned(),
        wanted_from: None,
        wanted_until: None,
        channel: channel.as_str().to_owned(),
        needs: None,
        stage: Stage::Intake,
        stage_entered_at: tx.now,
        acceptance_entered_at: None,
        shelved_from: None,
        review_on: None,
        end_reason: None,
        recorded_by: tx.actor.id,
        front_group_id: None,
        front_owner_id: None,
        back_owner_id: None,
        accepted_at: None,
        sealed_at: None,
        adjustment_round: 0,
        search_text: String::new(),
        created_at: tx.now,
        updated_at: tx.now,
    };
    apply(&mut project, facts.clone());
    project
}

fn apply(project: &mut Project, facts: ProjectFacts) {
    // Each by itself: of a text only so many readings are kept, and an address would use up those of the name.
    let address = searchable(facts.address.as_deref().unwrap_or_default());
    project.search_text = format!("{} {address}", searchable(&facts.name)).trim_end().to_owned();
    project.name = facts.name;
    project.kind = facts.kind;
    project.address = facts.address;
    project.area_m2 = facts.area_m2;
    project.budget_amount = facts.budget_amount;
    project.wanted_from = facts.wanted_from;
    project.wanted_until = facts.wanted_until;
    project.needs = facts.needs;
}

/// A project from the time before this system: it comes in in settlement, owned by the back group, with only what is still owed.
pub fn load(tx: &mut Tx<'_>, client: Id, name: &str, currency: &str, owner: Id) -> Result<Project> {
    clients::lock(tx, client)?;
    let facts = ProjectFacts { name: name.to_owned(), kind: "historic".to_owned(), ..ProjectFacts::default() };
    let born = blank(tx, client, &facts, Channel::ExistingClient, currency);
    let project = Project {
        stage: Stage::Settlement,
        back_owner_id: Some(owner),
        accepted_at: Some(tx.now),
        inquiry_number: tx.unique_number("I")?,
        number: Some(tx.number("P")?),
        ..born
    };
    insert(tx, &project)?;
    for person in [tx.actor.id, owner] {
        workflow::take_part(tx, project.id, person)?;
    }
    tx.record(&project, "project.loaded")?;
    Ok(project)
}

/// Inserts the row.
pub fn insert(tx: &mut Tx<'_>, project: &Project) -> Result<()> {
    on_each!(tx.conn, c => diesel::insert_into(projects::table).values(project).execute(c))?;
    Ok(())
}

/// Changes the facts of a project.
pub fn update(tx: &mut Tx<'_>, r: &Ref, if_match: &IfMatch, patch: &Patch<ProjectFacts>) -> Result<Project> {
    let mut project = workflow::lock(tx, r)?;
    let facts = patch.apply(&ProjectFacts {
        name: project.name.clone(),
        kind: project.kind.clone(),
        address: project.address.clone(),
        area_m2: project.area_m2,
        budget_amount: project.budget_amount,
        wanted_from: project.wanted_from,
        wanted_until: project.wanted_until,
        needs: project.needs.clone(),
    })?;
    stale(tx, &project, if_match)?;
    workflow::allow(tx, &project, &acts::UPDATE_PROJECT, None, None)?;
    if let (Some(from), Some(until)) = (facts.wanted_from, facts.wanted_until)
        && until < from
    {
        return Err(Problem::validation(
            "/wanted_until",
            "range",
            "It ends before it begins.",
            "結束日期早於開始日期。",
        )
        .into());
    }
    apply(&mut project, facts);
    workflow::save(tx, &mut project, "project.updated", None)?;
    Ok(project)
}
