//! Failures that a tester asked for: the next calls that fit are refused, delayed, or take effect without their answer ever arriving. In a sandbox only,
//! and only in the process that was asked.

use super::problem::{Code, Problem};
use actix_web::body::{BodyStream, BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::{Bytes, Data};
use actix_web::{Error, ResponseError};
use futures_util::stream;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// With this refusal; nothing happens.
    Refused(Code),
    /// It is answered late.
    Delayed,
    /// It takes effect, but the connection breaks before the answer.
    AnswerLost,
}

/// A failure that waits for its call.
#[derive(Debug, Clone)]
pub struct Forced {
    /// How.
    pub how: Failing,
    /// For how long the call waits first.
    pub delay: Duration,
    /// Only calls with this method.
    pub method: Option<String>,
    /// Only paths that begin like this.
    pub path: Option<String>,
    /// How many calls are still to fail.
    pub left: u32,
}

impl Forced {
    fn is_like(&self, other: &Self) -> bool {
        (self.how, self.delay, &self.method, &self.path) == (other.how, other.delay, &other.method, &other.path)
    }
}

/// What waits, in the order in which it was asked for.
#[derive(Debug, Clone, Default)]
pub struct ForcedFailures {
    waiting: Arc<Mutex<Vec<Forced>>>,
}

impl ForcedFailures {
    /// Adds one.
    pub fn add(&self, forced: Forced) {
        self.lock().push(forced);
    }

    /// What waits.
    pub fn waiting(&self) -> Vec<Forced> {
        self.lock().clone()
    }

    /// Forgets everything that waits.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// The first that fits this call, one call nearer to its end.
    fn take(&self, method: &str, path: &str) -> Option<Forced> {
        let mut waiting = self.lock();
        let fits = |forced: &Forced| {
            forced.method.as_deref().is_none_or(|wanted| wanted == method)
                && forced.path.as_deref().is_none_or(|wanted| path.starts_with(wanted))
        };
        let forced = waiting.iter_mut().find(|forced| fits(forced))?;
        forced.left = forced.left.saturating_sub(1);
        let taken = forced.clone();
        waiting.retain(|forced| forced.left > 0);
        Some(taken)
    }

    fn give_back(&self, forced: Forced) {
        let mut waiting = self.lock();
        match waiting.iter_mut().find(|one| one.is_like(&forced)) {
            Some(same) => same.left = same.left.saturating_add(1),
            None => waiting.insert(0, Forced { left: 1, ..forced }),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Forced>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The middleware. The sandbox's own operations never fail by it, or there would be no way back.
pub async fn forced<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let ours = req.path().starts_with("/v1/") && !req.path().starts_with("/v1/sandbox");
    let failures = req.app_data::<Data<ForcedFailures>>().filter(|_| ours);
    let Some(forced) = failures.and_then(|failures| failures.take(req.method().as_str(), req.path())) else {
        return next.call(req).await.map(ServiceResponse::map_into_left_body);
    };
    if !forced.delay.is_zero() {
        tokio::time::sleep(forced.delay).await;
    }
    match forced.how {
        Failing::Delayed => next.call(req).await.map(ServiceResponse::map_into_left_body),
        Failing::Refused(code) => {
            let problem = match code {
                Code::TooManyRequests | Code::Unavailable => Problem::plain(code).with_retry_after(1),
                other => Problem::plain(other),
            };
            Ok(req.into_response(problem.error_response()).map_into_right_body())
        }
        Failing::AnswerLost => {
            let failures = req.app_data::<Data<ForcedFailures>>().cloned();
            let answered = next.call(req).await?;
            // A refusal had no effect: what was asked for waits for a call that has one.
            if !answered.status().is_success() {
                if let Some(failures) = failures {
                    failures.give_back(forced);
                }
                return Ok(answered.map_into_left_body());
            }
            let lost = stream::once(async { Err::<Bytes, _>(io::Error::other("a sandbox lost this answer")) });
            Ok(answered.map_body(|_, _| BoxBody::new(BodyStream::new(Box::pin(lost)))).map_into_right_body())
        }
    }
}
