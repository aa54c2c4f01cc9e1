//! Our own SQL types, and the identifier of a record.

use std::fmt;
use std::str::FromStr;

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Binary, HasSqlType};
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use uuid::Uuid;

use super::connection::MultiBackend;

/// SQL types that are stored differently on the two databases, for use in `table!`.
pub mod ty {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::{SqlOrd, SqlType};

    /// An [`Id`](super::Id): `uuid` on PostgreSQL, a BLOB of 16 bytes on SQLite.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
    pub struct Uid;

    /// An [`At`](crate::db::At): `timestamptz` on PostgreSQL, UTC text of fixed width on SQLite.
    #[derive(Debug, Clone, Copy, Default, SqlType, QueryId)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Text"))]
    pub struct Ts;

    impl SqlOrd for Ts {}
}

impl HasSqlType<ty::Uid> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<ty::Uid>(lookup)
    }
}

impl HasSqlType<ty::Ts> for MultiBackend {
    fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
        Self::lookup_sql_type::<ty::Ts>(lookup)
    }
}

/// The identifier of a record: a UUID, version 7 (RFC 9562), so that newer ids sort later.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, AsExpression, FromSqlRow, Serialize, Deserialize,
)]
#[diesel(sql_type = ty::Uid)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl Id {
    /// A new id.
    #[expect(clippy::new_without_default, reason = "a default id would be a surprise")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The id of something that has a key of its own instead of an id (a department, a calendar day), for its events: always the same
    /// UUIDv8 (RFC 9562, 5.8), made of the SHA-256 of kind and key.
    pub fn named(kind: &str, key: &str) -> Self {
        let print: [u8; 32] = Sha256::digest(format!("{kind}\n{key}")).into();
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = print;
        Self(uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Id {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl utoipa::PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
            .description(Some("The identifier of a record: a UUID, version 7."))
            .examples(["019aa5c8-7d20-7c11-9b6e-0d6f3c1f2a44"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for Id {}

impl ToSql<ty::Uid, Pg> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<diesel::sql_types::Uuid, Pg>::to_sql(&self.0, out)
    }
}

impl ToSql<ty::Uid, Sqlite> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}

impl ToSql<ty::Uid, MultiBackend> for Id {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((ty::Uid, self));
        Ok(IsNull::No)
    }
}

impl FromSql<ty::Uid, Pg> for Id {
    fn from_sql(value: <Pg as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        FromSql::<diesel::sql_types::Uuid, Pg>::from_sql(value).map(Self)
    }
}

impl FromSql<ty::Uid, Sqlite> for Id {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

impl FromSql<ty::Uid, MultiBackend> for Id {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, ty::Uid>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_age_and_read_back() {
        let (old, new) = (Id::new(), Id::new());
        assert!(old < new);
        assert_eq!(old.to_string().parse(), Ok(old));
        assert_eq!(serde_json::json!(old), serde_json::json!(old.to_string()));
        let schema = serde_json::to_value(<Id as utoipa::PartialSchema>::schema()).unwrap();
        assert_eq!((&schema["type"], &schema["format"]), (&"string".into(), &"uuid".into()));
    }
}
