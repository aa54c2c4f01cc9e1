//! The pages to which the `type` of a problem leads: what a code means, what to do about it, an example; in English and in Chinese.

use std::fmt::Write as _;

use super::codes::Code;
use super::language::Language;
use super::samples::sample;

/// The list of all codes.
pub fn index() -> String {
    let mut rows = String::new();
    for code in Code::ALL {
        let (name, status) = (code.name(), code.status().as_u16());
        let (en, zh) = (code.title_en(), code.title_zh());
        let _ = writeln!(
            rows,
            "<tr><td><a href=\"/problems/{name}\"><code>{name}</code></a></td><td>{status}</td><td>{en}</td><td>{zh}</td></tr>"
        );
    }
    let head = "<tr><th>code</th><th>status</th><th>English</th><th>中文</th></tr>";
    page("Problems", &format!("<h1>Problems</h1>\n<table>\n{head}\n{rows}</table>\n"))
}

/// The page of one code; none where there is no such code.
pub fn of(name: &str) -> Option<String> {
    let code = Code::from_name(name)?;
    let status = code.status().as_u16();
    let mut body = format!("<h1><code>{name}</code> ({status})</h1>\n");
    for (language, title, advice, example) in [
        (Language::En, code.title_en(), code.advice(), "Example"),
        (Language::Zh, code.title_zh(), code.advice_zh(), "示例"),
    ] {
        let problem = sample(code, language);
        let json = serde_json::to_string_pretty(&problem).unwrap_or_default();
        let _ = writeln!(
            body,
            "<section lang=\"{}\"><h2>{}</h2>\n<p>{}</p>\n<h3>{example}</h3>\n<pre>{}</pre></section>",
            language.tag(),
            escaped(title),
            escaped(advice),
            escaped(&json)
        );
    }
    body.push_str("<p><a href=\"/problems\">All problems</a></p>\n");
    Some(page(name, &body))
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} · Fitout</title></head>\n<body>\n{body}</body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_page_in_both_languages() {
        for code in Code::ALL {
            let page = of(code.name()).unwrap_or_default();
            for part in [code.title_en(), code.title_zh(), code.advice(), code.advice_zh(), code.name(), "request_id"] {
                assert!(page.contains(&escaped(part)), "{} lacks {part}", code.name());
            }
            assert!(index().contains(code.name()));
        }
        assert!(of("no_such_code").is_none());
    }
}
