//! What is told about a file, row by row.

use crate::db::{Id, text_enum};
use crate::http::{Code, FieldError, Language, Problem};
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// What becomes of a row.
    RowVerdict {
        /// It makes a record of its own.
        Created = "created",
        /// It adds to the record of an earlier row.
        Added = "added",
        /// It is there already.
        Duplicate = "duplicate",
        /// It cannot be taken.
        Wrong = "wrong",
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RowProblem {
    /// Which column.
    #[schema(example = "amount")]
    pub column: String,
    /// What is wrong, as a word.
    #[schema(example = "format")]
    pub code: String,
    /// What is wrong, in the caller's language.
    #[schema(example = "Not an amount in yuan with at most two decimal places.")]
    pub message: String,
}

/// What becomes of one row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RowReport {
    /// Its number in the file; the head is row 1.
    #[schema(example = 2)]
    pub row: usize,
    /// What becomes of it.
    pub verdict: RowVerdict,
    /// The record that it makes or adds to; none in a dry run.
    pub id: Option<Id>,
    /// What a duplicate is the same as: a number, or a row of this file.
    #[schema(example = "K-2026-0003")]
    pub same_as: Option<String>,
    /// Everything that is wrong with it.
    pub problems: Vec<RowProblem>,
}

/// What became of a file, or would become of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportReport {
    /// Rows below the head that are not empty.
    #[schema(example = 120)]
    pub rows: usize,
    /// Rows that make a record.
    #[schema(example = 100)]
    pub created: usize,
    /// Rows that add to one.
    #[schema(example = 18)]
    pub added: usize,
    /// Rows that are there already.
    #[schema(example = 2)]
    pub duplicates: usize,
    /// Rows that cannot be taken.
    #[schema(example = 0)]
    pub wrong: usize,
    /// Row by row.
    pub report: Vec<RowReport>,
}

/// A row while it is judged.
#[derive(Debug)]
pub(super) struct Judged {
    /// Its number in the file.
    pub row: usize,
    /// Whether it adds to an earlier row.
    pub adds: bool,
    /// What it is the same as.
    pub same_as: Option<String>,
    /// What is wrong with it; pointers are columns.
    pub errors: Vec<FieldError>,
    /// What was made of it.
    pub id: Option<Id>,
}

impl Judged {
    /// Nothing is known against it yet.
    pub(super) fn new(row: usize) -> Self {
        Self { row, adds: false, same_as: None, errors: Vec::new(), id: None }
    }

    /// Something is wrong under a column.
    pub(super) fn error(&mut self, column: &str, code: &'static str, en: impl Into<String>, zh: impl Into<String>) {
        self.errors.push(FieldError::new(column, code, en.into(), zh.into()));
    }

    fn verdict(&self) -> RowVerdict {
        match (self.errors.is_empty(), &self.same_as, self.adds) {
            (false, ..) => RowVerdict::Wrong,
            (true, Some(_), _) => RowVerdict::Duplicate,
            (true, None, true) => RowVerdict::Added,
            (true, None, false) => RowVerdict::Created,
        }
    }
}

/// Whether what begins in this row is there already.
pub(super) fn is_there(rows: &[Judged], first: Option<usize>) -> bool {
    first.and_then(|row| rows.get(row)).is_some_and(|row| row.same_as.is_some())
}

/// Whether the file can be taken: nothing is wrong, and duplicates are to be skipped or there are none.
pub(super) fn is_takeable(rows: &[Judged], skip_duplicates: bool) -> bool {
    rows.iter().all(|row| match row.verdict() {
        RowVerdict::Created | RowVerdict::Added => true,
        RowVerdict::Duplicate => skip_duplicates,
        RowVerdict::Wrong => false,
    })
}

/// The report of a file.
pub(super) fn report(rows: &[Judged], language: Language) -> ImportReport {
    let count = |verdict: RowVerdict| rows.iter().filter(|row| row.verdict() == verdict).count();
    let told = |error: &FieldError| RowProblem {
        column: error.pointer.to_string(),
        code: error.code.to_string(),
        message: error.message.in_language(language).to_owned(),
    };
    let of_row = |row: &Judged| RowReport {
        row: row.row,
        verdict: row.verdict(),
        id: row.id,
        same_as: row.same_as.clone(),
        problems: row.errors.iter().map(told).collect(),
    };
    ImportReport {
        rows: rows.len(),
        created: count(RowVerdict::Created),
        added: count(RowVerdict::Added),
        duplicates: count(RowVerdict::Duplicate),
        wrong: count(RowVerdict::Wrong),
        report: rows.iter().map(of_row).collect(),
    }
}

/// The refusal of a file: every row that stands in its way, by its number and column.
pub(super) fn refusal(rows: Vec<Judged>) -> Problem {
    let mut errors = Vec::new();
    for row in rows {
        let at = format!("/rows/{}", row.row);
        if let (Some(same), true) = (&row.same_as, row.errors.is_empty()) {
            errors.push(FieldError::new(
                at.clone(),
                "duplicate",
                format!("It is there already: {same}. Leave it out, or ask with `duplicates=skip`."),
                format!("已存在：{same}。請刪去該行，或使用 duplicates=skip。"),
            ));
        }
        errors.extend(row.errors.into_iter().map(|mut error| {
            error.pointer = format!("{at}/{}", error.pointer);
            error
        }));
    }
    // All of them: a file has at most so many rows as a person can be told of.
    Problem::plain(Code::Validation).with_errors(errors)
}
