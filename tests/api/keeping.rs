//! What operators do with what is kept: verify it, back it up, bring it back.

use crate::harness::{Backend, Seed, Service, TestDatabase};
use diesel::connection::SimpleConnection;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A command of the program on a database and its data folder.
fn fitout(database: &str, data: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fitout"))
        .args(["--database-url", database, "--data-dir", data.to_str().unwrap()])
        .args(words)
        .output()
        .unwrap()
}

#[track_caller]
fn succeeds(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    out.into_owned()
}

/// The lines of findings, each with its rule.
#[track_caller]
fn findings(output: &Output) -> Vec<String> {
    assert!(!output.status.success(), "verify found nothing");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    out.lines().filter(|line| !line.starts_with("looked at")).map(str::to_owned).collect()
}

/// A company with a project in settlement and a sealed one, everything through the API.
fn company() -> (Service, PathBuf) {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    for stage in ["settlement", "archived", "bidding"] {
        let body = json!({ "stage": stage });
        service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&body)).expect(201);
    }
    let data = service.database.folder.join("data");
    (service, data)
}

#[test]
fn what_was_written_verifies_and_what_was_changed_behind_the_service_is_named() {
    let (service, data) = company();
    let verify = || fitout(&service.database.url, &data, &["verify"]);
    let told = succeeds(&verify());
    assert!(told.contains("everything is as it was written"), "{told}");
    // This company has none of these; the cases have, and each of them is verified at its end.
    let none = ["amendments", "refunds", "invoices", "write_offs"];
    let empty = told.lines().filter_map(|line| line.strip_prefix("looked at 0 "));
    assert!(empty.clone().eq(none), "{told}");

    // Each change is one that no act of the service makes, and is undone before the next.
    let change = |there: &str, back: &str, rules: &[&str]| {
        service.sql(|conn| conn.batch_execute(there)).unwrap();
        let found = findings(&verify());
        service.sql(|conn| conn.batch_execute(back)).unwrap();
        for rule in rules {
            assert!(found.iter().any(|line| line.starts_with(&format!("{rule}: "))), "{rule} is not among {found:#?}");
        }
        found
    };
    let open = "WHERE project_id = (SELECT id FROM projects WHERE stage = 'settlement') AND kind = 'deposit'";
    change(
        &format!("UPDATE receivables SET paid_amount = paid_amount - 1 {open}"),
        &format!("UPDATE receivables SET paid_amount = paid_amount + 1 {open}"),
        &["money.receivable_paid", "image"],
    );
    let found = change(
        "UPDATE contracts SET current_amount = current_amount + 7 WHERE state = 'signed' AND project_id = (SELECT id FROM projects WHERE stage = 'settlement')",
        "UPDATE contracts SET current_amount = current_amount - 7 WHERE state = 'signed' AND project_id = (SELECT id FROM projects WHERE stage = 'settlement')",
        &["money.contract_value", "image"],
    );
    assert!(found.iter().any(|line| line.contains("`current_amount`")), "{found:#?}");
    // What an audit made of a final account is what the receivables add up to.
    let account = "WHERE state = 'confirmed' AND project_id = (SELECT id FROM projects WHERE stage = 'settlement')";
    change(
        &format!("UPDATE final_accounts SET audited_amount = total_amount - 5 {account}"),
        &format!("UPDATE final_accounts SET audited_amount = NULL {account}"),
        &["money.contract_receivables"],
    );
    change(
        "UPDATE projects SET stage = 'assignment' WHERE stage = 'bidding'",
        "UPDATE projects SET stage = 'bidding' WHERE stage = 'assignment'",
        &["image"],
    );
    change(
        "UPDATE payments SET allocated_amount = allocated_amount - 1",
        "UPDATE payments SET allocated_amount = allocated_amount + 1",
        &["money.payment_allocated"],
    );
    let found = change(
        &format!("UPDATE final_accounts SET deductions_amount = deductions_amount + 3 {account}"),
        &format!("UPDATE final_accounts SET deductions_amount = deductions_amount - 3 {account}"),
        &["money.final_account", "image"],
    );
    assert!(found.iter().any(|line| line.contains("`deductions_amount`")), "{found:#?}");
    change(
        "UPDATE contract_templates SET title = title || '!'",
        "UPDATE contract_templates SET title = rtrim(title, '!')",
        &["image"],
    );
    assert!(succeeds(&verify()).contains("everything is as it was written"));

    let one = data.join("files");
    let file = first_file(&one);
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, b"something else").unwrap();
    assert!(findings(&verify())[0].starts_with("file: "));
    assert!(succeeds(&fitout(&service.database.url, &data, &["verify", "--skip-files"])).contains("everything"));
    std::fs::remove_file(&file).unwrap();
    assert!(findings(&verify())[0].contains("cannot be read"));
    std::fs::write(&file, bytes).unwrap();
    succeeds(&verify());
}

/// The database itself refuses to change an event; whoever takes that guard away is found out by the chain.
#[test]
fn a_changed_event_breaks_its_chain() {
    let (service, data) = company();
    let backend = Backend::of_this_run();
    let lift = match backend {
        Backend::Sqlite => "DROP TRIGGER events_append_only_update",
        Backend::Postgres => "ALTER TABLE events DISABLE TRIGGER USER",
    };
    service.sql(|conn| conn.batch_execute(lift)).unwrap();
    let forged = "UPDATE events SET data = replace(data, '\"stage\":\"bidding\"', '\"stage\":\"settlement\"') WHERE kind = 'project.launched'";
    service.sql(|conn| conn.batch_execute(forged)).unwrap();
    let found = findings(&fitout(&service.database.url, &data, &["verify"]));
    assert!(found.iter().any(|line| line.starts_with("chain: ") && line.contains("project.launched")), "{found:#?}");
}

fn first_file(folder: &Path) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => return path,
            }
        }
    }
    panic!("no file was kept");
}

#[test]
fn a_backup_of_a_running_service_comes_back_whole() {
    let (service, data) = company();
    let backup = service.database.folder.join("backup");
    let words = ["backup", backup.to_str().unwrap()];
    let first = succeeds(&fitout(&service.database.url, &data, &words));
    assert!(first.contains(" 0 more were there already"), "{first}");
    let project = service.by("manager").get("/v1/projects?limit=1").expect(200).body["data"][0]["id"].clone();
    let documents = format!("/v1/projects/{}/documents", project.as_str().unwrap());
    service
        .by("manager")
        .upload_bytes(&documents, "contract_scan", "new.txt", b"kept after the first backup")
        .expect(201);
    let second = succeeds(&fitout(&service.database.url, &data, &words));
    assert!(second.contains(" and 1 files, "), "only what is new is copied: {second}");

    let other = TestDatabase::empty(Backend::of_this_run());
    let restored = other.folder.join("data");
    let words = ["restore", backup.to_str().unwrap()];
    if let Some(path) = other.url.strip_prefix("sqlite://") {
        // What is left of a database that was taken away would be played into the restored one.
        let log = format!("{path}-wal");
        std::fs::write(&log, "").unwrap();
        let refused = fitout(&other.url, &restored, &words);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("-wal is there already"));
        std::fs::remove_file(&log).unwrap();
    }
    succeeds(&fitout(&other.url, &restored, &words));
    let others = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&restored).unwrap()) & 0o077;
    assert_eq!(others, 0, "what is restored holds secrets");
    assert!(succeeds(&fitout(&other.url, &restored, &["verify"])).contains("everything is as it was written"));
    let refused = fitout(&other.url, &restored, &words);
    assert!(
        !refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("restore into"),
        "{refused:?}"
    );

    // The same people see the same company there.
    let there = Service::start_in(other);
    let list =
        |service: &Service| service.fresh("auditor").get("/v1/projects?limit=200&include=total").expect(200).body;
    assert_eq!(list(&there), list(&service));
    assert_eq!(list(&there)["total"], 3);
}

/// What a file holds is what its name is the hash of, or the file is worth nothing.
#[test]
fn a_backup_takes_over_no_damage_and_leaves_the_one_before() {
    let (service, data) = company();
    let (backup, manager) = (service.database.folder.join("backup"), service.by("manager"));
    let back_up = || fitout(&service.database.url, &data, &["backup", backup.to_str().unwrap()]);
    let project = manager.get("/v1/projects?limit=1").expect(200).body["data"][0]["id"].clone();
    let documents = format!("/v1/projects/{}/documents", project.as_str().unwrap());
    let paper = b"the only copy";
    manager.upload_bytes(&documents, "contract_scan", "new.txt", paper).expect(201);
    succeeds(&back_up());
    let copy =
        ["fitout.db", "fitout.dump"].map(|name| backup.join(name)).into_iter().find(|copy| copy.exists()).unwrap();
    let before = std::fs::read(&copy).unwrap();

    let sum = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(paper));
    let place = Path::new("files").join(&sum[..2]).join(&sum[2..4]).join(&sum);
    std::fs::write(data.join(&place), b"the only").unwrap();
    manager.upload_bytes(&documents, "contract_scan", "other.txt", b"another").expect(201);
    let refused = back_up();
    assert!(String::from_utf8_lossy(&refused.stderr).contains(&format!("{sum} is damaged")), "{refused:?}");
    assert_eq!(std::fs::read(backup.join(&place)).unwrap(), paper, "the good copy is overwritten by the damaged file");
    assert_eq!(
        std::fs::read(&copy).unwrap(),
        before,
        "a database whose files are not all there took the earlier one's place"
    );

    // The same paper once more mends it.
    manager.upload_bytes(&documents, "contract_scan", "again.txt", paper).expect(201);
    assert_eq!(std::fs::read(data.join(&place)).unwrap(), paper);
    succeeds(&back_up());
    assert!(succeeds(&fitout(&service.database.url, &data, &["verify"])).contains("everything is as it was written"));
}

#[test]
fn a_restore_that_broke_off_is_begun_again() {
    let (service, data) = company();
    let backup = service.database.folder.join("backup");
    succeeds(&fitout(&service.database.url, &data, &["backup", backup.to_str().unwrap()]));
    let other = TestDatabase::empty(Backend::of_this_run());
    let restored = other.folder.join("data");
    let restore = || fitout(&other.url, &restored, &["restore", backup.to_str().unwrap()]);
    std::fs::create_dir_all(&restored).unwrap();
    std::fs::write(restored.join("files"), "in the way").unwrap();
    let refused = restore();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("cannot be copied"), "{refused:?}");
    std::fs::remove_file(restored.join("files")).unwrap();
    succeeds(&restore());
    assert!(succeeds(&fitout(&other.url, &restored, &["verify"])).contains("everything is as it was written"));
}

/// Kubernetes sets these for a service called `fitout`; a name that nobody sets but by mistake is still told.
#[test]
fn what_an_orchestrator_sets_is_no_misspelt_setting() {
    let (service, data) = company();
    let with = |name: &str| {
        let mut verify = Command::new(env!("CARGO_BIN_EXE_fitout"));
        verify.args([
            "--database-url",
            &service.database.url,
            "--data-dir",
            data.to_str().unwrap(),
            "verify",
            "--skip-files",
        ]);
        verify.env(name, "tcp://10.0.0.1:8080").output().unwrap()
    };
    for name in ["FITOUT_PORT", "FITOUT_PORT_8080_TCP", "FITOUT_SERVICE_HOST", "FITOUT_SERVICE_PORT_HTTP"] {
        succeeds(&with(name));
    }
    let refused = with("FITOUT_LISTENS");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("FITOUT_LISTENS is not a setting"), "{refused:?}");
}

#[test]
fn a_backup_of_nothing_says_so() {
    let database = TestDatabase::create(Backend::Sqlite, Seed::Bare);
    let nowhere = format!("sqlite://{}", database.folder.join("nothing.db").display());
    let refused = fitout(&nowhere, &database.folder, &["backup", database.folder.join("b").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("there is no database at"), "{refused:?}");
    assert!(!database.folder.join("nothing.db").exists());
}
