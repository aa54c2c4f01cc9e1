//! Reading an upload: `multipart/form-data`, its parts in any order, the file streamed to disk while it is hashed.

use super::files::{Files, Received, too_large};
use super::kinds::media_type;
use super::store::Confidentiality;
use crate::http::{BodyFingerprint, Code, FieldError, Problem};
use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long the sender may pause.
const PATIENCE: Duration = Duration::from_secs(30);
/// A field beside the file.
const FIELD_LIMIT: usize = 16 * 1024;
/// What is still read of a refused upload, so that its sender can hear the refusal.
const DRAIN_LIMIT: usize = 8 * 1024 * 1024;

/// A file as it is to be kept.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// Its name.
    pub file_name: String,
    /// What it is, by its content.
    pub media_type: &'static str,
    /// Bytes.
    pub size: i64,
    /// Its hash.
    pub sha256: String,
}

/// What is said about a new document.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// What it is.
    pub category: String,
    /// Its title.
    pub title: String,
    /// Who may open it.
    pub confidentiality: Confidentiality,
    /// The file.
    pub file: NewFile,
}

/// A form as it arrived.
#[derive(Debug)]
pub struct Form {
    fields: BTreeMap<String, String>,
    received: Received,
    file: NewFile,
}

impl Form {
    /// Reads the form; only these fields may stand beside the file.
    pub async fn read(req: &HttpRequest, files: &Files, mut parts: Multipart, known: &[&str]) -> Result<Self, Problem> {
        if !req.content_type().eq_ignore_ascii_case("multipart/form-data") {
            return Err(not_a_form());
        }
        let read = match announced(req, files.max_upload) {
            Ok(()) => collect(files, &mut parts, known).await,
            Err(problem) => Err(problem),
        };
        match read {
            Ok(form) => {
                req.extensions_mut().insert(form.fingerprint());
                Ok(form)
            }
            Err(problem) => {
                // A form that broke off must not be read any further: its stream is over.
                if matches!(problem.code, Code::Validation | Code::PayloadTooLarge) {
                    drain(&mut parts).await;
                }
                Err(problem)
            }
        }
    }

    /// A new document from the form: 422 for each field that is wrong.
    pub fn document(&self) -> Result<NewDocument, Problem> {
        let mut errors = Vec::new();
        let field = |name: &str| self.fields.get(name).map(String::as_str).filter(|text| !text.is_empty());
        let category = field("category").unwrap_or_default();
        if category.is_empty() {
            errors.push(missing("/category"));
        } else if !is_category(category) {
            errors.push(FieldError::new("/category", "format", CATEGORY_EN, CATEGORY_ZH));
        }
        let title = field("title").unwrap_or(&self.file.file_name);
        if title.chars().count() > 200 {
            errors.push(FieldError::new(
                "/title",
                "length",
                "Must be at most 200 characters long.",
                "最多 200 個字符。",
            ));
        }
        let confidentiality = field("confidentiality").map_or(Some(Confidentiality::Normal), Confidentiality::parse);
        let Some(confidentiality) = confidentiality else {
            errors.push(FieldError::new(
                "/confidentiality",
                "invalid",
                "Must be one of: normal, confidential, restricted.",
                "須為 normal、confidential 或 restricted。",
            ));
            return Err(Problem::invalid(errors));
        };
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        Ok(NewDocument {
            category: category.to_owned(),
            title: title.to_owned(),
            confidentiality,
            file: self.file.clone(),
        })
    }

    /// The file, where nothing else is said.
    pub fn file(&self) -> NewFile {
        self.file.clone()
    }

    /// Puts the file where its hash names it: from now on a row may point at it.
    pub async fn keep(self, files: &Files) -> Result<(), Problem> {
        files.keep(self.received.temporary, &self.received.sha256).await
    }

    fn fingerprint(&self) -> BodyFingerprint {
        let mut print = Sha256::new();
        for (name, value) in &self.fields {
            print.update(format!("{}:{name}={}:{value};", name.len(), value.len()));
        }
        print.update(format!("{}:{}", self.file.file_name, self.file.sha256));
        BodyFingerprint(print.finalize().into())
    }
}

/// What a category looks like, in both languages.
pub const CATEGORY_EN: &str = "Must be a snake_case word of at most 60 characters, such as `contract_scan`.";
/// See [`CATEGORY_EN`].
pub const CATEGORY_ZH: &str = "須為不超過 60 個字符的小寫下劃線單詞，例如 contract_scan。";

/// Whether this is a word that names a category.
pub fn is_category(word: &str) -> bool {
    word.len() <= 60
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

async fn collect(files: &Files, parts: &mut Multipart, known: &[&str]) -> Result<Form, Problem> {
    let mut fields = BTreeMap::new();
    let mut file: Option<(Received, NewFile)> = None;
    while let Some(part) = patiently(parts.next()).await? {
        let mut part = part.map_err(|e| broken(&e))?;
        let name = part.name().unwrap_or_default().to_owned();
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        if name == "file" && file.is_none() {
            file = Some(receive(files, &mut part).await?);
        } else if name == "file" || fields.contains_key(&name) {
            return Err(Problem::validation(
                pointer,
                "duplicate",
                "This part stands in the form twice.",
                "表單中此部分重複。",
            ));
        } else if known.contains(&name.as_str()) {
            fields.insert(name, text_of(&mut part, &pointer).await?);
        } else {
            let listed = [known, &["file"]].concat().join(", ");
            return Err(Problem::validation(
                pointer.replace('\0', "\u{fffd}"),
                "unknown_field",
                format!("There is no such part; there are: {listed}."),
                format!("沒有此部分；可用：{listed}。"),
            ));
        }
    }
    let Some((received, file)) = file else { return Err(Problem::invalid(vec![missing("/file")])) };
    if received.size == 0 {
        return Err(Problem::validation("/file", "empty", "The file is empty.", "文件為空。"));
    }
    Ok(Form { fields, received, file })
}

async fn receive(files: &Files, part: &mut Field) -> Result<(Received, NewFile), Problem> {
    let file_name = file_name_of(part)?;
    let mut receiving = files.receive().await?;
    while let Some(chunk) = patiently(part.next()).await? {
        receiving.write(chunk.map_err(|e| broken(&e))?).await?;
    }
    let received = receiving.finish().await?;
    let file = NewFile {
        media_type: media_type(&received.head, &file_name),
        file_name,
        size: i64::try_from(received.size).unwrap_or(i64::MAX),
        sha256: received.sha256.clone(),
    };
    Ok((received, file))
}

/// The last segment of the name that the sender gave, at most 200 characters, without control characters.
fn file_name_of(part: &Field) -> Result<String, Problem> {
    let given = part.content_disposition().and_then(|d| {
        let extended = d.get_filename_ext().and_then(|e| String::from_utf8(e.value.clone()).ok());
        extended.or_else(|| d.get_filename().map(str::to_owned))
    });
    let given = given.unwrap_or_default();
    if given.contains('\0') {
        return Err(Problem::validation(
            "/file",
            "nul",
            "The file name must not contain the character U+0000.",
            "文件名不得包含字符 U+0000。",
        ));
    }
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control()).collect();
    let plain = plain.trim();
    let skipped = plain.chars().count().saturating_sub(200);
    // The end is kept: it holds the extension.
    let plain: String = plain.chars().skip(skipped).collect();
    Ok(if plain.is_empty() || plain == "." || plain == ".." { "file".to_owned() } else { plain })
}

async fn text_of(part: &mut Field, pointer: &str) -> Result<String, Problem> {
    let bytes = match patiently(part.bytes(FIELD_LIMIT)).await? {
        Ok(bytes) => bytes.map_err(|e| broken(&e))?,
        Err(_) => return Err(Problem::validation(pointer, "length", "Is too long.", "過長。")),
    };
    let text = String::from_utf8(bytes.to_vec())
        .map_err(|_| Problem::validation(pointer, "utf8", "Must be UTF-8 text.", "須為 UTF-8 文字。"))?;
    if text.contains('\0') {
        return Err(Problem::validation(
            pointer,
            "nul",
            "Must not contain the character U+0000.",
            "不得包含字符 U+0000。",
        ));
    }
    Ok(text.trim().to_owned())
}

async fn patiently<T>(reading: impl Future<Output = T>) -> Result<T, Problem> {
    tokio::time::timeout(PATIENCE, reading).await.map_err(|_| Problem::plain(Code::RequestTimeout))
}

/// Refuses at once what says that it is too large; the form itself takes little.
fn announced(req: &HttpRequest, limit: u64) -> Result<(), Problem> {
    let length = req.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<u64>().ok());
    match length {
        Some(length) if length > limit.saturating_add(128 * 1024) => Err(too_large(limit)),
        Some(_) | None => Ok(()),
    }
}

async fn drain(parts: &mut Multipart) {
    let reading = async {
        let mut seen = 0;
        while let Some(Ok(mut part)) = parts.next().await {
            while let Some(Ok(chunk)) = part.next().await {
                seen += chunk.len();
                if seen > DRAIN_LIMIT {
                    return;
                }
            }
        }
    };
    // Nobody is owed more patience than this.
    drop(tokio::time::timeout(Duration::from_secs(5), reading).await);
}

fn missing(pointer: &str) -> FieldError {
    FieldError::new(pointer, "missing", "This part of the form is missing.", "表單缺少此部分。")
}

fn not_a_form() -> Problem {
    Problem::new(
        Code::UnsupportedMediaType,
        "Send the document as multipart/form-data, with the bytes in the part `file`.",
        "請以 multipart/form-data 發送，文件內容放在 file 部分。",
    )
}

fn broken(cause: &MultipartError) -> Problem {
    match cause {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => not_a_form(),
        _ => Problem::bad_request(
            "The form is broken or ended early: check its boundary and that every part has a name.",
            "表單格式有誤或提前結束：請檢查 boundary 與各部分名稱。",
        ),
    }
}
