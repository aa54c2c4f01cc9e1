//! The package of a sealed project: a ZIP whose bytes follow from the event chain alone, so that building it again gives the same bytes.
//!
//! - `project.json`: the project and every record of it, as their last events left them.
//! - `timeline.json`: every event of the chain up to the sealing, with its hashes.
//! - `documents/<category>/<document>/r<revision>-<file name>`: every revision of every document that was not voided.
//! - `manifest.json`: name, size and SHA-256 of every other entry, with the head and the length of the chain.

use super::actions::Built;
use super::store::Archive;
use crate::access::{Result, Tx};
use crate::documents::{Files, hash_of};
use crate::events::{self, Event};
use crate::http::Problem;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Events read at a time.
const PAGE: i64 = 500;

/// What goes into a package.
#[derive(Debug, Clone)]
pub struct Contents {
    head: Value,
    texts: BTreeMap<String, Vec<u8>>,
    files: BTreeMap<String, String>,
}

/// Reads what the package of a sealed project holds.
pub fn contents(tx: &mut Tx<'_>, archive: &Archive) -> Result<Contents> {
    let length = archive.chain_length.ok_or_else(|| Problem::internal(&"an archive without its chain"))?;
    let mut timeline = Vec::new();
    let mut records: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
    let mut revisions: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut after = 0;
    while after < length {
        let page = events::chain_of(tx.conn, archive.project_id, after, PAGE.min(length - after))?;
        let Some(last) = page.last() else { break };
        after = last.chain_pos;
        for event in page {
            let mut data: Value = serde_json::from_str(&event.data).map_err(|e| Problem::internal(&e))?;
            timeline.push(told(&event, &data));
            let subject = event.subject_id.to_string();
            // What the record itself does not hold is the timeline's.
            let note = data.as_object_mut().and_then(|members| members.remove("event_note"));
            if let Some(note) = note.filter(|note| event.subject_kind == "document" && note.get("sha256").is_some()) {
                revisions.entry(subject.clone()).or_default().push(note);
            }
            records.entry(event.subject_kind).or_default().insert(subject, data);
        }
    }
    let mut files = BTreeMap::new();
    for (id, document) in records.get("document").into_iter().flatten() {
        if document.get("voided_at").is_some_and(|at| !at.is_null()) {
            continue;
        }
        for revision in revisions.get(id).into_iter().flatten() {
            let text =
                |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let number = revision.get("revision").and_then(Value::as_i64).unwrap_or_default();
            files.insert(
                format!("documents/{}/{id}/r{number}-{}", text(document, "category"), text(revision, "file_name")),
                text(revision, "sha256"),
            );
        }
    }
    let project = records
        .remove("project")
        .and_then(|mut all| all.remove(&archive.project_id.to_string()))
        .unwrap_or(Value::Null);
    let records: Map<String, Value> =
        records.into_iter().map(|(kind, all)| (kind, Value::Array(all.into_values().collect()))).collect();
    let head = json!({
        "format": "fitout-package/1", "archive": archive.number, "project_id": archive.project_id, "project_number": project.get("number"),
        "sealed_at": archive.sealed_at, "chain_head": archive.chain_head, "chain_length": length,
    });
    let texts = BTreeMap::from([
        ("project.json".to_owned(), json_text(&json!({ "project": project, "records": records }))?),
        ("timeline.json".to_owned(), json_text(&Value::Array(timeline))?),
    ]);
    Ok(Contents { head, texts, files })
}

/// An event with all that its hash covers, so that the chain can be checked offline.
fn told(event: &Event, data: &Value) -> Value {
    json!({
        "id": event.id, "at": event.at, "actor_id": event.actor_id, "chain_id": event.chain_id, "chain_pos": event.chain_pos,
        "subject_kind": event.subject_kind, "subject_id": event.subject_id, "subject_version": event.subject_version,
        "kind": event.kind, "data": data, "prev_hash": event.prev_hash, "hash": event.hash,
    })
}

fn json_text(value: &Value) -> Result<Vec<u8>> {
    Ok(events::canonical(value).map_err(|e| Problem::internal(&e))?.into_bytes())
}

/// Writes the package on a thread of its own and keeps it.
pub async fn build(files: &Files, contents: Contents) -> std::result::Result<Built, Problem> {
    let mut paths = BTreeMap::new();
    for (name, sha256) in contents.files {
        paths.insert(name, (files.path(&sha256)?, sha256));
    }
    let temporary = files.temporary()?;
    let target = temporary.path.clone();
    let (head, texts) = (contents.head, contents.texts);
    let written = tokio::task::spawn_blocking(move || write(&target, &head, &texts, &paths))
        .await
        .map_err(|e| Problem::internal(&e))?;
    let (size, sha256) = written.map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData => damaged(&e),
        _ => Problem::storage(&e),
    })?;
    files.keep(temporary, &sha256).await?;
    Ok(Built { sha256, size: i64::try_from(size).unwrap_or(i64::MAX) })
}

/// The project is sealed by then, and nothing can be filed in it any more: what is missing comes back from a backup.
fn damaged(file: &io::Error) -> Problem {
    tracing::error!(%file, "an archive cannot be built");
    Problem::state(
        format!(
            "The project is sealed, but its archive cannot be built: {file}. Have that file restored from a backup, then call this again."
        ),
        format!("項目已封存，但檔案無法生成：{file}。請由備份恢復該文件後再執行。"),
    )
}

/// A file that is gone, or not what was filed: the package must hold what was filed, not what has become of it.
fn lost(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{name} no longer holds what was filed"))
}

/// Writes the entries in the order of their names, the manifest last, all with the same time; size and hash of the whole.
fn write(
    target: &Path,
    head: &Value,
    texts: &BTreeMap<String, Vec<u8>>,
    files: &BTreeMap<String, (PathBuf, String)>,
) -> io::Result<(u64, String)> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut zip = ZipWriter::new(BufWriter::new(File::create(target)?));
    let mut entries = Vec::new();
    for (name, (path, filed)) in files {
        let kept =
            std::fs::metadata(path).map_err(|e| if e.kind() == io::ErrorKind::NotFound { lost(name) } else { e })?;
        let large = kept.len() >= u64::from(u32::MAX);
        zip.start_file(name.as_str(), options(CompressionMethod::Stored).large_file(large))?;
        let (size, sha256) = pour(&mut BufReader::new(File::open(path)?), &mut zip)?;
        if sha256 != *filed {
            return Err(lost(name));
        }
        entries.push(json!({ "name": name, "size": size, "sha256": sha256 }));
    }
    for (name, text) in texts {
        zip.start_file(name.as_str(), options(CompressionMethod::Deflated))?;
        let (size, sha256) = pour(&mut text.as_slice(), &mut zip)?;
        entries.push(json!({ "name": name, "size": size, "sha256": sha256 }));
    }
    let mut manifest = head.clone();
    if let Some(members) = manifest.as_object_mut() {
        members.insert("entries".to_owned(), Value::Array(entries));
    }
    zip.start_file("manifest.json", options(CompressionMethod::Deflated))?;
    zip.write_all(events::canonical(&manifest)?.as_bytes())?;
    let file = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    drop(file);
    hash_of(target)
}

fn options(method: CompressionMethod) -> SimpleFileOptions {
    SimpleFileOptions::default()
        .compression_method(method)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
}

/// Copies and hashes.
fn pour(from: &mut impl Read, to: &mut ZipWriter<impl Write + Seek>) -> io::Result<(u64, String)> {
    let (mut hasher, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = from.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        hasher.update(bytes);
        to.write_all(bytes)?;
        size += u64::try_from(read).unwrap_or_default();
    }
    Ok((size, hex::encode(hasher.finalize())))
}
