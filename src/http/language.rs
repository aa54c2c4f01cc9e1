//! The two languages of messages, and which one a caller prefers.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

use super::describe::{Describe, OperationDraft};
use super::problem::Problem;

/// A language in which messages exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English, the default.
    #[default]
    En,
    /// Traditional Chinese, as the department itself writes.
    Zh,
}

/// A message in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// In English.
    pub en: String,
    /// In Chinese.
    pub zh: String,
}

impl Said {
    /// The same thing in English and in Chinese.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }

    /// The message in one language.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

impl Language {
    /// What the caller prefers by `Accept-Language` (RFC 9110, 12.5.4); English when it names neither.
    pub fn of(req: &HttpRequest) -> Self {
        Self::of_headers(req.headers())
    }

    pub(crate) fn of_headers(headers: &HeaderMap) -> Self {
        let mut best = (Language::En, 0.0_f32);
        for line in headers.get_all(ACCEPT_LANGUAGE) {
            for range in line.to_str().unwrap_or_default().split(',') {
                let mut parts = range.split(';');
                let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
                let quality = parts
                    .filter_map(|part| part.trim().strip_prefix("q="))
                    .find_map(|q| q.trim().parse::<f32>().ok())
                    .unwrap_or(1.0);
                let language = match tag.split('-').next() {
                    Some("zh") => Language::Zh,
                    Some("en" | "*") => Language::En,
                    _ => continue,
                };
                if quality > best.1 {
                    best = (language, quality);
                }
            }
        }
        best.0
    }

    /// The value of `Content-Language`.
    pub const fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Zh => "zh-Hant",
        }
    }
}

/// For answers that say something in words.
impl FromRequest for Language {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(req)))
    }
}

impl Describe for Language {
    fn describe(op: &mut OperationDraft) {
        let schema = ObjectBuilder::new().schema_type(Type::String).examples(["zh-Hant, en;q=0.5"]);
        let header = ParameterBuilder::new()
            .name(ACCEPT_LANGUAGE.as_str())
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some("The language of what the answer says in words: `en` or `zh`."))
            .schema(Some(schema))
            .build();
        op.parameter(header);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    fn preferred(value: &'static str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(value));
        Language::of_headers(&headers)
    }

    #[test]
    fn the_quality_decides_and_english_is_the_default() {
        assert_eq!(preferred("zh-CN,zh;q=0.9,en;q=0.8"), Language::Zh);
        assert_eq!(preferred("en;q=0.5, zh;q=0.7"), Language::Zh);
        assert_eq!(preferred("en, zh;q=0.7"), Language::En);
        assert_eq!(preferred("fr, zh;q=0"), Language::En);
        assert_eq!(preferred("de"), Language::En);
    }
}
