//! Workbooks: in their smallest form, as spreadsheet programs write them, and hostile.

use crate::harness::Service;
use crate::imports::send;
use serde_json::{Value, json};
use std::io::Write;

pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n";

/// The smallest workbook: numbers as numbers, everything else as text.
pub fn workbook(rows: &[&[&str]]) -> Vec<u8> {
    let cell = |text: &&str| match text.parse::<f64>() {
        Ok(number) => format!("<c><v>{number}</v></c>"),
        Err(_) => format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>"),
    };
    let row = |row: &&[&str]| format!("<row>{}</row>", row.iter().map(cell).collect::<String>());
    workbook_of(&rows.iter().map(row).collect::<String>())
}

fn workbook_of(rows: &str) -> Vec<u8> {
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>");
    packed(vec![("worksheet", "worksheets/sheet1.xml", sheet)])
}

/// A workbook of these parts, each with what it is to the workbook; the first is its only sheet.
fn packed(parts: Vec<(&str, &str, String)>) -> Vec<u8> {
    let relation = |(n, (what, name, _)): (usize, &(&str, &str, String))| {
        format!("<Relationship Id=\"r{n}\" Type=\"{REL}/{what}\" Target=\"{name}\"/>")
    };
    let relations: String = (1..).zip(&parts).map(relation).collect();
    let mut files = vec![
        (
            "[Content_Types].xml".to_owned(),
            format!(
                "<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels".to_owned(),
            format!(
                "<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"r1\" Type=\"{REL}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml".to_owned(),
            format!(
                "<workbook xmlns=\"{MAIN}\" xmlns:r=\"{REL}\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels".to_owned(),
            format!("<Relationships xmlns=\"{PACKAGE}/relationships\">{relations}</Relationships>"),
        ),
    ];
    files.extend(parts.into_iter().map(|(_, name, text)| (format!("xl/{name}"), text)));
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Who wrote a workbook: they differ in what they leave out, and in the formats they begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    Excel,
    LibreOffice,
}

/// How a number is shown: its place among the formats of the workbook.
#[derive(Clone, Copy)]
enum Style {
    General,
    Day,
    Money,
    DayInWords,
}

/// A cell as these programs keep it.
enum Cell {
    Nothing,
    /// In the table that all texts of the workbook share.
    Text(&'static str),
    Number(&'static str, Style),
    /// A formula with the number it gave last.
    Sum(&'static str, &'static str),
    /// A formula with the text it gave last.
    Formula(&'static str, &'static str),
    Yes,
}

impl Style {
    fn index(self) -> usize {
        match self {
            Self::General => 0,
            Self::Day => 1,
            Self::Money => 2,
            Self::DayInWords => 3,
        }
    }
}

impl Program {
    fn cell(self, place: &str, cell: &Cell, texts: &mut Vec<&'static str>) -> String {
        let (number, formula) = match self {
            Self::Excel => ("", "<f>"),
            Self::LibreOffice => (" t=\"n\"", "<f aca=\"false\">"),
        };
        let at = |style: Style| format!("<c r=\"{place}\" s=\"{}\"", style.index());
        let (plain, money) = (at(Style::General), at(Style::Money));
        match cell {
            Cell::Nothing => format!("{plain}/>"),
            Cell::Text(text) => {
                let known = texts.iter().position(|one| one == text).unwrap_or(texts.len());
                if known == texts.len() {
                    texts.push(*text);
                }
                format!("{plain} t=\"s\"><v>{known}</v></c>")
            }
            Cell::Number(value, style) => format!("{}{number}><v>{value}</v></c>", at(*style)),
            Cell::Sum(of, value) => format!("{money}{number}>{formula}{of}</f><v>{value}</v></c>"),
            Cell::Formula(of, value) => format!("{plain} t=\"str\">{formula}{of}</f><v>{value}</v></c>"),
            Cell::Yes => format!("{plain} t=\"b\"><v>1</v></c>"),
        }
    }

    /// Excel has formats of its own for what LibreOffice spells out.
    fn styles(self) -> String {
        let (codes, ids) = match self {
            Self::Excel => (String::new(), [0, 14, 4, 31]),
            Self::LibreOffice => {
                let day_in_words = "yyyy&quot;年&quot;m&quot;月&quot;d&quot;日&quot;";
                let codes = [(164, "General"), (165, "yyyy\\-mm\\-dd"), (166, "#,##0.00"), (167, day_in_words)];
                let code = |(id, code): (i32, &str)| format!("<numFmt numFmtId=\"{id}\" formatCode=\"{code}\"/>");
                (format!("<numFmts count=\"4\">{}</numFmts>", codes.map(code).concat()), [164, 165, 166, 167])
            }
        };
        let xf = |id: i32| {
            format!(
                "<xf numFmtId=\"{id}\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>"
            )
        };
        format!(
            "{HEAD}<styleSheet xmlns=\"{MAIN}\">{codes}<fonts count=\"1\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
             <fills count=\"1\"><fill><patternFill patternType=\"none\"/></fill></fills>\
             <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
             <cellXfs count=\"4\">{}</cellXfs></styleSheet>",
            ids.map(xf).concat()
        )
    }

    fn write(self, rows: &[&[Cell]]) -> Vec<u8> {
        let (mut texts, mut sheet) = (Vec::new(), String::new());
        for (n, row) in (1..).zip(rows) {
            let cells = ('A'..).zip(*row).map(|(column, cell)| self.cell(&format!("{column}{n}"), cell, &mut texts));
            let cells: String = cells.collect();
            sheet.push_str(&format!("<row r=\"{n}\">{cells}</row>"));
        }
        let before = "<sheetViews><sheetView workbookViewId=\"0\"/></sheetViews><cols><col min=\"1\" max=\"1\" width=\"20\" customWidth=\"1\"/></cols>";
        let sheet = format!(
            "{HEAD}<worksheet xmlns=\"{MAIN}\"><dimension ref=\"A1:H{}\"/>{before}<sheetData>{sheet}</sheetData></worksheet>",
            rows.len()
        );
        let count = texts.len();
        let texts: String = texts.into_iter().map(shared).collect();
        let texts = format!("{HEAD}<sst xmlns=\"{MAIN}\" count=\"{count}\" uniqueCount=\"{count}\">{texts}</sst>");
        packed(vec![
            ("worksheet", "worksheets/sheet1.xml", sheet),
            ("styles", "styles.xml", self.styles()),
            ("sharedStrings", "sharedStrings.xml", texts),
        ])
    }
}

/// A shared text: of several words the rest is bold, as somebody once made it; how Chinese is read aloud stands beside it.
fn shared(text: &str) -> String {
    let runs = match text.split_once(' ') {
        Some((first, rest)) => {
            format!("<r><t>{first}</t></r><r><rPr><b/></rPr><t xml:space=\"preserve\"> {rest}</t></r>")
        }
        None => format!("<t>{text}</t>"),
    };
    format!(
        "<si>{runs}<rPh sb=\"0\" eb=\"1\"><t>read aloud</t></rPh><phoneticPr fontId=\"0\" type=\"noConversion\"/></si>"
    )
}

const PROGRAMS: [Program; 2] = [Program::Excel, Program::LibreOffice];

#[test]
fn clients_come_in_from_what_spreadsheet_programs_write() {
    use Cell::{Formula, Nothing, Number, Text, Yes};
    for program in PROGRAMS {
        let service = Service::start();
        let manager = service.by("manager");
        let (company, copied) = (Text("云山 置业有限公司"), Formula("A2", "云山 置业有限公司"));
        let bytes = program.write(&[
            &["客户名称", "类型", "重点客户", "发票抬头", "联系人", "电话", "决策人"].map(Text),
            &[company, Text("developer"), Yes, copied, Text("梁女士"), Number("13800138000", Style::General), Yes],
            &[Nothing, Text("developer"), Text("是"), Nothing, Text("区先生"), Text("020-5550-0101"), Nothing],
        ]);
        let done = send(&manager, "clients", XLSX, &bytes).expect(200).body;
        assert_eq!((&done["created"], &done["added"]), (&json!(1), &json!(1)), "{program:?}: {done}");
        let client =
            manager.get(&format!("/v1/clients/{}", done["report"][0]["id"].as_str().unwrap())).expect(200).body;
        assert_eq!(
            (&client["name"], &client["invoice_particulars"]["title"], &client["key_account"]),
            (&json!("云山 置业有限公司"), &json!("云山 置业有限公司"), &json!(true)),
            "{program:?}"
        );
        let mut contacts: Vec<Value> = client["contacts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| json!([c["phone"], c["name"], c["decision_maker"]]))
            .collect();
        contacts.sort_by_key(Value::to_string);
        let wanted = [json!(["020-5550-0101", "区先生", false]), json!(["13800138000", "梁女士", true])];
        assert_eq!(contacts, wanted, "{program:?}");
    }
}

#[test]
fn receivables_come_in_from_what_spreadsheet_programs_write() {
    use Cell::{Nothing, Number, Sum, Text};
    for program in PROGRAMS {
        let service = Service::start();
        service.clock("2026-03-04T10:00:00+08:00");
        let (manager, back) = (service.by("manager"), service.by("c_specialist_1"));
        service.client("a_specialist_1");
        // 4 March and 1 September 2021, 6 May 2019, 31 January 2022; a sum with the noise of binary fractions.
        let (client, owner) = (|| Text("Riverside Properties"), || Text("c_specialist_1"));
        let (flats, contract, signed) = (|| Text("Old flats"), || Text("HT-2021-7"), || Number("44259", Style::Day));
        let (kept, rest) = (Number("64321.58", Style::Money), Sum("500.2+500.3", "1000.4999999999999"));
        let (rest_due, due) = (Number("44440", Style::DayInWords), Number("44592", Style::Day));
        let number = Number("2019001", Style::General);
        let bytes = program.write(&[
            &["客户", "项目", "合同号", "款项", "金额", "到期日", "签订日期", "负责人"].map(Text),
            &[client(), flats(), contract(), Text("质保金"), kept, Nothing, signed(), owner()],
            &[client(), flats(), contract(), Text("尾款"), rest, rest_due, signed(), owner()],
            &[
                Text("K-2026-0001"),
                Text("Old lobby"),
                number,
                Text("质保金"),
                Number("300", Style::Money),
                due,
                Number("43591", Style::Day),
                owner(),
            ],
        ]);
        let done = send(&manager, "receivables", XLSX, &bytes).expect(200).body;
        assert_eq!((&done["created"], &done["added"]), (&json!(2), &json!(1)), "{program:?}: {done}");
        let seen = |number: &str| {
            let contract = back.get(&format!("/v1/contracts/{number}")).expect(200).body;
            let project = contract["project_id"].as_str().unwrap();
            let rows = back.get(&format!("/v1/projects/{project}/receivables")).expect(200).body;
            let row = |r: &Value| json!([r["kind"], r["amount"], r["due_on"]]);
            let rows: Vec<Value> = rows["data"].as_array().unwrap().iter().map(row).collect();
            json!([contract["signed_on"], contract["amount"], rows])
        };
        let flats = json!([["balance", 100_050, "2021-09-01"], ["retention", 6_432_158, null]]);
        assert_eq!(seen("HT-2021-7"), json!(["2021-03-04", 6_532_208, flats]), "{program:?}");
        let lobby = json!([["balance", 0, "2019-05-06"], ["retention", 30_000, "2022-01-31"]]);
        assert_eq!(seen("2019001"), json!(["2019-05-06", 30_000, lobby]), "{program:?}");
    }
}

#[test]
fn a_workbook_holds_its_surprises_back() {
    let service = Service::start();
    let manager = service.by("manager");
    // A cell far out, an error, a character that no database takes.
    for cell in [
        "<row r=\"1000000\"><c r=\"XFD1000000\"><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"A2\" t=\"e\"><v>#N/A</v></c></row>",
        "<row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>a_x0000_b</t></is></c></row>",
    ] {
        let bytes =
            workbook_of(&format!("<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>name</t></is></c></row>{cell}"));
        send(&manager, "clients", XLSX, &bytes).refused(422, "validation");
    }
}

#[test]
fn a_workbook_that_lies_about_its_size_is_not_unpacked() {
    let service = Service::start();
    let manager = service.by("manager");
    let rows = " ".repeat(80 << 20);
    let mut bytes = workbook_of(&rows);
    assert!(bytes.len() < 1 << 20);
    send(&manager, "clients", XLSX, &bytes).refused(422, "validation");
    // What an entry unpacks to stands in its own head and in the directory.
    let mut lies = 0;
    for (mark, size) in [(b"PK\x03\x04", 22), (b"PK\x01\x02", 24)] {
        for at in (0..bytes.len() - 30).filter(|at| bytes[*at..].starts_with(mark)).collect::<Vec<_>>() {
            let size = at + size..at + size + 4;
            if u32::from_le_bytes(bytes[size.clone()].try_into().unwrap()) > 80 << 20 {
                bytes[size].copy_from_slice(&1000u32.to_le_bytes());
                lies += 1;
            }
        }
    }
    assert_eq!(lies, 2);
    send(&manager, "clients", XLSX, &bytes).refused(422, "validation");
}

/// A text that all cells share is packed once, and would be unpacked for each of them.
#[test]
fn a_shared_text_is_not_multiplied_without_end() {
    let service = Service::start();
    let row = format!("<row>{}</row>", "<c t=\"s\"><v>0</v></c>".repeat(100));
    let sheet = format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{}</sheetData></worksheet>", row.repeat(300));
    let texts = format!("<sst xmlns=\"{MAIN}\"><si><t>{}</t></si></sst>", "x".repeat(10_000));
    let bytes =
        packed(vec![("worksheet", "worksheets/sheet1.xml", sheet), ("sharedStrings", "sharedStrings.xml", texts)]);
    let refused = send(&service.by("manager"), "clients", XLSX, &bytes).refused(422, "validation");
    assert!(refused.text().contains("unpacks to too much"), "{}", refused.text());
}

/// Room is made for as many texts as it says, before the first is read.
#[test]
fn a_workbook_that_lies_about_how_many_texts_it_shares_is_refused() {
    let service = Service::start();
    let sheet =
        format!("<worksheet xmlns=\"{MAIN}\"><sheetData><row><c t=\"s\"><v>0</v></c></row></sheetData></worksheet>");
    for count in [
        "=\"20000000000000000\"",
        "=\"9999999999999\"",
        " = '00020000000000000000'",
        "\u{c}=\u{c}\"20000000000000000\"",
    ] {
        let texts = format!("<sst xmlns=\"{MAIN}\" uniqueCount{count}><si><t>Name</t></si></sst>");
        let parts =
            vec![("worksheet", "worksheets/sheet1.xml", sheet.clone()), ("sharedStrings", "sharedStrings.xml", texts)];
        let refused = send(&service.by("manager"), "clients", XLSX, &packed(parts)).refused(422, "validation");
        assert!(refused.text().contains("unpacks to too much"), "{}", refused.text());
    }
}
