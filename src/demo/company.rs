//! The people of the demo.

use super::caller::{Caller, id_of};
use serde_json::json;
use std::collections::BTreeMap;

/// Key, name, role, group, department.
type Person = (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

/// Everybody.
pub const PEOPLE: &[Person] = &[
    ("admin", "Administrator", "administrator", None, None),
    ("manager", "Lin Wai (統籌主管)", "manager", None, None),
    ("a_leader", "Chan Mei (前段組長 A)", "front_leader", Some("A"), None),
    ("a_specialist_1", "Ho Yan (客管專員 A)", "front_specialist", Some("A"), None),
    ("a_specialist_2", "Lau Kit (客管專員 A)", "front_specialist", Some("A"), None),
    ("a_assistant", "Ng Sze (助理 A)", "assistant", Some("A"), None),
    ("b_leader", "Wong Fai (前段組長 B)", "front_leader", Some("B"), None),
    ("b_specialist_1", "Tam Lok (客管專員 B)", "front_specialist", Some("B"), None),
    ("c_leader", "Yip Hang (客服部組長)", "back_leader", Some("C"), None),
    ("c_specialist_1", "Kwok Ling (客服專員)", "back_specialist", Some("C"), None),
    ("c_assistant", "Mak On (助理 C)", "assistant", Some("C"), None),
    ("finance", "Fung Shan (財務)", "finance", None, None),
    ("design", "Au Tin (設計部)", "contributor", None, Some("design")),
    ("procurement", "Siu Wah (採購部)", "contributor", None, Some("procurement")),
    ("engineering", "Pang Keung (工程部)", "contributor", None, Some("engineering")),
    ("auditor", "Leung Kwan (稽核)", "auditor", None, None),
];

/// Makes groups, departments and people.
pub async fn make(caller: &Caller, password: &str) -> Result<(), String> {
    for (key, name, name_zh) in [
        ("design", "Design", "設計部"),
        ("procurement", "Procurement", "採購部"),
        ("engineering", "Engineering", "工程部"),
    ] {
        caller.post("admin", "/v1/departments", json!({ "key": key, "name": name, "name_zh": name_zh })).await?;
    }
    let mut groups = BTreeMap::new();
    for (key, name, kind) in
        [("A", "Front group A", "front"), ("B", "Front group B", "front"), ("C", "Client service (back)", "back")]
    {
        let made = caller.post("admin", "/v1/groups", json!({ "key": key, "name": name, "kind": kind })).await?;
        groups.insert(key, id_of(&made)?);
    }
    for (key, name, role, group, department) in PEOPLE.iter().filter(|(key, ..)| *key != "admin") {
        let group = group.and_then(|g| groups.get(g));
        let user = json!({ "username": key, "display_name": name, "password": password, "role": role, "group_id": group, "department": department });
        caller.post("admin", "/v1/users", user).await?;
    }
    Ok(())
}
