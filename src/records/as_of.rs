//! `?as_of=`: the state at an earlier business instant, from the events.

use crate::access::{Result, Tx};
use crate::db::{At, Id};
use crate::events;
use crate::http::{Code, Problem};
use chrono::Datelike;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::IntoParams;
use validator::Validate;

/// At which moment.
#[derive(Debug, Clone, Default, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// The state at this business instant, with everything that happened at it; now, unless said. What may be done is told of now only; who manages, and whose review is next, by today's roles.
    #[param(example = "2026-05-30T07:00:00Z")]
    pub as_of: Option<At>,
}

impl AsOf {
    /// The instant, unless it is now that is asked for; 422 for one that lies in the future.
    pub fn instant(&self, tx: &Tx<'_>) -> Result<Option<At>> {
        match self.as_of {
            Some(at) if at > tx.now => Err(Problem::validation(
                "?as_of",
                "future",
                format!("It lies in the future: business time is {}.", tx.now),
                format!("時間在將來；現在的業務時間為 {}。", tx.now),
            )
            .into()),
            // Business dates begin there.
            Some(at) if at.utc().year() < 1900 => Err(Problem::validation(
                "?as_of",
                "range",
                "Nothing is known from before 1900.",
                "1900 年以前沒有記錄。",
            )
            .into()),
            instant => Ok(instant),
        }
    }
}

/// A record as it was; 404 where it did not exist yet.
pub fn record_at<R: DeserializeOwned>(tx: &mut Tx<'_>, id: Id, at: At) -> Result<R> {
    let image = events::image_at(tx.conn, id, at)?
        .ok_or_else(|| Problem::new(Code::NotFound, "It did not exist at that moment.", "當時尚無此記錄。"))?;
    from_image(image)
}

/// A record from its after-image.
pub fn from_image<R: DeserializeOwned>(image: Value) -> Result<R> {
    Ok(serde_json::from_value(image).map_err(|e| Problem::internal(&e))?)
}
