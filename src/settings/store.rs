//! The settings as one typed value: defaults first, then what the administrator changed.

use crate::access::Result;
use crate::db::{AnyConnection, schema::settings};
use crate::http::Problem;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// Every business setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The company's time zone (IANA name): business dates are its days.
    #[validate(custom(function = known_zone))]
    #[schema(example = "Asia/Shanghai", max_length = 64)]
    pub time_zone: String,
    /// Above this amount in fen a contract or amendment needs the manager's review too.
    #[validate(range(min = 0, max = 1_000_000_000_000_000_i64))]
    #[schema(example = 50_000_000, minimum = 0, maximum = 1_000_000_000_000_000_i64)]
    pub contract_review_limit_amount: i64,
    /// What a site must have before entry.
    #[validate(custom(function = checklist))]
    #[schema(example = json!(["water", "power", "lift", "doors", "cleaning", "storage"]))]
    pub site_readiness_items: Vec<String>,
    /// What an internal transfer must hold: file categories, and `open_instructions`.
    #[validate(custom(function = checklist))]
    #[schema(example = json!(["contract_scan", "photos", "open_instructions"]))]
    pub transfer_items: Vec<String>,
    /// What the archive must hold: file categories.
    #[validate(custom(function = checklist))]
    #[schema(example = json!(["contract_scan", "photos", "final_account"]))]
    pub archive_items: Vec<String>,
    /// Working days to the answer of a minor complaint.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 10, minimum = 1, maximum = 365)]
    pub complaint_days_minor: i64,
    /// Working days to the answer of a normal complaint.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 5, minimum = 1, maximum = 365)]
    pub complaint_days_normal: i64,
    /// Working days to the answer of a major complaint.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 2, minimum = 1, maximum = 365)]
    pub complaint_days_major: i64,
    /// Days in which a newly allocated client is contacted.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 7, minimum = 1, maximum = 365)]
    pub first_contact_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        let files = ["contract_scan", "confirmed_scheme", "final_item_list", "quotation", "assignment_sheet", "site_access_confirmation", "acceptance_certificate", "memos", "photos"];
        let list = |items: &[&str]| items.iter().map(|i| (*i).to_owned()).collect::<Vec<_>>();
        Self {
            time_zone: "Asia/Shanghai".to_owned(),
            contract_review_limit_amount: 50_000_000,
            site_readiness_items: list(&["water", "power", "lift", "doors", "cleaning", "storage"]),
            transfer_items: list(&[&files[..], &["open_instructions"]].concat()),
            archive_items: list(&[&files[..], &["final_account"]].concat()),
            complaint_days_minor: 10,
            complaint_days_normal: 5,
            complaint_days_major: 2,
            first_contact_days: 7,
        }
    }
}

fn known_zone(zone: &str) -> std::result::Result<(), ValidationError> {
    zone.parse::<chrono_tz::Tz>().map(|_| ()).map_err(|_| ValidationError::new("time_zone"))
}

fn checklist(items: &[String]) -> std::result::Result<(), ValidationError> {
    let word = |i: &String| !i.is_empty() && i.len() <= 60 && i.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let distinct = items.iter().enumerate().all(|(n, item)| items.iter().skip(n + 1).all(|other| other != item));
    if items.len() <= 50 && distinct && items.iter().all(word) { Ok(()) } else { Err(ValidationError::new("checklist")) }
}

/// The settings as they are now.
pub fn load(conn: &mut AnyConnection) -> Result<Settings> {
    let rows = settings::table.select((settings::key, settings::value)).load::<(String, String)>(conn)?;
    let mut all = serde_json::to_value(Settings::default()).map_err(|e| Problem::internal(&e))?;
    if let Some(members) = all.as_object_mut() {
        for (key, text) in rows {
            if let (true, Ok(value)) = (members.contains_key(&key), serde_json::from_str::<Value>(&text)) {
                members.insert(key, value);
            }
        }
    }
    serde_json::from_value(all).map_err(|e| Problem::internal(&e).into())
}
