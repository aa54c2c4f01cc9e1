//! Sends what is written down. Each process looks a few times a second for endpoints with something to do, and works on each of them by itself: one that
//! hangs holds up only its own messages. Several replicas share the work through leases in the database.

use super::deliveries::{self, Claimed};
use super::endpoints::WebhookEndpoint;
use super::outcomes::{self, Outcome};
use super::signing;
use super::target::Targets;
use crate::access::Result;
use crate::db::{At, Database, Id};
use futures_util::future::join_all;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, USER_AGENT};
use reqwest::redirect::Policy;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;
use tokio::time::timeout_at;
use tokio_util::sync::CancellationToken;

/// How often it is looked whether there is something to send.
const BEAT: Duration = Duration::from_millis(200);
/// How often, while there is no endpoint.
const REST: Duration = Duration::from_secs(1);
/// Messages to one endpoint at a time.
const AT_ONCE: i64 = 16;
/// How long an endpoint may take; the lease of a delivery is longer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How much of an answer is kept in the log, in characters.
const KEPT_OF_ANSWER: usize = 500;

/// The sender of this process.
#[derive(Clone)]
pub struct Sender {
    db: Database,
    client: std::result::Result<reqwest::Client, String>,
    targets: Targets,
    stop: CancellationToken,
}

impl Sender {
    /// Prepares it.
    pub fn new(db: Database, targets: Targets) -> Self {
        Self { db, client: client(targets), targets, stop: CancellationToken::new() }
    }

    /// Takes up nothing more.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Sends until it is stopped, then waits for what is under way. Runs on one thread.
    pub async fn run(self) {
        let busy: Rc<RefCell<BTreeSet<Id>>> = Rc::default();
        let mut working = Vec::new();
        while !self.stop.is_cancelled() {
            let found = self.db.read(deliveries::with_work).await;
            let found = found.inspect_err(|e| tracing::warn!(?e, "webhooks: the database does not answer"));
            let rest = if found.as_ref().is_ok_and(|f| !f.is_empty()) { BEAT } else { BEAT.max(self.rest(&busy)) };
            for endpoint in found.unwrap_or_default() {
                if busy.borrow_mut().insert(endpoint) {
                    let (sender, busy) = (self.clone(), busy.clone());
                    working.push(actix_web::rt::spawn(async move {
                        sender.work(endpoint).await;
                        busy.borrow_mut().remove(&endpoint);
                    }));
                }
            }
            working.retain(|task| !task.is_finished());
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = tokio::time::sleep(rest) => {}
            }
        }
        join_all(working).await;
    }

    fn rest(&self, busy: &RefCell<BTreeSet<Id>>) -> Duration {
        if busy.borrow().is_empty() { REST / 2 } else { BEAT }
    }

    /// Sends to one endpoint until nothing more is due. Its results are written down one after the other: they lock the same row, and must not hold up
    /// every thread of the database.
    async fn work(&self, endpoint: Id) {
        let turn = Mutex::new(());
        while !self.stop.is_cancelled() {
            let taken = self.db.write(move |conn| deliveries::take(conn, endpoint, AT_ONCE)).await;
            match taken {
                Ok(Some((endpoint, claimed))) if !claimed.is_empty() => {
                    join_all(claimed.into_iter().map(|one| self.deliver(&endpoint, one, &turn))).await;
                }
                Ok(_) => return,
                Err(failure) => return tracing::warn!(?failure, %endpoint, "webhooks: nothing could be taken up"),
            }
        }
    }

    async fn deliver(&self, endpoint: &WebhookEndpoint, claimed: Claimed, turn: &Mutex<()>) {
        let outcome = self.attempt(endpoint, &claimed).await;
        let how = if outcome.error.is_none() { "taken" } else { "failed" };
        metrics::counter!("webhook_attempts_total", "outcome" => how).increment(1);
        let delivery = Arc::new((claimed.delivery, outcome));
        let id = delivery.0.id;
        let _mine = turn.lock().await;
        let done = self.db.write(move |conn| -> Result<()> { outcomes::record(conn, &delivery.0, &delivery.1) }).await;
        // Its lease runs out, and it is sent again: at least once.
        if let Err(failure) = done {
            tracing::warn!(?failure, %id, "webhooks: an attempt could not be written down");
        }
    }

    async fn attempt(&self, endpoint: &WebhookEndpoint, claimed: &Claimed) -> Outcome {
        let (at, began) = (At::now_real(), Instant::now());
        let sent = self.send(endpoint, claimed, at).await;
        let duration_ms = i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX);
        let (status, answer, retry_after, error) = match sent {
            Ok(answered) => {
                let error = (!(200..300).contains(&answered.status))
                    .then(|| format!("the endpoint answered {}", answered.status));
                (Some(answered.status), Some(answered.text), answered.retry_after, error)
            }
            Err(why) => (None, None, None, Some(why)),
        };
        let answer = answer.filter(|text| !text.is_empty());
        Outcome { at, duration_ms, status, error, answer, retry_after }
    }

    async fn send(
        &self,
        endpoint: &WebhookEndpoint,
        claimed: &Claimed,
        at: At,
    ) -> std::result::Result<Answered, String> {
        let client = self.client.as_ref().map_err(Clone::clone)?;
        // A refusal's own text only points at its entries, which an attempt does not have.
        let url = self.targets.checked(&endpoint.url).map_err(|problem| {
            problem.errors.first().map_or_else(|| problem.detail.en.clone(), |fault| fault.message.en.clone())
        })?;
        let (id, timestamp) = (claimed.delivery.message_id.to_string(), at.utc().timestamp());
        let former = endpoint.former_secret_until.filter(|until| at < *until).and(endpoint.former_secret.as_deref());
        let secrets: Vec<&str> = std::iter::once(endpoint.secret.as_str()).chain(former).collect();
        let signature =
            signing::signature(&secrets, &id, timestamp, &claimed.body).ok_or("the secret cannot be used")?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("Fitout/", env!("CARGO_PKG_VERSION"), " (webhooks)"))
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp.to_string())
            .header("webhook-signature", signature)
            .body(claimed.body.clone());
        answered(request).await
    }
}

struct Answered {
    status: i64,
    text: String,
    retry_after: Option<i64>,
}

/// The answer; of its body only the beginning is read, and no longer than there is patience: it is the status that says whether the message was taken.
async fn answered(request: reqwest::RequestBuilder) -> std::result::Result<Answered, String> {
    let end = tokio::time::Instant::now() + PATIENCE;
    let too_late = |_| format!("no answer within {} seconds", PATIENCE.as_secs());
    let mut response = timeout_at(end, request.send()).await.map_err(too_late)?.map_err(|e| causes(&e))?;
    let status = i64::from(response.status().as_u16());
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(seconds_until);
    let mut bytes = Vec::new();
    while bytes.len() < KEPT_OF_ANSWER * 4 {
        match timeout_at(end, response.chunk()).await {
            Ok(Ok(Some(part))) => bytes.extend_from_slice(&part),
            Ok(Ok(None) | Err(_)) | Err(_) => break,
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.chars().filter(|c| *c != '\0').take(KEPT_OF_ANSWER).collect();
    Ok(Answered { status, text, retry_after })
}

/// What `Retry-After` asks for in seconds: it may name them or an instant (RFC 9110, 10.2.3).
fn seconds_until(text: &str) -> Option<i64> {
    let instant = || chrono::DateTime::parse_from_rfc2822(text.trim()).ok();
    text.trim().parse().ok().or_else(|| instant().map(|at| (at.to_utc() - At::now_real().utc()).num_seconds()))
}

/// An error with what it comes from, which reqwest keeps to itself.
fn causes(error: &reqwest::Error) -> String {
    let mut text = "it could not be sent".to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text.chars().take(KEPT_OF_ANSWER).collect()
}

/// Follows no redirect, uses no proxy, resolves names to public addresses only. Without root certificates on the machine there is none, which each
/// attempt then says; the service itself runs on.
fn client(targets: Targets) -> std::result::Result<reqwest::Client, String> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .dns_resolver(Arc::new(targets))
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(30))
        .build()
        .map_err(|e| causes(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_asks_for_time_in_seconds_or_by_an_instant() {
        assert_eq!((seconds_until("120"), seconds_until("soon")), (Some(120), None));
        let tomorrow =
            (At::now_real().utc() + chrono::TimeDelta::days(1)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert!((86_390..=86_400).contains(&seconds_until(&tomorrow).unwrap()), "{tomorrow}");
        assert!(seconds_until("Sun, 06 Nov 1994 08:49:37 GMT").unwrap() < 0, "a past one is clamped by the schedule");
    }

    /// What is written down as public may lead here by the time it is called.
    #[test]
    fn a_connection_is_made_to_public_addresses_only() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}/", listener.local_addr().unwrap().port());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let post = |private| {
            let client = client(Targets { private }).unwrap();
            runtime.block_on(async { client.post(&url).timeout(Duration::from_secs(20)).send().await })
        };
        let refused = causes(&post(false).unwrap_err());
        assert!(refused.contains("no public address"), "{refused}");
        listener.set_nonblocking(true).unwrap();
        assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
        listener.set_nonblocking(false).unwrap();
        // The setting for tests allows it.
        let (from, called) = std::sync::mpsc::channel();
        std::thread::spawn(move || from.send(listener.accept().map(drop).is_ok()));
        let _ = post(true);
        assert!(called.recv().unwrap());
    }
}
