//! The demo company as it stands in the database: the rows that are copied, and how a value changes from copy to copy.

use crate::Failed;
use crate::fill::Share;
use diesel::prelude::*;
use fitout::db::schema::{archives, events};
use fitout::db::{AnyConnection, Id};
use fitout::events::{Event, GENESIS, Link, canonical, hash_of};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// Tables that a copy shares with the original, or that a running service fills by itself.
const SHARED: [&str; 14] = [
    "__diesel_schema_migrations",
    "departments",
    "settings",
    "calendar_days",
    "sandbox_clock",
    "number_series",
    "contract_templates",
    "refresh_tokens",
    "setup_tokens",
    "idempotency_keys",
    "api_keys",
    "webhook_endpoints",
    "webhook_deliveries",
    "webhook_attempts",
];
const STAFF: [&str; 2] = ["groups", "users"];
const CLIENT: [&str; 2] = ["clients", "client_contacts"];
/// Roles of the whole company.
const COMPANY_WIDE: [&str; 4] = ["'manager'", "'finance'", "'auditor'", "'administrator'"];
/// Texts beside ids and numbers that nobody else may have.
const UNIQUE_TEXTS: [(&str, &str); 4] =
    [("users", "username"), ("groups", "key"), ("payments", "reference"), ("invoices", "number")];
/// Between the values of a row as they are read.
const SEPARATOR: char = '\u{1f}';

/// Rows of one table.
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// The rows to copy.
    pub rows: Vec<Row>,
}

/// One row as SQL literals.
pub struct Row {
    /// How often it is copied.
    pub share: Share,
    /// Its values.
    pub values: Vec<String>,
}

/// How a value differs in a copy.
#[derive(Clone, Copy)]
enum Change {
    Id(Share),
    Number(Share),
}

/// Everything that is copied.
pub struct Template {
    /// In the order of writing.
    pub tables: Vec<Table>,
    chains: Vec<(Share, Vec<Event>)>,
    changes: HashMap<String, Change>,
    /// By column or JSON member, then by text.
    texts: HashMap<String, HashMap<String, Share>>,
    /// The archive that names this hash as that of its sealing.
    heads: HashMap<String, Id>,
    sqlite: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    name: String,
}

fn names(conn: &mut AnyConnection, sql: &str) -> Result<Vec<String>, Failed> {
    Ok(diesel::sql_query(sql).load::<Name>(conn)?.into_iter().map(|row| row.name).collect())
}

impl Template {
    /// Reads the whole company that the database holds.
    pub fn read(conn: &mut AnyConnection) -> Result<Self, Failed> {
        let sqlite = matches!(conn, AnyConnection::Sqlite(_));
        let mut template = Self {
            tables: Vec::new(),
            chains: Vec::new(),
            changes: HashMap::new(),
            texts: HashMap::new(),
            heads: HashMap::new(),
            sqlite,
        };
        let all = names(
            conn,
            if sqlite {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name = 'projects', name"
            } else {
                "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name = 'projects', table_name"
            },
        )?;
        for name in all.into_iter().filter(|name| name != "events" && !SHARED.contains(&name.as_str())) {
            let table = template.table(conn, name)?;
            template.tables.push(table);
        }
        template.read_chains(conn)?;
        let heads = archives::table
            .filter(archives::chain_head.is_not_null())
            .select((archives::chain_head.assume_not_null(), archives::id));
        template.heads = heads.load::<(String, Id)>(conn)?.into_iter().collect();
        Ok(template)
    }

    fn table(&mut self, conn: &mut AnyConnection, name: String) -> Result<Table, Failed> {
        let columns = names(
            conn,
            &if self.sqlite {
                format!("SELECT name FROM pragma_table_info('{name}')")
            } else {
                format!(
                    "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{name}' ORDER BY ordinal_position"
                )
            },
        )?;
        let quoted: Vec<String> = columns
            .iter()
            .map(
                |column| {
                    if self.sqlite { format!("quote({column})") } else { format!("quote_nullable({column}::text)") }
                },
            )
            .collect();
        let joined = quoted.join(&format!("||'{SEPARATOR}'||"));
        let share = share_of(&name);
        let mut rows = Vec::new();
        for line in names(conn, &format!("SELECT {joined} AS name FROM {name}"))? {
            let values: Vec<String> = line.split(SEPARATOR).map(str::to_owned).collect();
            if values.len() != columns.len() {
                return Err(format!("a row of {name} could not be read").into());
            }
            if name == "users" && values.iter().any(|value| COMPANY_WIDE.contains(&value.as_str())) {
                continue;
            }
            for (column, value) in columns.iter().zip(&values) {
                self.note(&name, column, value, share);
            }
            rows.push(Row { share, values });
        }
        Ok(Table { name, columns, rows })
    }

    /// Remembers how a value changes, if it does.
    fn note(&mut self, table: &str, column: &str, literal: &str, share: Share) {
        let Some(text) = plain(literal) else { return };
        if UNIQUE_TEXTS.contains(&(table, column)) {
            self.texts.entry(column.to_owned()).or_default().insert(text.into_owned(), share);
            return;
        }
        let change = if column == "id" {
            Change::Id(share)
        } else if (column == "number" || column == "inquiry_number") && is_number(&text) {
            Change::Number(share)
        } else {
            return;
        };
        self.changes.insert(text.into_owned(), change);
    }

    fn read_chains(&mut self, conn: &mut AnyConnection) -> Result<(), Failed> {
        let all = events::table
            .order((events::chain_id, events::chain_pos))
            .select(Event::as_select())
            .load::<Event>(conn)?;
        for chain in all.chunk_by(|a, b| a.chain_id == b.chain_id) {
            let first = chain.first().ok_or("an empty chain")?;
            for event in chain {
                self.changes.insert(event.id.to_string(), Change::Id(Share::Own));
            }
            if let Some(Change::Id(share)) = self.changes.get(&first.chain_id.to_string()).copied() {
                self.chains.push((share, chain.to_vec()));
            }
        }
        Ok(())
    }

    /// A literal of this column as it stands in a copy.
    pub fn literal<'a>(&self, column: &str, literal: &'a str, copy: u32) -> Result<Cow<'a, str>, Failed> {
        let Some(text) = plain(literal) else { return Ok(Cow::Borrowed(literal)) };
        if let Some(change) = self.changes.get(text.as_ref()) {
            return Ok(match (changed(&text, *change, copy), literal.starts_with('X')) {
                (id, true) => Cow::Owned(format!("X'{}'", id.replace('-', ""))),
                (text, false) => Cow::Owned(quote(&text)),
            });
        }
        if let Some(share) = self.text(column, &text) {
            return Ok(Cow::Owned(quote(&numbered(&text, share.number(copy)))));
        }
        if text.starts_with(['{', '['])
            && let Ok(mut value) = serde_json::from_str::<Value>(&text)
        {
            self.json(column, &mut value, copy);
            return Ok(Cow::Owned(quote(&canonical(&value)?)));
        }
        Ok(Cow::Borrowed(literal))
    }

    fn text(&self, column: &str, text: &str) -> Option<Share> {
        self.texts.get(column)?.get(text).copied()
    }

    fn json(&self, name: &str, value: &mut Value, copy: u32) {
        match value {
            Value::String(text) => {
                if let Some(change) = self.changes.get(text.as_str()) {
                    *text = changed(text, *change, copy);
                } else if let Some(share) = self.text(name, text) {
                    *text = numbered(text, share.number(copy));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(name, item, copy)),
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| self.json(name, member, copy)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn id(&self, id: Id, copy: u32) -> Result<Id, Failed> {
        let text = id.to_string();
        Ok(match self.changes.get(&text) {
            Some(change) => changed(&text, *change, copy).parse()?,
            None => id,
        })
    }
}

/// Writes every event chain of these copies, each hashed along its own ids.
pub fn write_chains(
    conn: &mut AnyConnection,
    template: &Template,
    copies: std::ops::Range<u32>,
) -> Result<u64, Failed> {
    let mut rows = 0;
    for (share, chain) in &template.chains {
        let (mut made, mut heads) = (Vec::new(), Vec::new());
        for copy in copies.clone().filter(|copy| share.is_new(*copy)) {
            // What is told later in a chain names the hash of its sealing.
            let (mut prev, mut sealed) = (GENESIS.to_owned(), None);
            for event in chain {
                let copy_of = copied(template, event, copy, &prev, sealed.as_ref())?;
                if template.heads.contains_key(&event.hash) {
                    sealed = Some((event.hash.clone(), copy_of.hash.clone()));
                }
                prev.clone_from(&copy_of.hash);
                made.push(copy_of);
            }
            if let Some((was, is)) = sealed
                && let Some(archive) = template.heads.get(&was)
            {
                heads.push((template.id(*archive, copy)?, is));
            }
        }
        rows += u64::try_from(made.len())?;
        for part in made.chunks(400) {
            insert(conn, part)?;
        }
        for (archive, head) in heads {
            diesel::update(archives::table.filter(archives::id.eq(archive)))
                .set(archives::chain_head.eq(head))
                .execute(conn)?;
        }
    }
    Ok(rows)
}

/// A hash of the original and the one that stands for it in a copy.
type Sealed = (String, String);

fn copied(template: &Template, event: &Event, copy: u32, prev: &str, sealed: Option<&Sealed>) -> Result<Event, Failed> {
    let text = match sealed {
        Some((was, is)) => event.data.replace(was, is),
        None => event.data.clone(),
    };
    let mut data: Value = serde_json::from_str(&text)?;
    template.json("", &mut data, copy);
    let of = |id: Option<Id>| id.map(|id| template.id(id, copy)).transpose();
    let mut made = event.clone();
    made.data = canonical(&data)?;
    made.id = template.id(event.id, copy)?;
    made.actor_id = of(event.actor_id)?;
    made.project_id = of(event.project_id)?;
    made.client_id = of(event.client_id)?;
    made.subject_id = template.id(event.subject_id, copy)?;
    made.chain_id = template.id(event.chain_id, copy)?;
    made.prev_hash = prev.to_owned();
    let link = Link {
        id: made.id,
        at: made.at,
        actor_id: made.actor_id,
        chain_id: made.chain_id,
        chain_pos: made.chain_pos,
        prev_hash: prev,
        subject_kind: &made.subject_kind,
        subject_id: made.subject_id,
        subject_version: made.subject_version,
        kind: &made.kind,
        data: &data,
    };
    made.hash = hash_of(&link)?;
    Ok(made)
}

fn insert(conn: &mut AnyConnection, events: &[Event]) -> Result<(), Failed> {
    use events::{
        actor_id, at, chain_id, chain_pos, client_id, data, hash, id, kind, prev_hash, project_id, subject_id,
        subject_kind, subject_version,
    };
    let rows: Vec<_> = events
        .iter()
        .map(|e| {
            (
                id.eq(e.id),
                at.eq(e.at),
                actor_id.eq(e.actor_id),
                project_id.eq(e.project_id),
                client_id.eq(e.client_id),
                subject_kind.eq(&e.subject_kind),
                subject_id.eq(e.subject_id),
                subject_version.eq(e.subject_version),
                kind.eq(&e.kind),
                data.eq(&e.data),
                chain_id.eq(e.chain_id),
                chain_pos.eq(e.chain_pos),
                prev_hash.eq(&e.prev_hash),
                hash.eq(&e.hash),
            )
        })
        .collect();
    fitout::on_each!(conn, c => diesel::insert_into(events::table).values(&rows).execute(c))?;
    Ok(())
}

fn share_of(table: &str) -> Share {
    if STAFF.contains(&table) {
        Share::Staff
    } else if CLIENT.contains(&table) {
        Share::Client
    } else {
        Share::Own
    }
}

fn changed(text: &str, change: Change, copy: u32) -> String {
    let of = |share: Share| share.number(copy);
    match change {
        Change::Id(share) if of(share) > 0 => earlier(text, of(share)),
        Change::Number(share) if of(share) > 0 => match text.rsplit_once('-') {
            Some((series, number)) => format!("{series}-{}{number}", of(share)),
            None => text.to_owned(),
        },
        Change::Id(_) | Change::Number(_) => text.to_owned(),
    }
}

/// The id of a copy: made a minute before the last one, for nobody records the same thing a thousand times in a row (a UUID v7 begins with its time).
fn earlier(id: &str, copy: u32) -> String {
    let part = |range: std::ops::Range<usize>| id.get(range).unwrap_or_default();
    let millis = u64::from_str_radix(&format!("{}{}", part(0..8), part(9..13)), 16).unwrap_or_default();
    let millis = format!("{:012x}", millis.saturating_sub(u64::from(copy) * 60_000));
    let of = |range: std::ops::Range<usize>| millis.get(range).unwrap_or_default().to_owned();
    format!("{}-{}{}{copy:08x}", of(0..8), of(8..12), part(13..28))
}

fn numbered(text: &str, number: u32) -> String {
    if number == 0 { text.to_owned() } else { format!("{text}-{number}") }
}

/// The text of a literal; of a UUID kept as 16 bytes its usual form.
fn plain(literal: &str) -> Option<Cow<'_, str>> {
    if let Some(hex) = literal.strip_prefix("X'").and_then(|rest| rest.strip_suffix('\'')) {
        return uuid::Uuid::try_parse(hex).ok().map(|id| Cow::Owned(id.hyphenated().to_string()));
    }
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(if inner.contains("''") { Cow::Owned(inner.replace("''", "'")) } else { Cow::Borrowed(inner) })
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether a text is a business number such as `P-2026-0042`.
fn is_number(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let digits = |part: Option<&str>| part.is_some_and(|p| p.len() >= 4 && p.bytes().all(|b| b.is_ascii_digit()));
    digits(parts.next()) && digits(parts.next())
}
