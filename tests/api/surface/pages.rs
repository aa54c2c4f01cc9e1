//! What is served beside the API: probes, metrics, the document, Swagger UI. And what every answer carries.

use crate::harness::Service;

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
