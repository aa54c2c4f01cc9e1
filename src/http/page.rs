//! Lists by keyset: limit, opaque cursor, sort, total on request, expansion from an allow-list.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use super::describe::{Describe, OperationDraft};
use super::faults::nearest;
use super::problem::Problem;
use super::query::{pairs, wrong};

pub use super::listing::PageOf;

const SORT: u8 = 1;
const EXPAND: u8 = 2;
const TOTAL: u8 = 4;

/// What part of a list is wanted.
#[derive(Clone, Debug)]
pub struct Page {
    /// Rows at most, 1–200.
    pub limit: i64,
    cursor: Option<String>,
    sort: Option<String>,
    total: bool,
    expand: Option<String>,
    used: PageUse,
}

/// Which of its wishes the handler looked at: one that nobody looked at is refused, not ignored.
#[derive(Clone, Debug, Default)]
pub(super) struct PageUse {
    wanted: u8,
    seen: Arc<AtomicU8>,
}

impl PageUse {
    /// Refuses a wish that the operation does not know.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let ignored = self.wanted & !self.seen.load(Ordering::Relaxed);
        for (bit, name) in [(SORT, "sort"), (EXPAND, "expand"), (TOTAL, "include")] {
            if ignored & bit != 0 {
                let en = "is not supported by this list";
                return Err(wrong(name, "unsupported", en, "在此列表中不受支持"));
            }
        }
        Ok(())
    }

    fn note(&self, bit: u8) {
        self.seen.fetch_or(bit, Ordering::Relaxed);
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// One of the allowed fields, without its sign.
    pub field: &'static str,
    /// Largest first.
    pub descending: bool,
}

impl Page {
    /// Rows at most.
    pub fn limit(&self) -> i64 {
        self.limit
    }

    /// Rows to ask the database for: one more than wanted, which tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Is `include=total` wanted?
    pub fn wants_total(&self) -> bool {
        self.used.note(TOTAL);
        self.total
    }

    /// The order wanted. The first of `allowed` is the default; a `-` before it makes it descending.
    pub fn sort(&self, allowed: &[&'static str]) -> Result<Sort, Problem> {
        self.used.note(SORT);
        let parse =
            |name: &'static str| Sort { field: name.trim_start_matches('-'), descending: name.starts_with('-') };
        let mut known = allowed.iter().copied().map(parse);
        let Some(wanted) = &self.sort else {
            return Ok(known.next().unwrap_or(Sort { field: "id", descending: false }));
        };
        let field = wanted.trim_start_matches('-');
        match known.find(|sort| sort.field == field) {
            Some(sort) => Ok(Sort { descending: wanted.starts_with('-'), ..sort }),
            None => Err(not_among("sort", field, allowed)),
        }
    }

    /// What to expand, each from the allow-list.
    pub fn expand(&self, allowed: &[&'static str]) -> Result<Vec<&'static str>, Problem> {
        self.used.note(EXPAND);
        let wanted = self.expand.as_deref().unwrap_or_default();
        let mut expanded = Vec::new();
        for name in wanted.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            match allowed.iter().copied().find(|allowed| *allowed == name) {
                Some(known) if expanded.contains(&known) => {}
                Some(known) => expanded.push(known),
                None => return Err(not_among("expand", name, allowed)),
            }
        }
        Ok(expanded)
    }

    /// The values of the row after which this page begins; garbage is a 400.
    pub fn after(&self) -> Result<Option<Vec<Value>>, Problem> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
        match bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            Some(values) => Ok(Some(values)),
            None => Err(wrong_cursor()),
        }
    }

    /// Cuts what [`Page::fetch`] brought to the limit and says where the next page begins.
    pub fn cut<R>(&self, mut rows: Vec<R>, key: impl Fn(&R) -> Vec<Value>) -> (Vec<R>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        if rows.len() <= limit {
            return (rows, None);
        }
        rows.truncate(limit);
        let next = rows.last().map(|row| Cursor::encode(&key(row)));
        (rows, next)
    }
}

/// The 400 of a cursor that this service did not give out, or that belongs to another order.
pub fn wrong_cursor() -> Problem {
    wrong(
        "cursor",
        "invalid",
        "is not one that this list gave out: start again without it",
        "无效：请去掉该参数重新开始",
    )
}

fn not_among(parameter: &str, name: &str, allowed: &[&'static str]) -> Problem {
    let plain = || allowed.iter().map(|name| name.trim_start_matches('-'));
    let list = plain().collect::<Vec<_>>().join(", ");
    let near = nearest(name, plain());
    let (en, zh) = match near {
        Some(near) => {
            (format!("takes one of: {list}; did you mean {near}"), format!("可选值：{list}；您是否想用 {near}"))
        }
        None => (format!("takes one of: {list}"), format!("可选值：{list}")),
    };
    wrong(parameter, "invalid", &en, &zh).with_allowed(plain().map(Into::into).collect())
}

/// Opaque cursors: JSON values of the last row, base64url.
pub struct Cursor;

impl Cursor {
    /// The cursor that continues after a row with these values.
    pub fn encode(values: &[Value]) -> String {
        let values = Value::Array(values.to_vec());
        URL_SAFE_NO_PAD.encode(values.to_string())
    }
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let page = read(req.query_string());
        if let Ok(page) = &page {
            req.extensions_mut().insert(page.used.clone());
        }
        ready(page)
    }
}

fn read(query: &str) -> Result<Page, Problem> {
    let mut page = Page { limit: 50, cursor: None, sort: None, total: false, expand: None, used: PageUse::default() };
    for (name, value) in pairs(query) {
        match name.as_str() {
            "limit" => match value.parse() {
                Ok(limit @ 1..=200) => page.limit = limit,
                _ => {
                    let (en, zh) = ("must be a number from 1 to 200", "必须是 1 至 200 的整数");
                    return Err(wrong("limit", "range", en, zh));
                }
            },
            "cursor" => page.cursor = Some(value),
            "sort" => {
                page.used.wanted |= SORT;
                page.sort = Some(value);
            }
            "include" if value == "total" => {
                page.used.wanted |= TOTAL;
                page.total = true;
            }
            "include" => {
                return Err(wrong("include", "invalid", "can only be: total", "只能是：total"));
            }
            "expand" => {
                page.used.wanted |= EXPAND;
                page.expand = Some(value);
            }
            _ => {}
        }
    }
    Ok(page)
}

impl Describe for Page {
    fn describe(op: &mut OperationDraft) {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(200))
            .default(Some(50.into()));
        let total = text().enum_values(Some(["total"]));
        op.parameter(named("limit", "Rows at most.", limit));
        op.parameter(named("cursor", "`next` of the page before.", text()));
        op.parameter(named("sort", "The field to sort by; `-` before it: largest first.", text()));
        op.parameter(named("include", "`total` counts all rows of the list.", total));
        op.parameter(named("expand", "Related records to show in full, by comma.", text()));
    }
}

/// A query parameter that may be left out.
pub(super) fn named(name: &str, description: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cursor_comes_back_and_garbage_does_not() {
        let values = vec![json!("2026-11-21T08:00:00Z"), json!(7), json!("中")];
        let query = format!("cursor={}", Cursor::encode(&values));
        assert_eq!(read(&query).and_then(|page| page.after()).ok(), Some(Some(values)));
        for garbage in ["", "%%%", "bnVsbA", "e30"] {
            let page = read(&format!("cursor={garbage}"));
            assert!(page.and_then(|page| page.after()).is_err(), "{garbage}");
        }
    }

    #[test]
    fn sort_and_expand_come_from_allow_lists() -> Result<(), Problem> {
        let allowed = ["-created_at", "name"];
        assert_eq!(read("")?.sort(&allowed)?, Sort { field: "created_at", descending: true });
        assert_eq!(read("sort=name")?.sort(&allowed)?, Sort { field: "name", descending: false });
        let wrong = read("sort=-nmae")?.sort(&allowed).map_err(|p| p.detail.en.clone());
        assert_eq!(wrong, Err("The parameter sort takes one of: created_at, name; did you mean name.".into()));
        assert_eq!(read("expand=owner,client,owner")?.expand(&["client", "owner"])?.len(), 2);
        assert!(read("expand=x")?.expand(&["client"]).is_err());
        assert!(read("limit=0").is_err() && read("limit=201").is_err());
        let page = read("sort=name&include=total")?;
        assert!(page.used.check().is_err());
        page.sort(&allowed)?;
        assert!(page.wants_total() && page.used.check().is_ok());
        Ok(())
    }

    #[test]
    fn a_page_is_cut_to_its_limit() -> Result<(), Problem> {
        let page = read("limit=2")?;
        let (rows, next) = page.cut(vec![1, 2, 3], |row| vec![json!(row)]);
        assert_eq!((rows, next), (vec![1, 2], Some(Cursor::encode(&[json!(2)]))));
        assert_eq!(page.cut(vec![1, 2], |row| vec![json!(row)]).1, None);
        Ok(())
    }
}
