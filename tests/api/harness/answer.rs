//! An answer, and what a test says of it.

use serde_json::Value;
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub struct Answer {
    pub method: String,
    pub path: String,
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The answer must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{} {} answered {}", self.method, self.path, self.text());
        self
    }

    /// The answer must be this refusal.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.code(), code, "{} {} answered {}", answer.method, answer.path, answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
        answer
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The pointers of the field errors.
    pub fn pointers(&self) -> Vec<String> {
        self.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|e| e["pointer"].as_str().map(str::to_owned))
            .collect()
    }

    /// The missing evidence, sorted.
    pub fn missing(&self) -> Vec<String> {
        let mut names: Vec<String> = self.body["missing"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|m| m.as_str().map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// The id of what was answered.
    #[track_caller]
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id in {}", self.text())).to_owned()
    }

    /// Where what was made is found.
    #[track_caller]
    pub fn location(&self) -> String {
        let location = self.header("location").to_owned();
        assert!(!location.is_empty(), "no Location from {} {}", self.method, self.path);
        location
    }
}
