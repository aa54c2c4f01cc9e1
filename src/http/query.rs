//! Query strings and path segments as types.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::{Deserialize, DeserializeOwned, Deserializer};
use serde::{Serialize, Serializer};
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, schema::Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;
use validator::Validate;

use super::describe::{Describe, OperationDraft};
use super::faults::{misfit, nearest, validated};
use super::problem::{Code, FieldError, Problem};

/// Typed filters. Names that the operation does not document are refused before the handler runs.
#[derive(Clone, Debug)]
pub struct Query<T>(T);

impl<T> Query<T> {
    /// The filters themselves.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Query<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + IntoParams + Validate> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(filters(req.query_string()).map(Self))
    }
}

impl<T: IntoParams> Describe for Query<T> {
    fn describe(op: &mut OperationDraft) {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            op.parameter(parameter);
        }
    }
}

fn filters<T: DeserializeOwned + IntoParams + Validate>(query: &str) -> Result<T, Problem> {
    let own: Vec<String> = T::into_params(|| Some(ParameterIn::Query))
        .into_iter()
        .map(|p| p.name)
        .collect();
    // Page reads its own names from the same string: leave them out, or a struct that denies
    // unknown fields would refuse them.
    let pairs: Vec<_> = pairs(query)
        .into_iter()
        .filter(|(name, _)| own.iter().any(|own| own == name))
        .collect();
    let encoded = serde_urlencoded::to_string(&pairs).map_err(|cause| Problem::internal(&cause))?;
    let source = serde_urlencoded::Deserializer::new(form_urlencoded::parse(encoded.as_bytes()));
    let value: T = serde_path_to_error::deserialize(source).map_err(|cause| {
        let name = cause.path().to_string();
        let pointer = if name == "." { String::new() } else { name };
        let mut fault = misfit(pointer, &cause.into_inner().to_string());
        fault.pointer = format!("?{}", fault.pointer.trim_start_matches('/'));
        Problem::invalid(vec![fault])
    })?;
    validated(&value, "?").map(|()| value)
}

/// The decoded names and values in their order.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

/// Refuses names that are not among `known`, names given twice, and U+0000.
pub(super) fn check_names(query: &str, known: &[String]) -> Result<(), Problem> {
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in pairs(query) {
        if !known.contains(&name) {
            let near = nearest(&name, known.iter().map(String::as_str));
            let shown = name
                .chars()
                .filter(|c| !c.is_control())
                .take(40)
                .collect::<String>();
            let (en, zh) = match near {
                Some(near) => (
                    format!("There is no parameter {shown}; did you mean {near}?"),
                    format!("没有参数 {shown}；您是否想用 {near}？"),
                ),
                None if known.is_empty() => (
                    format!("There is no parameter {shown}: this operation takes none."),
                    format!("没有参数 {shown}：此操作不接受查询参数。"),
                ),
                None => (
                    format!(
                        "There is no parameter {shown}; there are: {}.",
                        known.join(", ")
                    ),
                    format!("没有参数 {shown}；可用的参数：{}。", known.join("、")),
                ),
            };
            return Err(Problem::new(Code::UnknownParameter, &en, &zh)
                .with_errors(vec![FieldError::new(
                    format!("?{shown}"),
                    "unknown",
                    en,
                    zh,
                )])
                .with_allowed(known.iter().map(|name| name.as_str().into()).collect()));
        }
        if value.contains('\0') {
            return Err(wrong(
                &name,
                "nul",
                "must not contain U+0000",
                "不得包含 U+0000",
            ));
        }
        if seen.contains(&name) {
            return Err(wrong(
                &name,
                "duplicate",
                "is given more than once",
                "重复出现",
            ));
        }
        seen.push(name);
    }
    Ok(())
}

/// A 400 about one query parameter.
pub(super) fn wrong(name: &str, code: &str, en: &str, zh: &str) -> Problem {
    let (en, zh) = (
        format!("The parameter {name} {en}."),
        format!("参数 {name} {zh}。"),
    );
    Problem::bad_request(&en, &zh).with_errors(vec![FieldError::new(
        format!("?{name}"),
        code,
        en,
        zh,
    )])
}

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
        let nul = req
            .match_info()
            .iter()
            .any(|(_, raw)| raw.contains('\0') || raw.contains("%00"));
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
        let plain = (1..=40).contains(&text.chars().count())
            && text.chars().all(|c| c.is_alphanumeric() || c == '-');
        Ref::Number(if plain {
            text.to_owned()
        } else {
            String::new()
        })
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
        String::deserialize(deserializer).map(|text| Ref::from(text.as_str()))
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
        .max_length(Some(40))
}

/// The schema of a UUID.
pub(super) fn uuid_schema() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

impl PartialSchema for Ref {
    fn schema() -> RefOr<Schema> {
        ref_schema("UUID or business number")
            .examples(["P-2026-0042"])
            .into()
    }
}

impl ToSchema for Ref {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, IntoParams, Validate)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        #[validate(range(min = 1, max = 9))]
        stage: Option<u8>,
        client: Option<Ref>,
    }

    #[test]
    fn filters_are_typed_and_leave_the_page_alone() -> Result<(), Problem> {
        let filter: Filter = filters("stage=3&limit=5&client=C-7")?;
        assert_eq!(filter.stage, Some(3));
        assert_eq!(filter.client, Some(Ref::Number("C-7".into())));
        for (query, code) in [("stage=x", "invalid"), ("stage=12", "range")] {
            let Err(problem) = filters::<Filter>(query) else {
                panic!("accepted {query}")
            };
            assert_eq!(
                (&*problem.errors[0].pointer, &*problem.errors[0].code),
                ("?stage", code)
            );
        }
        Ok(())
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let known = ["status".to_owned(), "limit".to_owned()];
        let refused = |query: &str| match check_names(query, &known) {
            Ok(()) => panic!("accepted {query}"),
            Err(problem) => problem,
        };
        let problem = refused("stauts=open");
        assert_eq!(problem.code, Code::UnknownParameter);
        assert!(problem.detail.en.contains("did you mean status?"));
        assert!(
            refused("zzzzzzzz=1")
                .detail
                .en
                .contains("there are: status, limit")
        );
        assert_eq!(refused("limit=1&limit=2").errors[0].code, "duplicate");
        assert_eq!(refused("status=%00").errors[0].code, "nul");
        assert!(check_names("status=open&limit=2", &known).is_ok());
    }

    #[test]
    fn a_reference_is_never_an_error() {
        assert!(matches!(
            Ref::from("0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30"),
            Ref::Id(_)
        ));
        assert_eq!(Ref::from("P-2026-0042"), Ref::Number("P-2026-0042".into()));
        for odd in ["", "a b", "x\0", "'; drop", &"9".repeat(41)] {
            assert_eq!(Ref::from(odd), Ref::Number(String::new()));
        }
    }
}
