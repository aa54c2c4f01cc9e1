//! JSON bodies: typed, validated, with every fault pointed at.

use std::future::Future;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use validator::Validate;

use super::describe::{Describe, OperationDraft};
use super::faults::typed;
use super::payload::{empty, read_json};
use super::problem::Problem;

pub use super::payload::{BodyFingerprint, BodyLimits};

const JSON: &[&str] = &["application/json"];

type Reading<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// A JSON body. Refuses in this order: 415, 413, 408, 400 (empty, malformed), 422 (types, rules).
#[derive(Clone, Debug)]
pub struct Body<T>(T);

impl<T> Body<T> {
    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Body<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read_json(req.clone(), payload.take(), JSON);
        Box::pin(async move { typed(reading.await?.ok_or_else(empty)?).map(Self) })
    }
}

impl<T: ToSchema> Describe for Body<T> {
    fn describe(op: &mut OperationDraft) {
        op.body::<T>(JSON, true);
    }
}

/// A JSON body that may be left out; `T::default()` stands in for it.
#[derive(Clone, Debug)]
pub struct OptionalBody<T>(T);

impl<T> OptionalBody<T> {
    /// The value itself.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for OptionalBody<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned + Validate + Default + 'static> FromRequest for OptionalBody<T> {
    type Error = Problem;
    type Future = Reading<Self>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reading = read_json(req.clone(), payload.take(), JSON);
        Box::pin(async move {
            Ok(Self(match reading.await? {
                Some(value) => typed(value)?,
                None => T::default(),
            }))
        })
    }
}

impl<T: ToSchema> Describe for OptionalBody<T> {
    fn describe(op: &mut OperationDraft) {
        op.body::<T>(JSON, false);
    }
}

pub(super) async fn read_object(
    req: HttpRequest,
    payload: Payload,
    media_types: &'static [&'static str],
) -> Result<Map<String, Value>, Problem> {
    match read_json(req, payload, media_types).await? {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => {
            Err(Problem::validation("", "type", "Has the wrong type; expected an object.", "類型不正確；應為對象。"))
        }
        None => Err(empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::CONTENT_TYPE;
    use actix_web::test::TestRequest;
    use serde::Deserialize;

    use crate::http::problem::Code;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Order {
        #[validate(length(min = 1, max = 5))]
        name: String,
        #[validate(nested)]
        lines: Vec<Line>,
    }

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Line {
        #[validate(range(min = 1))]
        amount: i64,
    }

    fn refused(body: &'static str) -> Problem {
        match read(body) {
            Ok(order) => panic!("accepted {order:?}"),
            Err(problem) => problem,
        }
    }

    fn read(body: &'static str) -> Result<Body<Order>, Problem> {
        let (req, mut payload) = TestRequest::post()
            .insert_header((CONTENT_TYPE, "application/json; charset=utf-8"))
            .set_payload(body)
            .to_http_parts();
        run(Body::<Order>::from_request(&req, &mut payload))
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        actix_web::rt::System::new().block_on(future)
    }

    fn first(problem: &Problem) -> (&str, &str) {
        (&problem.errors[0].pointer, &problem.errors[0].code)
    }

    #[test]
    fn faults_are_pointed_at() {
        assert!(read(r#"{"name":"a","lines":[{"amount":1}]}"#).is_ok());
        assert_eq!(first(&refused(r#"{"name":"a"}"#)), ("/lines", "missing"));
        assert_eq!(
            first(&refused(r#"{"name":"a","lines":[{"amount":1},{"amount":"x"}]}"#)),
            ("/lines/1/amount", "type")
        );
        let unknown = refused(r#"{"name":"a","lines":[{"amuont":1}]}"#);
        assert_eq!(first(&unknown), ("/lines/0/amuont", "unknown_field"));
        assert!(unknown.errors[0].message.en.contains("amount"));
    }

    #[test]
    fn all_broken_rules_are_told_without_the_refused_values() {
        let problem = refused(r#"{"name":"secret","lines":[{"amount":1},{"amount":0}]}"#);
        let places: Vec<_> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
        assert_eq!(places, ["/lines/1/amount", "/name"]);
        assert_eq!(problem.errors[1].params, serde_json::json!({"min": 1, "max": 5}));
        let json = problem.to_json(Default::default(), "r").to_string();
        assert!(!json.contains("secret"), "{json}");
        assert_eq!(problem.errors[0].message.en, "Must be at least 1.");
    }

    #[test]
    fn what_is_not_json_is_malformed() {
        assert_eq!(refused("{").code, Code::MalformedJson);
        assert_eq!(refused("").code, Code::BadRequest);
        let twice = refused(r#"{"name":"a","name":"b"}"#);
        assert_eq!(twice.code, Code::MalformedJson);
        assert!(twice.detail.en.contains("\"name\" stands twice"), "{}", twice.detail.en);
        let deep = "[".repeat(500);
        assert_eq!(refused(deep.leak()).code, Code::MalformedJson);
    }

    #[test]
    fn nul_is_refused_with_its_place() {
        let problem = refused(r#"{"name":"a\u0000b","lines":[]}"#);
        assert_eq!((problem.code, first(&problem)), (Code::Validation, ("/name", "nul")));
        assert_eq!(refused(r#"{"a\u0000":1}"#).errors[0].code, "nul");
    }

    #[test]
    fn media_type_and_size_are_checked_first() {
        let (req, mut payload) = TestRequest::post().insert_header((CONTENT_TYPE, "text/plain")).to_http_parts();
        let refusal = run(Body::<Order>::from_request(&req, &mut payload));
        assert_eq!(refusal.map(|_| ()).map_err(|p| p.code), Err(Code::UnsupportedMediaType));
        let (req, mut payload) = TestRequest::post()
            .insert_header((CONTENT_TYPE, "application/json"))
            .app_data(BodyLimits { bytes: 3, ..BodyLimits::default() })
            .set_payload("{    }")
            .to_http_parts();
        let refusal = run(Body::<Order>::from_request(&req, &mut payload));
        assert_eq!(refusal.map(|_| ()).map_err(|p| p.code), Err(Code::PayloadTooLarge));
    }
}
