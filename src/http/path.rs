//! Path segments as types.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::{Serialize, Serializer};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};
use uuid::Uuid;

use super::describe::{Describe, OperationDraft};
use super::problem::Problem;

/// One or several segments of the path; what cannot be decoded does not exist (404).
#[derive(Clone, Debug)]
pub struct Path<T>(T);

impl<T> Path<T> {
    /// The segments themselves.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Path<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        // A decoded NUL would be an error of the database instead of an absence.
        let nul = req.match_info().iter().any(|(_, raw)| raw.contains('\0') || raw.contains("%00"));
        let found = actix_web::web::Path::<T>::from_request(req, payload).into_inner();
        ready(match found {
            Ok(found) if !nul => Ok(Self(found.into_inner())),
            _ => Err(Problem::not_found()),
        })
    }
}

impl<T: 'static> Describe for Path<T> {
    fn describe(op: &mut OperationDraft) {
        op.path_of(std::any::type_name::<T>());
    }
}

/// The longest name of a record: a person's, for logging in.
const LONGEST: usize = 60;

/// What names a record in a path or filter: its id or its business number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ref {
    /// The UUID.
    Id(Uuid),
    /// The number, such as `P-2026-0042`; empty when the text can be neither, so that nothing is found.
    Number(String),
}

impl From<&str> for Ref {
    fn from(text: &str) -> Self {
        if text.len() == 36
            && let Ok(id) = Uuid::try_parse(text)
        {
            return Ref::Id(id);
        }
        let plain = (1..=LONGEST).contains(&text.chars().count())
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
        Ref::Number(if plain { text.to_owned() } else { String::new() })
    }
}

impl From<Uuid> for Ref {
    fn from(id: Uuid) -> Self {
        Ref::Id(id)
    }
}

impl FromStr for Ref {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Ref::from(text))
    }
}

impl<'de> Deserialize<'de> for Ref {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if !(1..=LONGEST).contains(&text.chars().count()) {
            return Err(serde::de::Error::custom("a UUID, a business number or a log-in name has 1 to 60 characters"));
        }
        Ok(Ref::from(text.as_str()))
    }
}

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ref::Id(id) => id.fmt(f),
            Ref::Number(number) => f.write_str(number),
        }
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The schema of a reference by id or number.
pub(super) fn ref_schema(description: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .min_length(Some(1))
        .max_length(Some(LONGEST))
}

/// The schema of a UUID.
pub(super) fn uuid_schema() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

impl PartialSchema for Ref {
    fn schema() -> RefOr<Schema> {
        ref_schema("UUID or business number").pattern(Some("^[^\\x00]+$")).examples(["P-2026-0042"]).into()
    }
}

impl ToSchema for Ref {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_never_an_error() {
        assert!(matches!(Ref::from("0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30"), Ref::Id(_)));
        assert_eq!(Ref::from("P-2026-0042"), Ref::Number("P-2026-0042".into()));
        for odd in ["", "a b", "x\0", "'; drop", &"9".repeat(61)] {
            assert_eq!(Ref::from(odd), Ref::Number(String::new()));
        }
    }
}
