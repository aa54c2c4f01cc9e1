//! Where the signing key comes from: given, or made on first run beside the embedded database. Short and well-known keys are refused.

use crate::access::random_secret;
use crate::config::Config;
use crate::db::DatabaseUrl;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

/// Keys that stand in manuals and samples.
const KNOWN: &[&str] = &[
    "secret",
    "changeme",
    "change-me",
    "password",
    "example",
    "sample",
    "your-256-bit-secret",
    "0123456789",
    "abcdefgh",
];

/// The signing key of this installation.
pub fn load(config: &Config, database: &DatabaseUrl) -> Result<Vec<u8>, String> {
    if let Some(key) = &config.signing_key {
        return checked(key);
    }
    if let Some(path) = &config.signing_key_file {
        let text = fs::read_to_string(path)
            .map_err(|e| format!("FITOUT_SIGNING_KEY_FILE: {} cannot be read: {e}", path.display()))?;
        return checked(text.trim());
    }
    match database {
        DatabaseUrl::Sqlite(_) => own(&config.data_dir.join("signing.key")),
        DatabaseUrl::Postgres(_) => Err("On PostgreSQL the replicas share one signing key: give FITOUT_SIGNING_KEY or FITOUT_SIGNING_KEY_FILE (32 bytes or more, for example from `openssl rand -base64 48`)".to_owned()),
    }
}

fn checked(key: &str) -> Result<Vec<u8>, String> {
    if key.len() < 32 {
        return Err(format!("FITOUT_SIGNING_KEY has {} bytes; it needs at least 32", key.len()));
    }
    let lower = key.to_lowercase();
    let distinct = key.bytes().collect::<std::collections::BTreeSet<_>>().len();
    if distinct < 10 || KNOWN.iter().any(|known| lower.contains(known)) {
        return Err(
            "FITOUT_SIGNING_KEY looks like a sample key; make a random one, for example with `openssl rand -base64 48`"
                .to_owned(),
        );
    }
    Ok(key.as_bytes().to_vec())
}

/// Reads the key of an embedded installation, or makes it, readable by its owner alone.
fn own(path: &Path) -> Result<Vec<u8>, String> {
    if let Ok(text) = fs::read_to_string(path) {
        return checked(text.trim());
    }
    let key = random_secret().map_err(|e| format!("no randomness for a signing key: {e}"))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    file.write_all(key.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    Ok(key.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn short_and_sample_keys_are_refused() {
        for bad in ["", "short", "your-256-bit-secret-your-256-bit-secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]
        {
            assert!(checked(bad).is_err(), "{bad}");
        }
        assert!(checked("kX3vQ0pZ7sLm2Wc9Ty5Rb8Nd1Hf4Gj6Ke").is_ok());
    }
}
