//! What follows from an attempt: the delivery is done, is tried again, or failed; the endpoint may be disabled.

use super::deliveries::{WebhookAttempt, WebhookDelivery, WebhookDeliveryState, begin_lanes_anew};
use super::endpoints::{DisabledBecause, WebhookEndpoint, lock, write};
use crate::access::Result;
use crate::db::schema::{webhook_attempts, webhook_deliveries};
use crate::db::{AnyConnection, At, Id};
use crate::events::{self, NewEvent};
use chrono::TimeDelta;
use diesel::prelude::*;

/// When a failed attempt is repeated, after it, in seconds: the schedule that Standard Webhooks proposes.
pub(super) const SCHEDULE: [i64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// How an attempt went.
#[derive(Debug)]
pub(super) struct Outcome {
    pub at: At,
    pub duration_ms: i64,
    pub status: Option<i64>,
    pub error: Option<String>,
    pub answer: Option<String>,
    /// How long the endpoint asked us to wait, in seconds.
    pub retry_after: Option<i64>,
}

/// Writes down how an attempt went, and what follows from it. Nothing where the lease is no longer ours.
pub(super) fn record(conn: &mut AnyConnection, claimed: &WebhookDelivery, outcome: &Outcome) -> Result<()> {
    let Some(mut endpoint) = lock(conn, claimed.endpoint_id)? else { return Ok(()) };
    let ours = webhook_deliveries::table
        .filter(webhook_deliveries::id.eq(claimed.id))
        .filter(webhook_deliveries::lease.eq(claimed.lease));
    // As they stand now: who asked for it again meanwhile begins the schedule anew.
    let Some(attempts) = ours.select(webhook_deliveries::attempts).first::<i64>(conn).optional()? else {
        return Ok(());
    };
    let attempt = WebhookAttempt {
        id: Id::new(),
        delivery_id: claimed.id,
        at: outcome.at,
        status: outcome.status,
        error: outcome.error.clone(),
        answer: outcome.answer.clone(),
        duration_ms: outcome.duration_ms,
    };
    diesel::insert_into(webhook_attempts::table).values(&attempt).execute(conn)?;
    let tried = attempts + 1;
    let taken = outcome.error.is_none();
    let retry = (!taken).then(|| next_attempt(tried, outcome)).flatten();
    let silent = endpoint.last_success_at.is_none_or(|last| last < claimed.created_at);
    let used_up = !taken && retry.is_none();
    let state = match (taken, used_up && !silent) {
        (true, _) => WebhookDeliveryState::Delivered,
        (false, true) => WebhookDeliveryState::Failed,
        // Where the endpoint took nothing at all, it is the endpoint that failed: what it was not told waits for it.
        (false, false) => WebhookDeliveryState::Pending,
    };
    diesel::update(webhook_deliveries::table.filter(webhook_deliveries::id.eq(claimed.id)))
        .set((
            webhook_deliveries::state.eq(state),
            webhook_deliveries::attempts.eq(tried),
            webhook_deliveries::next_attempt_at.eq(retry.unwrap_or(outcome.at)),
            webhook_deliveries::lease.eq(None::<Id>),
            webhook_deliveries::leased_until.eq(None::<At>),
            webhook_deliveries::last_status.eq(outcome.status),
            webhook_deliveries::last_error.eq(outcome.error.clone()),
            webhook_deliveries::delivered_at.eq(taken.then_some(outcome.at)),
        ))
        .execute(conn)?;
    if taken {
        endpoint.last_success_at = Some(outcome.at);
    } else {
        endpoint.last_failure_at = Some(outcome.at);
    }
    if let Some(retry) = retry {
        hold_back(conn, claimed, retry)?;
    } else if state != WebhookDeliveryState::Pending {
        release(conn, claimed)?;
    }
    if outcome.status == Some(410) && endpoint.disabled_at.is_none() {
        disable_by_itself(conn, &mut endpoint, DisabledBecause::Gone)?;
    } else if used_up && silent && endpoint.disabled_at.is_none() {
        disable_by_itself(conn, &mut endpoint, DisabledBecause::Failing)?;
    }
    write(conn, &endpoint)?;
    Ok(())
}

/// What waits behind a delivery need not be looked at before it is tried again.
fn hold_back(conn: &mut AnyConnection, claimed: &WebhookDelivery, until: At) -> QueryResult<usize> {
    let behind = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(claimed.endpoint_id))
        .filter(webhook_deliveries::lane.eq(claimed.lane))
        .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending))
        .filter(webhook_deliveries::event_seq.gt(claimed.event_seq))
        .filter(webhook_deliveries::next_attempt_at.lt(until));
    diesel::update(behind).set(webhook_deliveries::next_attempt_at.eq(until)).execute(conn)
}

/// What was held back behind a delivery that ended need not wait any longer: it may have ended by a replay, long before its next attempt was due.
fn release(conn: &mut AnyConnection, ended: &WebhookDelivery) -> QueryResult<()> {
    let first = webhook_deliveries::table
        .filter(webhook_deliveries::endpoint_id.eq(ended.endpoint_id))
        .filter(webhook_deliveries::lane.eq(ended.lane))
        .filter(webhook_deliveries::state.eq(WebhookDeliveryState::Pending))
        .order(webhook_deliveries::event_seq)
        .select(webhook_deliveries::next_attempt_at);
    // One that is due goes out next, and its end leads here again; so a long lane is not gone through after each of its messages.
    match first.first::<At>(conn).optional()? {
        Some(next) if next > At::now_real() => begin_lanes_anew(conn, ended.endpoint_id, &[ended.lane]),
        Some(_) | None => Ok(()),
    }
}

/// When it is tried again: by the schedule, up to a fifth later so that not all come at once, and not before the endpoint asked for.
fn next_attempt(tried: i64, outcome: &Outcome) -> Option<At> {
    let wait = usize::try_from(tried - 1).ok().and_then(|n| SCHEDULE.get(n)).copied()?;
    let mut random = [0_u8; 2];
    let _ = getrandom::fill(&mut random);
    let jitter = wait * 1_000 / 5 * i64::from(u16::from_le_bytes(random)) / i64::from(u16::MAX);
    let asked = outcome.retry_after.unwrap_or_default().clamp(0, 86_400) * 1_000;
    Some(At::from(outcome.at.utc() + TimeDelta::milliseconds((wait * 1_000 + jitter).max(asked))))
}

/// Disables it because of how it answers: nobody's act, so its event names nobody.
fn disable_by_itself(conn: &mut AnyConnection, endpoint: &mut WebhookEndpoint, why: DisabledBecause) -> Result<()> {
    let now = crate::clock::now(conn)?;
    (endpoint.disabled_at, endpoint.disabled_because) = (Some(At::now_real()), Some(why));
    endpoint.version += 1;
    endpoint.updated_at = now;
    events::append(conn, now, None, vec![NewEvent::of(endpoint, "webhook_endpoint.disabled")?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn failed(retry_after: Option<i64>) -> Outcome {
        Outcome {
            at: At::now_real(),
            duration_ms: 1,
            status: Some(503),
            error: Some("x".into()),
            answer: None,
            retry_after,
        }
    }

    #[test]
    fn what_failed_together_is_not_repeated_together() {
        let outcome = failed(None);
        let wait = || (next_attempt(2, &outcome).unwrap().utc() - outcome.at.utc()).num_milliseconds();
        let waits: BTreeSet<i64> = (0..50).map(|_| wait()).collect();
        assert!(waits.len() > 1, "{waits:?}");
        assert!(waits.iter().all(|wait| (300_000..=360_000).contains(wait)), "{waits:?}");
    }

    #[test]
    fn the_schedule_ends_and_an_endpoint_may_ask_for_more_time() {
        let wait = |tried: i64, retry_after| {
            let outcome = failed(retry_after);
            next_attempt(tried, &outcome).map(|at| (at.utc() - outcome.at.utc()).num_seconds())
        };
        // As Standard Webhooks has it: 5 s, 5 min, 30 min, then 2, 5, 10, 14, 20 and 24 hours.
        let hour = 3_600;
        let standard = [5, 300, 1_800, 2 * hour, 5 * hour, 10 * hour, 14 * hour, 20 * hour, 24 * hour];
        for (tried, seconds) in (1..).zip(standard) {
            let waits = wait(tried, None).unwrap();
            assert!((seconds..=seconds + seconds / 5).contains(&waits), "{tried}: {waits}");
        }
        assert_eq!(wait(10, None), None);
        assert_eq!(wait(1, Some(600)), Some(600));
        assert_eq!(wait(1, Some(i64::MAX)), Some(86_400));
    }
}
