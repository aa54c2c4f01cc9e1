//! A file as rows of text: CSV (comma, semicolon or tab; UTF-8 or GBK) or the first sheet of an XLSX workbook, told apart by their content.

use crate::http::{Problem, SheetBody};
use calamine::{Data, Reader, Xlsx};
use encoding_rs::GB18030;
use std::io::{Cursor, Read};

/// Rows of one file, the head aside.
const ROWS_AT_MOST: usize = 5_000;
const COLUMNS_AT_MOST: usize = 100;
/// An XLSX is a ZIP; what it unpacks to is bounded before it is read.
const UNPACKED_AT_MOST: u64 = 64 * 1024 * 1024;

/// Text in all cells of a workbook, in bytes.
const TEXT_AT_MOST: usize = 16 * 1024 * 1024;

/// How many digits the number of texts that a workbook shares has at most.
const SHARED_DIGITS: usize = 6;

/// A file as rows of text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sheet {
    /// The names of the columns, as they stand.
    pub head: Vec<String>,
    /// Each row with its number in the file; the head is row 1. Empty rows are left out.
    pub rows: Vec<(usize, Vec<String>)>,
}

/// As [`read`], beside the threads that answer requests.
pub(super) async fn read_aside(body: &SheetBody) -> Result<Sheet, Problem> {
    let bytes = body.clone();
    let read = tokio::task::spawn_blocking(move || read(&bytes));
    read.await.map_err(|e| Problem::internal(&e))?
}

/// Reads a file; 422 where it is none of these, empty, or too long.
fn read(bytes: &[u8]) -> Result<Sheet, Problem> {
    let rows = if bytes.starts_with(b"PK\x03\x04") { xlsx(bytes)? } else { csv(bytes)? };
    let mut rows = (1..).zip(rows).filter(|(_, row): &(usize, Vec<String>)| row.iter().any(|cell| !cell.is_empty()));
    let (_, head) = rows.next().ok_or_else(|| wrong("empty", "The file has no rows.", "文件沒有內容。"))?;
    let rows: Vec<(usize, Vec<String>)> = rows.collect();
    if rows.len() > ROWS_AT_MOST || head.len() > COLUMNS_AT_MOST {
        return Err(too_long());
    }
    if head.iter().chain(rows.iter().flat_map(|(_, row)| row)).any(|cell| cell.contains('\0')) {
        return Err(wrong("nul", "A cell holds the character U+0000.", "單元格含有字符 U+0000。"));
    }
    if rows.is_empty() {
        return Err(wrong("empty", "Below the head there is no row.", "表頭之下沒有資料行。"));
    }
    Ok(Sheet { head, rows })
}

fn wrong(code: &'static str, en: &str, zh: &str) -> Problem {
    Problem::validation("", code, en, zh)
}

fn too_long() -> Problem {
    wrong("too_long", "A file has at most 5,000 rows and 100 columns: split it.", "文件最多 5,000 行、100 列；請拆分。")
}

fn too_much() -> Problem {
    wrong("too_long", "The workbook unpacks to too much: split it.", "工作簿解壓後過大；請拆分。")
}

fn csv(bytes: &[u8]) -> Result<Vec<Vec<String>>, Problem> {
    // One kind of line end, so that lines are counted alike.
    let mut text = decoded(bytes)?.replace("\r\n", "\n").replace('\r', "\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let count = |separator: &char| first.matches(*separator).count();
    let separator = [',', ';', '\t'].into_iter().rev().max_by_key(count).unwrap_or(',');
    if ends_within_quotes(&text, separator) {
        return Err(wrong(
            "csv",
            "The file ends within quotes: one of them is not closed.",
            "文件在引號內結束：有引號未關閉。",
        ));
    }
    let mut settings = csv::ReaderBuilder::new();
    settings.has_headers(false).flexible(true).delimiter(u8::try_from(separator).unwrap_or(b','));
    let mut reader = settings.from_reader(text.as_bytes());
    let (mut rows, mut record) = (Vec::new(), csv::StringRecord::new());
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return Ok(rows),
            Err(_) => return Err(wrong("csv", "The CSV cannot be read.", "無法讀取此 CSV。")),
        }
        // The reader leaves empty lines out; their numbers stay. It now stands behind the record, which may have line breaks of its own.
        let lines = 1 + record.iter().map(|field| field.matches('\n').count()).sum::<usize>();
        let behind = usize::try_from(reader.position().line()).unwrap_or_default();
        let before = behind.saturating_sub(lines + 1);
        while rows.len() < before && rows.len() < ROWS_AT_MOST * 2 {
            rows.push(Vec::new());
        }
        if rows.len() > ROWS_AT_MOST * 2 {
            return Err(too_long());
        }
        rows.push(record.iter().map(cell).collect());
        for _ in 1..lines {
            rows.push(Vec::new());
        }
    }
}

/// A quote opens at the beginning of a field only, and a doubled one is a quote within it.
fn ends_within_quotes(text: &str, separator: char) -> bool {
    let (mut within, mut at_start) = (false, true);
    for letter in text.chars() {
        if letter == '"' && (within || at_start) {
            within = !within;
            // The second of a doubled quote opens again.
            at_start = !within;
        } else {
            at_start = !within && (letter == separator || letter == '\n');
        }
    }
    within
}

/// UTF-8, with or without its mark, else GBK (as GB 18030, which contains it).
fn decoded(bytes: &[u8]) -> Result<String, Problem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(_) => GB18030.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned),
    };
    match text {
        Some(text) if !text.contains('\0') => Ok(text),
        _ => Err(wrong(
            "encoding",
            "It is neither an XLSX nor text in UTF-8 or GBK.",
            "文件不是 XLSX，也不是 UTF-8 或 GBK 文本。",
        )),
    }
}

fn xlsx(bytes: &[u8]) -> Result<Vec<Vec<String>>, Problem> {
    let broken = || wrong("xlsx", "The workbook cannot be read.", "無法讀取此工作簿。");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|_| broken())?;
    // Unpacked to nowhere first: the sizes that an archive names may be lies.
    let mut left = UNPACKED_AT_MOST + 1;
    for n in 0..archive.len() {
        let entry = archive.by_index(n).map_err(|_| broken())?;
        let shared = entry.name().map_err(|_| broken())?.to_ascii_lowercase().ends_with("sharedstrings.xml");
        let mut unpacked = entry.take(left);
        if shared {
            let mut texts = Vec::new();
            left -= std::io::copy(&mut unpacked, &mut texts).map_err(|_| broken())?;
            if says_it_shares_too_many(&texts) {
                return Err(too_much());
            }
        } else {
            left -= std::io::copy(&mut unpacked, &mut std::io::sink()).map_err(|_| broken())?;
        }
    }
    if left == 0 {
        return Err(too_much());
    }
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| broken())?;
    let first = book.sheet_names().into_iter().next().ok_or_else(broken)?;
    let mut cells = book.worksheet_cells_reader(&first).map_err(|_| broken())?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    // A text that many cells share is packed once and would stand here for each of them.
    let mut text_left = TEXT_AT_MOST;
    // Cell by cell: one that stands far out must not make room for everything before it.
    while let Some(found) = cells.next_cell().map_err(|_| broken())? {
        let (row, column) = found.get_position();
        let (row, column) = (usize::try_from(row).unwrap_or(usize::MAX), usize::try_from(column).unwrap_or(usize::MAX));
        let text = shown(&Data::from(found.get_value().clone())).ok_or_else(|| error_at(row))?;
        if text.is_empty() {
            continue;
        }
        if row > ROWS_AT_MOST * 2 || column >= COLUMNS_AT_MOST {
            return Err(too_long());
        }
        text_left = text_left.checked_sub(text.len()).ok_or_else(too_much)?;
        if rows.len() <= row {
            rows.resize(row + 1, Vec::new());
        }
        if let Some(cells) = rows.get_mut(row) {
            cells.resize(cells.len().max(column + 1), String::new());
            if let Some(cell) = cells.get_mut(column) {
                *cell = text;
            }
        }
    }
    Ok(rows)
}

/// Room is made for as many texts as a workbook says it shares, before the first is read: what it says may be a lie that no memory is enough for.
fn says_it_shares_too_many(texts: &[u8]) -> bool {
    let name = b"uniqueCount";
    let said = (0..).zip(texts.windows(name.len())).filter(|(_, window)| *window == name);
    let digits = |(at, _): (usize, _)| {
        let behind = texts.iter().skip(at + name.len());
        // As calamine reads attributes: white space, the form feed too, may stand around the sign of equality.
        let behind = behind.skip_while(|byte| byte.is_ascii_whitespace() || b"=\"'0".contains(byte));
        behind.take_while(|byte| byte.is_ascii_digit()).count()
    };
    said.map(digits).any(|digits| digits > SHARED_DIGITS)
}

fn error_at(row: usize) -> Problem {
    let row = row.saturating_add(1);
    Problem::validation(
        "",
        "error_cell",
        format!("Row {row} holds an error such as #N/A: mend its formula."),
        format!("第 {row} 行含有 #N/A 之類的錯誤值，請先修正公式。"),
    )
}

/// A cell as text: days as `YYYY-MM-DD`, numbers as they are seen; none for an error.
fn shown(data: &Data) -> Option<String> {
    Some(match data {
        Data::Empty => String::new(),
        Data::Error(_) => return None,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => cell(text),
        Data::Float(number) => seen(*number),
        Data::Int(number) => format!("{number}"),
        Data::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Data::DateTime(instant) => instant.as_datetime().map(|at| at.date().to_string()).unwrap_or_default(),
    })
}

/// A spreadsheet shows at most fifteen digits: what a formula adds up to has the noise of binary fractions behind them, as in 0.1 + 0.2.
/// Whole numbers are kept as they are: the number of an account may have more digits.
fn seen(number: f64) -> String {
    if number.fract() == 0.0 {
        return format!("{number}");
    }
    let rounded = format!("{number:.14e}").parse().unwrap_or(number);
    format!("{rounded}")
}

/// Without the white space around it, the full-width kind too.
fn cell(text: &str) -> String {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(bytes: &[u8]) -> Sheet {
        read(bytes).unwrap_or_else(|p| panic!("{p}"))
    }

    fn row(number: usize, cells: &[&str]) -> (usize, Vec<String>) {
        (number, cells.iter().map(|c| (*c).to_owned()).collect())
    }

    #[test]
    fn csv_is_read_in_either_encoding_and_with_any_separator() {
        let wanted = Sheet {
            head: row(1, &["name", "客戶"]).1,
            rows: vec![row(2, &["A", "雲山, 置業"]), row(5, &["B", ""])],
        };
        let text = "name,客戶\r\n A ,\"雲山, 置業\"\r\n\r\n,\r\nB,\u{3000}\r\n";
        assert_eq!(sheet(text.as_bytes()), wanted);
        assert_eq!(sheet(format!("\u{feff}{text}").as_bytes()), wanted);
        let (gbk, _, lost) = encoding_rs::GBK.encode(text);
        assert!(!lost && gbk != text.as_bytes());
        assert_eq!(sheet(&gbk), wanted);
        let semicolons = "name;客戶\nA;雲山, 置業\n\n;\nB;\n";
        assert_eq!(sheet(semicolons.as_bytes()), wanted);
        assert_eq!(sheet(semicolons.replace(';', "\t").as_bytes()), wanted);
    }

    #[test]
    fn rows_keep_their_numbers() {
        let text = "\n\nname;kind\r\n\"A; \"\"quoted\"\" Ltd\";hotel\r\n\r\n   ;  \r\n\"two\nlines\";x\nB Ltd;5\" pipe";
        let rows =
            vec![row(4, &["A; \"quoted\" Ltd", "hotel"]), row(7, &["two\nlines", "x"]), row(9, &["B Ltd", "5\" pipe"])];
        assert_eq!(sheet(text.as_bytes()), Sheet { head: row(3, &["name", "kind"]).1, rows });
    }

    #[test]
    fn numbers_are_read_as_they_are_seen() {
        for (number, text) in [
            (0.1 + 0.2, "0.3"),
            (1_000.499_999_999_999_9, "1000.5"),
            (64_321.58, "64321.58"),
            (9_999_999_999_999.99, "9999999999999.99"),
            (13_800_138_000.0, "13800138000"),
            (6_217_001_234_567_891.0, "6217001234567891"),
            (0.0, "0"),
        ] {
            assert_eq!(seen(number), text);
        }
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b""[..], b"name\n", b"\xff\xff\xff", b"PK\x03\x04 no", b"a\0b\nc\n", b"a,b\n1,\"x\n2,y\n"] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        let long = "a\n".repeat(ROWS_AT_MOST + 2);
        assert!(read(long.as_bytes()).is_err());
    }
}
