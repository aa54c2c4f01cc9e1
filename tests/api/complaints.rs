//! Complaints from the registration to the client's opinion.

use crate::harness::{Caller, Service};
use diesel::prelude::*;
use fitout::db::schema::projects;
use fitout::db::{At, Id};
use serde_json::{Value, json};

struct Case {
    service: Service,
    project: String,
    client: String,
}

/// Tuesday, 1 December 2026; a project in settlement, owned by c_specialist_1.
fn start() -> Case {
    let service = Service::start();
    service.clock("2026-12-01T10:00:00+08:00");
    let project = service.project_at("settlement");
    let client = service.see(&project)["client_id"].as_str().unwrap().to_owned();
    Case { service, project, client }
}

impl Case {
    fn by(&self, key: &str) -> Caller {
        self.service.by(key)
    }

    fn body(&self, severity: &str) -> Value {
        json!({"client_id": self.client, "project_id": self.project, "channel": "phone", "severity": severity, "what": "Doors scrape"})
    }

    #[track_caller]
    fn registered(&self, severity: &str) -> String {
        self.by("c_leader").post("/v1/complaints", self.body(severity)).expect(201).location()
    }

    /// Registered, confirmed, analysed.
    #[track_caller]
    fn analysed(&self, severity: &str, valid: bool) -> String {
        let at = self.registered(severity);
        self.by("c_specialist_1").act(&at, "confirm", json!({})).expect(200);
        self.by("c_specialist_1")
            .act(
                &at,
                "analyse",
                json!({"found_valid": valid, "reasons": "hinges", "cause": "quality", "department": "engineering"}),
            )
            .expect(200);
        at
    }

    #[track_caller]
    fn see(&self, at: &str) -> Value {
        self.by("manager").get(at).expect(200).body
    }

    #[track_caller]
    fn carry_out(&self, at: &str, who: &str, n: usize) {
        let measure = &self.see(at)["measures"][n];
        let etag = format!("\"{}\"", measure["version"]);
        self.by(who)
            .act_at(
                &format!("/v1/complaint-measures/{}", measure["id"].as_str().unwrap()),
                "carry-out",
                &etag,
                json!({"note": "done"}),
            )
            .expect(200);
    }
}

#[test]
fn a_minor_complaint_goes_its_whole_way() {
    let case = start();
    let (handler, leader) = (case.by("c_specialist_1"), case.by("c_leader"));
    let at = case.registered("minor");
    let made = case.see(&at);
    assert_eq!((made["handler_id"].as_str(), made["answer_due_on"].as_str()), (Some(&*handler.id), Some("2026-12-15")));
    assert_eq!(
        case.by("manager").act(&format!("/v1/projects/{}", case.project), "steps/settle", json!({})).status,
        403
    );
    handler.act(&at, "answer", json!({"answer": "x"})).refused(409, "state");
    case.by("a_specialist_1").act(&at, "confirm", json!({})).refused(403, "not_party");
    case.by("c_assistant").act(&at, "confirm", json!({})).refused(403, "forbidden");
    handler.send("POST", &format!("{at}/confirm"), &[], None).refused(428, "precondition_required");
    handler.act(&at, "confirm", json!({})).expect(200);
    handler
        .act(&at, "analyse", json!({"found_valid": true, "reasons": "r", "cause": "quality", "department": "moon"}))
        .refused(422, "validation");
    handler.act(&at, "analyse", json!({"found_valid": true, "reasons": "r", "cause": "quality"})).expect(200);
    handler.act(&at, "answer", json!({"answer": "x"})).refused(409, "state");
    handler.act(&at, "propose", json!({"measures": []})).refused(422, "validation");
    case.by("engineering").get(&at).refused(404, "not_found");
    handler.act(&at, "propose", json!({"measures": [{"what": "reset", "department": "engineering", "due_on": "2026-12-02"}, {"what": "check", "department": "design"}]})).expect(200);
    handler.act(&at, "approve", json!({})).refused(403, "forbidden");
    leader.act(&at, "approve", json!({})).expect(200);
    let measure = format!("/v1/complaint-measures/{}", case.see(&at)["measures"][0]["id"].as_str().unwrap());
    case.by("design").act_at(&measure, "carry-out", "\"2\"", json!({"note": "x"})).refused(403, "not_party");
    assert_eq!(case.by("engineering").get(&measure).expect(200).header("etag"), "\"2\"");
    let events = case.by("engineering").get(&format!("{measure}/history")).expect(200).body;
    assert_eq!(events["data"].as_array().unwrap().len(), 2, "proposed and approved: {events}");
    case.by("procurement").get(&measure).refused(404, "not_found");
    case.by("procurement").act_at(&measure, "carry-out", "\"2\"", json!({"note": "x"})).refused(404, "not_found");
    case.by("engineering")
        .act_at(&measure, "carry-out", "\"1\"", json!({"note": "x"}))
        .refused(412, "precondition_failed");
    case.carry_out(&at, "engineering", 0);
    assert_eq!(case.see(&at)["state"], "approved");
    case.by("engineering").act_at(&measure, "carry-out", "*", json!({"note": "x"})).refused(409, "state");
    case.carry_out(&at, "design", 1);
    assert_eq!(case.see(&at)["state"], "carried_out");
    handler.act(&at, "verify", json!({"effect": "fine"})).expect(200);
    leader.act(&at, "answer", json!({"answer": "hinges reset"})).expect(200);
    assert_eq!(case.see(&at)["answered_late"], false);
    handler.act(&at, "close", json!({})).refused(409, "state");
    handler.act(&at, "opinion", json!({"opinion": "satisfied"})).refused(403, "not_party");
    leader.act(&at, "opinion", json!({"opinion": "satisfied"})).refused(403, "not_party");
    case.by("c_assistant").act(&at, "opinion", json!({"opinion": "dissatisfied"})).refused(403, "forbidden");
    case.by("manager").act(&at, "opinion", json!({"opinion": "dissatisfied"})).expect(200);
    handler.act(&at, "close", json!({})).refused(409, "state");
    let again = handler.act(&at, "reopen", json!({"reason": "scrapes again"})).expect(200).body;
    assert_eq!(
        (again["state"].as_str(), again["reopened"].as_i64(), again["answer"].is_null()),
        (Some("confirmed"), Some(1), true)
    );
    handler
        .act(&at, "analyse", json!({"found_valid": false, "reasons": "floor is the client's", "cause": "other"}))
        .expect(200);
    handler.act(&at, "propose", json!({"measures": [{"what": "x", "department": "design"}]})).refused(409, "state");
    handler.act(&at, "answer", json!({"answer": "not ours"})).expect(200);
    case.by("a_specialist_1").act(&at, "opinion", json!({"opinion": "acceptable", "note": "ok"})).expect(200);
    assert_eq!(handler.act(&at, "close", json!({})).expect(200).body["closed_on"], "2026-12-01");
    assert!(handler.get(&format!("{at}/history")).expect(200).body["data"].as_array().unwrap().len() > 10);
}

#[test]
fn a_major_one_is_reviewed_by_the_departments() {
    let case = start();
    let (handler, manager) = (case.by("c_specialist_1"), case.by("manager"));
    let at = case.analysed("major", true);
    assert_eq!(case.see(&at)["answer_due_on"], "2026-12-03");
    let measures = json!({"measures": [{"what": "reset", "department": "engineering"}, {"what": "redraw", "department": "design"}]});
    manager.act(&at, "propose", measures.clone()).expect(200);
    manager.act(&at, "approve", json!({})).refused(403, "not_party");
    case.by("c_leader").act(&at, "approve", json!({})).refused(409, "state");
    let c_leader = case.by("c_leader");
    let allowed = |act: &str| {
        let acts = c_leader.get(&at).expect(200).body["available_actions"].clone();
        acts.as_array().unwrap().iter().find(|one| one["action"] == act).unwrap()["allowed"] == true
    };
    let approvals = || c_leader.get("/v1/me/worklist?kind=approval").expect(200).body["data"].as_array().unwrap().len();
    assert_eq!((allowed("approve"), allowed("send-back"), approvals()), (false, true, 0), "the departments go first");
    case.by("procurement").get(&at).refused(404, "not_found");
    case.by("engineering").act(&at, "review", json!({"verdict": "objected"})).refused(422, "validation");
    let waits = |who: &str| case.by(who).get("/v1/me/worklist?kind=review").expect(200).body["data"].clone();
    assert_eq!((&waits("engineering")[0]["href"], &waits("design")[0]["due_on"]), (&json!(at), &json!("2026-12-03")));
    case.by("engineering").act(&at, "review", json!({"verdict": "approved"})).expect(200);
    assert_eq!((waits("engineering"), waits("procurement")), (json!([]), json!([])));
    case.by("engineering").act(&at, "review", json!({"verdict": "approved"})).refused(403, "not_party");
    let back = case
        .by("design")
        .act(&at, "review", json!({"verdict": "objected", "opinion": "redraw is no cure"}))
        .expect(200)
        .body;
    assert_eq!((back["state"].as_str(), back["measures"][0]["state"].as_str()), (Some("analysed"), Some("replaced")));
    assert_eq!(waits("design"), json!([]));
    handler.act(&at, "propose", measures).expect(200);
    assert_eq!(waits("engineering").as_array().map(Vec::len), Some(1), "anew in the next round");
    for who in ["engineering", "design"] {
        case.by(who).act(&at, "review", json!({"verdict": "approved", "opinion": "yes"})).expect(200);
    }
    assert_eq!(
        case.by("c_leader").act(&at, "send-back", json!({"reason": "too slow"})).expect(200).body["state"],
        "analysed"
    );
    let eased = handler.patch(&at, json!({"severity": "normal"})).expect(200).body;
    assert_eq!((eased["answer_due_on"].as_str(), eased["version"].as_i64()), (Some("2026-12-08"), Some(11)));
    handler.act(&at, "propose", json!({"measures": [{"what": "reset", "department": "engineering"}]})).expect(200);
    manager.act(&at, "approve", json!({})).expect(200);
    handler.patch(&at, json!({"severity": "major"})).refused(409, "state");
    handler.patch(&at, json!({"severity": "minor"})).expect(200);
}

#[test]
fn lateness_shows_and_lists_are_filtered() {
    let case = start();
    let handler = case.by("c_specialist_1");
    let (late, other) = (case.analysed("major", false), case.registered("minor"));
    case.service.clock("2026-12-04T10:00:00+08:00");
    assert_eq!(
        (case.see(&late)["overdue"].as_bool(), case.see(&other)["overdue"].as_bool()),
        (Some(true), Some(false))
    );
    let count = |query: &str| {
        handler.get(&format!("/v1/complaints?{query}")).expect(200).body["data"].as_array().unwrap().len()
    };
    assert_eq!(
        (count("overdue=true"), count("overdue=false"), count("severity=minor"), count("state=analysed")),
        (1, 1, 1, 1)
    );
    assert_eq!(
        (
            count(&format!("client={}", case.client)),
            count(&format!("project={}", case.project)),
            count("department=engineering")
        ),
        (2, 2, 1)
    );
    assert_eq!(handler.act(&late, "answer", json!({"answer": "no"})).expect(200).body["answered_late"], true);
    assert_eq!(count("overdue=true"), 0);
    let counts = |query: &str| handler.get(&format!("/v1/complaints/counts?{query}")).expect(200).body;
    assert_eq!(counts("by=cause&from=2026-12-01&until=2026-12-01")["total"], 2);
    assert_eq!(counts("by=cause&from=2026-12-02")["total"], 0);
    let by_client = counts("by=client");
    assert_eq!(
        (
            by_client["data"][0]["complaints"].as_i64(),
            by_client["data"][0]["answered_late"].as_i64(),
            by_client["data"][0]["name"].as_str()
        ),
        (Some(2), Some(1), Some("Riverside Properties"))
    );
    assert_eq!(counts("by=severity")["data"].as_array().unwrap().len(), 2);
    assert_eq!(counts("by=department")["data"][0]["key"], Value::Null);
    handler.get("/v1/complaints/counts?by=cause&from=2026-12-02&until=2026-12-01").refused(422, "validation");
    handler.get("/v1/complaints/counts?by=moon").refused(422, "validation");
}

#[test]
fn who_handles_it_and_who_sees_it() {
    let case = start();
    let at = case.registered("normal");
    for (who, status) in [
        ("a_specialist_1", 200),
        ("a_leader", 200),
        ("c_leader", 200),
        ("finance", 200),
        ("auditor", 200),
        ("b_leader", 404),
        ("a_specialist_2", 404),
        ("design", 404),
    ] {
        assert_eq!(case.by(who).get(&at).status, status, "{who}");
    }
    let handler = case.by("c_specialist_1");
    handler.patch(&at, json!({"handler_id": case.by("finance").id})).refused(422, "validation");
    handler.patch(&at, json!({"handler_id": case.by("b_specialist_1").id})).expect(200);
    case.by("b_specialist_1").act(&at, "confirm", json!({})).expect(200);
    case.by("b_leader").get(&at).refused(404, "not_found");
    // Without a project the client's owner handles it.
    let body = json!({"client_id": case.client, "channel": "email", "severity": "minor", "what": "Rude on the phone", "cause": "service"});
    case.by("c_assistant").post("/v1/complaints", body.clone()).refused(403, "forbidden");
    let alone = case.by("c_leader").post("/v1/complaints", body.clone()).expect(201);
    assert_eq!(alone.body["handler_id"], case.by("a_specialist_1").id);
    case.by("b_specialist_1").post("/v1/complaints", body.clone()).refused(422, "validation");
    case.by("design").post("/v1/complaints", body).refused(403, "forbidden");
    let mut wrong = case.body("minor");
    wrong["client_id"] = json!(case.service.client("a_specialist_1"));
    assert_eq!(
        case.by("a_specialist_1").post("/v1/complaints", wrong).refused(422, "validation").pointers(),
        ["/project_id"]
    );
    let number = alone.body["number"].as_str().unwrap();
    assert!(number.starts_with("CP-2026-"));
    case.by("c_leader").get(&format!("/v1/complaints/{number}")).expect(200);
    case.by("c_specialist_1").act(&alone.location(), "void", json!({"reason": "x"})).refused(403, "not_party");
    case.by("a_leader").act(&alone.location(), "void", json!({"reason": "meant for another firm"})).expect(200);
    case.by("a_specialist_1").act(&alone.location(), "confirm", json!({})).refused(409, "state");
}

#[test]
fn a_sealed_project_still_has_complaints() {
    let case = start();
    let id: Id = case.project.parse().unwrap();
    case.service.put_at(&case.project, "archived");
    case.service
        .sql(|conn| {
            diesel::update(projects::table.filter(projects::id.eq(id)))
                .set(projects::sealed_at.eq(Some(At::now_real())))
                .execute(conn)
        })
        .unwrap();
    let at = case.analysed("normal", true);
    case.by("c_specialist_1")
        .act(&at, "propose", json!({"measures": [{"what": "reset", "department": "engineering"}]}))
        .expect(200);
    case.by("manager").act(&at, "approve", json!({})).expect(200);
    case.carry_out(&at, "engineering", 0);
}
