//! `DATABASE_REPLICA_URL`: who answers lists and reports. (How far behind a real standby may be, and that nobody sees it: `measure standby`.)

use crate::harness::{Backend, Caller, Process, Service, wait_until};
use std::process::Command;

/// How often the standby answered, and how often the database itself, where there is a standby.
fn answered_by(process: &Process, caller: &Caller) -> (u64, u64) {
    let metrics = process.with(caller).get("/metrics").expect(200);
    let count = |by: &str| -> u64 {
        let lines = metrics.text();
        let ours = lines.lines().filter(|line| line.starts_with("db_standby_reads_total{") && line.contains(by));
        ours.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    };
    (count("by=\"standby\""), count("by=\"database\""))
}

#[test]
fn lists_and_reports_come_from_the_standby_and_the_rest_from_the_database() {
    if Backend::of_this_run() != Backend::Postgres {
        return;
    }
    let service = Service::start();
    // The database itself stands for its standby: it is where it is.
    let process = Process::beside_with(&service, &["--database-replica-url", &service.database.url]);
    let (leader, nobody) = (process.with(&service.by("a_leader")), service.nobody());
    // The first connection may take longer than anybody waits for it.
    wait_until("the standby to answer", || {
        leader.get("/v1/clients").expect(200);
        answered_by(&process, &nobody).0 > 0
    });
    let before = answered_by(&process, &nobody);
    for n in 1..=5_u64 {
        let client = service.client("a_specialist_1");
        let listed = leader.get("/v1/clients?limit=1&sort=-created_at").expect(200);
        assert_eq!(listed.body["data"][0]["id"], client);
        leader.get(&format!("/v1/clients/{client}")).expect(200);
        let (standby, database) = answered_by(&process, &nobody);
        assert_eq!(standby + database, before.0 + before.1 + n, "a list is counted, a record by id is the database's");
    }
    leader.get("/v1/me/worklist").expect(200);
    let client = service.client("a_specialist_1");
    process.with(&service.by("finance")).get(&format!("/v1/clients/{client}/ageing")).expect(200);
    let (standby, database) = answered_by(&process, &nobody);
    assert_eq!(standby + database, before.0 + before.1 + 7);
    assert!(standby > before.0, "the standby answers nothing");
    // The caller is looked at in the database, and a refusal is a refusal.
    leader.get("/v1/clients?limit=0").refused(400, "bad_request");
    leader.get("/v1/clients?cursor=abc").refused(400, "bad_request");
    service.by("admin").patch("/v1/users/a_leader", serde_json::json!({"active": false})).expect(200);
    leader.get("/v1/clients").refused(401, "unauthenticated");
}

#[test]
fn without_its_standby_the_database_answers() {
    if Backend::of_this_run() != Backend::Postgres {
        return;
    }
    let service = Service::start();
    let process =
        Process::beside_with(&service, &["--database-replica-url", "postgres://postgres@127.0.0.1:9/postgres"]);
    let leader = process.with(&service.by("a_leader"));
    for _ in 0..5 {
        leader.get("/v1/clients").expect(200);
    }
    leader.get("/readyz").expect(200);
    assert_eq!(answered_by(&process, &service.nobody()), (0, 5));
}

#[test]
fn a_standby_needs_a_database_that_can_have_one() {
    let run = |url: &str, standby: &str| {
        let folder = std::env::temp_dir().join(format!("fitout_standby_{}", std::process::id()));
        let run = Command::new(env!("CARGO_BIN_EXE_fitout"))
            .args(["serve", "--database-url", url, "--database-replica-url", standby, "--data-dir"])
            .arg(&folder)
            .output()
            .unwrap();
        let _ = std::fs::remove_dir_all(folder);
        assert!(!run.status.success());
        String::from_utf8_lossy(&run.stderr).into_owned()
    };
    let refused = run("sqlite:///tmp/fitout-standby.db", "postgres://postgres@127.0.0.1/postgres");
    assert!(refused.contains("DATABASE_REPLICA_URL: only a PostgreSQL database has a standby"), "{refused}");
    let refused = run("postgres://postgres@127.0.0.1/postgres", "sqlite:///tmp/fitout-standby.db");
    assert!(refused.contains("DATABASE_REPLICA_URL"), "{refused}");
}
