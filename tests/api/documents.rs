//! Documents: filing, levels, revisions, links, download.

use crate::harness::{Caller, Process, Service, wait_until};
use serde_json::json;

/// A part of a form: its name, its file's name, its bytes.
type Part<'a> = (&'a str, Option<&'a str>, &'a [u8]);

const EDGE: &str = "fitout-test-boundary";

/// A form with these parts: name, file name, content.
fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|f| format!("; filename=\"{f}\"")).unwrap_or_default();
        body.extend_from_slice(
            format!("--{EDGE}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{EDGE}--\r\n").as_bytes());
    body
}

fn send(
    caller: &Caller,
    path: &str,
    parts: &[(&str, Option<&str>, &[u8])],
    headers: &[(&str, &str)],
) -> crate::harness::Answer {
    let kind = format!("multipart/form-data; boundary={EDGE}");
    let mut all = vec![("content-type", kind.as_str())];
    all.extend_from_slice(headers);
    caller.send_bytes("POST", path, &all, form(parts))
}

/// How many files lie in the store, temporary ones included.
fn stored(service: &Service) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        std::fs::read_dir(folder)
            .map(|all| all.flatten().map(|e| if e.path().is_dir() { count(&e.path()) } else { 1 }).sum())
            .unwrap_or_default()
    }
    count(&service.database.folder.join("data/files"))
}

#[test]
fn a_document_is_filed_and_comes_back_byte_for_byte() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{}/documents", service.project_at("bidding"));
    // The file may come first; the name may be Chinese.
    let made = send(
        &owner,
        &path,
        &[
            ("file", Some("合同.pdf"), b"%PDF-1.7 one"),
            ("title", None, "The contract".as_bytes()),
            ("category", None, b"contract_scan"),
        ],
        &[],
    )
    .expect(201);
    assert_eq!(
        (made.body["category"].as_str(), made.body["title"].as_str(), made.body["confidentiality"].as_str()),
        (Some("contract_scan"), Some("The contract"), Some("normal"))
    );
    assert_eq!(made.body["revisions"][0]["media_type"], "application/pdf");
    assert_eq!(made.body["revisions"][0]["size"], 12);
    let document = made.location();
    let content = format!("{document}/content");
    let got = owner.get(&content).expect(200);
    assert_eq!(got.bytes, b"%PDF-1.7 one");
    let etag = got.header("etag").to_owned();
    assert_eq!(etag, format!("\"{}\"", made.body["revisions"][0]["sha256"].as_str().unwrap()));
    assert_eq!(
        got.header("content-disposition"),
        "attachment; filename=\"__.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C.pdf"
    );
    assert_eq!(
        (got.header("x-content-type-options"), got.header("content-length"), got.header("accept-ranges")),
        ("nosniff", "12", "bytes")
    );
    let part = owner.send("GET", &content, &[("range", "bytes=5-7")], None).expect(206);
    assert_eq!((part.bytes.as_slice(), part.header("content-range")), (&b"1.7"[..], "bytes 5-7/12"));
    let outside = owner.send("GET", &content, &[("range", "bytes=12-")], None).refused(416, "range_not_satisfiable");
    assert_eq!(outside.header("content-range"), "bytes */12");
    owner.send("GET", &content, &[("if-none-match", &etag)], None).expect(304);
    owner.send("GET", &content, &[("range", "bytes=0-1"), ("if-range", "\"other\"")], None).expect(200);
    owner.send("GET", &content, &[("range", "bytes=0-1"), ("if-range", &etag)], None).expect(206);
    let head = owner.send("HEAD", &content, &[], None);
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (200, "12", 0));
    service.by("b_specialist_1").get(&content).refused(404, "not_found");
    assert_eq!(owner.get(&format!("{path}?category=contract_scan&include=total")).expect(200).body["total"], 1);
    assert_eq!(owner.get(&format!("{path}?q=CONTR")).expect(200).body["data"][0]["latest"]["revision"], 1);
    assert_eq!(owner.get("/v1/documents?category=photos").expect(200).body["data"], json!([]));
    assert_eq!(stored(&service), 1);
}

#[test]
fn a_wrong_form_is_refused_and_leaves_nothing() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("bidding");
    let path = format!("/v1/projects/{project}/documents");
    let pdf: (&str, Option<&str>, &[u8]) = ("file", Some("x.pdf"), b"%PDF-1.7");
    let cases: &[(&[Part<'_>], &str)] = &[
        (&[pdf], "/category"),
        (&[("category", None, b"photos")], "/file"),
        (&[("category", None, b"Photos!"), pdf], "/category"),
        (&[("category", None, b"pho\0tos"), pdf], "/category"),
        (&[("category", None, b"photos"), ("colour", None, b"red"), pdf], "/colour"),
        (&[("category", None, b"photos"), ("category", None, b"photos"), pdf], "/category"),
        (&[("category", None, b"photos"), ("confidentiality", None, b"secret"), pdf], "/confidentiality"),
        (&[("category", None, b"photos"), ("file", Some("x"), b"")], "/file"),
        (&[pdf, ("category", None, &[0xff, 0xfe])], "/category"),
    ];
    for (parts, pointer) in cases {
        assert_eq!(send(&owner, &path, parts, &[]).refused(422, "validation").pointers(), [*pointer], "{parts:?}");
    }
    owner.post(&path, json!({"category": "photos"})).refused(415, "unsupported_media_type");
    let large = vec![b'x'; 1_048_577];
    send(&owner, &path, &[("category", None, b"photos"), ("file", Some("x"), &large)], &[])
        .refused(413, "payload_too_large");
    send(&service.nobody(), &path, &[("category", None, b"photos"), pdf], &[]).refused(401, "unauthenticated");
    send(&service.by("auditor"), &path, &[("category", None, b"photos"), pdf], &[]).refused(403, "forbidden");
    send(&service.by("b_specialist_1"), &path, &[("category", None, b"photos"), pdf], &[]).refused(404, "not_found");
    send(&service.by("c_assistant"), &path, &[("category", None, b"photos"), pdf], &[]).refused(403, "not_party");
    service.put_at(&project, "declined");
    send(&owner, &path, &[("category", None, b"photos"), pdf], &[]).refused(409, "state");
    send(&owner, &path, &[("category", None, b"photos"), pdf], &[("idempotency-key", "k1")]).refused(409, "state");
    assert_eq!(stored(&service), 0);
}

#[test]
fn a_refused_revision_leaves_no_bytes_and_neither_does_a_killed_upload() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let document = owner.upload(&service.project_at("bidding"), "photos", "x.pdf").expect(201).location();
    let path = format!("{document}/revisions");
    let two: &[Part<'_>] = &[("file", Some("y.pdf"), b"%PDF-1.7 two")];
    send(&owner, &path, two, &[("if-match", "\"7\"")]).refused(412, "precondition_failed");
    send(&owner, &path, two, &[("if-match", "\"7\""), ("idempotency-key", "k1")]).refused(412, "precondition_failed");
    send(&service.by("b_leader"), &path, two, &[("if-match", "\"1\"")]).refused(404, "not_found");
    owner.act(&document, "void", json!({"reason": "mistake"})).expect(200);
    send(&owner, &path, two, &[("if-match", "\"2\"")]).refused(409, "state");
    assert_eq!(stored(&service), 1);
    let incoming = service.database.folder.join("second/files/incoming");
    std::fs::create_dir_all(&incoming).unwrap();
    let left = |name: &str, hours: u64| {
        let file = std::fs::File::create(incoming.join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 3600)).unwrap();
    };
    left("of-last-week", 7 * 24);
    left("under-way", 1);
    let _second = Process::beside(&service);
    wait_until("the old one is gone", || !incoming.join("of-last-week").exists());
    assert!(incoming.join("under-way").exists());
}

#[test]
fn the_same_key_files_once() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{}/documents", service.project_at("bidding"));
    let parts: &[(&str, Option<&str>, &[u8])] =
        &[("category", None, b"photos"), ("file", Some("x.png"), b"\x89PNG\r\n\x1a\n1")];
    let first = send(&owner, &path, parts, &[("idempotency-key", "k1")]).expect(201);
    let again = send(&owner, &path, parts, &[("idempotency-key", "k1")]).expect(201);
    assert_eq!((first.bytes, again.header("idempotent-replayed")), (again.bytes.clone(), "true"));
    let other: &[(&str, Option<&str>, &[u8])] =
        &[("category", None, b"photos"), ("file", Some("x.png"), b"\x89PNG\r\n\x1a\n2")];
    send(&owner, &path, other, &[("idempotency-key", "k1")]).refused(422, "idempotency_conflict");
}

#[test]
fn nothing_that_a_browser_runs_is_served_as_such() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let path = format!("/v1/projects/{}/documents", service.project_at("bidding"));
    for (name, content, kind) in [
        ("x.html", "<html><script>1</script>", "application/octet-stream"),
        ("x.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>", "application/octet-stream"),
        ("清單.csv", "房間,數量\n1,2\n", "text/csv"),
    ] {
        let made = send(&owner, &path, &[("category", None, b"photos"), ("file", Some(name), content.as_bytes())], &[])
            .expect(201);
        assert_eq!(
            owner.get(&format!("{}/content", made.location())).expect(200).header("content-type"),
            kind,
            "{name}"
        );
    }
}

#[test]
fn levels_hide_and_opening_leaves_a_line() {
    let service = Service::start();
    let path = format!("/v1/projects/{}/documents", service.project_at("bidding"));
    let file = |level: &str| {
        send(
            &service.by("a_specialist_1"),
            &path,
            &[
                ("category", None, b"photos"),
                ("confidentiality", None, level.as_bytes()),
                ("file", Some("x.txt"), level.as_bytes()),
            ],
            &[],
        )
        .expect(201)
        .location()
    };
    let (normal, confidential, restricted) = (file("normal"), file("confidential"), file("restricted"));
    let all = [
        "a_specialist_1",
        "a_leader",
        "c_specialist_1",
        "a_assistant",
        "design",
        "manager",
        "finance",
        "auditor",
        "admin",
    ];
    let may = |who: &str, document: &str| service.by(who).get(document).status == 200;
    for who in all {
        assert!(may(who, &normal), "{who}");
        assert_eq!(may(who, &confidential), !matches!(who, "a_assistant" | "design"), "{who}");
        assert_eq!(
            may(who, &restricted),
            !matches!(who, "a_assistant" | "design" | "a_leader" | "c_specialist_1"),
            "{who}"
        );
    }
    assert_eq!(service.by("design").get(&path).expect(200).body["data"].as_array().unwrap().len(), 1);
    service.by("a_leader").get(&format!("{restricted}/content")).refused(404, "not_found");
    service.by("a_leader").get(&format!("{confidential}/content")).expect(200);
    service.by("a_leader").get(&format!("{normal}/content")).expect(200);
    let log = |document: &str| {
        service.by("auditor").get(&format!("{document}/accesses")).expect(200).body["data"].as_array().unwrap().len()
    };
    assert_eq!((log(&confidential), log(&restricted), log(&normal)), (1, 0, 0));
    service.by("a_leader").get(&format!("{confidential}/accesses")).refused(403, "forbidden");
}

#[test]
fn a_document_is_revised_changed_linked_and_then_kept() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("bidding");
    let path = format!("/v1/projects/{project}/documents");
    let document = owner.upload(&project, "photos", "x.pdf").expect(201).location();
    send(&owner, &format!("{document}/revisions"), &[("file", Some("y.pdf"), b"%PDF-1.7 two")], &[])
        .refused(428, "precondition_required");
    let revised = send(
        &owner,
        &format!("{document}/revisions"),
        &[("file", Some("y.pdf"), b"%PDF-1.7 two")],
        &[("if-match", "\"1\"")],
    )
    .expect(201);
    assert_eq!((revised.body["latest_revision"].as_i64(), revised.header("etag")), (Some(2), "\"2\""));
    send(
        &owner,
        &format!("{document}/revisions"),
        &[("file", Some("y.pdf"), b"%PDF-1.7 three")],
        &[("if-match", "\"1\"")],
    )
    .refused(412, "precondition_failed");
    assert_eq!(owner.get(&format!("{document}/content")).expect(200).bytes, b"%PDF-1.7 two");
    assert_ne!(owner.get(&format!("{document}/content?revision=1")).expect(200).bytes, b"%PDF-1.7 two");
    owner.get(&format!("{document}/content?revision=9")).refused(404, "not_found");
    assert_eq!(
        owner.patch(&document, json!({"title": "Photos", "category": "site_photos"})).expect(200).body["category"],
        "site_photos"
    );
    assert_eq!(owner.patch(&document, json!({"category": "No"})).refused(422, "validation").pointers(), ["/category"]);
    service.by("design").patch(&document, json!({"title": "x"})).refused(403, "not_party");
    let call = owner
        .post(&format!("/v1/projects/{project}/interactions"), json!({"kind": "call", "summary": "x"}))
        .expect(201)
        .id();
    let other = service.project_at("bidding");
    let strange = owner
        .post(&format!("/v1/projects/{other}/interactions"), json!({"kind": "call", "summary": "x"}))
        .expect(201)
        .id();
    owner
        .post(&format!("{document}/links"), json!({"subject_kind": "interaction", "subject_id": strange}))
        .refused(422, "validation");
    let linked = owner
        .post(&format!("{document}/links"), json!({"subject_kind": "interaction", "subject_id": call}))
        .expect(201);
    assert_eq!(linked.body["links"][0]["subject_id"], json!(call));
    assert_eq!(owner.get(&format!("{path}?subject_id={call}")).expect(200).body["data"].as_array().unwrap().len(), 1);
    owner.act(&document, "void", json!({"reason": "mistake"})).refused(409, "state");
    owner.patch(&document, json!({"category": "other"})).refused(409, "state");
    let mistake = owner.upload(&project, "photos", "x.pdf").expect(201).location();
    service.by("c_specialist_1").act(&mistake, "void", json!({"reason": "mistake"})).refused(403, "not_party");
    assert_eq!(owner.act(&mistake, "void", json!({"reason": "mistake"})).expect(200).body["void_reason"], "mistake");
    owner.act(&mistake, "void", json!({"reason": "again"})).refused(409, "state");
    assert_eq!(owner.get(&path).expect(200).body["data"].as_array().unwrap().len(), 1);
    let kinds: Vec<String> = owner.get(&format!("{document}/history")).expect(200).body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["document.uploaded", "document.revised", "document.updated", "document.linked"]);
}

#[test]
fn a_client_has_documents_too() {
    let service = Service::start();
    let client = service.client("a_specialist_1");
    let path = format!("/v1/clients/{client}/documents");
    let owner = service.by("a_specialist_1");
    let document = owner.upload_bytes(&path, "business_licence", "x.pdf", b"%PDF-1.7").expect(201).location();
    assert_eq!(owner.get(&path).expect(200).body["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        owner.get(&format!("/v1/documents?client={client}")).expect(200).body["data"].as_array().unwrap().len(),
        1
    );
    owner.get(&format!("{document}/content")).expect(200);
    service.by("b_specialist_1").get(&document).refused(404, "not_found");
    service.by("design").upload_bytes(&path, "business_licence", "x.pdf", b"%PDF-1.7").refused(404, "not_found");
    owner.act(&document, "void", json!({"reason": "mistake"})).expect(200);
}

/// A form without a usable boundary is a plain refusal, and the service lives on.
#[test]
fn a_form_without_a_boundary_is_refused() {
    let service = Service::start();
    let path = format!("/v1/projects/{}/documents", service.project_at("bidding"));
    let kinds = [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"a",
        "multipart/form-data; boundary=a b",
    ];
    for kind in kinds {
        let answer = service.by("a_specialist_1").send_bytes("POST", &path, &[("content-type", kind)], b"xx".to_vec());
        assert!(matches!(answer.status, 400 | 415 | 422), "{kind}: {} {}", answer.status, answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

/// What a project is worth is not for other departments, nor is what stands in events for whoever may not open the paper.
#[test]
fn money_papers_and_restricted_ones_stay_out_of_sight() {
    let service = Service::start();
    let owner = service.by("a_specialist_1");
    let project = service.project_at("bidding");
    let path = format!("/v1/projects/{project}/documents");
    for (category, level) in [("contract_scan", "normal"), ("photos", "normal"), ("legal", "restricted")] {
        let parts: &[(&str, Option<&str>, &[u8])] = &[
            ("file", Some("a.pdf"), b"%PDF-1.7 one"),
            ("title", None, format!("Title of {category}").leak().as_bytes()),
            ("category", None, category.as_bytes()),
            ("confidentiality", None, level.as_bytes()),
        ];
        send(&owner, &path, parts, &[]).expect(201);
    }
    let seen = |key: &str| {
        let body = service.by(key).get(&path).expect(200).body;
        let all = body["data"].as_array().unwrap().iter().map(|d| d["category"].as_str().unwrap().to_owned());
        all.collect::<Vec<_>>()
    };
    assert_eq!(seen("design"), ["photos"]);
    assert_eq!(seen("a_assistant"), ["contract_scan", "photos"]);
    let timeline = |key: &str| service.by(key).get(&format!("/v1/projects/{project}/timeline")).expect(200).text();
    assert!(timeline("a_specialist_1").contains("Title of legal"));
    assert!(!timeline("a_assistant").contains("Title of legal") && timeline("a_assistant").contains("Title of photos"));
}
