//! The feed as server-sent events (WHATWG HTML, 9.2). A stream holds a position, no events: it reads a part when the pulse says there is more and the
//! reader has taken the part before, so a slow reader costs no memory. Each part is read as its caller, so sight and log-out bite at once.

use super::Pulse;
use super::pulse::Beat;
use super::store::{FeedFilter, FeedPage, part_until};
use crate::access::{Access, EventsRead};
use crate::events;
use crate::http::{Code, OperationDraft, Problem, Query};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use futures_util::stream::unfold;
use serde::Deserialize;
use std::fmt::Write;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};
use utoipa::IntoParams;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};
use validator::Validate;

/// Events in one part.
const PART: i64 = 100;
/// How long a stream waits whose read the database refused because too much was waiting: as long as other callers are told to.
const PAUSE: Duration = Duration::from_secs(1);

/// Where a stream begins.
#[derive(Debug, Clone, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StreamPlace {
    /// The position after which it begins, where there is no `Last-Event-ID`; none: from now on.
    #[param(example = 0, minimum = 0)]
    #[validate(range(min = 0))]
    pub after: Option<i64>,
}

struct Following {
    access: Access<EventsRead>,
    filter: FeedFilter,
    kinds: Vec<String>,
    after: i64,
    /// How far there is something to read at once.
    until: Option<i64>,
    pulse: Data<Pulse>,
    beats: watch::Receiver<Beat>,
    /// When something was last said.
    said: Instant,
    over: bool,
}

/// Follows the feed.
pub async fn stream_events(
    access: Access<EventsRead>,
    place: Query<StreamPlace>,
    filter: Query<FeedFilter>,
    pulse: Data<Pulse>,
) -> Result<HttpResponse, Problem> {
    let kinds = filter.kinds()?;
    let beats = pulse.listen(access.database());
    let settled = access.read(|tx| Ok(events::settled_until(tx.conn)?)).await?;
    let after = last_event_id(&access)?.or(place.after).unwrap_or(settled);
    let (filter, until, said) = (filter.into_inner(), Some(settled), Instant::now());
    Ok(streamed(Following { access, filter, kinds, after, until, pulse, beats, said, over: false }))
}

fn streamed(following: Following) -> HttpResponse {
    // A block with an id alone is no event, but whoever connects again goes on from there, however early the line broke.
    let hello = format!("retry: 2000\nid: {0}\n: from {0}\n\n", following.after);
    let first = futures_util::stream::once(async { Ok::<_, actix_web::Error>(Bytes::from(hello)) });
    let rest = unfold(following, |mut following| async {
        following.next().await.map(|bytes| (Ok::<_, actix_web::Error>(bytes), following))
    });
    HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // A compressor or a proxy that gathers would hold events back.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(futures_util::StreamExt::chain(first, rest))
}

/// `Last-Event-ID`; a browser sends it empty where there was none.
fn last_event_id(access: &Access<EventsRead>) -> Result<Option<i64>, Problem> {
    let Some(value) = access.request().headers().get("last-event-id") else { return Ok(None) };
    let text = value.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(None);
    }
    // The document allows nineteen digits; what is beyond every position stands for the last.
    let position = |id: u64| i64::try_from(id).unwrap_or(i64::MAX);
    text.parse().ok().map(|id| Some(position(id))).ok_or_else(|| {
        Problem::bad_request(
            "`Last-Event-ID` is the `id` of an event of this stream.",
            "Last-Event-ID 須為此串流事件的 id。",
        )
    })
}

impl Following {
    /// What is said next; `None` ends the stream.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if self.over {
                return None;
            }
            // What the pulse said last counts, not what it said first: a slow reader goes on from where the feed is now.
            match *self.beats.borrow_and_update() {
                Beat::Stopping => return None,
                Beat::Until(until) if until > self.after => self.until = Some(until),
                Beat::Until(_) => {}
            }
            if let Some(until) = self.until.take() {
                match self.read(until).await {
                    Ok(page) => {
                        self.until = page.next.is_some().then_some(until);
                        self.after = page.position;
                        if !page.data.is_empty() {
                            return Some(self.say(told(&page)));
                        }
                    }
                    // Nothing is lost by reading it later.
                    Err(problem) if problem.code == Code::Unavailable => {
                        self.until = Some(until);
                        sleep(PAUSE).await;
                    }
                    Err(problem) => {
                        self.over = true;
                        return Some(Bytes::from(format!(": {} {}\n\n", problem.code.name(), problem.detail.en)));
                    }
                }
                // Here and not only where nothing happens: on a busy service all of it may be nothing to this caller.
                if self.said.elapsed() >= self.pulse.heartbeat {
                    return Some(self.say(Bytes::from(format!("id: {}\n: still here\n\n", self.after))));
                }
                continue;
            }
            match timeout_at(self.said + self.pulse.heartbeat, self.beats.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return None,
                // The comment follows an empty read, which notices that the caller was locked out.
                Err(_) => self.until = Some(self.after),
            }
        }
    }

    /// From now on nothing is said until the next time.
    fn say(&mut self, bytes: Bytes) -> Bytes {
        self.said = Instant::now();
        bytes
    }

    async fn read(&self, until: i64) -> Result<FeedPage, Problem> {
        let _turn = self.pulse.turn().await;
        self.access.still_holds().await?;
        let (filter, kinds, after) = (self.filter.clone(), self.kinds.clone(), self.after);
        self.access.read(move |tx| part_until(tx, &filter, &kinds, after, until, PART)).await
    }
}

fn told(page: &FeedPage) -> Bytes {
    let mut text = String::new();
    for event in &page.data {
        // JSON holds no line break of its own, so one `data` line is enough.
        let data = serde_json::to_string(event).unwrap_or_default();
        let _ = write!(text, "id: {}\nevent: {}\ndata: {data}\n\n", event.seq, event.kind);
    }
    Bytes::from(text)
}

/// What the document says about the stream.
pub fn describe(op: &mut OperationDraft) {
    let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]{0,19}$"));
    op.parameter(
        ParameterBuilder::new()
            .name("Last-Event-ID")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The `id` of the last event that was read; it counts before `after`."))
            .example(Some(serde_json::json!("128")))
            .schema(Some(schema))
            .build(),
    );
    op.bytes_answer(200, "text/event-stream", "The events, as they happen.");
    op.refuses(Code::BadRequest);
}
