//! What the derived schemas leave inexact. In answers: a member that may be null is always there. In requests: no text holds U+0000 or blanks alone, as
//! the body's reader asks of every text. In both: the description of a member stands beside its choice of a schema or null, and ids, dates and
//! instants that may be null are told in place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use utoipa::openapi::path::Parameter;
use utoipa::openapi::schema::{AdditionalProperties, Object, SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

use super::openapi::references;

/// Components by name.
pub(super) type Schemas = BTreeMap<String, RefOr<Schema>>;

/// Text without U+0000 that says something. What is white space to some and not to others (U+001C–U+001F, U+0085, U+FEFF) is named, so that the
/// pattern means the same to everybody.
const SAYS_SOMETHING: &str = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85\ufeff][^\x00]*$";
/// As [`SAYS_SOMETHING`], or nothing at all.
const SAYS_SOMETHING_OR_IS_EMPTY: &str = r"^([^\x00]*[^\s\x00\x1c-\x1f\x85\ufeff][^\x00]*)?$";
/// Text in a query string.
const WITHOUT_NUL: &str = r"^[^\x00]*$";
/// The days of the calendar.
const DAY: &str = "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$";

/// Makes the components exact. `asked` are those that requests refer to: there what may be null may also be left out.
pub(super) fn refine(schemas: &mut Schemas, asked: &BTreeSet<String>) {
    let plain: Schemas =
        schemas.iter().filter(|(_, schema)| is_plain_text(schema)).map(|(n, s)| (n.clone(), s.clone())).collect();
    for (name, schema) in schemas {
        let asked = asked.contains(name);
        visit(schema, &mut |object| {
            for property in object.properties.values_mut() {
                describe_outside(property);
                tell_in_place(property, &plain);
                tell_what_not(property);
                if asked {
                    limit_texts(property);
                }
            }
            if asked {
                limit_keys(object);
            } else {
                require_nullable(object);
            }
        });
    }
}

/// Makes a parameter exact.
pub(super) fn refine_parameter(parameter: &mut Parameter) {
    let Some(RefOr::T(Schema::Object(object))) = &mut parameter.schema else { return };
    let format = serde_json::to_value(&object.format).unwrap_or_default();
    if object.pattern.is_some() || object.enum_values.is_some() || object.schema_type != SchemaType::Type(Type::String)
    {
        return;
    }
    match format.as_str() {
        Some("date") => object.pattern = Some(DAY.to_owned()),
        None => object.pattern = Some(WITHOUT_NUL.to_owned()),
        Some(_) => {}
    }
}

/// Every name that these references lead to.
pub(super) fn reachable(schemas: &Schemas, from: BTreeSet<String>) -> BTreeSet<String> {
    let name = |reference: String| reference.strip_prefix("#/components/schemas/").map(str::to_owned);
    let mut found = BTreeSet::new();
    let mut next: BTreeSet<String> = from.into_iter().filter_map(name).collect();
    while let Some(wanted) = next.pop_first() {
        if let Some(schema) = schemas.get(&wanted).filter(|_| found.insert(wanted.clone())) {
            let json = serde_json::to_value(schema).unwrap_or_default();
            next.extend(references(&json).into_iter().filter_map(name));
        }
    }
    found
}

/// Every object of a component.
pub(super) fn visit(schema: &mut RefOr<Schema>, change: &mut impl FnMut(&mut Object)) {
    match schema {
        RefOr::T(Schema::Object(object)) => change(object),
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(|part| visit(part, change)),
        _ => {}
    }
}

fn require_nullable(object: &mut Object) {
    let missing =
        object.properties.iter().filter(|(name, schema)| !object.required.contains(name) && is_nullable(schema));
    let missing: Vec<String> = missing.map(|(name, _)| name.clone()).collect();
    object.required.extend(missing);
}

fn is_nullable(schema: &RefOr<Schema>) -> bool {
    let json = serde_json::to_value(schema).unwrap_or_default();
    let kinds = json.get("type").and_then(Value::as_array).into_iter().flatten();
    let choices = json.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    kinds.chain(choices.filter_map(|choice| choice.get("type"))).any(|kind| kind == "null")
}

fn describe_outside(property: &mut RefOr<Schema>) {
    let RefOr::T(Schema::OneOf(choice)) = property else { return };
    for item in &mut choice.items {
        if let RefOr::Ref(target) = item
            && !target.description.is_empty()
        {
            choice.description = choice.description.take().or(Some(std::mem::take(&mut target.description)));
        }
    }
}

/// A text with a format: an id, a date, an instant.
fn is_plain_text(schema: &RefOr<Schema>) -> bool {
    matches!(schema, RefOr::T(Schema::Object(o)) if o.schema_type == SchemaType::Type(Type::String) && o.format.is_some())
}

/// `null` or such a text is one schema, not a choice of two.
fn tell_in_place(property: &mut RefOr<Schema>, plain: &Schemas) {
    let RefOr::T(Schema::OneOf(choice)) = property else { return };
    let target = choice.items.iter().find_map(|item| match item {
        RefOr::Ref(target) => target.ref_location.rsplit('/').next().and_then(|name| plain.get(name)),
        RefOr::T(_) => None,
    });
    if let (Some(RefOr::T(Schema::Object(text))), 2) = (target, choice.items.len()) {
        let mut own = text.clone();
        own.schema_type = super::schemas::nullable(Type::String);
        own.description = choice.description.take().or(own.description);
        own.examples = match choice.example.take() {
            Some(example) => vec![example],
            // The id of an example names no record: an example that can be sent leaves it out.
            None if names_a_record(&own) => Vec::new(),
            None => own.examples,
        };
        *property = RefOr::T(Schema::Object(own));
    }
}

/// `not` is no attribute of utoipa's derives: there it is written `x-not`.
fn tell_what_not(property: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = property
        && let Some(extensions) = &mut object.extensions
        && let Some(not) = extensions.remove("x-not")
    {
        extensions.insert("not".to_owned(), not);
    }
}

fn names_a_record(text: &Object) -> bool {
    serde_json::to_value(&text.format).is_ok_and(|format| format == "uuid")
}

fn limit_texts(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Array(array)) => {
            if let utoipa::openapi::schema::ArrayItems::RefOrSchema(items) = &mut array.items {
                limit_texts(items);
            }
        }
        RefOr::T(Schema::Object(object)) if is_free_text(object) => {
            let needed = object.min_length.is_some_and(|least| least > 0);
            let pattern = if needed { SAYS_SOMETHING } else { SAYS_SOMETHING_OR_IS_EMPTY };
            object.pattern = Some(pattern.to_owned());
        }
        RefOr::T(Schema::Object(object)) => {
            object.properties.values_mut().for_each(limit_texts);
            limit_keys(object);
        }
        RefOr::T(Schema::OneOf(choice)) => choice.items.iter_mut().for_each(limit_texts),
        _ => {}
    }
}

/// A text whose form nothing limits yet.
pub(super) fn is_free_text(object: &Object) -> bool {
    let text = match &object.schema_type {
        SchemaType::Type(kind) => *kind == Type::String,
        SchemaType::Array(kinds) => kinds.contains(&Type::String),
        SchemaType::AnyValue => false,
    };
    // A password is text like any other; utoipa knows this format by two names.
    let plain = object.format.is_none() || serde_json::to_value(&object.format).is_ok_and(|f| f == "password");
    text && plain && object.pattern.is_none() && object.enum_values.is_none()
}

/// The keys of a map are text too.
fn limit_keys(object: &mut Object) {
    if object.additional_properties.as_deref().is_some_and(|more| matches!(more, AdditionalProperties::RefOr(_))) {
        let key = ObjectBuilder::new().schema_type(Type::String).pattern(Some(WITHOUT_NUL));
        object.property_names = Some(Box::new(key.into()));
    }
}
