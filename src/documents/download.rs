//! Sending kept bytes: whole or one range (RFC 9110, 14), not again where the caller has them, always as an attachment.

use super::files::Files;
use crate::http::{Code, OperationDraft, Problem};
use actix_web::body::SizedStream;
use actix_web::http::{Method, StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use futures_util::stream;
use std::ops::Range;
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, schema::Type};

/// Kept bytes and what to say about them.
#[derive(Debug, Clone)]
pub struct Download {
    /// Their hash.
    pub sha256: String,
    /// How many.
    pub size: u64,
    /// What they are.
    pub media_type: String,
    /// The name to save them under.
    pub file_name: String,
}

/// Whether bytes will leave: not for `HEAD`, nor where the caller has them.
pub fn sends_bytes(req: &HttpRequest, sha256: &str) -> bool {
    req.method() != Method::HEAD && !has_it(req, sha256)
}

/// Answers with the bytes, a range of them, 304 or 416.
pub async fn send(req: &HttpRequest, files: &Files, download: &Download) -> Result<HttpResponse, Problem> {
    let etag = format!("\"{}\"", download.sha256);
    if has_it(req, &download.sha256) {
        return Ok(HttpResponse::NotModified()
            .insert_header((header::ETAG, etag))
            .insert_header((header::CACHE_CONTROL, "private, no-cache"))
            .finish());
    }
    let size = download.size;
    let (status, range) = match wanted(req, &etag, size) {
        Wanted::All => (StatusCode::OK, 0..size),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Nothing => {
            let problem = Problem::new(
                Code::RangeNotSatisfiable,
                format!("The file holds {size} bytes; ask for a range within them."),
                format!("文件共 {size} 字節；請在此範圍內選擇區間。"),
            );
            let mut refused = problem.error_response();
            if let Ok(value) = header::HeaderValue::from_str(&format!("bytes */{size}")) {
                refused.headers_mut().insert(header::CONTENT_RANGE, value);
            }
            return Ok(refused);
        }
    };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::CONTENT_TYPE, download.media_type.as_str()))
        .insert_header((header::CONTENT_DISPOSITION, disposition(&download.file_name)))
        .insert_header((header::ETAG, etag))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The bytes are what the hash says: no layer may compress them.
        .insert_header((header::CONTENT_ENCODING, "identity"));
    if status == StatusCode::PARTIAL_CONTENT {
        response.insert_header((
            header::CONTENT_RANGE,
            format!("bytes {}-{}/{size}", range.start, range.end.saturating_sub(1)),
        ));
    }
    let length = range.end - range.start;
    if req.method() == Method::HEAD {
        let nothing = stream::empty::<Result<bytes::Bytes, std::io::Error>>();
        return Ok(response.body(SizedStream::new(length, nothing)));
    }
    let bytes = files.stream(&download.sha256, range).await?;
    Ok(response.body(SizedStream::new(length, bytes)))
}

/// What the document says about the download of a file, which is what was uploaded.
pub fn describe(op: &mut OperationDraft) {
    // Some clients read only types that they know.
    describe_as(op, &["application/octet-stream", "*/*"]);
}

/// What the document says about the download of a package.
pub fn describe_package(op: &mut OperationDraft) {
    describe_as(op, &["application/zip"]);
}

fn describe_as(op: &mut OperationDraft, media_types: &[&str]) {
    for (name, text, example) in [
        ("Range", "One range of bytes.", "bytes=0-1023"),
        (
            "If-Range",
            "The range only if this is still the `ETag`, else everything.",
            "\"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\"",
        ),
        (
            "If-None-Match",
            "Nothing if this is still the `ETag`.",
            "\"6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b\"",
        ),
    ] {
        let schema = ObjectBuilder::new().schema_type(Type::String).examples([example]);
        op.parameter(
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Header)
                .required(Required::False)
                .description(Some(text))
                .schema(Some(schema))
                .build(),
        );
    }
    for media_type in media_types {
        op.bytes_answer(200, media_type, "The bytes, as an attachment; the `ETag` is their SHA-256.");
        op.bytes_answer(206, media_type, "The range asked for.");
    }
    op.describe_answer(304, "The caller has these bytes.");
    op.refuses(Code::RangeNotSatisfiable);
}

fn text<'r>(req: &'r HttpRequest, name: &header::HeaderName) -> Option<&'r str> {
    req.headers().get(name).and_then(|v| v.to_str().ok())
}

fn has_it(req: &HttpRequest, sha256: &str) -> bool {
    let Some(tags) = text(req, &header::IF_NONE_MATCH) else { return false };
    tags.split(',')
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"') == sha256)
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    All,
    Part(Range<u64>),
    Nothing,
}

fn wanted(req: &HttpRequest, etag: &str, size: u64) -> Wanted {
    let Some(line) = text(req, &header::RANGE) else { return Wanted::All };
    match text(req, &header::IF_RANGE) {
        Some(tag) if tag.trim() != etag => Wanted::All,
        Some(_) | None => range_of(line, size),
    }
}

/// One range of bytes; anything else that cannot be understood, or several ranges, is everything, as the standard allows.
fn range_of(line: &str, size: u64) -> Wanted {
    let Some((first, last)) =
        line.trim().strip_prefix("bytes=").filter(|r| !r.contains(',')).and_then(|r| r.split_once('-'))
    else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (number(first), number(last)) {
        (Some(first), Some(last)) if last < first => Wanted::All,
        (Some(first), _) if first >= size => Wanted::Nothing,
        (Some(first), Some(last)) => Wanted::Part(first..last.saturating_add(1).min(size)),
        (Some(first), None) if last.trim().is_empty() => Wanted::Part(first..size),
        (None, Some(0)) if first.trim().is_empty() => Wanted::Nothing,
        (None, Some(suffix)) if first.trim().is_empty() => Wanted::Part(size.saturating_sub(suffix)..size),
        (Some(_) | None, _) => Wanted::All,
    }
}

/// `Content-Disposition` with the name in ASCII and in full (RFC 6266, RFC 8187).
fn disposition(file_name: &str) -> String {
    let plain: String = file_name
        .chars()
        .map(|c| if c.is_ascii_graphic() && c != '"' && c != '\\' || c == ' ' { c } else { '_' })
        .collect();
    let mut full = String::new();
    for byte in file_name.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "!#$&+-.^_`|~".contains(c) {
            full.push(c);
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{full}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes() {
        assert_eq!(range_of("bytes=0-3", 10), Wanted::Part(0..4));
        assert_eq!(range_of("bytes=8-", 10), Wanted::Part(8..10));
        assert_eq!(range_of("bytes=8-99", 10), Wanted::Part(8..10));
        assert_eq!(range_of("bytes=-3", 10), Wanted::Part(7..10));
        assert_eq!(range_of("bytes=-99", 10), Wanted::Part(0..10));
        assert_eq!(range_of("bytes=10-", 10), Wanted::Nothing);
        assert_eq!(range_of("bytes=-0", 10), Wanted::Nothing);
        for odd in ["bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "bytes=3-1", "bytes=-", "bytes=1-x"] {
            assert_eq!(range_of(odd, 10), Wanted::All, "{odd}");
        }
    }

    #[test]
    fn a_file_name_is_told_in_ascii_and_in_full() {
        assert_eq!(
            disposition("合同 1.pdf"),
            "attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''%E5%90%88%E5%90%8C%201.pdf"
        );
    }
}
