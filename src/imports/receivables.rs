//! What clients still owe from the time before: a row is an instalment of an old contract. Rows with the same contract number are one contract, which
//! comes in signed, on a project of its own in settlement; from then on everything about it goes the usual way.

use super::cells::{Column, Columns, day, fen, folded};
use super::report::{Judged, is_there};
use super::sheet::Sheet;
use crate::access::{GroupKind, Result, Role, Tx};
use crate::contracts::{self, LoadedContract, LoadedInstalment};
use crate::db::schema::{clients as client_rows, contracts as contract_rows, groups, users};
use crate::db::{Day, Id};
use crate::http::Ref;
use crate::projects;
use crate::receivables::InstalmentKind;
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const COLUMNS: &[Column] = &[
    ("client", &["客戶", "客户", "客戶名稱", "客户名称"]),
    ("project", &["項目", "项目", "項目名稱", "项目名称"]),
    ("contract", &["合同號", "合同号", "合同編號", "合同编号", "合同"]),
    ("kind", &["款項", "款项", "類型", "类型", "種類", "种类", "款項類型", "款项类型"]),
    ("amount", &["金額", "金额", "未收金額", "未收金额"]),
    ("due_on", &["到期日", "應收日期", "应收日期"]),
    ("signed_on", &["簽訂日期", "签订日期", "簽約日期", "签约日期", "簽訂日", "签订日", "簽約日", "签约日"]),
    ("currency", &["幣種", "币种"]),
    ("owner", &["負責人", "负责人"]),
];
const NEEDED: &[&str] = &["client", "project", "contract", "kind", "amount", "signed_on", "owner"];

/// A row that could be read.
#[derive(Debug, Clone)]
struct Line {
    client: Id,
    project: String,
    contract: String,
    kind: InstalmentKind,
    amount: i64,
    due_on: Option<Day>,
    signed_on: Day,
    currency: String,
    owner: Id,
}

/// An old contract that is not there yet, with its rows.
pub(super) struct Plan {
    line: Line,
    instalments: Vec<(usize, LoadedInstalment)>,
}

/// Whom and what the rows may name.
struct Known {
    clients: BTreeMap<String, Vec<Id>>,
    owners: BTreeMap<String, Id>,
}

/// Judges every row.
pub(super) fn judge(tx: &mut Tx<'_>, sheet: &Sheet) -> Result<(Vec<Judged>, Vec<Plan>)> {
    let columns = Columns::of(&sheet.head, COLUMNS, NEEDED)?;
    let known = Known { clients: named_clients(tx, &columns, sheet)?, owners: back_staff(tx)? };
    let today = tx.today()?;
    let mut judged = Vec::with_capacity(sheet.rows.len());
    let mut plans: BTreeMap<String, Plan> = BTreeMap::new();
    for (number, row) in &sheet.rows {
        let mut verdict = Judged::new(*number);
        columns.tell_surplus(row, &mut verdict);
        if let Some(line) = read(&columns, row, &known, today, &mut verdict) {
            join(&mut plans, line, &judged, &mut verdict);
        }
        judged.push(verdict);
    }
    let mut plans: Vec<Plan> = plans.into_values().collect();
    name_duplicates(tx, &mut judged, &plans)?;
    plans.retain(|plan| !is_there(&judged, plan.instalments.first().map(|(row, _)| *row)));
    Ok((judged, plans))
}

/// Loads them.
pub(super) fn write(tx: &mut Tx<'_>, judged: &mut [Judged], plans: Vec<Plan>) -> Result<()> {
    for plan in plans {
        let line = &plan.line;
        let project = projects::load(tx, line.client, &line.project, &line.currency, line.owner)?;
        let instalments = plan.instalments.iter().map(|(_, instalment)| instalment.clone()).collect();
        let loaded = LoadedContract {
            number: line.contract.clone(),
            currency: line.currency.clone(),
            signed_on: line.signed_on,
            instalments,
        };
        let contract = contracts::load(tx, &project, &loaded)?;
        for (row, _) in plan.instalments {
            if let Some(judged) = judged.get_mut(row) {
                judged.id = Some(contract.id);
            }
        }
    }
    Ok(())
}

/// Adds a row to its contract, whose rows must agree and name each instalment once. The rows before it are judged already.
fn join(plans: &mut BTreeMap<String, Plan>, line: Line, before: &[Judged], verdict: &mut Judged) {
    let row = before.len();
    let instalment = LoadedInstalment { kind: line.kind, amount: line.amount, due_on: line.due_on };
    let plan = match plans.get_mut(&line.contract) {
        None => {
            plans.insert(line.contract.clone(), Plan { line, instalments: vec![(row, instalment)] });
            return;
        }
        Some(plan) => plan,
    };
    verdict.adds = true;
    let first = &plan.line;
    let differs = [
        ("client", first.client != line.client),
        ("project", first.project != line.project),
        ("signed_on", first.signed_on != line.signed_on),
        ("currency", first.currency != line.currency),
        ("owner", first.owner != line.owner),
    ];
    for (column, _) in differs.iter().filter(|(_, differs)| *differs) {
        verdict.error(
            column,
            "differs",
            "An earlier row of this contract says something else.",
            "與同一合同的前行不一致。",
        );
    }
    let same = plan.instalments.iter().find(|(_, other)| other.kind == line.kind);
    if let Some(other) = same.and_then(|(place, _)| before.get(*place)) {
        let (en, zh) = ("of this contract has this instalment already.", "行已有同一合同的此款項。");
        verdict.error("kind", "twice", format!("Row {} {en}", other.row), format!("第 {} {zh}", other.row));
    }
    plan.instalments.push((row, instalment));
}

fn read(columns: &Columns, row: &[String], known: &Known, today: Day, verdict: &mut Judged) -> Option<Line> {
    for name in NEEDED.iter().filter(|name| columns.cell(row, name).is_none()) {
        verdict.error(name, "missing", "Is missing.", "缺少內容。");
    }
    let client = columns.cell(row, "client").and_then(|name| client(known, name, verdict));
    let owner = columns.cell(row, "owner").and_then(|name| owner(known, name, verdict));
    let kind = parsed(
        columns,
        row,
        "kind",
        verdict,
        kind,
        "Must be deposit, interim, balance or retention.",
        "須為 首款、二期款、尾款 或 質保金。",
    );
    let amount = parsed(
        columns,
        row,
        "amount",
        verdict,
        |cell| fen(cell).filter(|amount| (1..=1_000_000_000_000_000).contains(amount)),
        "Not an amount in yuan above zero with at most two decimal places.",
        "須為大於零、最多兩位小數的金額（元）。",
    );
    let not_a_day = ("Not a day such as 2026-03-04.", "須為日期，例如 2026-03-04。");
    let due_on = parsed(columns, row, "due_on", verdict, day, not_a_day.0, not_a_day.1);
    let signed_on = parsed(
        columns,
        row,
        "signed_on",
        verdict,
        |cell| day(cell).filter(|day| *day <= today),
        "Not a day such as 2026-03-04, or in the future.",
        "須為不晚於今日的日期，例如 2026-03-04。",
    );
    let currency = parsed(
        columns,
        row,
        "currency",
        verdict,
        |cell| projects::currency(cell).is_ok().then(|| cell.to_owned()),
        "Must be an ISO 4217 code in capitals, such as CNY.",
        "須為大寫的 ISO 4217 貨幣代碼，例如 CNY。",
    );
    for (name, most) in [("project", 200), ("contract", 40)] {
        if columns.cell(row, name).is_some_and(|cell| cell.chars().count() > most) {
            verdict.error(name, "length", format!("At most {most} characters."), format!("最多 {most} 個字符。"));
        }
    }
    if columns.cell(row, "contract").is_some_and(|cell| Ref::from(cell) != Ref::Number(cell.to_owned())) {
        verdict.error(
            "contract",
            "format",
            "Letters, digits, `-`, `_` and `.` only, and not an id: the contract is asked for by this number.",
            "僅限文字、數字及「-」「_」「.」，且不得為 UUID；合同以此編號查詢。",
        );
    }
    if columns.cell(row, "contract").is_some_and(is_ours) {
        verdict.error(
            "contract",
            "reserved",
            "Numbers of this form are given out here: add a letter to it.",
            "此格式的編號由系統給出，請加以區別。",
        );
    }
    if kind == Some(InstalmentKind::Interim) && due_on.is_none() {
        let (en, zh) =
            ("What an interim payment waits for lies behind: say when it is due.", "二期款的觸發已過，請填到期日。");
        verdict.error("due_on", "missing", en, zh);
    }
    if !verdict.errors.is_empty() {
        return None;
    }
    Some(Line {
        client: client?,
        project: columns.cell(row, "project")?.to_owned(),
        contract: columns.cell(row, "contract")?.to_owned(),
        kind: kind?,
        amount: amount?,
        due_on,
        signed_on: signed_on?,
        currency: currency.unwrap_or_else(projects::cny),
        owner: owner?,
    })
}

/// Whether a number looks like one of the series of contracts: one day it would be given out again.
fn is_ours(number: &str) -> bool {
    let mut parts = number.split('-');
    let (series, year, count) = (parts.next(), parts.next(), parts.next());
    let digits = |text: Option<&str>, least: usize| {
        text.is_some_and(|text| text.len() >= least && text.bytes().all(|b| b.is_ascii_digit()))
    };
    series == Some("C") && digits(year, 4) && digits(count, 4) && parts.next().is_none()
}

/// A cell read by a rule; what does not fit it is told.
fn parsed<T>(
    columns: &Columns,
    row: &[String],
    name: &str,
    verdict: &mut Judged,
    rule: impl Fn(&str) -> Option<T>,
    en: &str,
    zh: &str,
) -> Option<T> {
    let cell = columns.cell(row, name)?;
    let read = rule(cell);
    if read.is_none() {
        verdict.error(name, "format", en, zh);
    }
    read
}

fn kind(cell: &str) -> Option<InstalmentKind> {
    match cell.to_lowercase().as_str() {
        "首款" => Some(InstalmentKind::Deposit),
        "二期款" => Some(InstalmentKind::Interim),
        "尾款" => Some(InstalmentKind::Balance),
        "質保金" | "质保金" => Some(InstalmentKind::Retention),
        word => InstalmentKind::parse(word),
    }
}

fn client(known: &Known, name: &str, verdict: &mut Judged) -> Option<Id> {
    match known.clients.get(&folded(name)).map(Vec::as_slice) {
        Some([only]) => Some(*only),
        Some([_, _, ..]) => {
            verdict.error(
                "client",
                "ambiguous",
                "Several clients have this name: give the number.",
                "有多個同名客戶，請填編號。",
            );
            None
        }
        Some([]) | None => {
            verdict.error(
                "client",
                "unknown",
                "No client has this number or name: import clients first.",
                "沒有此客戶；請先導入客戶。",
            );
            None
        }
    }
}

fn owner(known: &Known, name: &str, verdict: &mut Judged) -> Option<Id> {
    let found = known.owners.get(name).copied();
    if found.is_none() {
        verdict.error(
            "owner",
            "not_back_staff",
            "No leader or specialist of an active back group has this user name.",
            "沒有此用戶名的在用後段組組長或專員。",
        );
    }
    found
}

/// The clients that are named, by number or by name.
fn named_clients(tx: &mut Tx<'_>, columns: &Columns, sheet: &Sheet) -> Result<BTreeMap<String, Vec<Id>>> {
    let wanted: BTreeSet<String> =
        sheet.rows.iter().filter_map(|(_, row)| columns.cell(row, "client")).map(folded).collect();
    let rows = client_rows::table.filter(client_rows::voided_at.is_null());
    let rows: Vec<(Id, String, String)> =
        rows.select((client_rows::id, client_rows::number, client_rows::name)).load(tx.conn)?;
    let mut found: BTreeMap<String, Vec<Id>> = BTreeMap::new();
    for (id, number, name) in rows {
        for name in [folded(&number), folded(&name)] {
            if wanted.contains(&name) {
                found.entry(name).or_default().push(id);
            }
        }
    }
    Ok(found)
}

/// Who may hold a project in settlement, by user name.
fn back_staff(tx: &mut Tx<'_>) -> Result<BTreeMap<String, Id>> {
    let rows = users::table
        .inner_join(groups::table)
        .filter(users::active.eq(true))
        .filter(groups::active.eq(true))
        .select((users::username, users::id, users::role, groups::kind))
        .load::<(String, Id, Role, GroupKind)>(tx.conn)?;
    let holds = |role: Role, kind: GroupKind| match kind {
        GroupKind::Front => false,
        GroupKind::Back => matches!(role, Role::BackLeader | Role::BackSpecialist),
        GroupKind::Both => {
            matches!(role, Role::BackLeader | Role::BackSpecialist | Role::FrontLeader | Role::FrontSpecialist)
        }
    };
    Ok(rows.into_iter().filter(|(_, _, role, kind)| holds(*role, *kind)).map(|(name, id, ..)| (name, id)).collect())
}

/// Names what is there already: a contract of the same number.
fn name_duplicates(tx: &mut Tx<'_>, judged: &mut [Judged], plans: &[Plan]) -> Result<()> {
    let numbers: Vec<String> = plans.iter().map(|plan| plan.line.contract.clone()).collect();
    let mut taken: BTreeMap<String, String> = BTreeMap::new();
    for part in numbers.chunks(500) {
        let rows =
            contract_rows::table.filter(contract_rows::number.eq_any(part.to_vec())).select(contract_rows::number);
        taken.extend(rows.load::<String>(tx.conn)?.into_iter().map(|number| (number.clone(), number)));
    }
    for plan in plans {
        let first = plan.instalments.first().and_then(|(row, _)| judged.get(*row)).map_or(0, |row| row.row);
        if let Some(same) = taken.get(&plan.line.contract) {
            for (row, _) in &plan.instalments {
                if let Some(judged) = judged.get_mut(*row) {
                    judged.same_as = Some(same.clone());
                }
            }
        }
        taken.entry(plan.line.contract.clone()).or_insert_with(|| format!("row {first}"));
    }
    Ok(())
}
