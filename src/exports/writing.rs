//! Rows as text: CSV (RFC 4180) or a JSON object a line.

use crate::db::text_enum;
use serde_json::{Map, Value};

text_enum! {
    /// How rows are written.
    ExportFormat {
        /// Comma-separated values in UTF-8 with a byte order mark, as spreadsheets want it.
        Csv = "csv",
        /// One JSON object a line, as the list of the API has it.
        Ndjson = "ndjson",
    }
}

/// Without it, spreadsheets on Chinese Windows take UTF-8 for GBK.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

impl ExportFormat {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Ndjson => "application/x-ndjson",
        }
    }

    /// What stands before the first row.
    pub fn head(self, columns: &[String]) -> Result<Vec<u8>, csv::Error> {
        match self {
            Self::Csv => lines(BYTE_ORDER_MARK.to_vec(), std::iter::once(columns.to_vec())),
            Self::Ndjson => Ok(Vec::new()),
        }
    }

    /// These rows.
    pub fn rows(self, columns: &[String], rows: &[Map<String, Value>]) -> Result<Vec<u8>, csv::Error> {
        match self {
            Self::Csv => {
                lines(Vec::new(), rows.iter().map(|row| columns.iter().map(|name| cell(row.get(name))).collect()))
            }
            Self::Ndjson => {
                let mut text = Vec::new();
                for row in rows {
                    serde_json::to_writer(&mut text, row).map_err(std::io::Error::from)?;
                    text.push(b'\n');
                }
                Ok(text)
            }
        }
    }
}

fn lines(start: Vec<u8>, rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(start);
    for row in rows {
        writer.write_record(&row)?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// A value as a cell: absent and null are empty, what has parts is JSON.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => harmless(text),
        Some(other) => other.to_string(),
    }
}

/// Text that a spreadsheet would compute is quoted by an apostrophe, full-width signs too; a number with its sign may stand.
/// Source: OWASP, CSV Injection.
fn harmless(text: &str) -> String {
    let is_formula = match text.chars().next() {
        Some('=' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠') => true,
        Some('+' | '-') => text.chars().skip(1).any(|c| !c.is_ascii_digit() && c != ' '),
        _ => false,
    };
    if is_formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_are_quoted_and_formulas_disarmed() {
        let columns = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let row = json!({"a": "x, \"y\"\nz", "b": "=1+1", "c": -5, "d": {"k": [1]}, "e": "+86 21 5555 0100", "f": 1});
        let rows = [row.as_object().cloned().unwrap_or_default()];
        let text = ExportFormat::Csv.rows(&columns, &rows).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "\"x, \"\"y\"\"\nz\",'=1+1,-5,\"{\"\"k\"\":[1]}\",+86 21 5555 0100\r\n"
        );
        assert_eq!(ExportFormat::Csv.head(&columns).unwrap(), "\u{feff}a,b,c,d,e\r\n".as_bytes());
        for (text, is) in [
            ("-1+cmd|' /C calc'!A0", true),
            ("-", false),
            ("@x", true),
            ("＝1", true),
            ("+86-21", true),
            ("中", false),
            ("", false),
        ] {
            assert_eq!(harmless(text).starts_with('\''), is, "{text}");
        }
    }
}
