//! The rows of clients and contacts, found within the caller's sight.

use crate::access::client_sight::{own_ids, sees_all};
use crate::access::{Result, Tx};
use crate::db::schema::{client_contacts, clients};
use crate::db::{At, Day, Held, Id, Json, Locked, cols, on_each};
use crate::events::Subject;
use crate::http::{Problem, Ref};
use crate::narrowed;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// What an invoice to the client must say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct InvoiceParticulars {
    /// The name on the invoice.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Riverside Properties Ltd", min_length = 1, max_length = 200)]
    pub title: String,
    /// The taxpayer's number.
    #[serde(default)]
    #[validate(length(max = 40))]
    #[schema(example = "91440101MA5XXXXX0X", max_length = 40)]
    pub tax_number: Option<String>,
    /// Address and telephone.
    #[serde(default)]
    #[validate(length(max = 300))]
    #[schema(example = "18 Riverside Road, 020-5550-0101", max_length = 300)]
    pub address: Option<String>,
    /// The bank.
    #[serde(default)]
    #[validate(length(max = 200))]
    #[schema(example = "Bank of Commerce, Haizhu branch", max_length = 200)]
    pub bank: Option<String>,
    /// The account.
    #[serde(default)]
    #[validate(length(max = 60))]
    #[schema(example = "4400 0000 0000 0000", max_length = 60)]
    pub account: Option<String>,
}

/// A client.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = clients, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Client {
    /// The client.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The client's code.
    #[schema(example = "K-2026-0012")]
    pub number: String,
    /// Its name.
    #[schema(example = "Riverside Properties Ltd")]
    pub name: String,
    /// What it is: developer, hotel, exhibition, private, …
    #[schema(example = "developer")]
    pub kind: String,
    /// Our grade of it.
    #[schema(example = "A")]
    pub grade: Option<String>,
    /// What is known of its credit.
    #[schema(example = "Pays within 45 days")]
    pub credit_note: Option<String>,
    /// How it came to us.
    #[schema(example = "tender_notice")]
    pub source: Option<String>,
    /// Where it is.
    #[schema(example = "Guangzhou")]
    pub region: Option<String>,
    /// Its industry.
    #[schema(example = "real estate")]
    pub industry: Option<String>,
    /// Whether it is a key account.
    pub key_account: bool,
    /// What it needs in general.
    #[schema(example = "Show flats twice a year")]
    pub needs: Option<String>,
    /// What an invoice must say.
    #[schema(value_type = Option<InvoiceParticulars>)]
    pub invoice_particulars: Option<Json<InvoiceParticulars>>,
    /// Who looks after it.
    pub owner_id: Option<Id>,
    /// When it was last contacted outside any project; contact on a project is among that project's interactions.
    pub contacted_at: Option<At>,
    /// When to follow that up.
    #[schema(example = "2026-01-16")]
    pub follow_up_on: Option<Day>,
    /// What `q` searches.
    #[serde(skip)]
    #[schema(ignore)]
    pub search_text: String,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

/// A person at a client.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = client_contacts, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct Contact {
    /// The contact.
    pub id: Id,
    /// The client.
    pub client_id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// The name.
    #[schema(example = "Ms Liang")]
    pub name: String,
    /// The position.
    #[schema(example = "Purchasing director")]
    pub position: Option<String>,
    /// Telephone.
    #[schema(example = "020-5550-0102")]
    pub phone: Option<String>,
    /// E-mail.
    #[schema(example = "purchasing@riverside.example")]
    pub email: Option<String>,
    /// Whether this person decides.
    pub decision_maker: bool,
    /// Whether this is whom to call first.
    pub is_primary: bool,
    /// Anything else.
    pub note: Option<String>,
    /// When recorded.
    pub created_at: At,
    /// By whom.
    pub created_by: Id,
    /// When last changed.
    pub updated_at: At,
    /// When voided.
    pub voided_at: Option<At>,
    /// By whom.
    pub voided_by: Option<Id>,
    /// Why.
    pub void_reason: Option<String>,
}

impl Subject for Client {
    const KIND: &'static str = "client";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.id)
    }
    fn is_voided(&self) -> bool {
        self.voided_at.is_some()
    }
}

impl Subject for Contact {
    const KIND: &'static str = "contact";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
    fn about_client(&self) -> Option<Id> {
        Some(self.client_id)
    }
}

/// A condition on a table: that a column names a client within the caller's sight.
#[macro_export]
macro_rules! client_seen_as {
    ($table:ty, $column:expr, $actor:expr) => {{
        type Condition =
            Box<dyn ::diesel::BoxableExpression<$table, $crate::db::MultiBackend, SqlType = ::diesel::sql_types::Bool>>;
        let condition: Condition = match $crate::clients::sees_all($actor) {
            true => Box::new(true.into_sql::<::diesel::sql_types::Bool>()),
            false => Box::new($column.eq_any($crate::clients::own_ids($actor))),
        };
        condition
    }};
}

/// Finds a client within the caller's sight, or 404.
pub fn find(tx: &mut Tx<'_>, r: &Ref) -> Result<Client> {
    let rows = clients::table.select(cols::<Client>());
    let found = narrowed!(rows, unless sees_all(&tx.actor), clients::id.eq_any(own_ids(&tx.actor)), seen => match r {
        Ref::Id(id) => on_each!(tx.conn, c => seen.filter(clients::id.eq(Id(*id))).first(c)),
        Ref::Number(number) => on_each!(tx.conn, c => seen.filter(clients::number.eq(number)).first(c)),
    });
    found.optional()?.ok_or_else(|| Problem::not_found().into())
}

/// A client that something new is to belong to, or 422 at this pointer. It cannot be voided meanwhile.
pub fn find_for_use(tx: &mut Tx<'_>, id: Id, pointer: &str) -> Result<Client> {
    let rows = clients::table.filter(clients::id.eq(id)).filter(clients::voided_at.is_null()).select(cols::<Client>());
    let found = narrowed!(rows, unless sees_all(&tx.actor), clients::id.eq_any(own_ids(&tx.actor)), seen => {
        on_each!(tx.conn, c => Held(seen).get_result(c))
    });
    found.optional()?.ok_or_else(|| {
        let (en, zh) = ("There is no such client in your sight.", "您可見的範圍內沒有這個客戶。");
        Problem::validation(pointer, "unknown", en, zh).into()
    })
}

/// Locks a client's row until the commit: the first lock of everything that moves a client's money.
pub fn lock(tx: &mut Tx<'_>, id: Id) -> Result<Client> {
    let row = Locked(clients::table.filter(clients::id.eq(id)).select(cols::<Client>()));
    Ok(on_each!(tx.conn, c => row.get_result(c))?)
}

/// The contacts of a client that are not voided, the primary one first.
pub fn contacts(tx: &mut Tx<'_>, client: Id) -> Result<Vec<Contact>> {
    let rows = client_contacts::table
        .filter(client_contacts::client_id.eq(client))
        .filter(client_contacts::voided_at.is_null());
    Ok(rows
        .order((client_contacts::is_primary.desc(), client_contacts::id))
        .select(Contact::as_select())
        .load(tx.conn)?)
}
