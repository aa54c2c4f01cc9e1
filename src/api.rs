//! The contents page: one line per module, in the order of the work, then the document.

use crate::http::{Routes, openapi};
use crate::{
    access, adjustments, clients, complaints, contracts, documents, exports, feed, imports, instructions, interactions,
    memos, meta, payments, projects, receivables, sandbox as sandbox_only, settings, stages, workflow, worklist,
};
use utoipa::openapi::OpenApi;

/// Every route of the service. The sandbox's own are there only in a sandbox, and never in the committed document.
pub fn routes(sandbox: bool) -> Routes {
    all(Routes::new(), sandbox)
}

/// The same routes, to serve them.
pub fn served(sandbox: bool) -> Routes {
    all(Routes::to_serve(), sandbox)
}

fn all(mut r: Routes, sandbox: bool) -> Routes {
    access::api::routes(&mut r);
    access::people_api::routes(&mut r);
    access::api_keys_api::routes(&mut r);
    settings::api::routes(&mut r);
    meta::api::routes(&mut r);
    clients::api::routes(&mut r);
    projects::api::routes(&mut r);
    workflow::api::routes(&mut r);
    projects::steps_api::routes(&mut r);
    interactions::api::routes(&mut r);
    instructions::api::routes(&mut r);
    memos::api::routes(&mut r);
    documents::api::routes(&mut r);
    stages::intake::api::routes(&mut r);
    stages::assignment::api::routes(&mut r);
    stages::bidding::api::routes(&mut r);
    contracts::api::routes(&mut r);
    stages::installation::api::routes(&mut r);
    adjustments::api::routes(&mut r);
    stages::adjustment::api::routes(&mut r);
    stages::acceptance::api::routes(&mut r);
    stages::settlement::final_accounts::api::routes(&mut r);
    receivables::api::routes(&mut r);
    payments::api::routes(&mut r);
    stages::settlement::money_api::routes(&mut r);
    stages::archiving::api::routes(&mut r);
    complaints::api::routes(&mut r);
    imports::api::routes(&mut r);
    exports::api::routes(&mut r);
    worklist::api::routes(&mut r);
    feed::api::routes(&mut r);
    feed::webhooks::api::routes(&mut r);
    if sandbox {
        settings::api::sandbox_routes(&mut r);
        sandbox_only::api::routes(&mut r);
    }
    r
}

/// The OpenAPI document of these routes.
pub fn document(routes: &Routes) -> OpenApi {
    routes.document(openapi::info("Fitout", env!("CARGO_PKG_VERSION"), ABOUT))
}

const ABOUT: &str = "The client department of a fit-out and staging company, from the first phone call through intake, assignment, bidding, \
installation, adjustment, acceptance and settlement to the sealed archive, with clients, contracts, receivables and complaints beside it.\n\n\
Log in at `/v1/auth/login`, press *Authorize*, and paste the access token. Amounts are whole fen (1/100 yuan); dates are days of the company's \
time zone; instants are UTC. Every refusal is a problem document (RFC 9457) whose `code` never changes and whose `detail` says what to do next, \
in English or Chinese by `Accept-Language`. A change of a resource's own state needs `If-Match` with its `ETag`.";
