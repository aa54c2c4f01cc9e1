//! A structured value in a TEXT column.

use std::ops::{Deref, DerefMut};

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::connection::MultiBackend;

/// A value kept as JSON text on both databases (PostgreSQL's `jsonb` would reorder keys), keys sorted so that equal
/// values are equal texts. In JSON bodies it is the value itself. utoipa's derive names every generic type anew, so a
/// field of this type says `#[schema(value_type = T)]`; best is a view type that holds the `T`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, AsExpression, FromSqlRow, Serialize, Deserialize)]
#[diesel(sql_type = Text)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize> Json<T> {
    fn text(&self) -> serde_json::Result<String> {
        let mut value = serde_json::to_value(&self.0)?;
        value.sort_all_objects();
        serde_json::to_string(&value)
    }
}

impl<T: Serialize + std::fmt::Debug> ToSql<Text, Pg> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.text()?.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl<T: Serialize + std::fmt::Debug> ToSql<Text, Sqlite> for Json<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.text()?);
        Ok(IsNull::No)
    }
}

impl<T> ToSql<Text, MultiBackend> for Json<T>
where
    T: Serialize + std::fmt::Debug + Send + Sync + 'static,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}

impl<T: DeserializeOwned, DB: Backend> FromSql<Text, DB> for Json<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let text = String::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::db::{At, Id};

    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Inner {
        word: String,
    }

    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    struct Outer {
        id: Id,
        parent_id: Option<Id>,
        at: At,
        #[schema(value_type = Inner)]
        one: Json<Inner>,
        #[schema(value_type = Vec<Inner>)]
        many: Json<Vec<Inner>>,
    }

    #[test]
    fn keys_are_sorted() {
        let map: HashMap<String, i64> = (0..30).map(|n| (format!("{n:02}"), n)).collect();
        let text = Json(map).text().unwrap();
        assert!(text.starts_with(r#"{"00":0,"01":1,"#), "{text}");
    }

    #[test]
    fn the_schema_is_that_of_the_value() {
        #[derive(utoipa::OpenApi)]
        #[openapi(components(schemas(Outer)))]
        struct Doc;
        let doc = serde_json::to_value(<Doc as utoipa::OpenApi>::openapi()).unwrap();
        let schemas = &doc["components"]["schemas"];
        let inner = serde_json::json!({"$ref": "#/components/schemas/Inner"});
        assert_eq!(schemas["Outer"]["properties"]["one"], inner);
        assert_eq!(schemas["Outer"]["properties"]["many"]["items"], inner);
        assert!(schemas["Inner"].is_object() && schemas["Id"].is_object());
    }
}
