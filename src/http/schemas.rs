//! Component names and schemas made from others.

use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{Ref as DocRef, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::path::Ref;

/// The component's name of a type: `Memo`, and `WithActions_Memo` for a generic one.
pub(super) fn component_name<T: ToSchema>() -> String {
    composed(&T::name(), std::any::type_name::<T>())
}

fn composed(name: &str, full: &str) -> String {
    let mut composed = name.to_owned();
    let Some((outer, generics)) = full.split_once('<') else { return composed };
    if outer.rsplit("::").next() != Some(name) {
        return composed;
    }
    for part in generics.split(['<', '>', ',', ' ', '(', ')', '&']).filter(|p| !p.is_empty()) {
        composed.push('_');
        composed.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    composed
}

/// A reference to the component of a named type; lists, maps, values and primitives stand inline.
pub(super) fn component_ref<T: ToSchema>() -> RefOr<Schema> {
    let full = std::any::type_name::<T>();
    let foreign = ["alloc::", "std::", "core::", "serde_json::"].iter().any(|p| full.starts_with(p));
    let primitive = !full.contains("::");
    if foreign || primitive { T::schema() } else { DocRef::from_schema_name(component_name::<T>()).into() }
}

/// The schema of a merge patch: nothing is required, nothing has a default, and an object within is merged too. `parts` are the schemas that it
/// refers to.
pub(super) fn loosened(schema: RefOr<Schema>, parts: &[(String, RefOr<Schema>)]) -> RefOr<Schema> {
    match schema {
        RefOr::T(Schema::Object(mut object)) => {
            object.required.clear();
            object.min_properties = Some(1);
            for member in object.properties.values_mut() {
                match member {
                    RefOr::T(Schema::Object(member)) => member.default = None,
                    RefOr::T(Schema::OneOf(choice)) => {
                        choice.items.iter_mut().for_each(|item| merge_within(item, parts))
                    }
                    _ => {}
                }
            }
            let text = "Only the members to change; null removes an optional one (RFC 7396).";
            object.description = Some(text.to_owned());
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::AllOf(mut all)) => {
            all.items = all.items.into_iter().map(|item| loosened(item, parts)).collect();
            RefOr::T(Schema::AllOf(all))
        }
        other => other,
    }
}

/// A member that is an object of its own is patched in place; one that changes nothing is allowed there.
fn merge_within(item: &mut RefOr<Schema>, parts: &[(String, RefOr<Schema>)]) {
    let RefOr::Ref(target) = item else { return };
    let name = target.ref_location.rsplit('/').next().unwrap_or_default();
    let found = parts.iter().find(|(known, _)| known == name).map(|(_, schema)| schema.clone());
    if let Some(RefOr::T(Schema::Object(object))) = found
        && !object.properties.is_empty()
        && let RefOr::T(Schema::Object(mut loose)) = loosened(RefOr::T(Schema::Object(object)), parts)
    {
        loose.min_properties = None;
        *item = RefOr::T(Schema::Object(loose));
    }
}

/// Schemas that parameters of this module refer to.
pub(super) fn own_schemas() -> Vec<(String, RefOr<Schema>)> {
    vec![(component_name::<Ref>(), Ref::schema())]
}

/// A schema type that may also be null.
pub(super) fn nullable(kind: Type) -> SchemaType {
    SchemaType::from_iter([kind, Type::Null])
}
