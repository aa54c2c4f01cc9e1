//! Clients with their contacts: a row is a client, with a contact where one is named; a row that repeats the name of the row before it adds a contact to
//! that client.

use super::cells::{Column, Columns, folded, truth};
use super::report::{Judged, is_there};
use super::sheet::Sheet;
use crate::access::{Result, Tx};
use crate::clients::{self, ContactFacts, NewClient};
use crate::db::Id;
use crate::db::schema::{clients as client_rows, users};
use crate::http::{Problem, typed};
use diesel::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) const COLUMNS: &[Column] = &[
    ("name", &["客戶名稱", "客户名称", "名稱", "名称"]),
    ("kind", &["類型", "类型", "客戶類型", "客户类型"]),
    ("grade", &["等級", "等级"]),
    ("credit_note", &["信用"]),
    ("source", &["來源", "来源"]),
    ("region", &["地區", "地区"]),
    ("industry", &["行業", "行业"]),
    ("key_account", &["大客戶", "大客户", "重點客戶", "重点客户"]),
    ("needs", &["需求"]),
    ("owner", &["負責人", "负责人"]),
    ("invoice_title", &["發票抬頭", "发票抬头"]),
    ("tax_number", &["稅號", "税号"]),
    ("invoice_address", &["發票地址", "发票地址"]),
    ("bank", &["開戶行", "开户行"]),
    ("account", &["賬號", "账号"]),
    ("contact_name", &["聯繫人", "联系人"]),
    ("contact_position", &["職務", "职务"]),
    ("contact_phone", &["電話", "电话"]),
    ("contact_email", &["郵箱", "邮箱", "電郵"]),
    ("decision_maker", &["決策人", "决策人"]),
    ("is_primary", &["首要聯繫人", "首要联系人"]),
    ("contact_note", &["聯繫人備註", "联系人备注"]),
];

/// The members of a client that are plain text, as their columns are called.
const PLAIN: [&str; 7] = ["kind", "grade", "credit_note", "source", "region", "industry", "needs"];
const INVOICE: [(&str, &str); 5] = [
    ("invoice_title", "title"),
    ("tax_number", "tax_number"),
    ("invoice_address", "address"),
    ("bank", "bank"),
    ("account", "account"),
];
const CONTACT: [(&str, &str); 5] = [
    ("contact_name", "name"),
    ("contact_position", "position"),
    ("contact_phone", "phone"),
    ("contact_email", "email"),
    ("contact_note", "note"),
];

/// As many as one client may be recorded with at once.
const CONTACTS_AT_MOST: usize = 50;

/// A client to record, its first row, and which rows speak of it.
struct Found<'s> {
    client: Option<NewClient>,
    /// Its name, also where the rest of it is wrong.
    name: Option<String>,
    first: &'s [String],
    rows: Vec<usize>,
}

/// Judges every row.
pub(super) fn judge(tx: &mut Tx<'_>, sheet: &Sheet) -> Result<(Vec<Judged>, Vec<Plan>)> {
    let columns = Columns::of(&sheet.head, COLUMNS, &["name", "kind"])?;
    let owners = owners(tx)?;
    let mut judged: Vec<Judged> = Vec::new();
    let mut found: Vec<Found<'_>> = Vec::new();
    for (number, row) in &sheet.rows {
        let mut verdict = Judged::new(*number);
        columns.tell_surplus(row, &mut verdict);
        let name = columns.cell(row, "name");
        let before = found.last().and_then(|one| one.name.clone());
        let continues = before.is_some() && (name.is_none() || name.map(folded) == before);
        match found.last_mut().filter(|_| continues) {
            Some(one) => add_contact(&columns, row, one, judged.len(), &mut verdict),
            None => {
                let client = client(&columns, row, &owners, &mut verdict);
                found.push(Found { client, name: name.map(folded), first: row, rows: vec![judged.len()] });
            }
        }
        judged.push(verdict);
    }
    name_duplicates(tx, &mut judged, &found)?;
    let mut plans: Vec<Plan> =
        found.into_iter().filter_map(|one| one.client.map(|client| Plan { client, rows: one.rows })).collect();
    plans.retain(|plan| !is_there(&judged, plan.rows.first().copied()));
    Ok((judged, plans))
}

/// Adds the contact of a row to the client above it, of which the row says the same, or nothing.
fn add_contact(columns: &Columns, row: &[String], one: &mut Found<'_>, place: usize, verdict: &mut Judged) {
    verdict.adds = true;
    tell_differences(columns, one.first, row, verdict);
    let contact = contact(columns, row, verdict);
    if contact.is_none() && verdict.errors.is_empty() {
        verdict.error(
            "contact_name",
            "missing",
            "It repeats the client above without a contact.",
            "重複上一客戶而無聯繫人。",
        );
    }
    let (Some(contact), Some(client)) = (contact, &mut one.client) else { return };
    if client.contacts.len() >= CONTACTS_AT_MOST {
        verdict.error(
            "contact_name",
            "length",
            format!("A client comes in with at most {CONTACTS_AT_MOST} contacts."),
            format!("一個客戶最多帶 {CONTACTS_AT_MOST} 位聯繫人。"),
        );
        return;
    }
    client.contacts.push(contact);
    one.rows.push(place);
}

/// What a row says of its client beside the name is taken from the first row only: another word of it would be lost.
fn tell_differences(columns: &Columns, first: &[String], row: &[String], verdict: &mut Judged) {
    let invoice = INVOICE.map(|(column, _)| column);
    for name in PLAIN.into_iter().chain(["key_account", "owner"]).chain(invoice) {
        let Some(said) = columns.cell(row, name) else { continue };
        let before = columns.cell(first, name);
        let same = match name {
            // Written in several words; nothing means no.
            "key_account" => truth(said) == before.map_or(Some(false), truth),
            _ => Some(said) == before,
        };
        if !same {
            verdict.error(
                name,
                "differs",
                "An earlier row of this client says something else.",
                "與同一客戶的前行不一致。",
            );
        }
    }
}

/// A client that can be recorded, and is not there yet.
pub(super) struct Plan {
    client: NewClient,
    rows: Vec<usize>,
}

/// Records them.
pub(super) fn write(tx: &mut Tx<'_>, judged: &mut [Judged], plans: Vec<Plan>) -> Result<()> {
    for plan in plans {
        let id = clients::create(tx, &plan.client)?.id;
        for row in plan.rows {
            if let Some(judged) = judged.get_mut(row) {
                judged.id = Some(id);
            }
        }
    }
    Ok(())
}

fn owners(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Id>> {
    let rows = users::table.filter(users::active.eq(true)).select((users::username, users::id));
    Ok(rows.load::<(String, Id)>(tx.conn)?.into_iter().collect())
}

fn client(columns: &Columns, row: &[String], owners: &BTreeMap<String, Id>, verdict: &mut Judged) -> Option<NewClient> {
    let mut members = Map::new();
    for name in PLAIN {
        if let Some(text) = columns.cell(row, name) {
            members.insert(name.to_owned(), json!(text));
        }
    }
    // As it is compared, so it is kept: one space between its words.
    if let Some(name) = columns.cell(row, "name") {
        members.insert("name".to_owned(), json!(name.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    if let Some(key) = flag(columns, row, "key_account", verdict) {
        members.insert("key_account".to_owned(), json!(key));
    }
    let invoice = texts(columns, row, &INVOICE);
    if !invoice.is_empty() {
        members.insert("invoice_particulars".to_owned(), Value::Object(invoice));
    }
    if let Some(username) = columns.cell(row, "owner") {
        match owners.get(username) {
            Some(id) => {
                members.insert("owner_id".to_owned(), json!(id));
            }
            None => verdict.error("owner", "unknown", "Nobody active has this user name.", "沒有此在職用戶名。"),
        }
    }
    let contacts: Vec<ContactFacts> = contact(columns, row, verdict).into_iter().collect();
    let mut client: NewClient = read(Value::Object(members), &INVOICE, "invoice_particulars/", verdict)?;
    client.contacts = contacts;
    Some(client)
}

fn contact(columns: &Columns, row: &[String], verdict: &mut Judged) -> Option<ContactFacts> {
    let mut members = texts(columns, row, &CONTACT);
    for name in ["decision_maker", "is_primary"] {
        if let Some(truth) = flag(columns, row, name, verdict) {
            members.insert(name.to_owned(), json!(truth));
        }
    }
    if members.is_empty() { None } else { read(Value::Object(members), &CONTACT, "", verdict) }
}

fn texts(columns: &Columns, row: &[String], names: &[(&str, &str)]) -> Map<String, Value> {
    let cell = |(column, member): &(&str, &str)| Some(((*member).to_owned(), json!(columns.cell(row, column)?)));
    names.iter().filter_map(cell).collect()
}

fn flag(columns: &Columns, row: &[String], name: &str, verdict: &mut Judged) -> Option<bool> {
    let cell = columns.cell(row, name)?;
    let read = truth(cell);
    if read.is_none() {
        verdict.error(name, "format", "Write yes or no.", "請填「是」或「否」。");
    }
    read
}

/// By the same rules as the API's own bodies; what they point at is told by its column.
fn read<T>(value: Value, columns: &[(&str, &str)], within: &str, verdict: &mut Judged) -> Option<T>
where
    T: serde::de::DeserializeOwned + validator::Validate,
{
    let refused: Problem = match typed::<T>(value) {
        Ok(read) => return Some(read),
        Err(problem) => problem,
    };
    for mut error in refused.errors.clone() {
        let member = error.pointer.trim_start_matches('/');
        let member = member.strip_prefix(within).unwrap_or(member);
        let column = columns.iter().find(|(_, name)| *name == member).map_or(member, |(column, _)| column);
        error.pointer = column.to_owned();
        verdict.errors.push(error);
    }
    None
}

/// Names what is there already: a client of the same name, or an earlier row of this file.
fn name_duplicates(tx: &mut Tx<'_>, judged: &mut [Judged], found: &[Found<'_>]) -> Result<()> {
    // All names that there are: what is the same when folded, no database says on its own.
    let rows = client_rows::table.filter(client_rows::voided_at.is_null()).order(client_rows::id.desc());
    let rows: Vec<(String, String)> = rows.select((client_rows::name, client_rows::number)).load(tx.conn)?;
    let mut known: BTreeMap<String, String> = rows.into_iter().map(|(name, number)| (folded(&name), number)).collect();
    for one in found {
        let Some(client) = &one.client else { continue };
        let first = one.rows.first().and_then(|row| judged.get(*row)).map_or(0, |row| row.row);
        let same = known.get(&folded(&client.name)).cloned();
        if let Some(same) = &same {
            for row in &one.rows {
                if let Some(judged) = judged.get_mut(*row) {
                    judged.same_as = Some(same.clone());
                }
            }
        }
        known.entry(folded(&client.name)).or_insert_with(|| format!("row {first}"));
    }
    Ok(())
}
