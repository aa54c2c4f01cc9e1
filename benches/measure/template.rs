//! The demo company as it stands in the database: the rows that are copied, and how a value changes from copy to copy.

use crate::Failed;
use crate::fill::Share;
use crate::pieces::{Copy, Piece, Text, apart, marked};
use diesel::prelude::*;
use fitout::db::AnyConnection;
use fitout::db::schema::{archives, events};
use fitout::events::{Event, GENESIS, Link, canonical};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

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

/// One row in SQL.
pub struct Row {
    /// How often it is copied.
    pub share: Share,
    /// Its values, in parentheses.
    pub values: Text,
}

/// An event: its row, and what its hash covers.
struct Told {
    values: Text,
    covered: Text,
    /// The hash in the original, where an archive names it as that of its sealing.
    head: Option<String>,
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
    /// The columns of an event that are written.
    pub event_columns: Vec<String>,
    chains: Vec<Chain>,
}

/// The events of one thing in their order, and how often it is copied.
type Chain = (Share, Vec<Told>);

/// What a database holds, read as SQL literals: columns, and rows of values.
type Literals = (Vec<String>, Vec<Vec<String>>);

/// What changes from copy to copy.
#[derive(Default)]
struct Changes {
    values: HashMap<String, Change>,
    /// By column or JSON member, then by text.
    texts: HashMap<String, HashMap<String, Share>>,
    /// Hashes that archives name as those of their sealing.
    heads: HashSet<String>,
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
        let mut changes = Changes::default();
        let mut read = Vec::new();
        for name in tables(conn)?.into_iter().filter(|name| name != "events" && !SHARED.contains(&name.as_str())) {
            let (columns, mut rows) = literals(conn, &name, "1")?;
            if name == "users" {
                rows.retain(|row| !row.iter().any(|value| COMPANY_WIDE.contains(&value.as_str())));
            }
            changes.note(&name, &columns, &rows);
            read.push((name, columns, rows));
        }
        let heads = archives::table.filter(archives::chain_head.is_not_null());
        changes.heads = heads.select(archives::chain_head.assume_not_null()).load(conn)?.into_iter().collect();
        let (event_columns, chains) = changes.chains(conn)?;
        let mut template = Self { tables: Vec::new(), event_columns, chains };
        for (name, columns, rows) in read {
            let share = share_of(&name);
            let rows = rows.iter().map(|row| Ok(Row { share, values: changes.row(&columns, row)? }));
            template.tables.push(Table { rows: rows.collect::<Result<_, Failed>>()?, name, columns });
        }
        Ok(template)
    }

    /// Writes every event chain of these copies, each hashed along its own ids, and notes the hashes of sealings.
    pub fn write_chains(
        &self,
        copies: std::ops::Range<u32>,
        heads: &mut HashMap<(u32, String), String>,
        mut write: impl FnMut(&dyn Fn(&mut String)),
    ) {
        let mut covered = String::new();
        for (share, chain) in &self.chains {
            for number in copies.clone().filter(|copy| share.is_new(*copy)) {
                let mut prev = GENESIS.to_owned();
                for event in chain {
                    covered.clear();
                    event.covered.write(&mut covered, &Copy { number, prev: &prev, hash: "", heads });
                    let hash = hex::encode(Sha256::digest(covered.as_bytes()));
                    write(&|out| event.values.write(out, &Copy { number, prev: &prev, hash: &hash, heads }));
                    if let Some(was) = &event.head {
                        heads.insert((number, was.clone()), hash.clone());
                    }
                    prev = hash;
                }
            }
        }
    }
}

fn tables(conn: &mut AnyConnection) -> Result<Vec<String>, Failed> {
    names(
        conn,
        if matches!(conn, AnyConnection::Sqlite(_)) {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name = 'projects', name"
        } else {
            "SELECT table_name::text AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name = 'projects', table_name"
        },
    )
}

/// The rows of a table, in this order.
fn literals(conn: &mut AnyConnection, table: &str, order: &str) -> Result<Literals, Failed> {
    let sqlite = matches!(conn, AnyConnection::Sqlite(_));
    let columns = names(
        conn,
        &if sqlite {
            format!("SELECT name FROM pragma_table_info('{table}')")
        } else {
            format!(
                "SELECT column_name::text AS name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
            )
        },
    )?;
    let quoted = |column: &String| {
        // Not `quote_nullable`, which makes `E'…'` of a text with a backslash.
        let standard = |text: String| format!("COALESCE('''' || replace({text}, '''', '''''') || '''', 'NULL')");
        if sqlite { format!("quote({column})") } else { standard(format!("{column}::text")) }
    };
    let joined = columns.iter().map(quoted).collect::<Vec<_>>().join(&format!("||'{SEPARATOR}'||"));
    let mut rows = Vec::new();
    for line in names(conn, &format!("SELECT {joined} AS name FROM {table} ORDER BY {order}"))? {
        let values: Vec<String> = line.split(SEPARATOR).map(str::to_owned).collect();
        if values.len() != columns.len() {
            return Err(format!("a row of {table} could not be read").into());
        }
        rows.push(values);
    }
    Ok((columns, rows))
}

impl Changes {
    /// Remembers which values of a table change, and how.
    fn note(&mut self, table: &str, columns: &[String], rows: &[Vec<String>]) {
        let share = share_of(table);
        for (column, literal) in rows.iter().flat_map(|row| columns.iter().zip(row)) {
            let Some(text) = plain(literal) else { continue };
            if UNIQUE_TEXTS.contains(&(table, column)) {
                self.texts.entry(column.clone()).or_default().insert(text.into_owned(), share);
            } else if column == "id" {
                self.values.insert(text.into_owned(), Change::Id(share));
            } else if (column == "number" || column == "inquiry_number") && is_number(&text) {
                self.values.insert(text.into_owned(), Change::Number(share));
            }
        }
    }

    /// The chains of everything that is copied, and the columns of an event.
    fn chains(&mut self, conn: &mut AnyConnection) -> Result<(Vec<String>, Vec<Chain>), Failed> {
        let order = (events::chain_id, events::chain_pos);
        let all = events::table.order(order).select(Event::as_select()).load::<Event>(conn)?;
        let (mut columns, mut rows) = literals(conn, "events", "chain_id, chain_pos")?;
        // Its place in the feed is given anew.
        if let Some(seq) = columns.iter().position(|column| column == "seq") {
            columns.remove(seq);
            rows.iter_mut().for_each(|row| drop(row.remove(seq)));
        }
        for event in &all {
            self.values.insert(event.id.to_string(), Change::Id(Share::Own));
        }
        let mut chains: Vec<Chain> = Vec::new();
        for (event, row) in all.iter().zip(&rows) {
            let Some(Change::Id(share)) = self.values.get(&event.chain_id.to_string()).copied() else { continue };
            let told = Told {
                values: self.row(&columns, row)?,
                covered: self.covered(event)?,
                head: Some(event.hash.clone()).filter(|hash| self.heads.contains(hash)),
            };
            match chains.last_mut() {
                Some((_, chain)) if event.chain_pos > 1 => chain.push(told),
                _ => chains.push((share, vec![told])),
            }
        }
        Ok((columns, chains))
    }

    /// What the hash of an event covers.
    fn covered(&self, event: &Event) -> Result<Text, Failed> {
        let data: Value = serde_json::from_str(&event.data)?;
        let mut link = serde_json::to_value(Link {
            id: event.id,
            at: event.at,
            actor_id: event.actor_id,
            chain_id: event.chain_id,
            chain_pos: event.chain_pos,
            prev_hash: "",
            subject_kind: &event.subject_kind,
            subject_id: event.subject_id,
            subject_version: event.subject_version,
            kind: &event.kind,
            data: &data,
        })?;
        let mut pieces = vec![Piece::Prev];
        self.mark("", &mut link, &mut pieces);
        if let Some(prev) = link.get_mut("prev_hash") {
            *prev = Value::String(marked(0));
        }
        let mut text = Text::default();
        apart(&canonical(&link)?, &pieces, str::to_owned, &mut text);
        Ok(text)
    }

    /// A row as it stands after `VALUES`.
    fn row(&self, columns: &[String], values: &[String]) -> Result<Text, Failed> {
        let mut text = Text::default();
        for (n, (column, literal)) in columns.iter().zip(values).enumerate() {
            text.fixed(if n == 0 { "(" } else { "," });
            self.literal(column, literal, &mut text)?;
        }
        text.fixed(")");
        Ok(text)
    }

    fn literal(&self, column: &str, literal: &str, out: &mut Text) -> Result<(), Failed> {
        let bytes = literal.starts_with('X');
        let Some(text) = plain(literal) else {
            out.fixed(literal);
            return Ok(());
        };
        let piece = match column {
            "prev_hash" => Some(Piece::Prev),
            "hash" => Some(Piece::Hash),
            _ => self.piece(column, &text, bytes),
        };
        if let Some(piece) = piece {
            out.fixed(if bytes { "X'" } else { "'" });
            out.push(piece);
            out.fixed("'");
        } else if text.starts_with(['{', '['])
            && let Ok(mut value) = serde_json::from_str::<Value>(&text)
        {
            let mut pieces = Vec::new();
            self.mark(column, &mut value, &mut pieces);
            out.fixed("'");
            apart(&canonical(&value)?, &pieces, |part| part.replace('\'', "''"), out);
            out.fixed("'");
        } else {
            out.fixed(literal);
        }
        Ok(())
    }

    /// What stands for a text that changes, of this column or JSON member.
    fn piece(&self, name: &str, text: &str, bytes: bool) -> Option<Piece> {
        if let Some(share) = self.texts.get(name).and_then(|texts| texts.get(text)) {
            return Some(Piece::Name { text: text.to_owned(), share: *share });
        }
        if self.heads.contains(text) {
            return Some(Piece::Head(text.to_owned()));
        }
        match *self.values.get(text)? {
            Change::Id(share) => Some(Piece::id(text, share, bytes)),
            Change::Number(share) => {
                let (series, number) = text.rsplit_once('-')?;
                Some(Piece::Number { series: series.to_owned(), number: number.to_owned(), share })
            }
        }
    }

    fn mark(&self, name: &str, value: &mut Value, pieces: &mut Vec<Piece>) {
        match value {
            Value::String(text) => {
                if let Some(piece) = self.piece(name, text, false) {
                    *text = marked(pieces.len());
                    pieces.push(piece);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.mark(name, item, pieces)),
            Value::Object(members) => {
                members.iter_mut().for_each(|(name, member)| self.mark(name, member, pieces));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
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

/// The text of a literal; of a UUID kept as 16 bytes its usual form.
fn plain(literal: &str) -> Option<Cow<'_, str>> {
    if let Some(hex) = literal.strip_prefix("X'").and_then(|rest| rest.strip_suffix('\'')) {
        return uuid::Uuid::try_parse(hex).ok().map(|id| Cow::Owned(id.hyphenated().to_string()));
    }
    let inner = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    Some(if inner.contains("''") { Cow::Owned(inner.replace("''", "'")) } else { Cow::Borrowed(inner) })
}

/// Whether a text is a business number such as `P-2026-0042`.
fn is_number(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '-');
    let digits = |part: Option<&str>| part.is_some_and(|p| p.len() >= 4 && p.bytes().all(|b| b.is_ascii_digit()));
    digits(parts.next()) && digits(parts.next())
}
