//! Paper files, completeness, sealing, the package, addenda, and that what is sealed is frozen.

use crate::api_keys::key;
use crate::harness::{Answer, Backend, Caller, Seed, Service};
use diesel::prelude::*;
use fitout::db::Id;
use fitout::db::schema::{archives, documents, events, idempotency_keys, interactions, projects};
use serde_json::{Value, json};
use std::io::Read;

const ITEMS: &[&str] = &[
    "contract_scan",
    "confirmed_scheme",
    "final_item_list",
    "quotation",
    "assignment_sheet",
    "site_access_confirmation",
    "acceptance_certificate",
    "memos",
    "photos",
    "final_account",
];

fn seal(caller: &Caller, project: &str) -> Answer {
    caller.act(&format!("/v1/projects/{project}"), "seal", json!({}))
}

fn place(caller: &Caller, project: &str) -> Answer {
    caller
        .post(&format!("/v1/projects/{project}/paper-files"), json!({"room": "Archive 1", "shelf": "C4", "box": "17"}))
}

/// A project in archiving that lacks nothing.
fn ready(service: &Service) -> String {
    let project = service.project_at("archiving");
    let owner = service.by("c_specialist_1");
    owner
        .post(&format!("/v1/projects/{project}/interactions"), json!({"kind": "call", "summary": "Closing call"}))
        .expect(201);
    for item in ITEMS {
        owner.upload(&project, item, "paper.pdf").expect(201);
    }
    place(&owner, &project).expect(201);
    project
}

#[test]
fn papers_are_placed_and_the_list_is_told_item_by_item() {
    let service = Service::start();
    let (owner, manager) = (service.by("c_specialist_1"), service.by("manager"));
    let project = service.project_at("archiving");
    service
        .by("design")
        .post(&format!("/v1/projects/{project}/paper-files"), json!({"room": "1", "shelf": "2", "box": "3"}))
        .refused(403, "forbidden");
    service
        .by("a_specialist_1")
        .post(&format!("/v1/projects/{project}/paper-files"), json!({"room": "1", "shelf": "2", "box": "3"}))
        .refused(403, "not_party");
    assert_eq!(
        owner
            .post(&format!("/v1/projects/{project}/paper-files"), json!({"room": "", "shelf": "2"}))
            .refused(422, "validation")
            .pointers()
            .len(),
        1
    );
    let first = place(&owner, &project).expect(201);
    assert!(first.body["number"].as_str().unwrap().starts_with("A-"), "{}", first.text());
    assert_eq!((first.body["box"].as_str(), first.body["state"].as_str()), (Some("17"), Some("open")));
    // Placed anew by the group's assistant: the same file.
    let again = service
        .by("c_assistant")
        .post(&format!("/v1/projects/{project}/paper-files"), json!({"room": "Archive 2", "shelf": "A1", "box": "1"}))
        .expect(201);
    assert_eq!((again.id(), again.body["room"].as_str()), (first.id(), Some("Archive 2")));
    owner.upload(&project, "photos", "x.pdf").expect(201);
    manager
        .post(
            &format!("/v1/projects/{project}/waivers"),
            json!({"evidence": "documents_complete", "item": "memos", "reason": "there were none"}),
        )
        .expect(201);
    let list = owner.get(&format!("/v1/projects/{project}/completeness")).expect(200).body;
    let status =
        |item: &str| list["items"].as_array().unwrap().iter().find(|i| i["item"] == item).unwrap()["status"].clone();
    assert_eq!(
        (status("photos"), status("memos"), status("quotation")),
        (json!("there"), json!("waived"), json!("missing"))
    );
    assert_eq!(list["complete"], false);
    let missing: Vec<String> = serde_json::from_value(list["missing"].clone()).unwrap();
    let mut sorted = missing.clone();
    sorted.sort();
    assert_eq!(seal(&owner, &project).refused(409, "state").missing(), sorted);
    assert_eq!(missing.len(), ITEMS.len() - 2);
    service.put_at(&project, "bidding");
    service
        .sql(|conn| {
            diesel::update(projects::table.find(project.parse::<Id>().unwrap()))
                .set(projects::back_owner_id.eq(None::<Id>))
                .execute(conn)
        })
        .unwrap();
    place(&manager, &project).refused(409, "state");
    seal(&manager, &project).refused(409, "state");
}

/// The seal is committed before its package is built, and still one key has one effect on one project.
#[test]
fn a_seal_heeds_its_key() {
    let service = Service::start();
    let owner = service.by("c_specialist_1");
    let (first, second) = (ready(&service), ready(&service));
    let (first, second) = (format!("/v1/projects/{first}"), format!("/v1/projects/{second}"));
    let (seen, other) = (owner.etag(&first), owner.etag(&second));
    let seal = |path: &str, etag: &str, key: &str| {
        owner.send("POST", &format!("{path}/seal"), &[("if-match", etag), ("idempotency-key", key)], None)
    };
    seal(&first, &seen, "two words").refused(400, "bad_request");
    assert_eq!(owner.etag(&first), seen, "a key that cannot be kept seals nothing");
    // Both at once: one seals, the other waits or goes on where the first is.
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let both = [(), ()].map(|()| scope.spawn(|| seal(&first, &seen, "k").expect(200)));
        both.map(|one| one.join().unwrap()).into()
    });
    assert_eq!(answers[0].bytes, answers[1].bytes);
    seal(&second, &other, "k").refused(422, "idempotency_conflict");
    assert_eq!(owner.etag(&second), other, "what is refused is not sealed");
    assert!(service.see(second.rsplit('/').next().unwrap())["sealed_at"].is_null());
    // The process ended between the seal and its package: the same request goes on, whatever version it had seen.
    service
        .sql(|conn| {
            diesel::update(idempotency_keys::table.filter(idempotency_keys::key.eq("k")))
                .set(idempotency_keys::reply.eq(None::<String>))
                .execute(conn)?;
            diesel::update(archives::table.filter(archives::sealed_at.is_not_null()))
                .set((archives::package_sha256.eq(None::<String>), archives::package_size.eq(None::<i64>)))
                .execute(conn)
        })
        .unwrap();
    // Somebody else has built it meanwhile, or not.
    let (manager, now) = (service.by("manager"), owner.etag(&first));
    let headers = [("if-match", now.as_str()), ("idempotency-key", "m")];
    manager.send("POST", &format!("{first}/seal"), &headers, None).expect(200);
    let resumed = seal(&first, &seen, "k").expect(200);
    assert_eq!(resumed.body["package_sha256"], answers[0].body["package_sha256"]);
    assert_eq!(seal(&first, &seen, "k").expect(200).header("idempotent-replayed"), "true");
}

#[test]
fn a_sealed_project_has_one_package_that_can_be_verified() {
    let service = Service::start();
    let (owner, manager) = (service.by("c_specialist_1"), service.by("manager"));
    let project = ready(&service);
    let path = format!("/v1/projects/{project}");
    owner.send("POST", &format!("{path}/seal"), &[], None).refused(428, "precondition_required");
    seal(&service.by("c_assistant"), &project).refused(403, "forbidden");
    seal(&service.by("a_specialist_1"), &project).refused(403, "not_party");
    let etag = owner.etag(&path);
    let headers = [("if-match", etag.as_str()), ("idempotency-key", "seal-1")];
    let sealed = owner.send("POST", &format!("{path}/seal"), &headers, None).expect(200);
    assert_eq!(sealed.body["state"], "sealed");
    let again = owner.send("POST", &format!("{path}/seal"), &headers, None).expect(200);
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), ("true", &sealed.bytes));
    seal(&owner, &project).refused(409, "state");
    let archive = format!("/v1/archives/{}", sealed.id());
    let package = owner.get(&format!("{archive}/package")).expect(200);
    assert_eq!(package.header("etag").trim_matches('"'), sealed.body["package_sha256"].as_str().unwrap());
    assert_eq!(
        owner.send("GET", &format!("{archive}/package"), &[("range", "bytes=0-1")], None).expect(206).bytes,
        b"PK"
    );
    service.by("a_assistant").get(&format!("{archive}/package")).refused(403, "not_party");
    // All kinds of records are in it: a key needs the permission of each.
    let (_, program) = key(&service, "manager", &["records.read", "documents.read"]);
    program.get(&format!("{archive}/package")).refused(403, "forbidden");
    let all = ["records.read", "documents.read", "money.read", "projects.read", "complaints.read"];
    key(&service, "manager", &all).1.get(&format!("{archive}/package")).expect(200);
    check_package(&package.bytes, &sealed.body);
    let verified = service.by("auditor").get(&format!("{archive}/verify")).expect(200).body;
    assert_eq!(
        (
            verified["intact"].clone(),
            verified["chain_intact"].clone(),
            verified["head_matches"].clone(),
            verified["package_matches"].clone()
        ),
        (json!(true), json!(true), json!(true), json!(true))
    );
    // Built again after the process died between the seal and its package: the same bytes.
    service
        .sql(|conn| {
            diesel::sql_query("UPDATE archives SET package_sha256 = NULL, package_size = NULL, package_built_at = NULL")
                .execute(conn)
        })
        .unwrap();
    assert_eq!(owner.get(&archive).expect(200).body["state"], "sealing");
    owner.act(&path, "steps/archive", json!({})).refused(409, "evidence");
    seal(&service.by("a_specialist_1"), &project).refused(403, "not_party");
    let rebuilt = seal(&owner, &project).expect(200);
    assert_eq!(
        (&rebuilt.body["package_sha256"], &rebuilt.body["package_size"]),
        (&sealed.body["package_sha256"], &sealed.body["package_size"])
    );
    owner.post(&format!("{path}/interactions"), json!({"kind": "call", "summary": "x"})).refused(409, "state");
    manager.act(&path, "steps/shelve", json!({"reason": "x", "review_on": "2030-01-01"})).refused(409, "state");
    assert_eq!(owner.act(&path, "steps/archive", json!({})).expect(200).body["stage"], "archived");
}

/// Every entry has the hash that the manifest names, and the timeline ends at the head of the chain.
fn check_package(bytes: &[u8], archive: &Value) {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut read = |name: &str| {
        let mut content = Vec::new();
        zip.by_name(name).unwrap().read_to_end(&mut content).unwrap();
        content
    };
    let manifest: Value = serde_json::from_slice(&read("manifest.json")).unwrap();
    let entries = manifest["entries"].as_array().unwrap();
    assert_eq!(entries.len(), ITEMS.len() + 2);
    for entry in entries {
        use sha2::Digest;
        let content = read(entry["name"].as_str().unwrap());
        assert_eq!(entry["sha256"], hex::encode(sha2::Sha256::digest(&content)), "{entry}");
    }
    let timeline: Vec<Value> = serde_json::from_slice(&read("timeline.json")).unwrap();
    let last = timeline.last().unwrap();
    assert_eq!((&last["kind"], &last["hash"]), (&json!("project.sealed"), &archive["chain_head"]));
    assert_eq!(
        (&manifest["chain_head"], timeline.len()),
        (&archive["chain_head"], usize::try_from(archive["chain_length"].as_u64().unwrap()).unwrap())
    );
    let record: Value = serde_json::from_slice(&read("project.json")).unwrap();
    assert!(record["project"]["sealed_at"].is_string());
    assert_eq!(record["records"]["document"].as_array().unwrap().len(), ITEMS.len());
    assert_eq!(record["records"]["interaction"][0]["summary"], "Closing call");
}

#[test]
fn addenda_follow_a_seal() {
    let service = Service::start();
    let owner = service.by("c_specialist_1");
    let project = ready(&service);
    let archive = format!(
        "/v1/archives/{}",
        owner.get(&format!("/v1/projects/{project}/archives")).expect(200).body["data"][0]["id"].as_str().unwrap()
    );
    owner.post(&format!("{archive}/addenda"), json!({"text": "early"})).refused(409, "state");
    let open = owner.get(&format!("{archive}/verify")).expect(200).body;
    assert_eq!((&open["head_matches"], &open["package_matches"]), (&Value::Null, &Value::Null));
    seal(&owner, &project).expect(200);
    owner.upload(&project, "photos", "x.pdf").refused(409, "state");
    let paper = owner.upload(&project, "addendum", "x.pdf").expect(201).id();
    owner.upload(&project, "complaint", "x.pdf").expect(201);
    let photo =
        owner.get(&format!("/v1/projects/{project}/documents?category=photos")).expect(200).body["data"][0]["id"]
            .clone();
    owner.patch(&format!("/v1/documents/{}", photo.as_str().unwrap()), json!({"title": "x"})).refused(409, "state");
    assert_eq!(
        owner
            .post(&format!("{archive}/addenda"), json!({"text": "A letter", "document_id": photo}))
            .refused(422, "validation")
            .pointers(),
        ["/document_id"]
    );
    service.by("a_specialist_1").post(&format!("{archive}/addenda"), json!({"text": "x"})).refused(403, "not_party");
    owner.post(&format!("{archive}/addenda"), json!({"text": "A letter", "document_id": paper})).expect(201);
    assert_eq!(owner.get(&archive).expect(200).body["addenda"], 1);
    assert_eq!(owner.get(&format!("{archive}/verify")).expect(200).body["intact"], true);
}

#[test]
fn a_changed_event_or_package_is_found() {
    let service = Service::start_on(Backend::Sqlite, Seed::Company);
    let owner = service.by("c_specialist_1");
    let project = ready(&service);
    let archive = format!("/v1/archives/{}", seal(&owner, &project).expect(200).id());
    let hash = owner.get(&archive).expect(200).body["package_sha256"].as_str().unwrap().to_owned();
    let file = service.database.folder.join("data/files").join(&hash[..2]).join(&hash[2..4]).join(&hash);
    std::fs::write(&file, b"not it").unwrap();
    let found = owner.get(&format!("{archive}/verify")).expect(200).body;
    assert_eq!(
        (&found["intact"], &found["package_matches"], &found["chain_intact"]),
        (&json!(false), &json!(false), &json!(true))
    );
    service.sql(|conn| {
        diesel::sql_query("DROP TRIGGER events_append_only_update").execute(conn).unwrap();
        diesel::update(events::table.filter(events::kind.eq("interaction.logged")))
            .set(events::data.eq("{}"))
            .execute(conn)
            .unwrap();
    });
    let found = owner.get(&format!("{archive}/verify")).expect(200).body;
    assert_eq!((&found["chain_intact"], found["first_broken"].is_i64()), (&json!(false), true));
}

#[test]
fn the_database_itself_refuses_to_change_what_is_sealed() {
    for backend in Backend::all() {
        let service = Service::start_on(backend, Seed::Company);
        let owner = service.by("c_specialist_1");
        let project = ready(&service);
        seal(&owner, &project).expect(200);
        let id: Id = project.parse().unwrap();
        service.sql(|conn| {
            let refused = |what: &str, done: QueryResult<usize>| {
                let why = done.expect_err(what).to_string();
                assert!(
                    why.contains("project_sealed") || why.contains("append_only"),
                    "{what} on {}: {why}",
                    backend.name()
                );
            };
            refused(
                "a project renamed",
                diesel::update(projects::table.find(id)).set(projects::name.eq("x")).execute(conn),
            );
            refused(
                "a seal broken",
                diesel::update(projects::table.find(id))
                    .set(projects::sealed_at.eq(None::<fitout::db::At>))
                    .execute(conn),
            );
            refused(
                "an interaction changed",
                diesel::update(interactions::table.filter(interactions::project_id.eq(id)))
                    .set(interactions::summary.eq("x"))
                    .execute(conn),
            );
            refused(
                "an interaction deleted",
                diesel::delete(interactions::table.filter(interactions::project_id.eq(id))).execute(conn),
            );
            refused(
                "a document changed",
                diesel::update(documents::table.filter(documents::project_id.eq(id)))
                    .set(documents::title.eq("x"))
                    .execute(conn),
            );
            refused(
                "a document disguised",
                diesel::update(documents::table.filter(documents::project_id.eq(id)))
                    .set(documents::category.eq("addendum"))
                    .execute(conn),
            );
            let elsewhere: Id = service.inquiry("a_specialist_1").parse().unwrap();
            refused(
                "an interaction moved away",
                diesel::update(interactions::table.filter(interactions::project_id.eq(id)))
                    .set(interactions::project_id.eq(elsewhere))
                    .execute(conn),
            );
            refused(
                "the needs rewritten",
                diesel::update(projects::table.find(id)).set(projects::needs.eq(Some("x"))).execute(conn),
            );
            let copy = "INSERT INTO documents SELECT * FROM documents WHERE category = 'photos'";
            refused("a document inserted", diesel::sql_query(copy).execute(conn));
            refused(
                "an event changed",
                diesel::update(events::table.filter(events::project_id.eq(id))).set(events::kind.eq("x")).execute(conn),
            );
        });
    }
}

/// A package made of what has become of a file would be taken for what was filed.
#[test]
fn no_archive_is_built_of_what_was_damaged() {
    let service = Service::start();
    let owner = service.by("c_specialist_1");
    let project = ready(&service);
    let files = service.database.folder.join("data/files");
    let mut folders = vec![files];
    let mut damaged = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => damaged.push((path.clone(), std::fs::read(&path).unwrap())),
            }
        }
    }
    damaged.iter().for_each(|(path, _)| std::fs::write(path, b"not it").unwrap());
    let refused = seal(&owner, &project).refused(409, "state");
    assert!(refused.text().contains("no longer holds what was filed"), "{}", refused.text());
    damaged.iter().for_each(|(path, _)| std::fs::remove_file(path).unwrap());
    seal(&owner, &project).refused(409, "state");
    damaged.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    assert_ne!(
        service.see(&project)["sealed_at"],
        json!(null),
        "what is sealed stays so, and its archive is built later"
    );
    let sealed = seal(&owner, &project).expect(200);
    assert_eq!(owner.get(&format!("/v1/archives/{}/verify", sealed.id())).expect(200).body["intact"], true);
}
