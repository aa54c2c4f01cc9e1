//! The answer of a list.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::schema::{ArrayBuilder, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::schemas::{component_name, component_ref, nullable};

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
pub struct PageOf<T> {
    /// The rows.
    pub data: Vec<T>,
    /// The cursor of the next page; `null` on the last one.
    pub next: Option<String>,
    /// All rows of the list, when `include=total` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
}

impl<T: ToSchema> PartialSchema for PageOf<T> {
    fn schema() -> RefOr<Schema> {
        let cursor = ObjectBuilder::new()
            .schema_type(nullable(Type::String))
            .description(Some("The cursor of the next page; null on the last one."))
            .examples([Value::Null]);
        let total = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .description(Some("All rows of the list, when `include=total` asked for it."))
            .minimum(Some(0))
            .examples([1]);
        let rows = ArrayBuilder::new().items(component_ref::<T>()).max_items(Some(200));
        ObjectBuilder::new()
            .description(Some("One page of a list."))
            .property("data", rows)
            .property("next", cursor)
            .property("total", total)
            .required("data")
            .required("next")
            .into()
    }
}

impl<T: ToSchema> ToSchema for PageOf<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}Page", component_name::<T>()))
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((component_name::<T>(), T::schema()));
        T::schemas(schemas);
    }
}
