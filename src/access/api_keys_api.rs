//! API keys over HTTP.

use super::api_keys::{self, ApiKeyView, NewApiKey, NewApiKeyView};
use super::{Access, ApiKeysManage, ApiKeysRead};
use crate::http::{Answer, Body, Code, CreatedAnswer, IfMatch, Listed, Page, Path, Ref, Reply, Routes};
use crate::records::{EventView, after_id, history_of};
use serde_json::json;

/// Managed by administrators, seen by auditors.
pub fn routes(r: &mut Routes) {
    r.tag("API keys", "For programs: a key acts as one person, within the permissions that it was given, until it expires or is revoked.");
    r.get("/v1/api-keys", list_api_keys, "List API keys", "Oldest first; never the keys themselves.");
    r.post_with(
        "/v1/api-keys",
        create_api_key,
        "Make an API key",
        "The answer shows it, and nothing does so again. It takes part in nothing that needs a session of its own (log-out, password).",
        |op| {
            // A secret that a trial showed would never work.
            op.refuses(Code::Conflict).no_dry_run();
        },
    );
    r.get("/v1/api-keys/{api_key}", get_api_key, "Get one API key", "With its last use, to the minute.");
    r.post(
        "/v1/api-keys/{api_key}/revoke",
        revoke_api_key,
        "Revoke an API key",
        "At once, on every replica, and for good.",
    );
    r.get(
        "/v1/api-keys/{api_key}/history",
        list_api_key_events,
        "The history of one API key",
        "Every event, oldest first.",
    );
}

async fn list_api_keys(access: Access<ApiKeysRead>, page: Page) -> Listed<ApiKeyView> {
    access
        .list(move |tx| {
            let rows = api_keys::after(tx, after_id(&page)?, page.fetch())?;
            let (rows, next) = page.cut(rows, |key| vec![json!(key.id)]);
            Ok(Reply::list(rows.into_iter().map(ApiKeyView::from).collect(), next, None)?)
        })
        .await
}

async fn create_api_key(access: Access<ApiKeysManage>, body: Body<NewApiKey>) -> CreatedAnswer<NewApiKeyView> {
    access
        .write_secret(move |tx| {
            let (key, secret) = api_keys::create(tx, &body)?;
            let (at, version) = (format!("/v1/api-keys/{}", key.id), key.version);
            Ok(Reply::created(&NewApiKeyView { shown: key.into(), secret }, at)?.version(version))
        })
        .await
}

async fn get_api_key(access: Access<ApiKeysRead>, key: Path<Ref>) -> Answer<ApiKeyView> {
    access.read(move |tx| api_keys::find(tx, &key).and_then(answer)).await
}

async fn revoke_api_key(access: Access<ApiKeysManage>, key: Path<Ref>, if_match: IfMatch) -> Answer<ApiKeyView> {
    access.write(move |tx| api_keys::revoke(tx, &key, &if_match).and_then(answer)).await
}

fn answer(key: api_keys::ApiKey) -> super::Result<Reply<ApiKeyView>> {
    let version = key.version;
    Ok(Reply::ok(&ApiKeyView::from(key))?.version(version))
}

async fn list_api_key_events(access: Access<ApiKeysRead>, key: Path<Ref>, page: Page) -> Listed<EventView> {
    access.list(move |tx| api_keys::find(tx, &key).and_then(|key| history_of(tx, key.id, &page))).await
}
