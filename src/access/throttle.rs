//! Log-in attempts are throttled per account and per address: a short burst, then one every few seconds, never a lock for good.

use crate::http::{Code, Problem};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::num::NonZeroU32;
use std::time::Duration;

/// The throttle of this process.
#[derive(Debug)]
pub struct Throttle {
    accounts: DefaultKeyedRateLimiter<String>,
    addresses: DefaultKeyedRateLimiter<String>,
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new(10, 60)
    }
}

impl Throttle {
    /// A throttle with these bursts per account and per address; a place comes free every six seconds and every second.
    pub fn new(per_account: u32, per_address: u32) -> Self {
        let quota = |burst: u32, seconds: u64| {
            let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
            Quota::with_period(Duration::from_secs(seconds)).unwrap_or(Quota::per_minute(burst)).allow_burst(burst)
        };
        Self {
            accounts: RateLimiter::keyed(quota(per_account, 6)),
            addresses: RateLimiter::keyed(quota(per_address, 1)),
        }
    }

    /// Takes one place for an attempt on this account from this address, or refuses with 429 and the seconds to wait.
    pub fn attempt(&self, account: &str, address: &str) -> Result<(), Problem> {
        self.shrink();
        Self::take(&self.addresses, address)?;
        // Per account and address together: a stranger who guesses from elsewhere cannot keep the owner out.
        Self::take(&self.accounts, &format!("{} {address}", account.to_lowercase()))
    }

    fn take(limiter: &DefaultKeyedRateLimiter<String>, key: &str) -> Result<(), Problem> {
        limiter.check_key(&key.to_owned()).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
            Problem::new(
                Code::TooManyRequests,
                format!("Too many attempts. Try again in {wait} seconds."),
                format!("嘗試次數過多，請在 {wait} 秒後再試。"),
            )
            .with_retry_after(wait)
        })
    }

    /// Forgets who has not tried for long, so that strangers cannot fill the memory.
    fn shrink(&self) {
        for limiter in [&self.accounts, &self.addresses] {
            if limiter.len() > 10_000 {
                limiter.retain_recent();
            }
        }
    }
}
