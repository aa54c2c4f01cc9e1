//! How long the texts of answers may be, how many things their lists hold and how small their whole numbers are, so that whoever keeps an answer knows
//! what room it takes. A text that some request may bring under the same name is as long as the longest of those at most; what is told here is the rest.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use super::exact::{Schemas, is_free_text, visit};

/// Members that keep what a request brought under another name.
const KEPT_AS: &[(&str, &str)] = &[
    ("analysis", "reasons"),
    ("client_name", "name"),
    ("client_opinion_note", "note"),
    ("decision_note", "note"),
    ("done_note", "note"),
    ("end_reason", "reason"),
    ("group_key", "key"),
    ("last_refusal", "why"),
    ("outcome_note", "note"),
    ("red_letter_reason", "reason"),
    ("result_note", "note"),
    ("reversal_reason", "reason"),
    ("void_reason", "reason"),
];

/// Texts that this service writes itself, in characters.
const WRITTEN: &[(&str, usize)] = &[
    ("act", 60),
    ("action", 60),
    ("chain_head", 64),
    ("channel", 60),
    ("currency", 3),
    ("endpoint", 2_000),
    ("en", 200),
    ("hash", 64),
    ("href", 200),
    ("inquiry_number", 40),
    ("package_sha256", 64),
    ("prefix", 40),
    ("next", 8_000),
    ("prev_hash", 64),
    ("red_letter_number", 40),
    ("refusal", 60),
    ("secret", 100),
    ("sha256", 64),
    ("supply", 200),
    ("token_type", 20),
    ("value", 100),
    ("zh", 200),
];

/// Lists that hold each of a fixed number of things once at most.
const LISTS: &[(&str, usize)] = &[
    ("available_actions", 200),
    ("bands", 20),
    ("by", 20),
    ("counts", 40),
    ("currencies", 200),
    ("from", 20),
    ("kinds", 400),
    ("labels", 400),
    ("missing", 200),
    ("missing_now", 200),
    ("needs", 40),
    ("permissions", 100),
    ("stages", 20),
    ("steps", 40),
    ("waivable", 40),
    ("waived", 200),
];

/// Whole numbers that begin at one; all others that no request brings and that are no amount of money count something and begin at zero.
const FROM_ONE: &[&str] = &["edition", "latest_revision", "revision", "round", "seq", "version"];

/// Sets the limits of answers. `asked` are the components that requests refer to, which say their own.
pub(super) fn limit_answers(schemas: &mut Schemas, asked: &BTreeSet<String>) {
    let brought = Brought::of(schemas, asked);
    for (_, schema) in schemas.iter_mut().filter(|(name, _)| !asked.contains(*name)) {
        visit(schema, &mut |object| {
            for (name, property) in &mut object.properties {
                brought.limit(name, property);
            }
        });
    }
}

/// What requests may bring, by the names of members.
#[derive(Default)]
struct Brought {
    /// The longest text.
    longest: BTreeMap<String, usize>,
    /// Whole numbers: theirs may be below zero, so nothing is said of them.
    numbers: BTreeSet<String>,
}

impl Brought {
    fn of(schemas: &mut Schemas, asked: &BTreeSet<String>) -> Self {
        let mut brought = Self::default();
        for (_, schema) in schemas.iter_mut().filter(|(name, _)| asked.contains(*name)) {
            visit(schema, &mut |object| {
                for (name, property) in &object.properties {
                    brought.note(name, property);
                }
            });
        }
        brought
    }

    fn note(&mut self, name: &str, property: &RefOr<Schema>) {
        let RefOr::T(Schema::Object(member)) = property else { return };
        if let Some(most) = member.max_length {
            let known = self.longest.entry(name.to_owned()).or_default();
            *known = most.max(*known);
        }
        if is_whole(member) {
            self.numbers.insert(name.to_owned());
        }
    }

    fn limit(&self, name: &str, property: &mut RefOr<Schema>) {
        let told = |list: &[(&str, usize)]| list.iter().find(|(known, _)| *known == name).map(|(_, most)| *most);
        match property {
            RefOr::T(Schema::Object(text)) if is_free_text(text) => {
                let kept = KEPT_AS.iter().find(|(known, _)| *known == name).map_or(name, |(_, under)| *under);
                text.max_length = text.max_length.or(told(WRITTEN)).or_else(|| self.longest.get(kept).copied());
            }
            RefOr::T(Schema::Object(number)) if is_whole(number) && self.counts(name) => {
                let least = i64::from(FROM_ONE.contains(&name));
                number.minimum = number.minimum.take().or_else(|| Some(least.into()));
            }
            RefOr::T(Schema::Array(list)) => list.max_items = list.max_items.or(told(LISTS)),
            _ => {}
        }
    }

    /// Whether a whole number counts something.
    fn counts(&self, name: &str) -> bool {
        !name.ends_with("amount") && !self.numbers.contains(name)
    }
}

fn is_whole(object: &Object) -> bool {
    match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::Integer,
        SchemaType::Array(kinds) => kinds.contains(&Type::Integer),
        SchemaType::AnyValue => false,
    }
}
