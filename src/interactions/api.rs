//! Interactions over HTTP.

use super::actions::{self, LogInteraction};
use super::store::Interaction;
use crate::access::{Access, InteractionsLog};
use crate::clients::api::{ClientView, shown};
use crate::http::{Answer, Body, CreatedAnswer, Path, Ref, Routes};
use crate::records::{self, Shown, made};

/// Interactions.
pub fn routes(r: &mut Routes) {
    r.tag("Interactions", "Every call, meeting and visit: what was said, who was there, when to follow up.");
    r.post("/v1/projects/{project}/interactions", log_interaction, "Log an interaction", "In every open stage, by the accountable owner (in intake whoever recorded the inquiry), the group's leader or assistant, or the manager.");
    r.post("/v1/clients/{client}/log-interaction", log_client_interaction, "Log an interaction with a client", "Outside any project, by whoever sees the client: a newly allocated client is contacted, an old one kept warm. What was said stands in the client's history, as `data.event_note` of its event; it is not voided: what was wrong is put right by another one. A day to follow up that was agreed before is taken away only by whoever looks after the client, their leader or the manager, or once it was followed up on a project.");
    records::routes::<Interaction>(r);
}

async fn log_client_interaction(
    access: Access<InteractionsLog>,
    client: Path<Ref>,
    body: Body<LogInteraction>,
) -> Answer<ClientView> {
    access
        .write(move |tx| {
            let client = actions::log_with_client(tx, &client, &body)?;
            shown(tx, client)
        })
        .await
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
