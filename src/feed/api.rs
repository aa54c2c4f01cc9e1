//! The feed over HTTP.

use super::store::{FeedFilter, FeedPage, part};
use super::stream_api;
use crate::access::{Access, EventsRead};
use crate::http::{Answer, Query, Reply, Routes};
use actix_web::http::Method;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

/// The feed and its stream.
pub fn routes(r: &mut Routes) {
    r.tag(
        "Events",
        "One ordered feed of everything that happened, for integrations: read it page by page or as a stream. Each event holds the record as it was after it.",
    );
    r.get(
        "/v1/events",
        list_events,
        "Read the change feed",
        "Every event within your sight exactly once, in the order of its number; of records that your role or API key may not read, none. Begin with `after=0` and go on with the `position` of the answer: \
         nothing is skipped, however late another transaction commits. The business instant `at` of an event says when it happened, not where it stands.",
    );
    r.raw(
        Method::GET,
        "/v1/events/stream",
        stream_api::stream_events,
        "Follow the change feed",
        "Server-sent events: `id` is the position, `event` the kind, `data` the event as in the feed. Without `Last-Event-ID` or `after` it begins with what \
         happens from now on. It begins with its position as an `id` alone, and repeats where it is to keep the line open; the stream ends with your token. Connect again \
         with `Last-Event-ID` and nothing is lost.",
        stream_api::describe,
    );
}

/// Where a page of the feed begins and how long it is.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FeedPlace {
    /// The position after which it begins.
    #[param(example = 0, minimum = 0)]
    #[validate(range(min = 0))]
    pub after: Option<i64>,
    /// Events at most.
    #[param(example = 50, minimum = 1, maximum = 200)]
    #[validate(range(min = 1, max = 200))]
    pub limit: Option<i64>,
}

async fn list_events(
    access: Access<EventsRead>,
    place: Query<FeedPlace>,
    filter: Query<FeedFilter>,
) -> Answer<FeedPage> {
    let kinds = filter.kinds()?;
    access
        .read(move |tx| {
            let (after, limit) = (place.after.unwrap_or_default(), place.limit.unwrap_or(50));
            let page = part(tx, &filter, &kinds, after, limit)?;
            Ok(Reply::ok(&page)?.next_after(page.next.as_deref()))
        })
        .await
}
