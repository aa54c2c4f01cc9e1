//! The settings as one typed value: defaults first, then what the administrator changed.

use crate::access::{Result, Tx};
use crate::clock;
use crate::db::{AnyConnection, At, Id, schema::settings};
use crate::events::{self, Subject};
use crate::http::{Problem, broken};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, SchemaFormat, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
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
    #[schema(example = json!(["water", "power", "lift", "doors", "cleaning", "storage"]), value_type = Checklist)]
    pub site_readiness_items: Vec<String>,
    /// What an internal transfer must hold: file categories, and `open_instructions`.
    #[validate(custom(function = checklist))]
    #[schema(example = json!(["contract_scan", "photos", "open_instructions"]), value_type = Checklist)]
    pub transfer_items: Vec<String>,
    /// What the archive must hold: file categories.
    #[validate(custom(function = checklist))]
    #[schema(example = json!(["contract_scan", "photos", "final_account"]), value_type = Checklist)]
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
    /// Working days in which somebody answers what waits for their word or entry, where the record sets no day: a review, an approval, a sheet.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 2, minimum = 1, maximum = 365)]
    pub answer_days: i64,
    /// Working days in which a project moves onwards after it entered its stage, whoever held it, or work is carried out, where the record sets no day.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 20, minimum = 1, maximum = 365)]
    pub move_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        let files = [
            "contract_scan",
            "confirmed_scheme",
            "final_item_list",
            "quotation",
            "assignment_sheet",
            "site_access_confirmation",
            "acceptance_certificate",
            "memos",
            "photos",
        ];
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
            answer_days: 2,
            move_days: 20,
        }
    }
}

fn known_zone(zone: &str) -> std::result::Result<(), ValidationError> {
    zone.parse::<chrono_tz::Tz>().map(|_| ()).map_err(|_| {
        broken(
            "time_zone",
            "Must be a time zone of the IANA list, such as Asia/Shanghai.",
            "須為 IANA 時區名稱，例如 Asia/Shanghai。",
        )
    })
}

/// What the document says about a checklist.
struct Checklist;

impl PartialSchema for Checklist {
    fn schema() -> RefOr<Schema> {
        let word = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[a-z0-9_]+$"));
        let word = word.min_length(Some(1)).max_length(Some(60)).examples(["photos"]);
        let list = ArrayBuilder::new().items(word).max_items(Some(50)).unique_items(true);
        list.description(Some("Different words of small letters, digits and _.")).into()
    }
}

impl ToSchema for Checklist {}

fn checklist(items: &[String]) -> std::result::Result<(), ValidationError> {
    let word = |i: &String| {
        !i.is_empty() && i.len() <= 60 && i.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let distinct = items.iter().enumerate().all(|(n, item)| items.iter().skip(n + 1).all(|other| other != item));
    if items.len() <= 50 && distinct && items.iter().all(word) {
        Ok(())
    } else {
        Err(broken(
            "checklist",
            "Must be at most 50 different words of small letters, digits and _, each of at most 60 characters.",
            "最多 50 個互不相同的詞，每個不超過 60 個小寫字母、數字或 _。",
        ))
    }
}

/// The one row that holds them.
const ROW: &str = "business";

/// The settings as they are now.
pub fn load(conn: &mut AnyConnection) -> Result<Settings> {
    Ok(versioned(conn)?.settings)
}

/// The time zone that the company kept at an instant.
pub fn zone_at(conn: &mut AnyConnection, at: At) -> Result<chrono_tz::Tz> {
    let then = events::images_at(conn, &[SUBJECT], at)?.remove(&SUBJECT);
    let name = then.as_ref().and_then(|image| image.get("time_zone")).and_then(Value::as_str).map(str::to_owned);
    Ok(clock::named(&name.unwrap_or(Settings::default().time_zone)))
}

/// The settings and their version.
pub fn versioned(conn: &mut AnyConnection) -> Result<Saved> {
    let row = settings::table
        .filter(settings::key.eq(ROW))
        .select((settings::value, settings::version))
        .first::<(String, i64)>(conn)
        .optional()?;
    let Some((text, version)) = row else { return Ok(Saved { version: 0, settings: Settings::default() }) };
    let mut all = serde_json::to_value(Settings::default()).map_err(|e| Problem::internal(&e))?;
    // A setting that a newer release added keeps its default until somebody changes it.
    if let (Some(members), Ok(Value::Object(kept))) = (all.as_object_mut(), serde_json::from_str(&text)) {
        members.extend(kept);
    }
    Ok(Saved { version, settings: serde_json::from_value(all).map_err(|e| Problem::internal(&e))? })
}

/// Saves the settings over this version.
pub fn save(tx: &mut Tx<'_>, settings: Settings, was: i64) -> Result<Saved> {
    let text = serde_json::to_string(&settings).map_err(|e| Problem::internal(&e))?;
    let (by, at) = (Some(tx.actor.id), tx.now);
    let row = (
        settings::value.eq(text),
        settings::version.eq(was + 1),
        settings::updated_at.eq(at),
        settings::updated_by.eq(by),
    );
    let saved = if was == 0 {
        diesel::insert_into(settings::table).values((settings::key.eq(ROW), row)).execute(tx.conn)?
    } else {
        diesel::update(settings::table.filter(settings::key.eq(ROW)).filter(settings::version.eq(was)))
            .set(row)
            .execute(tx.conn)?
    };
    if saved != 1 {
        return Err(Problem::conflict(
            "The settings changed meanwhile. Read them again.",
            "設定同時被更改，請重新讀取。",
        )
        .into());
    }
    let saved = Saved { version: was + 1, settings };
    tx.record(&saved, "settings.changed")?;
    Ok(saved)
}

/// Under what the events of the settings stand: there is one set of them, with the nil id.
pub const SUBJECT: Id = Id(uuid::Uuid::nil());

/// The settings as they are kept and answered: with their version.
#[derive(Debug, Serialize)]
pub struct Saved {
    /// Raised by every change; 0 while nobody changed any. The `ETag`.
    pub version: i64,
    /// All of them.
    #[serde(flatten)]
    pub settings: Settings,
}

impl PartialSchema for Saved {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut shape)) = Settings::schema() else { return Settings::schema() };
        let version = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .description(Some("Raised by every change; 0 while nobody changed any. The `ETag`."))
            .minimum(Some(0))
            .examples([serde_json::json!(1)]);
        shape.properties.insert("version".to_owned(), version.into());
        shape.required.push("version".to_owned());
        RefOr::T(Schema::Object(shape))
    }
}

impl ToSchema for Saved {
    fn name() -> Cow<'static, str> {
        "BusinessSettings".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Settings::schemas(schemas);
    }
}

impl Subject for Saved {
    const KIND: &'static str = "settings";
    fn subject_id(&self) -> Id {
        SUBJECT
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}
