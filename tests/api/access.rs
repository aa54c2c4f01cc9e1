//! Signing in and out, and what ends a token.

use crate::harness::{Backend, PASSWORD, Seed, Service, TestDatabase};
use diesel::prelude::*;
use fitout::access::sessions::purge;
use fitout::db::{At, schema::refresh_tokens as tokens};
use serde_json::json;

fn login(service: &Service, username: &str, password: &str) -> crate::harness::Answer {
    service.nobody().send("POST", "/v1/auth/login", &[], Some(&json!({ "username": username, "password": password })))
}

#[test]
fn a_session_lives_is_refreshed_and_ends() {
    let service = Service::start();
    let session = login(&service, "manager", PASSWORD).expect(200).body;
    assert_eq!(session["expires_in"], 900);
    let mut caller = service.nobody();
    caller.token = session["access_token"].as_str().map(str::to_owned);
    assert_eq!(caller.get("/v1/me").expect(200).body["username"], "manager");
    let refresh = |token: &serde_json::Value| {
        service.nobody().send("POST", "/v1/auth/refresh", &[], Some(&json!({ "refresh_token": token })))
    };
    let second = refresh(&session["refresh_token"]).expect(200).body;
    caller.token = second["access_token"].as_str().map(str::to_owned);
    caller.get("/v1/me").expect(200);
    refresh(&session["refresh_token"]).refused(401, "unauthenticated");
    caller.get("/v1/me").refused(401, "unauthenticated");
    refresh(&second["refresh_token"]).refused(401, "unauthenticated");
}

/// Of a session that was ended beside a refresh, the revoked token is all that holds back the newer one.
#[test]
fn what_holds_back_a_lasting_token_is_not_forgotten() {
    let service = Service::start();
    let (now, day) = (At::now_real().utc(), chrono::TimeDelta::days(1));
    let session = login(&service, "manager", PASSWORD).expect(200).body;
    let refresh = |token: &serde_json::Value| {
        service.nobody().send("POST", "/v1/auth/refresh", &[], Some(&json!({ "refresh_token": token })))
    };
    let second = refresh(&session["refresh_token"]).expect(200).body;
    service.sql(|conn| {
        let spent = diesel::update(tokens::table.filter(tokens::spent_at.is_not_null()));
        spent
            .set((tokens::revoked_at.eq(At::from(now)), tokens::expires_at.eq(At::from(now - day))))
            .execute(conn)
            .unwrap();
    });
    assert_eq!(service.sql(|conn| purge(conn).unwrap()), 0);
    refresh(&second["refresh_token"]).refused(401, "unauthenticated");
    // Of a session that goes on, what was spent and has expired goes: it would gather for as long as somebody stays signed in.
    let going_on = login(&service, "finance", PASSWORD).expect(200).body;
    let newer = refresh(&going_on["refresh_token"]).expect(200).body;
    service.sql(|conn| {
        let spent = tokens::table.filter(tokens::spent_at.is_not_null()).filter(tokens::revoked_at.is_null());
        diesel::update(spent).set(tokens::expires_at.eq(At::from(now - day))).execute(conn).unwrap();
    });
    assert_eq!(service.sql(|conn| purge(conn).unwrap()), 1);
    refresh(&newer["refresh_token"]).expect(200);
    service.sql(|conn| {
        diesel::update(tokens::table).set(tokens::expires_at.eq(At::from(now - day))).execute(conn).unwrap()
    });
    assert!(service.sql(|conn| purge(conn).unwrap()) >= 2);
}

#[test]
fn log_out_ends_the_session_at_once() {
    let service = Service::start();
    let session = login(&service, "manager", PASSWORD).expect(200).body;
    let mut caller = service.nobody();
    caller.token = session["access_token"].as_str().map(str::to_owned);
    caller.send("POST", "/v1/auth/logout", &[], None).expect(204);
    caller.get("/v1/me").refused(401, "unauthenticated");
    service.by("manager").get("/v1/me").expect(200);
}

#[test]
fn wrong_password_and_unknown_user_are_answered_alike() {
    let service = Service::start();
    let wrong = login(&service, "manager", "not the password").refused(401, "unauthenticated");
    let unknown = login(&service, "nobody-at-all", "not the password").refused(401, "unauthenticated");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
}

#[test]
fn attempts_are_throttled_per_account_with_retry_after() {
    let service = Service::start();
    let last = (0..12).map(|_| login(&service, "auditor", "wrong wrong wrong")).last().unwrap();
    assert_eq!(last.status, 429, "{}", last.text());
    let wait = last.header("retry-after").parse::<u64>().unwrap();
    assert!(wait >= 1);
    assert!(last.header("ratelimit").contains(&format!("\"account\";r=0;t={wait}")), "{}", last.header("ratelimit"));
    let right = login(&service, "manager", PASSWORD).expect(200);
    assert_eq!(right.header("ratelimit-policy"), "\"address\";q=60;w=60, \"account\";q=10;w=60");
    assert!(right.header("ratelimit").ends_with("\"account\";r=9;t=6"), "{}", right.header("ratelimit"));
    assert_eq!(service.by("manager").get("/v1/me").expect(200).header("ratelimit"), "", "no limit was set");
}

#[test]
fn a_signed_in_caller_has_a_quota_where_one_is_set() {
    let database = TestDatabase::create(Backend::of_this_run(), Seed::Company);
    let service = Service::start_with(database, &["--rate-limit", "3"]);
    let (manager, owner) = (service.by("manager"), service.by("a_specialist_1"));
    let left = |n: u32| format!("\"caller\";r={n};t={}", 60 - 20 * n);
    for n in [2, 1, 0] {
        let answer = manager.get("/v1/me").expect(200);
        assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), (&*left(n), "\"caller\";q=3;w=60"));
    }
    let refused = manager.get("/v1/me").refused(429, "too_many_requests");
    assert!((1..=20).contains(&refused.header("retry-after").parse::<u32>().unwrap()));
    assert!(refused.header("ratelimit").starts_with("\"caller\";r=0;t="), "{}", refused.header("ratelimit"));
    owner.get("/v1/me").expect(200);
}

#[test]
fn a_new_password_and_a_new_role_end_every_token() {
    let service = Service::start();
    let caller = service.by("a_specialist_2");
    caller
        .send(
            "POST",
            "/v1/auth/password",
            &[],
            Some(&json!({"current_password": "not mine", "new_password": "another long one"})),
        )
        .refused(422, "validation");
    caller
        .send(
            "POST",
            "/v1/auth/password",
            &[],
            Some(&json!({"current_password": PASSWORD, "new_password": "another long one"})),
        )
        .expect(204);
    caller.get("/v1/me").refused(401, "unauthenticated");
    login(&service, "a_specialist_2", PASSWORD).refused(401, "unauthenticated");
    login(&service, "a_specialist_2", "another long one").expect(200);

    let leader = service.by("a_leader");
    leader.get("/v1/me").expect(200);
    service.by("admin").patch("/v1/users/a_leader", json!({"active": false})).expect(200);
    leader.get("/v1/me").refused(401, "unauthenticated");
}

#[test]
fn only_administrators_manage_people() {
    let service = Service::start();
    let new = json!({"username": "new.person", "password": "long enough", "display_name": "New", "role": "auditor"});
    service.by("manager").post("/v1/users", new.clone()).refused(403, "forbidden");
    service.nobody().post("/v1/users", new.clone()).refused(401, "unauthenticated");
    let made = service.by("admin").post("/v1/users", new.clone()).expect(201);
    assert!(made.body.get("password_hash").is_none());
    service.by("admin").post("/v1/users", new).refused(409, "conflict");
    let bad = json!({"username": "Bad Name", "password": "short", "display_name": "", "role": "auditor"});
    let answer = service.by("admin").post("/v1/users", bad).refused(422, "validation");
    assert_eq!(answer.pointers().len(), 3, "{}", answer.text());
    service
        .by("admin")
        .post(
            "/v1/users",
            json!({"username": "x.y", "password": "long enough", "display_name": "X", "role": "front_leader"}),
        )
        .refused(422, "validation");
}

#[test]
fn the_last_administrator_stays() {
    let service = Service::start_on(Backend::of_this_run(), Seed::Bare);
    service.by("admin").patch("/v1/users/admin", json!({"active": false})).refused(409, "state");
}

#[test]
fn whoever_is_in_a_closed_department_can_still_be_locked_out() {
    let service = Service::start();
    let admin = service.by("admin");
    admin.patch("/v1/departments/design", json!({"active": false})).expect(200);
    admin.patch("/v1/users/design", json!({"active": false})).expect(200);
    let back = admin.patch("/v1/users/design", json!({"active": true})).refused(422, "validation");
    assert_eq!(back.pointers(), ["/department"]);
}

#[test]
fn a_person_is_found_by_whatever_log_in_name_they_were_given() {
    let service = Service::start();
    let admin = service.by("admin");
    let person = |username: &str| {
        let body = json!({"username": username, "password": "a long first password", "display_name": "B", "role": "administrator"});
        admin.post("/v1/users", body)
    };
    let long = "n".repeat(60);
    person(&long).expect(201);
    assert_eq!(admin.get(&format!("/v1/users/{long}")).expect(200).body["username"], long.as_str());
    person(&"n".repeat(61)).refused(422, "validation");
    let id = "0190a1b2-0000-7000-8000-00000000dead";
    assert_eq!(person(id).refused(422, "validation").pointers(), ["/username"]);
}
