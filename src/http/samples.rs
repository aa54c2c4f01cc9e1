//! A refusal of each code as a caller might see it, for the document and the pages of the codes.

use serde_json::{Value, json};

use super::language::Language;
use super::problem::{Code, FieldError, Problem};

/// A problem of this code as a caller might see it.
pub(super) fn sample(code: Code, language: Language) -> Value {
    let (en, zh) = words(code).unwrap_or((code.advice(), code.advice_zh()));
    let plain = Problem::new(code, en, zh);
    let problem = match code {
        Code::Validation => plain.and_field("/lines/2/amount", "range", "Must be at least 1.", "不得小於 1。"),
        Code::Evidence => plain.with_missing(vec![json!("signed_contract"), json!("site_ready.cleaning")]),
        Code::State => plain.with_allowed(vec![json!("win"), json!("lose"), json!("withdraw")]),
        Code::UnknownParameter => plain
            .with_errors(vec![FieldError::new("?stauts", "unknown", en, zh)])
            .with_allowed(vec![json!("status"), json!("limit")]),
        Code::PreconditionFailed => plain.with_current(json!({"version": 4, "changed": ["name", "updated_at"]})),
        _ => plain,
    };
    problem.to_json(language, "0193e6a0-5c1e-7d2b-9f3a-8b7c6d5e4f30")
}

/// What the detail says, where it says more than what to do.
fn words(code: Code) -> Option<(&'static str, &'static str)> {
    Some(match code {
        Code::Forbidden => (
            "Your role does not have `waivers.grant`. It is for: manager.",
            "您的角色沒有 `waivers.grant` 權限；有此權限的角色：manager。",
        ),
        Code::BadRequest => {
            ("`If-Match` is an ETag such as \"3\", or `*`.", "If-Match 須為 ETag，例如 \"3\"，或 `*`。")
        }
        Code::MalformedJson => ("Line 3, column 17: expected `,` or `}`.", "第 3 行第 17 列：此處應為 `,` 或 `}`。"),
        Code::UnknownParameter => {
            ("There is no parameter stauts; did you mean status?", "沒有參數 stauts；您是否想用 status？")
        }
        Code::Conflict => ("A group with the name Front A exists already.", "已有名為 Front A 的組。"),
        Code::State => (
            "This step leads out of intake, and the project stands in bidding.",
            "此步驟由受理階段發起，而項目處於招投標階段。",
        ),
        Code::Money => (
            "12,000.00 yuan is more than the 9,500.00 yuan that are still due.",
            "12,000.00 元超出尚欠的 9,500.00 元。",
        ),
        Code::PayloadTooLarge => ("The body may have 1048576 bytes at most.", "請求體最多 1048576 字節。"),
        Code::RangeNotSatisfiable => ("The document has 48213 bytes.", "文件共 48213 字節。"),
        Code::TooManyRequests => ("Too many requests. Try again in 6 seconds.", "請求次數過多，請在 6 秒後再試。"),
        _ => return None,
    })
}
