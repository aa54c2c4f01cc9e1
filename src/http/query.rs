//! Query strings as types.

use std::any::TypeId;
use std::cell::RefCell;
use std::collections::HashMap;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::rc::Rc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use validator::Validate;

use super::describe::{Describe, OperationDraft};
use super::faults::{misfit, nearest, validated};
use super::problem::{Code, FieldError, Problem};

pub use super::path::{Path, Ref};

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

impl<T: DeserializeOwned + IntoParams + Validate + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(filters(req.query_string()).map(Self))
    }
}

impl<T: IntoParams> Describe for Query<T> {
    fn describe(op: &mut OperationDraft) {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            op.parameter(never_null(parameter));
        }
        op.refuses(Code::Validation);
    }
}

/// A query string cannot say null: an optional filter is left out.
fn never_null(mut parameter: Parameter) -> Parameter {
    let is_null = |schema: &RefOr<Schema>| match schema {
        RefOr::T(Schema::Object(object)) => object.schema_type == SchemaType::Type(Type::Null),
        _ => false,
    };
    parameter.schema = parameter.schema.map(|schema| match schema {
        RefOr::T(Schema::OneOf(mut one)) => {
            one.items.retain(|item| !is_null(item));
            match one.items.pop() {
                Some(only) if one.items.is_empty() => only,
                last => {
                    one.items.extend(last);
                    RefOr::T(Schema::OneOf(one))
                }
            }
        }
        RefOr::T(Schema::Object(mut object)) => {
            if let SchemaType::Array(kinds) = &object.schema_type {
                let real = kinds.iter().find(|kind| **kind != Type::Null).cloned();
                object.schema_type = real.map_or(SchemaType::AnyValue, SchemaType::Type);
            }
            RefOr::T(Schema::Object(object))
        }
        other => other,
    });
    parameter
}

/// Whether a parameter takes several values, by comma. None of a list with cursors does: a cursor goes with the query as it was written.
fn is_list(parameter: &Parameter) -> bool {
    matches!(&parameter.schema, Some(RefOr::T(Schema::Array(_))))
}

/// Parameters by name, and whether each takes several values.
type Names = Rc<[(String, bool)]>;

/// The names of a type's parameters. To compose their schemas takes longer than to read a page of rows, so each thread does it once.
fn names_of<T: IntoParams + 'static>() -> Names {
    thread_local!(static KNOWN: RefCell<HashMap<TypeId, Names>> = RefCell::default());
    KNOWN.with_borrow_mut(|known| {
        let own = || T::into_params(|| Some(ParameterIn::Query)).into_iter();
        let make = || own().map(|p| (p.name.clone(), is_list(&p))).collect();
        known.entry(TypeId::of::<T>()).or_insert_with(make).clone()
    })
}

fn filters<T: DeserializeOwned + IntoParams + Validate + 'static>(query: &str) -> Result<T, Problem> {
    let own = names_of::<T>();
    // Page reads its own names from the same string: leave them out, or a struct that denies
    // unknown fields would refuse them.
    let mut pairs: Vec<_> =
        pairs(query).into_iter().filter(|(name, _)| own.iter().any(|(own, _)| own == name)).collect();
    for (list, _) in own.iter().filter(|(_, is_list)| *is_list) {
        join(&mut pairs, list);
    }
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

/// Whoever repeats a list's name gives its values one by one.
fn join(pairs: &mut Vec<(String, String)>, list: &str) {
    let values: Vec<String> = pairs.iter().filter(|(name, _)| name == list).map(|(_, value)| value.clone()).collect();
    if values.len() > 1 {
        pairs.retain(|(name, _)| name != list);
        pairs.push((list.to_owned(), values.join(",")));
    }
}

/// The decoded names and values in their order.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// What an operation documents of its query string and body.
#[derive(Clone, Debug, Default)]
pub struct Documented {
    pub(super) parameters: Vec<Asked>,
    /// It takes no body.
    pub(super) no_body: bool,
}

/// A parameter of a query string.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) name: String,
    /// Where it takes only some words, these.
    pub(super) words: Vec<String>,
    /// It may be given several times.
    pub(super) list: bool,
}

impl From<&Parameter> for Asked {
    fn from(parameter: &Parameter) -> Self {
        let words = match &parameter.schema {
            Some(RefOr::T(Schema::Object(object))) => object.enum_values.as_deref().unwrap_or_default(),
            _ => &[],
        };
        let words = words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect();
        Self { name: parameter.name.clone(), words, list: is_list(parameter) }
    }
}

/// What lists read themselves, with messages of their own.
const OF_PAGES: [&str; 3] = ["sort", "include", "expand"];

impl Documented {
    /// Refuses what the operation does not document.
    pub(super) fn check(&self, query: &str) -> Result<(), Problem> {
        if query.is_empty() {
            return Ok(());
        }
        check_names(query, &self.parameters)?;
        for (name, value) in pairs(query).into_iter().filter(|(name, _)| !OF_PAGES.contains(&name.as_str())) {
            let words = asked(&self.parameters, &name).map(|known| &known.words);
            let Some(words) = words.filter(|words| !words.is_empty() && !words.contains(&value)) else {
                continue;
            };
            let (en, zh) = (words.join(", "), words.join("、"));
            let (en, zh) = (format!("Must be one of: {en}."), format!("必須是以下之一：{zh}。"));
            return Err(Problem::validation(format!("?{name}"), "invalid", en, zh));
        }
        Ok(())
    }
}

fn asked<'a>(known: &'a [Asked], name: &str) -> Option<&'a Asked> {
    known.iter().find(|known| known.name == name)
}

/// Refuses what is not UTF-8, names that are not among `known`, names given twice but for those of lists, and U+0000.
fn check_names(query: &str, known: &[Asked]) -> Result<(), Problem> {
    if percent_decode_str(query).decode_utf8().is_err() {
        let (en, zh) = ("The query string is not UTF-8.", "查詢字符串不是有效的 UTF-8。");
        return Err(Problem::bad_request(en, zh));
    }
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in pairs(query) {
        let Some(parameter) = asked(known, &name) else {
            let names: Vec<&str> = known.iter().map(|known| known.name.as_str()).collect();
            let near = nearest(&name, names.iter().copied());
            let shown = name.chars().filter(|c| !c.is_control()).take(40).collect::<String>();
            let (en, zh) = match near {
                Some(near) => (
                    format!("There is no parameter {shown}; did you mean {near}?"),
                    format!("沒有參數 {shown}；您是否想用 {near}？"),
                ),
                None if names.is_empty() => (
                    format!("There is no parameter {shown}: this operation takes none."),
                    format!("沒有參數 {shown}：此操作不接受查詢參數。"),
                ),
                None => (
                    format!("There is no parameter {shown}; there are: {}.", names.join(", ")),
                    format!("沒有參數 {shown}；可用的參數：{}。", names.join("、")),
                ),
            };
            return Err(Problem::new(Code::UnknownParameter, &en, &zh)
                .with_errors(vec![FieldError::new(format!("?{shown}"), "unknown", en, zh)])
                .with_allowed(names.into_iter().map(Into::into).collect()));
        };
        if value.contains('\0') {
            return Err(wrong(&name, "nul", "must not contain U+0000", "不得包含 U+0000"));
        }
        if seen.contains(&name) && !parameter.list {
            return Err(wrong(&name, "duplicate", "is given more than once", "重複出現"));
        }
        seen.push(name);
    }
    Ok(())
}

/// A 400 about one query parameter.
pub(super) fn wrong(name: &str, code: &str, en: &str, zh: &str) -> Problem {
    let (en, zh) = (format!("The parameter {name} {en}."), format!("參數 {name} {zh}。"));
    Problem::bad_request(&en, &zh).with_errors(vec![FieldError::new(format!("?{name}"), code, en, zh)])
}

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
            let Err(problem) = filters::<Filter>(query) else { panic!("accepted {query}") };
            assert_eq!((&*problem.errors[0].pointer, &*problem.errors[0].code), ("?stage", code));
        }
        Ok(())
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let mut known = ["status", "limit"].map(|name| Asked { name: name.to_owned(), ..Asked::default() });
        let refused = |query: &str| match check_names(query, &known) {
            Ok(()) => panic!("accepted {query}"),
            Err(problem) => problem,
        };
        let problem = refused("stauts=open");
        assert_eq!(problem.code, Code::UnknownParameter);
        assert!(problem.detail.en.contains("did you mean status?"));
        assert!(refused("zzzzzzzz=1").detail.en.contains("there are: status, limit"));
        // Nothing is near to one letter, and whatever is far too long is not compared at all.
        for far in ["1=1".to_owned(), format!("{}=1", "limit".repeat(1_000_000))] {
            assert!(refused(&far).detail.en.contains("there are: status, limit"));
        }
        assert_eq!(refused("limit=1&limit=2").errors[0].code, "duplicate");
        assert_eq!(refused("status=%00").errors[0].code, "nul");
        assert_eq!(refused("status=%ff").code, Code::BadRequest);
        assert!(check_names("status=open&limit=2", &known).is_ok());
        // A list's name may come again; others beside it may not.
        known[0].list = true;
        assert!(check_names("status=open&limit=2&status=paid", &known).is_ok());
        assert!(check_names("status=open&limit=2&limit=3", &known).is_err());
    }

    #[test]
    fn a_list_that_is_repeated_is_one_list() {
        let mut given = pairs("kind=a,b&client=c&kind=d");
        join(&mut given, "kind");
        assert_eq!(given, [("client".into(), "c".into()), ("kind".into(), "a,b,d".to_owned())]);
    }
}
