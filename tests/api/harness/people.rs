//! The people of the company that every test has: key, role, group or department.

/// Key, role, group, department.
pub const PEOPLE: &[(&str, &str, Option<&str>, Option<&str>)] = &[
    ("manager", "manager", None, None),
    ("a_leader", "front_leader", Some("A"), None),
    ("a_specialist_1", "front_specialist", Some("A"), None),
    ("a_specialist_2", "front_specialist", Some("A"), None),
    ("a_assistant", "assistant", Some("A"), None),
    ("b_leader", "front_leader", Some("B"), None),
    ("b_specialist_1", "front_specialist", Some("B"), None),
    ("c_leader", "back_leader", Some("C"), None),
    ("c_specialist_1", "back_specialist", Some("C"), None),
    ("c_assistant", "assistant", Some("C"), None),
    ("finance", "finance", None, None),
    ("design", "contributor", None, Some("design")),
    ("procurement", "contributor", None, Some("procurement")),
    ("engineering", "contributor", None, Some("engineering")),
    ("auditor", "auditor", None, None),
];

/// Key and kind of every group.
pub const GROUPS: &[(&str, &str)] = &[("A", "front"), ("B", "front"), ("C", "back")];

/// Every department.
pub const DEPARTMENTS: &[&str] = &["design", "procurement", "engineering"];
