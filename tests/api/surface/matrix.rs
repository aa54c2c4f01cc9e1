//! Every operation as every role and as nobody: the committed matrix, and the service does what it says.

use super::exceptions;
use crate::harness::Service;
use fitout::access::Role;
use fitout::api;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Somebody of each role.
const SOMEBODY: &[(Role, &str)] = &[
    (Role::Manager, "manager"),
    (Role::FrontLeader, "a_leader"),
    (Role::FrontSpecialist, "a_specialist_1"),
    (Role::BackLeader, "c_leader"),
    (Role::BackSpecialist, "c_specialist_1"),
    (Role::Assistant, "c_assistant"),
    (Role::Finance, "finance"),
    (Role::Contributor, "design"),
    (Role::Auditor, "auditor"),
    (Role::Administrator, "admin"),
];

fn matrix() -> String {
    let mut out = String::from(
        "# Who may call what: + may, . may not (403 before anything else is looked at), * needs no token.\n# ",
    );
    let names: Vec<&str> = SOMEBODY.iter().map(|(role, _)| role.as_str()).collect();
    let _ = writeln!(out, "{}\n", names.join(" "));
    for facts in api::routes(true).operations() {
        let marks: String = SOMEBODY
            .iter()
            .map(|(role, _)| {
                if facts.public {
                    '*'
                } else if facts.roles.iter().any(|r| r == role.as_str()) {
                    '+'
                } else {
                    '.'
                }
            })
            .collect();
        let _ = writeln!(out, "{marks} {:6} {} {}", facts.method, facts.path, facts.permission.unwrap_or_default());
    }
    out
}

#[test]
fn the_matrix_is_the_committed_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/api/surface/matrix.txt");
    let now = matrix();
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == now,
        "who may call what has changed: run `UPDATE_MATRIX=1 cargo test --test api surface::matrix` and look at the difference"
    );
}

/// With nothing but a token: who may not is told so before anything else is looked at; who may gets any other answer, and never a 500.
#[test]
fn every_operation_answers_every_role_as_the_matrix_says() {
    let service = Service::start();
    for facts in api::routes(true).operations() {
        if exceptions::of("each role asks without a body").contains(facts.path.as_str()) {
            continue;
        }
        let path: String = facts
            .path
            .split('/')
            .map(|s| if s.starts_with('{') { "0190a1b2-0000-7000-8000-00000000dead" } else { s })
            .collect::<Vec<_>>()
            .join("/");
        let at = format!("{} {path}", facts.method);
        let nobody = service.nobody().send(&facts.method, &path, &[], None);
        assert_eq!(nobody.status == 401 && !facts.public, !facts.public, "{at} as nobody: {}", nobody.text());
        if facts.public {
            continue;
        }
        for (role, key) in SOMEBODY {
            let answer =
                service.by(key).send(&facts.method, &path, &[("last-event-id", "none: a stream would not end")], None);
            assert_ne!(answer.status, 401, "{at} as {role}: {}", answer.text());
            assert!(answer.status < 500, "{at} as {role}: {}", answer.text());
            let may = facts.roles.iter().any(|r| r == role.as_str());
            assert_eq!(answer.code() == "forbidden", !may, "{at} as {role}: {}", answer.text());
        }
    }
}

/// What a front end is told that its person may do is what the operations ask for.
#[test]
fn every_role_is_told_its_permissions() {
    let service = Service::start();
    let operations = api::routes(true).operations();
    let named: BTreeSet<&str> = operations.iter().filter_map(|facts| facts.permission.as_deref()).collect();
    for (role, key) in SOMEBODY {
        let told = service.by(key).get("/v1/meta/permissions").expect(200).body;
        let told: BTreeSet<&str> =
            told["permissions"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let may = operations.iter().filter(|facts| facts.roles.iter().any(|r| r == role.as_str()));
        let may: BTreeSet<&str> = may.filter_map(|facts| facts.permission.as_deref()).collect();
        assert_eq!(told.intersection(&named).copied().collect::<BTreeSet<_>>(), may, "{role}");
    }
}
