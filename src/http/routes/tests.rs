//! What the sample app documents and what it answers.

use std::collections::BTreeMap;

use actix_web::App;
use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::middleware::from_fn;
use actix_web::test::{self, TestRequest};
use serde_json::{Value, json};

use super::sample::sample;
use crate::http::middleware::outermost;
use crate::http::openapi::{info, references};

fn document() -> Value {
    let document = sample().document(info("Sample", "1.0.0", "A sample."));
    serde_json::to_value(&document).unwrap_or_default()
}

#[test]
fn the_document_follows_from_the_signatures() {
    let document = document();
    if let Ok(path) = std::env::var("SAMPLE_DOCUMENT") {
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        assert!(std::fs::write(path, text).is_ok());
    }
    assert_eq!(document["openapi"], "3.1.0");
    for reference in references(&document) {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let op = &document["paths"]["/v1/projects/{project}/memos"]["post"];
    assert_eq!(op["operationId"], "create_memo");
    assert_eq!(op["tags"], json!(["Memos"]));
    assert_eq!(op["x-required-permission"], "memos.reply");
    assert_eq!(op["security"], json!([{"bearer": []}]));
    let statuses: Vec<_> = op["responses"].as_object().map(|r| r.keys().cloned().collect()).unwrap_or_default();
    assert_eq!(statuses, ["201", "400", "401", "403", "404", "408", "409", "413", "415", "422", "429", "503"]);
    assert!(op["requestBody"]["content"]["application/json"]["example"]["note"].is_string());
    let parameters = |op: &Value| -> Vec<String> {
        let all = op["parameters"].as_array().cloned().unwrap_or_default();
        all.iter().map(|p| format!("{}:{}", p["name"], p["required"]).replace('"', "")).collect()
    };
    assert_eq!(parameters(op), ["project:true", "Idempotency-Key:true", "dry_run:false"]);
    let close = &document["paths"]["/v1/memos/{memo}/close"]["post"];
    assert_eq!(parameters(close), ["memo:true", "dry_run:false", "Idempotency-Key:false"]);
    assert_eq!(close["requestBody"]["required"], false);
    let change = &document["paths"]["/v1/memos/{memo}"]["patch"];
    assert!(change["responses"]["412"].is_object() && change["responses"]["428"].is_object());
    let patch = &document["components"]["schemas"]["MemoTextPatch"];
    assert!(patch.get("required").is_none() && patch["additionalProperties"] == false, "{patch}");
    assert_eq!(document["paths"]["/ping"]["get"]["security"], json!([]));
    let list = &document["paths"]["/v1/projects/{project}/memos"]["get"];
    let answer = &list["responses"]["200"]["content"]["application/json"];
    assert_eq!(answer["schema"]["$ref"], "#/components/schemas/MemoPage");
    assert_eq!(answer["example"]["data"][0]["status"], "open");
    assert!(list["responses"]["200"]["headers"]["Link"].is_object());
    assert!(list["responses"]["422"].is_object());
    assert_eq!(list["parameters"][1]["schema"], json!({"$ref": "#/components/schemas/MemoStatus"}));
    assert!(document["components"]["schemas"]["WithActions_Memo"].is_object());
    assert_eq!(sample().operations().len(), 7);
}

async fn ask(request: TestRequest) -> (u16, BTreeMap<String, String>, Value) {
    let app = App::new().configure(sample().configure()).wrap(from_fn(outermost));
    let app = test::init_service(app).await;
    let response = test::call_service(&app, request.to_request()).await;
    let (status, headers) = (response.status().as_u16(), texts(response.headers()));
    let body = test::read_body(response).await;
    (status, headers, serde_json::from_slice(&body).unwrap_or_default())
}

fn texts(headers: &actix_web::http::header::HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect()
}

fn known(request: TestRequest) -> TestRequest {
    request.insert_header(("authorization", "Bearer x"))
}

#[actix_web::test]
async fn the_frameworks_own_refusals_are_problems_too() {
    let request = TestRequest::get().uri("/nowhere").insert_header((ACCEPT_LANGUAGE, "zh-CN"));
    let (status, headers, body) = ask(request.insert_header(("x-request-id", "r-9"))).await;
    assert_eq!((status, &body["code"], &body["title"]), (404, &json!("not_found"), &json!("未找到")));
    assert_eq!(body["request_id"], "r-9");
    assert_eq!(headers["x-request-id"], "r-9");
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers["content-language"], "zh-Hant");
    let (status, headers, body) = ask(TestRequest::put().uri("/v1/memos/1")).await;
    assert_eq!((status, &body["code"]), (405, &json!("method_not_allowed")));
    assert_eq!(headers["allow"], "GET, HEAD, PATCH, DELETE");
}

#[actix_web::test]
async fn the_gate_comes_before_query_and_body() {
    let (status, headers, body) = ask(TestRequest::get().uri("/v1/projects/1/memos?x=1")).await;
    assert_eq!((status, &body["code"]), (401, &json!("unauthenticated")));
    assert_eq!(headers["www-authenticate"], "Bearer");
    let (status, _, body) = ask(known(TestRequest::get().uri("/v1/projects/1/memos?stauts=1"))).await;
    assert_eq!((status, &body["code"]), (400, &json!("unknown_parameter")));
    assert!(body["detail"].as_str().unwrap_or_default().contains("did you mean status?"));
    let (status, _, body) = ask(known(TestRequest::get().uri("/v1/memos/1?limit=1"))).await;
    assert_eq!((status, &body["code"]), (400, &json!("unknown_parameter")));
}

#[actix_web::test]
async fn answers_carry_their_headers() {
    let uri = "/v1/projects/P-1/memos?status=open&limit=1&sort=text";
    let (status, headers, body) = ask(known(TestRequest::get().uri(uri))).await;
    assert_eq!((status, body["data"][0]["status"].as_str()), (200, Some("open")), "{body}");
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    let next = headers["link"].split(['<', '>']).nth(1).unwrap_or_default();
    assert!(next.starts_with("/v1/projects/P-1/memos?status=open&limit=1&sort=text&cursor="), "{next}");
    assert_eq!(ask(known(TestRequest::get().uri(next))).await.0, 200);
    let elsewhere = next.replace("status=open", "status=replied");
    assert_eq!(ask(known(TestRequest::get().uri(&elsewhere))).await.0, 400, "a cursor belongs to its filters");
    let (status, _, body) = ask(known(TestRequest::get().uri("/v1/projects/1/memos?expand=a"))).await;
    assert_eq!((status, &body["errors"][0]["pointer"]), (400, &json!("?expand")));
    let (status, _, body) = ask(known(TestRequest::get().uri("/v1/projects/1/memos?status=x"))).await;
    assert_eq!((status, &body["errors"][0]["pointer"]), (422, &json!("?status")));
    let created = TestRequest::post()
        .uri("/v1/projects/1/memos")
        .insert_header(("idempotency-key", "k"))
        .set_json(json!({"text": "hello"}));
    let (status, headers, body) = ask(known(created)).await;
    assert_eq!((status, &body["text"]), (201, &json!("khello")));
    assert_eq!((&*headers["etag"], &*headers["location"]), ("\"1\"", "/v1/memos/1"));
}

#[actix_web::test]
async fn preconditions_keys_and_evidence_are_refused_in_order() {
    let patch = |seen: Option<&'static str>| {
        let request = TestRequest::patch().uri("/v1/memos/1").set_json(json!({"text": "new"}));
        known(match seen {
            Some(seen) => request.insert_header(("if-match", seen)),
            None => request,
        })
    };
    for (seen, status) in [(None, 428), (Some("\"2\""), 412), (Some("\"3\""), 200), (Some("3"), 400)] {
        assert_eq!(ask(patch(seen)).await.0, status);
    }
    let (_, _, stale) = ask(patch(Some("\"2\""))).await;
    assert_eq!(stale["current"], json!({"version": 3}));
    let keyless = TestRequest::post().uri("/v1/projects/1/memos").set_json(json!({"text": "x"}));
    let (status, _, body) = ask(known(keyless)).await;
    assert_eq!((status, &body["code"]), (400, &json!("idempotency_key_required")));
    let (status, _, body) = ask(known(TestRequest::post().uri("/v1/memos/1/close"))).await;
    assert_eq!((status, &body["missing"]), (409, &json!(["reply"])));
}

/// What serves is built without the types of bodies and answers; it must ask of a request what the document says.
#[test]
fn what_serves_asks_for_what_the_document_tells() {
    let asked = |routes: &super::Routes| {
        let all = routes.resources.iter().flat_map(|resource| &resource.operations);
        let told = |op: &super::Operation| {
            format!("{} {} {:?} {:?}", op.draft.method, op.draft.path, op.endpoint.asked, op.endpoint.limits)
        };
        all.map(told).collect::<Vec<_>>()
    };
    for sandbox in [false, true] {
        let (served, told) = (crate::api::served(sandbox), crate::api::routes(sandbox));
        let schemas = |routes: &super::Routes| {
            let all = routes.resources.iter().flat_map(|resource| &resource.operations);
            routes.schemas.len() + all.map(|op| op.draft.schemas.len()).sum::<usize>()
        };
        assert!(schemas(&served) == 0 && schemas(&told) > 100);
        assert_eq!(asked(&served), asked(&told));
    }
}
