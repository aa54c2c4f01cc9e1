//! Lists by keyset: limit, opaque cursor, sort, total on request, expansion from an allow-list.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, Required};

use super::describe::{Describe, OperationDraft};
use super::faults::nearest;
use super::problem::Problem;
use super::query::{pairs, wrong};

pub use super::listing::PageOf;

/// No row begins with it, and PostgreSQL takes it in no text.
fn has_nul(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains('\0'))
}

/// What part of a list is wanted. By itself it documents `limit` and `cursor`; a list that can be sorted, counted or expanded says so
/// with [`OperationDraft::sorts`], [`counts`](OperationDraft::counts) and [`expands`](OperationDraft::expands), or the parameter is unknown.
#[derive(Clone, Debug)]
pub struct Page {
    /// Rows at most, 1–200.
    pub limit: i64,
    cursor: Option<String>,
    sort: Option<String>,
    total: bool,
    expand: Option<String>,
    /// What the list is: a cursor of another list, filter or order does not fit it.
    binding: String,
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
    /// The first of the pages of a whole list, for what reads on by itself; of any length.
    pub fn all(limit: i64) -> Self {
        Self { limit, cursor: None, sort: None, total: false, expand: None, binding: String::new() }
    }

    /// The page that begins at this cursor.
    pub fn following(self, cursor: String) -> Self {
        Self { cursor: Some(cursor), ..self }
    }

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
        self.total
    }

    /// The order wanted. The first of `allowed` is the default; a `-` before it makes it descending.
    pub fn sort(&self, allowed: &[&'static str]) -> Result<Sort, Problem> {
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
        match Cursor::decode(cursor) {
            Some((binding, values)) if binding == self.binding && !values.iter().any(has_nul) => Ok(Some(values)),
            _ => Err(wrong_cursor()),
        }
    }

    /// Cuts what [`Page::fetch`] brought to the limit and says where the next page begins.
    pub fn cut<R>(&self, mut rows: Vec<R>, key: impl Fn(&R) -> Vec<Value>) -> (Vec<R>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or_default();
        if rows.len() <= limit {
            return (rows, None);
        }
        rows.truncate(limit);
        let next = rows.last().map(|row| self.cursor(&key(row)));
        (rows, next)
    }

    /// The cursor of the page after a row with these values.
    pub fn cursor(&self, values: &[Value]) -> String {
        Cursor::encode(&self.binding, values)
    }
}

/// The 400 of a cursor that this list did not give out: garbage, or one of another list, filter or order.
pub fn wrong_cursor() -> Problem {
    wrong(
        "cursor",
        "invalid",
        "is not one that this list gave out for these filters and this order: start again without it",
        "無效：請去掉該參數重新開始",
    )
}

fn not_among(parameter: &str, name: &str, allowed: &[&'static str]) -> Problem {
    let plain = || allowed.iter().map(|name| name.trim_start_matches('-'));
    let list = plain().collect::<Vec<_>>().join(", ");
    let near = nearest(name, plain());
    let (en, zh) = match near {
        Some(near) => {
            (format!("takes one of: {list}; did you mean {near}"), format!("可選值：{list}；您是否想用 {near}"))
        }
        None => (format!("takes one of: {list}"), format!("可選值：{list}")),
    };
    wrong(parameter, "invalid", &en, &zh).with_allowed(plain().map(Into::into).collect())
}

/// Opaque cursors: what they belong to and the JSON values of the last row, base64url.
struct Cursor;

impl Cursor {
    /// The cursor that continues after a row with these values.
    fn encode(binding: &str, values: &[Value]) -> String {
        URL_SAFE_NO_PAD.encode(Value::from(vec![binding.into(), Value::Array(values.to_vec())]).to_string())
    }

    fn decode(cursor: &str) -> Option<(String, Vec<Value>)> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
    }
}

/// The list and its filters in a few characters; how many rows a page has, or what is shown of them, may change on the way.
fn binding(path: &str, query: &str) -> String {
    let mut filters = pairs(query);
    filters.retain(|(name, _)| !["cursor", "limit", "include", "expand"].contains(&name.as_str()));
    filters.sort();
    let mut print = Sha256::new();
    print.update(path);
    for (name, value) in filters {
        print.update(format!(
            "
{name}={value}"
        ));
    }
    URL_SAFE_NO_PAD.encode(print.finalize()).chars().take(11).collect()
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(read(req.path(), req.query_string()))
    }
}

fn read(path: &str, query: &str) -> Result<Page, Problem> {
    let mut page =
        Page { limit: 50, cursor: None, sort: None, total: false, expand: None, binding: binding(path, query) };
    for (name, value) in pairs(query) {
        match name.as_str() {
            "limit" => match value.parse() {
                Ok(limit @ 1..=200) => page.limit = limit,
                _ => {
                    let (en, zh) = ("must be a number from 1 to 200", "必須是 1 至 200 的整數");
                    return Err(wrong("limit", "range", en, zh));
                }
            },
            "cursor" => page.cursor = Some(value),
            "sort" => page.sort = Some(value),
            "include" if value == "total" => page.total = true,
            "include" => {
                return Err(wrong("include", "invalid", "can only be: total", "只能是：total"));
            }
            "expand" if value.is_empty() => {
                return Err(wrong("expand", "invalid", "names nothing to expand", "沒有指明要展開的內容"));
            }
            "expand" => page.expand = Some(value),
            _ => {}
        }
    }
    Ok(page)
}

impl Describe for Page {
    fn describe(op: &mut OperationDraft) {
        let cursor = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9_-]+$"));
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(200))
            .default(Some(50.into()));
        op.parameter(named("limit", "Rows at most.", limit));
        op.parameter(named("cursor", "`next` of the page before.", cursor));
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
        let cursor = Cursor::encode(&binding("/v1/memos", "sort=name&state=open"), &values);
        let after = |path: &str, query: &str| read(path, &format!("cursor={cursor}&{query}")).and_then(|p| p.after());
        assert_eq!(after("/v1/memos", "state=open&sort=name&limit=7").ok(), Some(Some(values)));
        for (path, query) in
            [("/v1/notes", "state=open&sort=name"), ("/v1/memos", "state=open&sort=-name"), ("/v1/memos", "sort=name")]
        {
            assert!(after(path, query).is_err(), "{path} {query}");
        }
        let nul = Cursor::encode(&binding("/v1/users", ""), &[json!("\0")]);
        assert!(read("/v1/users", &format!("cursor={nul}")).and_then(|page| page.after()).is_err());
        for garbage in ["", "%%%", "bnVsbA", "e30"] {
            let page = read("/v1/memos", &format!("cursor={garbage}"));
            assert!(page.and_then(|page| page.after()).is_err(), "{garbage}");
        }
    }

    #[test]
    fn sort_and_expand_come_from_allow_lists() -> Result<(), Problem> {
        let allowed = ["-created_at", "name"];
        assert_eq!(read("/x", "")?.sort(&allowed)?, Sort { field: "created_at", descending: true });
        assert_eq!(read("/x", "sort=name")?.sort(&allowed)?, Sort { field: "name", descending: false });
        let wrong = read("/x", "sort=-nmae")?.sort(&allowed).map_err(|p| p.detail.en.clone());
        assert_eq!(wrong, Err("The parameter sort takes one of: created_at, name; did you mean name.".into()));
        assert_eq!(read("/x", "expand=owner,client,owner")?.expand(&["client", "owner"])?.len(), 2);
        assert!(read("/x", "expand=x")?.expand(&["client"]).is_err());
        assert!(read("/x", "limit=0").is_err() && read("/x", "limit=201").is_err());
        assert!(read("/x", "include=total")?.wants_total());
        Ok(())
    }

    #[test]
    fn a_page_is_cut_to_its_limit() -> Result<(), Problem> {
        let page = read("/x", "limit=2")?;
        let (rows, next) = page.cut(vec![1, 2, 3], |row| vec![json!(row)]);
        assert_eq!((rows, next), (vec![1, 2], Some(Cursor::encode(&binding("/x", ""), &[json!(2)]))));
        assert_eq!(page.cut(vec![1, 2], |row| vec![json!(row)]).1, None);
        Ok(())
    }
}
