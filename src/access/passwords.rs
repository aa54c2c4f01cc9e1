//! Passwords: argon2id (RFC 9106), never more at once than a small machine's memory allows. An unknown user costs the same time as a wrong password.

use crate::http::{Code, Problem};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many hashes may run at once, 19 MiB each.
const AT_ONCE: usize = 2;

/// Hashes and verifies passwords off the event loop.
#[derive(Clone, Debug)]
pub struct Passwords {
    places: Arc<Semaphore>,
    stand_in: Arc<str>,
}

fn argon2id() -> Argon2<'static> {
    // OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
    let params = Params::new(19 * 1024, 2, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Hashes a password as a PHC string; blocks for some tens of milliseconds.
pub fn hash(password: &str) -> Result<String, Problem> {
    argon2id().hash_password(password.as_bytes()).map(|h| h.to_string()).map_err(|e| Problem::internal(&e))
}

fn matches(password: &str, phc: &str) -> bool {
    PasswordHash::new(phc).is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok())
}

impl Passwords {
    /// Makes the hash that stands in for unknown users.
    pub fn new() -> Result<Self, Problem> {
        let stand_in = hash("nobody has this password")?;
        Ok(Self { places: Arc::new(Semaphore::new(AT_ONCE)), stand_in: stand_in.into() })
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
        let place = self.places.clone().acquire_owned().await.map_err(|e| Problem::internal(&e))?;
        let done = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop(place);
            answer
        });
        done.await
            .map_err(|_| Problem::new(Code::Unavailable, "Try again in a moment.", "請稍後再試。").with_retry_after(1))
    }
}
