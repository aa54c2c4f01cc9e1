//! What is served beside the API: probes, metrics, the document, Swagger UI. And what every answer carries.

use crate::harness::Service;
use serde_json::json;

#[test]
fn the_pages_answer_reads_and_refuse_the_rest() {
    let service = Service::start();
    let nobody = service.nobody();
    for (path, status) in [
        ("/livez", 200),
        ("/readyz", 200),
        ("/metrics", 200),
        ("/openapi.json", 200),
        ("/docs/", 200),
        ("/docs/swagger-ui-bundle.js", 200),
    ] {
        assert_eq!(nobody.get(path).status, status, "{path}");
        let refused = nobody.send("POST", path, &[], None).refused(405, "method_not_allowed");
        assert_eq!(refused.header("allow"), "GET, HEAD", "{path}");
    }
    let zipped = nobody.send("GET", "/docs/swagger-ui-bundle.js", &[("accept-encoding", "gzip")], None);
    assert_eq!((zipped.header("content-encoding"), &zipped.bytes[..2]), ("gzip", &[0x1f, 0x8b][..]));
    assert!(zipped.bytes.len() * 3 < nobody.get("/docs/swagger-ui-bundle.js").bytes.len());
    nobody.get("/nowhere").refused(404, "not_found");
    nobody.get("/docs/nowhere.js").refused(404, "not_found");
    let metrics = nobody.get("/metrics").text();
    for name in ["http_requests_total", "http_request_seconds", "db_wait_seconds", "db_run_seconds", "db_queue_jobs"] {
        assert!(metrics.contains(name), "{name} is not measured");
    }
}

#[test]
fn refusals_speak_the_callers_language_and_say_so_to_caches() {
    let service = Service::start();
    let ask = |language: &str| service.nobody().send("GET", "/v1/me", &[("accept-language", language)], None);
    let (english, chinese) =
        (ask("en").refused(401, "unauthenticated"), ask("zh-TW,zh;q=0.9").refused(401, "unauthenticated"));
    assert_eq!((english.header("content-language"), chinese.header("content-language")), ("en", "zh-Hant"));
    assert_ne!(english.body["detail"], chinese.body["detail"]);
    assert!(english.header("vary").to_lowercase().contains("accept-language"), "{:?}", english.headers);
}

#[test]
fn every_problem_leads_to_its_page() {
    let service = Service::start();
    let refused = service.nobody().get("/v1/me").refused(401, "unauthenticated");
    let page = service.nobody().get(refused.body["type"].as_str().unwrap());
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
    for part in ["Sign in first", "請先登錄", "unauthenticated"] {
        assert!(page.text().contains(part), "{}", page.text());
    }
    let all = service.nobody().get("/problems").text();
    for code in fitout::http::Code::ALL {
        assert!(all.contains(&format!("/problems/{}", code.name())));
        assert_eq!(service.nobody().get(&format!("/problems/{}", code.name())).status, 200);
    }
    service.nobody().get("/problems/no_such_code").refused(404, "not_found");
}

#[test]
fn a_front_end_is_told_the_labels_and_its_permissions() {
    let service = Service::start();
    let labels = service.by("design").get("/v1/meta/labels").expect(200).body;
    let stage = labels["data"].as_array().unwrap().iter().find(|row| row["name"] == "Stage").unwrap();
    assert_eq!(stage["labels"][2]["zh"], "投標／報價");
    let may = |key: &str| service.by(key).get("/v1/meta/permissions").expect(200).body;
    assert!(may("finance")["permissions"].as_array().unwrap().contains(&"payments.write".into()));
    let design = may("design");
    assert_eq!(design["role"], "contributor");
    assert!(!design["permissions"].as_array().unwrap().contains(&"payments.write".into()));
}

/// An integrator's program needs the labels as a person's does, and learns what its key is good for.
#[test]
fn an_api_key_is_told_the_labels_and_its_own_permissions() {
    let service = Service::start();
    let admin = service.by("admin");
    let given = ["projects.read", "payments.write"];
    let new = json!({"name": "Site", "user_id": service.by("design").id, "permissions": given});
    let made = admin.send("POST", "/v1/api-keys", &[], Some(&new)).expect(201).body;
    let mut program = service.nobody();
    program.token = made["secret"].as_str().map(str::to_owned);
    assert!(!program.get("/v1/meta/labels").expect(200).body["data"].as_array().unwrap().is_empty());
    let may = program.get("/v1/meta/permissions").expect(200).body;
    // The person whose key it is has no `payments.write`.
    assert_eq!((&may["role"], &may["permissions"]), (&json!("contributor"), &json!(["meta.read", "projects.read"])));
    service.nobody().get("/v1/meta/labels").refused(401, "unauthenticated");
}

/// The sources of these tests say of every code that something is refused with it.
#[test]
fn every_problem_is_reached_by_a_test() {
    let mut sources = String::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for code in fitout::http::Code::ALL {
        let (status, name) = (code.status().as_u16(), code.name());
        let refused = sources.contains(&format!("refused({status}, \"{name}\")"));
        assert!(refused || sources.contains(&format!("({status}, \"{name}\"))")), "nothing is refused with {name}");
    }
}
