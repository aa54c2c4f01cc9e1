//! Whole files: read in every form that they come in, judged row by row, taken all or not at all.

use crate::harness::{Answer, Caller, Service};
use crate::imports_xlsx::{XLSX, workbook};
use diesel::prelude::*;
use fitout::db::schema::{clients, contract_templates, contracts, events, projects};
use serde_json::{Value, json};

/// Sends a file to be imported.
pub fn send(by: &Caller, what: &str, kind: &str, bytes: &[u8]) -> Answer {
    let key = uuid::Uuid::new_v4().to_string();
    let headers = [("content-type", kind), ("idempotency-key", key.as_str())];
    by.send_bytes("POST", &format!("/v1/imports/{what}"), &headers, bytes.to_vec())
}

fn csv(by: &Caller, what: &str, text: &str) -> Answer {
    send(by, what, "text/csv", text.as_bytes())
}

/// Clients, contracts, projects, events: nothing of them has changed where these are the same.
fn count(service: &Service) -> [i64; 4] {
    service.sql(|conn| {
        [
            clients::table.count().get_result(conn).unwrap(),
            contracts::table.count().get_result(conn).unwrap(),
            projects::table.count().get_result(conn).unwrap(),
            events::table.count().get_result(conn).unwrap(),
        ]
    })
}

pub const CLIENTS: &str = "客户名称,类型,负责人,税号,发票抬头,联系人,电话,决策人\n\
    云山置业有限公司,developer,a_specialist_1,91440101MA5,云山置业有限公司,梁女士,020-5550-0102,是\n\
    ,,,,,区先生,020-5550-0101,否\n\
    North Bank Hotels,hotel,,,,,,\n";

#[test]
fn clients_come_in_with_their_contacts_in_either_encoding_and_form() {
    for form in ["utf-8", "gbk", "xlsx"] {
        let service = Service::start();
        let manager = service.by("manager");
        let before = count(&service);
        let bytes = match form {
            "gbk" => encoding_rs::GBK.encode(CLIENTS).0.into_owned(),
            "xlsx" => {
                let rows: Vec<Vec<&str>> = CLIENTS.lines().map(|line| line.trim().split(',').collect()).collect();
                workbook(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
            _ => CLIENTS.as_bytes().to_vec(),
        };
        let kind = if form == "xlsx" { XLSX } else { "text/csv" };
        let trial = send(&manager, "clients?dry_run=true", kind, &bytes).expect(200).body;
        let verdicts: Vec<&str> =
            trial["report"].as_array().unwrap().iter().map(|r| r["verdict"].as_str().unwrap()).collect();
        assert_eq!(verdicts, ["created", "added", "created"], "{form}: {trial}");
        assert_eq!(count(&service), before, "a dry run takes nothing");
        let done = send(&manager, "clients", kind, &bytes).expect(200).body;
        assert_eq!((&done["rows"], &done["created"], &done["added"]), (&json!(3), &json!(2), &json!(1)));
        let id = done["report"][0]["id"].as_str().unwrap();
        assert_eq!(done["report"][1]["id"], id);
        let client = manager.get(&format!("/v1/clients/{id}")).expect(200).body;
        assert_eq!(client["name"], "云山置业有限公司");
        assert_eq!(client["owner_id"], service.by("a_specialist_1").id.as_str());
        assert_eq!(client["invoice_particulars"]["tax_number"], "91440101MA5");
        let contacts = client["contacts"].as_array().unwrap();
        assert_eq!(contacts.len(), 2);
        let decides = contacts.iter().find(|c| c["name"] == "梁女士").unwrap();
        assert_eq!((&decides["decision_maker"], &decides["phone"]), (&json!(true), &json!("020-5550-0102")));
    }
}

#[test]
fn one_wrong_row_refuses_the_whole_file_and_each_is_named() {
    let service = Service::start();
    let manager = service.by("manager");
    service.client("a_specialist_1");
    let before = count(&service);
    let text = "name,kind,owner,contact_name,contact_email,decision_maker\n\
        Good Ltd,developer,,,,\n\
        Bad Ltd,,nobody,Ms Li,no-address,perhaps\n\
        riverside  properties,developer,,,,\n\
        GOOD LTD,hotel,,,,\n";
    let refused = csv(&manager, "clients", text).refused(422, "validation");
    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        ["/rows/3/contact_email", "/rows/3/decision_maker", "/rows/3/kind", "/rows/3/owner", "/rows/4", "/rows/5"]
    );
    assert_eq!(count(&service), before);
    let trial = csv(&manager, "clients?dry_run=true", text).expect(200).body;
    assert_eq!((&trial["wrong"], &trial["duplicates"], &trial["created"]), (&json!(1), &json!(2), &json!(1)));
    assert!(trial["report"][2]["same_as"].as_str().unwrap().starts_with("K-"), "{trial}");
    let zh = manager.send_bytes(
        "POST",
        "/v1/imports/clients?dry_run=true",
        &[("content-type", "text/csv"), ("idempotency-key", "zh"), ("accept-language", "zh")],
        text.as_bytes().to_vec(),
    );
    assert!(zh.expect(200).text().contains("請填「是」或「否」"));

    let twice = "name,kind\nGood Ltd,developer\nOther,hotel\ngood ltd,developer\nRiverside Properties,x\n";
    let refused = csv(&manager, "clients", twice).refused(422, "validation");
    assert_eq!(refused.pointers(), ["/rows/4", "/rows/5"]);
    assert!(refused.text().contains("row 2"), "{}", refused.text());
    let done = csv(&manager, "clients?duplicates=skip", twice).expect(200).body;
    assert_eq!((&done["created"], &done["duplicates"]), (&json!(2), &json!(2)));
    assert_eq!(count(&service)[0], before[0] + 2);
}

#[test]
fn a_row_that_adds_a_contact_says_nothing_else_of_its_client() {
    let service = Service::start();
    let manager = service.by("manager");
    let before = count(&service);
    let text = "name,kind,owner,key_account,invoice_title,region,contact_name\n\
        Acme Ltd,hotel,a_specialist_1,yes,Acme,,Ms Li\n\
        acme  ltd,hotel,a_specialist_1,是,Acme,,Mr Ou\n\
        ,developer,nobody,no,Other,Foshan,Ms He\n\
        Acme Ltd,,a_specialist_2,,,,Mr Wu\n";
    let refused = csv(&manager, "clients", text).refused(422, "validation");
    let mut pointers = refused.pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/rows/4/invoice_title",
            "/rows/4/key_account",
            "/rows/4/kind",
            "/rows/4/owner",
            "/rows/4/region",
            "/rows/5/owner",
        ]
    );
    let errors = refused.body["errors"].as_array().unwrap();
    assert!(errors.iter().all(|e| e["code"] == "differs"), "{}", refused.text());
    assert_eq!(count(&service), before);
    let trial = csv(&manager, "clients?dry_run=true", text).expect(200).body;
    assert_eq!((&trial["created"], &trial["added"], &trial["wrong"]), (&json!(1), &json!(1), &json!(2)));
}

#[test]
fn a_client_comes_in_with_at_most_fifty_contacts() {
    let service = Service::start();
    let manager = service.by("manager");
    let file = |contacts: usize| {
        let rows: String = (0..contacts).map(|n| format!("Acme Ltd,hotel,Ms {n}\n")).collect();
        format!("name,kind,contact_name\n{rows}")
    };
    let refused = csv(&manager, "clients", &file(52)).refused(422, "validation");
    assert_eq!(refused.pointers(), ["/rows/52/contact_name", "/rows/53/contact_name"]);
    let done = csv(&manager, "clients", &file(50)).expect(200).body;
    assert_eq!((&done["created"], &done["added"]), (&json!(1), &json!(49)));
    let client = manager.get(&format!("/v1/clients/{}", done["report"][0]["id"].as_str().unwrap())).expect(200).body;
    assert_eq!(client["contacts"].as_array().unwrap().len(), 50);
}

#[test]
fn a_file_that_is_no_table_is_refused() {
    let service = Service::start();
    let manager = service.by("manager");
    csv(&manager, "clients", "").refused(422, "validation");
    for text in ["name,kind\n", "nmae,kind\nA,b\n", "name,kind,name\nA,b,c\n", "kind\nb\n", "name,kind\nA,\"b\n\0"] {
        csv(&manager, "clients", text).refused(422, "validation");
    }
    let hint = csv(&manager, "clients", "nmae,kind\nA,b\n").refused(422, "validation").text();
    assert!(hint.contains("did you mean `name`"), "{hint}");
    send(&manager, "clients", "text/csv", b"\xff\xff\xff\xff").refused(422, "validation");
    send(&manager, "clients", XLSX, b"PK\x03\x04 and nothing").refused(422, "validation");
    send(&manager, "clients", "application/json", b"{}").refused(415, "unsupported_media_type");
    send(&manager, "clients", "text/csv", &vec![b'a'; 6 * 1024 * 1024]).refused(413, "payload_too_large");
    let long = format!("name,kind\n{}", "A,b\n".repeat(5_001));
    csv(&manager, "clients", &long).refused(422, "validation");
    manager
        .send_bytes("POST", "/v1/imports/clients", &[("content-type", "text/csv")], CLIENTS.into())
        .refused(400, "idempotency_key_required");
    csv(&service.by("a_leader"), "clients", CLIENTS).refused(403, "forbidden");
    csv(&service.by("admin"), "receivables", CLIENTS).refused(403, "forbidden");
}

const OWED: &str = "client,project,contract,kind,amount,due_on,signed_on,owner\n\
    Riverside Properties,Old flats,HT-2021-7,retention,\"64,321.58\",,2021-03-04,c_specialist_1\n\
    Riverside Properties,Old flats,HT-2021-7,尾款,1000.5,2021/9/1,2021-03-04,c_specialist_1\n\
    K-2026-0001,Old lobby,HT-2019-1,retention,300,2022-01-31,2019-05-06,c_leader\n";

#[test]
fn what_is_still_owed_comes_in_with_its_contract() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let manager = service.by("manager");
    let client = service.client("a_specialist_1");
    let before = count(&service);
    csv(&manager, "receivables?dry_run=true", OWED).expect(200);
    assert_eq!(count(&service), before);
    let key = [("content-type", "text/csv"), ("idempotency-key", "the-one-file")];
    let done = manager.send_bytes("POST", "/v1/imports/receivables", &key, OWED.into()).expect(200);
    assert_eq!((&done.body["created"], &done.body["added"]), (&json!(2), &json!(1)));
    let again = manager.send_bytes("POST", "/v1/imports/receivables", &key, OWED.into()).expect(200);
    assert_eq!((again.header("idempotent-replayed"), &again.bytes), ("true", &done.bytes));
    assert_eq!(count(&service)[1..3], [before[1] + 2, before[2] + 2]);

    let back = service.by("c_specialist_1");
    let contract = back.get("/v1/contracts/HT-2021-7").expect(200).body;
    assert_eq!(
        (&contract["state"], &contract["amount"], &contract["signed_on"]),
        (&json!("signed"), &json!(6_532_208), &json!("2021-03-04"))
    );
    let project = contract["project_id"].as_str().unwrap();
    let seen = service.see(project);
    assert_eq!((&seen["stage"], &seen["accountable_id"]), (&json!("settlement"), &json!(back.id)));
    let rows = back.get(&format!("/v1/projects/{project}/receivables")).expect(200).body;
    let told: Vec<Value> = rows["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| json!([r["kind"], r["amount"], r["due_on"], r["status"]]))
        .collect();
    assert_eq!(
        told,
        [json!(["balance", 100_050, "2021-09-01", "open"]), json!(["retention", 6_432_158, null, "pending"])]
    );
    let ageing = manager.get(&format!("/v1/clients/{client}/ageing")).expect(200).body;
    let one = &ageing["currencies"][0];
    assert_eq!(
        (&one["outstanding_amount"], &one["pending_amount"], &one["overdue_amount"]),
        (&json!(6_562_208), &json!(6_432_158), &json!(130_050))
    );
    let past = manager.get(&format!("/v1/clients/{client}/ageing?on=2020-01-01")).expect(200).body;
    assert_eq!(past["currencies"][0]["outstanding_amount"], 30_000, "it counts from its signing");
    // From here on everything goes the usual way.
    let paid = json!({"amount": 100_050, "paid_on": "2026-03-04", "reference": "B-1"});
    let payment = service.by("finance").post(&format!("/v1/clients/{client}/payments"), paid).expect(201).location();
    service.by("finance").act(&payment, "confirm", json!({})).expect(200);
    let collected = json!({"level": "reminder", "note": "Called"});
    let lobby =
        manager.get("/v1/receivables?overdue=true").expect(200).body["data"][0]["id"].as_str().unwrap().to_owned();
    service.by("c_leader").post(&format!("/v1/receivables/{lobby}/collection-entries"), collected).expect(201);
    let account = back.post(&format!("/v1/projects/{project}/final-accounts"), json!({})).expect(201).body;
    assert_eq!(account["total_amount"], 6_532_208);
}

#[test]
fn a_trial_meets_what_writing_refuses_and_shows_no_id() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let manager = service.by("manager");
    service.client("a_specialist_1");
    let before = count(&service);
    for (what, text) in [("clients", CLIENTS), ("receivables", OWED)] {
        let trial = csv(&manager, &format!("{what}?dry_run=true"), text).expect(200).body;
        let rows = trial["report"].as_array().unwrap();
        assert!(rows.len() == 3 && rows.iter().all(|row| row["id"].is_null()), "{trial}");
    }
    // Nothing that a contract could be loaded from.
    let without = diesel::update(contract_templates::table).set(contract_templates::active.eq(false));
    assert_eq!(service.sql(|conn| without.execute(conn)).unwrap(), 1);
    for what in ["receivables?dry_run=true", "receivables"] {
        assert_eq!(csv(&manager, what, OWED).refused(422, "validation").pointers(), ["/template"], "{what}");
    }
    assert_eq!(count(&service), before);
}

#[test]
fn historic_receivables_are_judged_row_by_row() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let manager = service.by("manager");
    service.client("a_specialist_1");
    let before = count(&service);
    let text = "client,project,contract,kind,amount,due_on,signed_on,owner,currency\n\
        Nobody Ltd,P,C-1,balance,1,,2020-01-01,c_leader,\n\
        Riverside Properties,P,C-2,tip,1.001,soon,2027-01-01,a_leader,yuan\n\
        Riverside Properties,P,C-3,balance,1,,2020-01-01,c_leader,\n\
        Riverside Properties,Q,C-3,balance,1,,2020-01-02,c_leader,\n\
        Riverside Properties,,C-4,balance,,,2020-01-01,c_leader,\n";
    let mut pointers = csv(&manager, "receivables", text).refused(422, "validation").pointers();
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/rows/2/client",
            "/rows/3/amount",
            "/rows/3/currency",
            "/rows/3/due_on",
            "/rows/3/kind",
            "/rows/3/owner",
            "/rows/3/signed_on",
            "/rows/5/kind",
            "/rows/5/project",
            "/rows/5/signed_on",
            "/rows/6/amount",
            "/rows/6/project",
        ]
    );
    // A trial tells the same of each row.
    let trial = csv(&manager, "receivables?dry_run=true", text).expect(200).body;
    let told = trial["report"].as_array().unwrap().iter().flat_map(|row| {
        let problems = row["problems"].as_array().unwrap().iter();
        problems
            .map(|problem| format!("/rows/{}/{}", row["row"], problem["column"].as_str().unwrap()))
            .collect::<Vec<_>>()
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    assert_eq!((told, &trial["wrong"], count(&service)), (pointers, &json!(4), before));
    assert!(trial.to_string().contains("Row 4 of this contract has this instalment already."), "{trial}");
    csv(&manager, "receivables", "client,kind\nA,b\n").refused(422, "validation");
    assert_eq!(count(&service), before);
    csv(&manager, "receivables", OWED).expect(200);
    let refused = csv(&manager, "receivables", OWED).refused(422, "validation");
    assert_eq!(refused.pointers(), ["/rows/2", "/rows/3", "/rows/4"]);
    assert!(refused.text().contains("HT-2021-7"));
    let skipped = csv(&manager, "receivables?duplicates=skip", OWED).expect(200).body;
    assert_eq!((&skipped["duplicates"], &skipped["created"]), (&json!(3), &json!(0)));
}

#[test]
fn a_long_file_is_taken_whole() {
    let service = Service::start();
    let manager = service.by("manager");
    let rows: String = (0..5_000).map(|n| format!("Client {n},developer,Ms {n}\n")).collect();
    let done = csv(&manager, "clients", &format!("name,kind,contact_name\n{rows}")).expect(200).body;
    assert_eq!((&done["created"], count(&service)[0]), (&json!(5_000), 5_000));
    let rows: String = (0..1_500)
        .map(|n| format!("Client {n},Old {n},HT-{n},retention,1.5,2022-01-01,2020-01-01,c_leader\n"))
        .collect();
    let file = format!("client,project,contract,kind,amount,due_on,signed_on,owner\n{rows}");
    assert_eq!(csv(&manager, "receivables", &file).expect(200).body["created"], 1_500);
    let again = csv(&manager, "receivables", &file).refused(422, "validation");
    assert_eq!(again.pointers().len(), 1_500, "every row that stands in the way is told");
}

#[test]
fn names_are_the_same_however_they_are_written() {
    let service = Service::start();
    let manager = service.by("manager");
    let text = "name,kind\nÉcole  SA,school\n雲山\u{3000}置業,developer\n";
    csv(&manager, "clients", text).expect(200);
    let refused = csv(&manager, "clients", text).refused(422, "validation");
    assert_eq!(refused.pointers(), ["/rows/2", "/rows/3"]);
    csv(&manager, "clients", "name,kind\nÉCOLE sa,school\n").refused(422, "validation");
}

#[test]
fn what_could_never_come_due_or_be_numbered_is_refused() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let manager = service.by("manager");
    service.client("a_specialist_1");
    let text = "client,project,contract,kind,amount,due_on,signed_on,owner\n\
        Riverside Properties,P,C-2026-0043,balance,1,2020-02-01,2020-01-01,c_leader\n\
        Riverside Properties,P,HT-1,interim,1,,2020-01-01,c_leader\n\
        Riverside Properties,P,HT/2021/7,balance,1,2020-02-01,2020-01-01,c_leader\n\
        Riverside Properties,P,0192f3a0-0000-7000-8000-000000000000,balance,1,2020-02-01,2020-01-01,c_leader\n";
    let refused = csv(&manager, "receivables", text).refused(422, "validation");
    assert_eq!(refused.pointers(), ["/rows/2/contract", "/rows/3/due_on", "/rows/4/contract", "/rows/5/contract"]);
    // What is taken is found by its number.
    let text = "client,project,contract,kind,amount,due_on,signed_on,owner\n\
        Riverside Properties,P,沪建-2021.07_a,balance,1,2020-02-01,2020-01-01,c_leader\n";
    csv(&manager, "receivables", text).expect(200);
    manager.get("/v1/contracts/%E6%B2%AA%E5%BB%BA-2021.07_a").expect(200);
}

#[test]
fn what_is_most_likely_a_slip_is_told() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    let manager = service.by("manager");
    service.client("a_specialist_1");
    let surplus = csv(&manager, "clients", "name,kind\nAcme, Ltd,hotel\n").refused(422, "validation");
    assert_eq!(surplus.pointers(), ["/rows/2/"]);
    // Under a column without a title nothing is taken, and nothing is lost silently.
    let untitled = "name,kind,,contact_name\nAcme,hotel,13800138000,Li\nOther,hotel,,Wu\n";
    assert_eq!(csv(&manager, "clients", untitled).refused(422, "validation").pointers(), ["/rows/2/"]);
    // What goes on with a client goes on with it, also where its first row is wrong.
    let wrong = format!("name,kind,grade,contact_name\nAcme,hotel,{},Li\n,,,Wu\nACME,,,He\n", "x".repeat(21));
    assert_eq!(csv(&manager, "clients", &wrong).refused(422, "validation").pointers(), ["/rows/2/grade"]);
    csv(&manager, "clients", "name,kind,needs\nA Ltd,hotel,\"oops\nB Ltd,hotel,y\n").refused(422, "validation");
    // The same client, however its name is written; one contract number is one client's.
    let other = service.by("a_specialist_1").post("/v1/clients", json!({"name": "Other Ltd", "kind": "hotel"}));
    other.expect(201);
    let text = "客户,项目,合同,种类,金额,签约日,负责人\n\
        riverside  PROPERTIES,P,HT-1,尾款,\"1,234.00\",2020-01-01,c_leader\n\
        Other Ltd,P,HT-1,质保金,200,2020-01-01,c_leader\n";
    assert_eq!(csv(&manager, "receivables", text).refused(422, "validation").pointers(), ["/rows/3/client"]);
}
