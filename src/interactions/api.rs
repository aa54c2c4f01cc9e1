//! Interactions over HTTP.

use super::actions::{self, LogInteraction};
use super::store::Interaction;
use crate::access::{Access, InteractionsLog};
use crate::http::{Body, CreatedAnswer, Path, Ref, Routes};
use crate::records::{self, Shown, made};

/// Interactions.
pub fn routes(r: &mut Routes) {
    r.tag("Interactions", "Every call, meeting and visit: what was said, who was there, when to follow up.");
    r.post("/v1/projects/{project}/interactions", log_interaction, "Log an interaction", "In every open stage, by the accountable owner (in intake whoever recorded the inquiry), the group's leader or assistant, or the manager.");
    records::routes::<Interaction>(r);
}

async fn log_interaction(
    access: Access<InteractionsLog>,
    project: Path<Ref>,
    body: Body<LogInteraction>,
) -> CreatedAnswer<Shown<Interaction>> {
    access
        .write(move |tx| {
            let (project, record) = actions::log(tx, &project, &body)?;
            made(tx, &project, &record)
        })
        .await
}
