//! How often a caller may ask. Log-in attempts are throttled per account and per address: a short burst, then one every few seconds, never a lock for
//! good. Signed-in callers are throttled where a setting says so. Each process counts for itself.

use crate::db::Id;
use crate::http::{Allowance, Code, Problem, tell_allowance};
use actix_web::HttpRequest;
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;

/// Seconds in which a quota is free again.
const WINDOW: u64 = 60;

/// Log-in attempts in a minute per account and address.
const PER_ACCOUNT: u32 = 10;
/// Log-in attempts in a minute per address.
const PER_ADDRESS: u32 = 60;

/// Where somebody asks from. Of an IPv6 address the first half: whoever has one has the whole other half to choose from (RFC 6177).
fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}/64", address.to_bits() >> 64),
    }
}

/// A quota a minute for each key, all of which may be used at once.
#[derive(Debug)]
struct Limiter<K: Hash + Eq + Clone> {
    policy: &'static str,
    quota: NonZeroU32,
    states: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(policy: &'static str, quota: u32) -> Self {
        let quota = NonZeroU32::new(quota).unwrap_or(NonZeroU32::MIN);
        let states = RateLimiter::keyed(Quota::per_minute(quota)).with_middleware();
        Self { policy, quota, states }
    }

    /// Takes one place, tells what is left, or refuses with 429 and the seconds to wait.
    fn take(&self, key: &K, request: &HttpRequest) -> Result<(), Problem> {
        // Whoever has not asked for long is forgotten, so that strangers cannot fill the memory.
        if self.states.len() > 10_000 {
            self.states.retain_recent();
        }
        let quota = self.quota.get();
        let tell = |remaining: u32, reset: u64| {
            tell_allowance(request, Allowance { policy: self.policy, quota, window: WINDOW, remaining, reset });
        };
        match self.states.check_key(key) {
            Ok(state) => {
                let left = state.remaining_burst_capacity();
                let used = quota.saturating_sub(left);
                tell(left, (u64::from(used) * WINDOW).div_ceil(u64::from(quota)));
                Ok(())
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                tell(0, wait);
                Err(Problem::new(
                    Code::TooManyRequests,
                    format!("Too many requests. Try again in {wait} seconds."),
                    format!("請求次數過多，請在 {wait} 秒後再試。"),
                )
                .with_retry_after(wait))
            }
        }
    }
}

/// The throttle of this process.
#[derive(Debug)]
pub struct Throttle {
    accounts: Limiter<String>,
    addresses: Limiter<String>,
    callers: Option<Limiter<Id>>,
}

impl Throttle {
    /// The throttle of log-ins, and of signed-in callers where they have a quota a minute.
    pub fn new(per_caller: Option<u32>) -> Self {
        Self {
            accounts: Limiter::new("account", PER_ACCOUNT),
            addresses: Limiter::new("address", PER_ADDRESS),
            callers: per_caller.map(|quota| Limiter::new("caller", quota)),
        }
    }

    /// Takes one place for an attempt on this account from this address.
    pub fn attempt(&self, account: &str, address: IpAddr, request: &HttpRequest) -> Result<(), Problem> {
        let address = place(address);
        self.addresses.take(&address, request)?;
        // Per account and address together: a stranger who guesses from elsewhere cannot keep the owner out.
        self.accounts.take(&format!("{} {address}", account.to_lowercase()), request)
    }

    /// Takes one place for a request of this person, by token or key.
    pub fn call(&self, caller: Id, request: &HttpRequest) -> Result<(), Problem> {
        self.callers.as_ref().map_or(Ok(()), |callers| callers.take(&caller, request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_many_addresses_asks_from_one_place() -> Result<(), std::net::AddrParseError> {
        let from = |text: &str| text.parse().map(place);
        assert_eq!(from("2001:db8:1:2::1")?, from("2001:db8:1:2:ffff::9")?);
        assert_ne!(from("2001:db8:1:2::1")?, from("2001:db8:1:3::1")?);
        assert_ne!(from("203.0.113.9")?, from("203.0.113.10")?);
        assert_eq!(from("::ffff:203.0.113.9")?, from("203.0.113.9")?);
        Ok(())
    }
}
