//! Access tokens: JWT (RFC 7519) signed with HS256 and nothing else, at most 15 minutes old. Refresh tokens are random and kept hashed.
//! The `jsonwebtoken` crate runs on a provider of our own, so that no other algorithm exists in the binary.

use super::Role;
use crate::db::Id;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use signature::{Signer, Verifier};

/// How long an access token is good, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// How long a refresh token is good, in seconds.
pub const REFRESH_SECONDS: i64 = 30 * 24 * 3600;

const AUDIENCE: &str = "fitout";

/// What an access token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The person.
    pub sub: Id,
    /// Their role, for the coarse gate before the body is read.
    pub role: Role,
    /// Their token generation: raised by log-out everywhere, password change, role change and deactivation.
    pub generation: i64,
    /// The session: the family of refresh tokens.
    pub session: Id,
    /// For whom.
    pub aud: String,
    /// Issued at, seconds since 1970.
    pub iat: i64,
    /// Expires at, seconds since 1970.
    pub exp: i64,
}

impl Claims {
    /// Claims that hold from `issued` for [`ACCESS_SECONDS`].
    pub fn new(sub: Id, role: Role, generation: i64, session: Id, issued: i64) -> Self {
        Self { sub, role, generation, session, aud: AUDIENCE.to_owned(), iat: issued, exp: issued + ACCESS_SECONDS }
    }
}

/// The signing key of this installation.
#[derive(Clone)]
pub struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// Keys from a secret of at least 32 bytes.
    pub fn new(secret: &[u8]) -> Self {
        // Installing twice (two servers in one test process) is harmless: the provider is the same.
        let _ = PROVIDER.install_default();
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        validation.leeway = 0;
        Self { encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret), validation }
    }

    /// Signs claims.
    pub fn sign(&self, claims: &Claims) -> Result<String, Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
    }

    /// The claims of a token that this installation signed and that still holds.
    pub fn verify(&self, token: &str) -> Result<Claims, Error> {
        Ok(jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)?.claims)
    }

    /// A sum that only this installation can compute: for what must be known again and not be guessed from what is stored.
    pub fn sum(&self, of: &[u8]) -> Result<String, Error> {
        let mac = hs256(Algorithm::HS256, AlgorithmFamily::Hmac, self.encoding.as_bytes())?;
        // No token has a NUL in what is signed, so that none of these sums signs one.
        let sum = mac.try_sign(&[b"sum\0", of].concat()).map_err(|_| ErrorKind::InvalidSignature)?;
        Ok(hex::encode(sum))
    }
}

/// A random secret of 32 bytes, base64url.
pub fn random_secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// How a random secret is kept: its SHA-256. A slow hash would protect nothing that has 256 bits.
pub fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

struct Hs256(Hmac<Sha256>);

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], given: &Vec<u8>) -> Result<(), signature::Error> {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.verify_slice(given).map_err(signature::Error::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

fn hs256(algorithm: Algorithm, family: AlgorithmFamily, key: &[u8]) -> Result<Hs256, Error> {
    if algorithm != Algorithm::HS256 || family != AlgorithmFamily::Hmac {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    Ok(Hs256(Hmac::new_from_slice(key).map_err(|_| ErrorKind::InvalidKeyFormat)?))
}

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key: &EncodingKey| Ok(Box::new(hs256(*algorithm, key.family(), key.as_bytes())?)),
    verifier_factory: |algorithm, key: &DecodingKey| {
        Ok(Box::new(hs256(*algorithm, key.family(), key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(issued: i64) -> Claims {
        Claims::new(Id::new(), Role::Manager, 1, Id::new(), issued)
    }

    #[test]
    fn only_our_own_unexpired_hs256_tokens_hold() {
        let now = chrono::Utc::now().timestamp();
        let keys = Keys::new(&[7; 32]);
        let token = keys.sign(&claims(now)).unwrap();
        assert!(keys.verify(&token).is_ok());
        assert!(Keys::new(&[8; 32]).verify(&token).is_err(), "another key");
        assert!(keys.verify(&keys.sign(&claims(now - ACCESS_SECONDS - 1)).unwrap()).is_err(), "expired");
        let payload = token.split('.').nth(1).unwrap();
        let none = format!("{}.{payload}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#));
        assert!(keys.verify(&none).is_err(), "alg none");
        let rs256 = format!(
            "{}.{payload}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
            token.split('.').nth(2).unwrap()
        );
        assert!(keys.verify(&rs256).is_err(), "another algorithm");
    }
}
