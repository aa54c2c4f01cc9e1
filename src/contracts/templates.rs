//! Contract templates in editions: a contract names the edition it was drafted from, which never changes.

use crate::access::{Access, Result, TemplatesManage, TemplatesRead, Tx};
use crate::clock;
use crate::db::{AnyConnection, At, Both, Id, schema::contract_templates};
use crate::events::{self, NewEvent, Subject};
use crate::http::{
    Answer, Body, BodyLimits, CreatedAnswer, IdempotencyKey, Listed, OperationDraft, Page, PageOf, Path, Problem, Ref,
    Reply, Routes, broken,
};
use crate::page_by_id;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// An edition of a contract template.
#[derive(Debug, Clone, Serialize, ToSchema, Queryable, Selectable, Insertable)]
#[diesel(table_name = contract_templates, treat_none_as_default_value = false)]
pub struct ContractTemplate {
    /// The edition.
    pub id: Id,
    /// Raised by every change; the `ETag`.
    #[schema(example = 1)]
    pub version: i64,
    /// What all its editions share.
    #[schema(example = "fit-out-standard")]
    pub code: String,
    /// Which edition.
    #[schema(example = 1)]
    pub edition: i64,
    /// Its title.
    #[schema(example = "Standard fit-out and staging contract")]
    pub title: String,
    /// Its text.
    #[schema(example = "1. Works …")]
    pub body: String,
    /// Whether contracts are drafted from it.
    pub active: bool,
    /// When published.
    pub created_at: At,
    /// By whom; nobody for what the system brings along.
    pub created_by: Option<Id>,
    /// When last changed.
    pub updated_at: At,
}

impl Subject for ContractTemplate {
    const KIND: &'static str = "contract_template";
    fn subject_id(&self) -> Id {
        self.id
    }
    fn subject_version(&self) -> i64 {
        self.version
    }
    fn about_project(&self) -> Option<Id> {
        None
    }
}

/// A template to publish: the first edition of a new code, or the next of a known one.
#[derive(Debug, Clone, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct NewContractTemplate {
    /// Small letters, digits and hyphens.
    #[validate(length(min = 1, max = 40), custom(function = code))]
    #[schema(example = "fit-out-standard", min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    pub code: String,
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Standard fit-out and staging contract", min_length = 1, max_length = 200)]
    pub title: String,
    /// Its text.
    #[validate(length(min = 1, max = 100_000))]
    #[schema(example = "1. Works …", min_length = 1, max_length = 100_000)]
    pub body: String,
}

fn code(code: &str) -> std::result::Result<(), ValidationError> {
    let plain = code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain {
        Ok(())
    } else {
        Err(broken("code", "Must have small letters, digits and - only.", "只能含小寫字母、數字與 -。"))
    }
}

/// Templates.
pub fn routes(r: &mut Routes) {
    r.tag("Contracts", "Templates, contracts with their instalment plan, reviews, seals, signing, amendments.");
    r.get_with(
        "/v1/contract-templates",
        list_contract_templates,
        "List contract templates",
        "Every edition, oldest first.",
        |op: &mut OperationDraft| {
            op.sorts(&["created_at"]).counts();
        },
    );
    r.post_with(
        "/v1/contract-templates",
        publish_contract_template,
        "Publish a contract template",
        "The next edition of its code. Editions never change: contracts drafted from one keep it.",
        |op| {
            // The longest text, each of its characters as two escapes of six bytes.
            op.body_limits(BodyLimits { bytes: 2 * 1024 * 1024, ..BodyLimits::default() });
        },
    );
    r.get(
        "/v1/contract-templates/{contract_template}",
        get_contract_template,
        "Get one contract template",
        "By id, or by code: then its latest edition.",
    );
}

async fn list_contract_templates(access: Access<TemplatesRead>, page: Page) -> Listed<ContractTemplate> {
    access.list(move |tx| listed(tx, &page)).await
}

async fn publish_contract_template(
    access: Access<TemplatesManage>,
    _key: IdempotencyKey,
    body: Body<NewContractTemplate>,
) -> CreatedAnswer<ContractTemplate> {
    access
        .write(move |tx| {
            let template = publish(tx, &body)?;
            Ok(Reply::created(&template, format!("/v1/contract-templates/{}", template.id))?.version(template.version))
        })
        .await
}

async fn get_contract_template(access: Access<TemplatesRead>, template: Path<Ref>) -> Answer<ContractTemplate> {
    access
        .read(move |tx| {
            let template = find(tx, &template, false)?.ok_or_else(Problem::not_found)?;
            Ok(Reply::ok(&template)?.version(template.version))
        })
        .await
}

fn listed(tx: &mut Tx<'_>, page: &Page) -> Result<Reply<PageOf<ContractTemplate>>> {
    let total =
        if page.wants_total() { Some(contract_templates::table.count().get_result::<i64>(tx.conn)?) } else { None };
    let (data, next) =
        page_by_id!(tx, page, contract_templates, ContractTemplate, contract_templates::table.into_boxed());
    Ok(Reply::list(data, next, total)?)
}

fn publish(tx: &mut Tx<'_>, new: &NewContractTemplate) -> Result<ContractTemplate> {
    let latest = contract_templates::table
        .filter(contract_templates::code.eq(&new.code))
        .order(contract_templates::edition.desc());
    let latest = latest.select(contract_templates::edition).first::<i64>(tx.conn).optional()?;
    let template = ContractTemplate {
        id: Id::new(),
        version: 1,
        code: new.code.clone(),
        edition: latest.unwrap_or(0) + 1,
        title: new.title.clone(),
        body: new.body.clone(),
        active: true,
        created_at: tx.now,
        created_by: Some(tx.actor.id),
        updated_at: tx.now,
    };
    diesel::insert_into(contract_templates::table).values(&template).execute(tx.conn)?;
    tx.record(&template, "contract_template.published")?;
    Ok(template)
}

fn find(tx: &mut Tx<'_>, r: &Ref, only_active: bool) -> Result<Option<ContractTemplate>> {
    let rows = contract_templates::table.order(contract_templates::edition.desc()).into_boxed();
    let rows = if only_active { rows.filter(contract_templates::active.eq(true)) } else { rows };
    let rows = match r {
        Ref::Id(id) => rows.filter(contract_templates::id.eq(Id(*id))),
        Ref::Number(code) => rows.filter(contract_templates::code.eq(code.clone())),
    };
    Ok(rows.select(ContractTemplate::as_select()).first(tx.conn).optional()?)
}

/// The template that a contract is to be drafted from, by id or code, or 422.
pub fn for_use(tx: &mut Tx<'_>, named: &str) -> Result<ContractTemplate> {
    let unknown = || {
        Problem::validation(
            "/template",
            "unknown",
            "There is no such contract template: `GET /v1/contract-templates` lists them.",
            "沒有這個合同範本；請查 GET /v1/contract-templates。",
        )
    };
    find(tx, &Ref::from(named), true)?.ok_or_else(|| unknown().into())
}

/// Brings the standard template along where it is not there yet.
pub fn seed(conn: &mut AnyConnection) -> Result<()> {
    let now = clock::now(conn)?;
    let template = ContractTemplate {
        id: Id::new(),
        version: 1,
        code: STANDARD_CODE.to_owned(),
        edition: 1,
        title: "Standard fit-out and staging contract".to_owned(),
        body: STANDARD.to_owned(),
        active: true,
        created_at: now,
        created_by: None,
        updated_at: now,
    };
    let row = diesel::insert_into(contract_templates::table).values(&template);
    let row = row.on_conflict((contract_templates::code, contract_templates::edition)).do_nothing();
    if Both(row).execute(conn)? == 0 {
        return Ok(());
    }
    events::append(conn, now, None, vec![NewEvent::of(&template, "contract_template.published")?])
}

/// The code of the template that comes along.
pub(super) const STANDARD_CODE: &str = "fit-out-standard";

const STANDARD: &str = "1. Works: design, furnishing and staging of the rooms named in the item list.\n\
2. Price and instalments: as agreed in the instalment plan.\n\
3. Site: the client hands over a ready site and confirms access in writing before entry.\n\
4. Variations: only with a signed variation order.\n\
5. Acceptance: by inspection; the acceptance certificate starts the defects liability period.\n\
6. Final account: contract, amendments and billable variations less deductions.\n\
7. Defects liability: as agreed; the retention is due at its end.\n";
