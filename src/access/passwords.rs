//! Passwords: argon2id (RFC 9106), never more at once than a small machine's memory allows. An unknown user costs the same time as a wrong password.

use crate::http::{Code, Problem};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How many hashes may run at once, 19 MiB each.
const AT_ONCE: usize = 2;

/// How many may be hashed or wait for it; a second's worth or two. Whoever comes then is asked to come again.
const LINE: usize = 64;

/// Hashes and verifies passwords off the event loop.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    line: Arc<Semaphore>,
    stand_in: Arc<str>,
}

fn argon2id() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password as a PHC string; blocks for some tens of milliseconds.
pub fn hash(password: &str) -> Result<String, Problem> {
    argon2id().hash_password(password.as_bytes()).map(|h| h.to_string()).map_err(|e| Problem::internal(&e))
}

fn matches(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
}

/// A hash that no password is known for: chance itself, which costs as much to verify as any and nothing to make.
fn stand_in() -> Result<String, getrandom::Error> {
    let (mut salt, mut hash) = ([0; 16], [0; 32]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut hash)?;
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
}

impl Passwords {
    /// Makes the hash that stands in for unknown users.
    pub fn new() -> Result<Self, Problem> {
        let stand_in = stand_in().map_err(|e| Problem::internal(&e))?;
        Ok(Self {
            places: Arc::new(Semaphore::new(AT_ONCE)),
            line: Arc::new(Semaphore::new(LINE)),
            stand_in: stand_in.into(),
        })
    }

    /// Whether the password is the one behind `phc`; with no `phc` it never is, but takes as long.
    pub async fn verify(&self, password: String, phc: Option<String>) -> Result<bool, Problem> {
        let known = phc.is_some();
        let phc = phc.unwrap_or_else(|| self.stand_in.to_string());
        let right = self.run(move || matches(&password, &phc)).await?;
        Ok(right && known)
    }

    /// Hashes a new password.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.run(move || hash(&password)).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let again = || Problem::new(Code::Unavailable, "Try again in a moment.", "請稍後再試。").with_retry_after(1);
        let _line = self.line.try_acquire().map_err(|_| again())?;
        let place = self.places.clone().acquire_owned().await.map_err(|e| Problem::internal(&e))?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(place);
            answer
        });
        done.await.map_err(|_| again())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_for_an_unknown_user_costs_what_a_hash_costs() {
        let (one, other, real) = (stand_in().unwrap(), stand_in().unwrap(), hash("secret").unwrap());
        assert_ne!(one, other);
        let price = |phc: &str| PasswordHash::new(phc).map(|h| (h.algorithm, h.version, h.params.to_string())).unwrap();
        assert_eq!(price(&one), price(&real));
        assert_eq!(one.len(), real.len());
        assert!(matches("secret", &real) && !matches("secret", &one));
    }
}
