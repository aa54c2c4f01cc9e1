//! Waiting for locks on PostgreSQL: it ends, and it is nobody else's matter.

use crate::harness::Service;
use diesel::Connection;
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

/// More writes than there are threads wait for one row: each is asked to come again in the end, and whoever reads notices nothing.
#[test]
fn who_waits_for_a_lock_too_long_is_asked_to_come_again_and_readers_go_on() {
    let service = Service::start();
    let mut holder = service.database.connect();
    if !holder.is_postgres() {
        // One writer, and no locks of rows.
        return;
    }
    let path = format!("/v1/projects/{}", service.inquiry("a_specialist_1"));
    let owner = service.by("a_specialist_1");
    let (told, first_answer) = channel();
    thread::scope(|scope| {
        let (held, holding) = channel();
        let (go, gone) = channel::<()>();
        scope.spawn(move || {
            holder.transaction(|conn| {
                conn.batch_execute("SELECT 1 FROM projects FOR UPDATE").unwrap();
                held.send(()).unwrap();
                gone.recv().unwrap();
                diesel::QueryResult::Ok(())
            })
        });
        holding.recv().unwrap();
        for n in 0..12 {
            let (owner, path, told) = (owner.clone(), path.clone(), told.clone());
            scope.spawn(move || {
                let answer =
                    owner.send("PATCH", &path, &[("if-match", "*")], Some(&json!({"name": format!("Room {n}")})));
                told.send(answer).unwrap();
            });
        }
        thread::sleep(Duration::from_secs(1));
        let began = Instant::now();
        owner.get("/v1/me").expect(200);
        owner.get("/readyz").expect(200);
        assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
        let answer = first_answer.recv_timeout(Duration::from_secs(30)).unwrap();
        go.send(()).unwrap();
        let answer = answer.refused(503, "unavailable");
        assert!(!answer.header("retry-after").is_empty());
    });
    drop(told);
    // Those whose turn came after it was let go have changed it.
    for answer in first_answer {
        assert!([200, 503].contains(&answer.status), "{}", answer.text());
    }
    owner.get(&path).expect(200);
}

/// Two who leave at the same moment would each see the other.
#[test]
fn of_two_administrators_one_stays() {
    let service = Service::start();
    let admin = service.by("admin");
    let other =
        json!({"username": "admin_2", "password": "a long password", "display_name": "B", "role": "administrator"});
    admin.post("/v1/users", other).expect(201);
    let mut second = service.nobody();
    let login = json!({"username": "admin_2", "password": "a long password"});
    second.token = second.post("/v1/auth/login", login).expect(200).body["access_token"].as_str().map(str::to_owned);
    let leave = json!({"active": false});
    let (one, two) = thread::scope(|scope| {
        let one = scope.spawn(|| admin.patch("/v1/users/admin_2", leave.clone()).status);
        let two = scope.spawn(|| second.patch("/v1/users/admin", leave.clone()).status);
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!([one, two].iter().filter(|status| **status == 200).count(), 1, "{one} {two}");
}
