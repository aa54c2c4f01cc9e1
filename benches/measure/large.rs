//! Large answers in constant memory: an export of every row there is, and the package of a project with a gigabyte of papers, built and downloaded.

use crate::service::{Service, sign_in};
use crate::wire::{Wire, request, upload};
use crate::{Failed, Target};
use clap::Args;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How much.
#[derive(Debug, Args)]
pub struct Large {
    #[command(flatten)]
    target: Target,
    /// MiB of papers in the package.
    #[arg(long, default_value_t = 1024)]
    papers: usize,
    /// The most memory that the service may use beyond what it had, in MiB.
    #[arg(long, default_value_t = 64.0)]
    memory: f64,
}

/// MiB of one paper.
const PAPER: usize = 32;
/// What is exported, with the one who may see all of it.
const KINDS: [(&str, &str); 7] = [
    ("clients", "manager"),
    ("projects", "manager"),
    ("contracts", "manager"),
    ("receivables", "finance"),
    ("payments", "finance"),
    ("complaints", "manager"),
    ("events", "manager"),
];

/// An answer that was read and forgotten.
struct Flowed {
    status: u16,
    bytes: u64,
    lines: u64,
    sha256: String,
}

/// Reads an answer of any length without keeping it. Ends where the connection does, so it is asked to.
async fn flow(address: &str, path: &str, token: &str) -> Result<Flowed, Failed> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(&request("GET", path, token, "Connection: close\r\n", "")).await?;
    let (mut head, mut buffer) = (Vec::new(), vec![0; 256 * 1024]);
    let start = loop {
        let read = stream.read(&mut buffer).await?;
        head.extend_from_slice(buffer.get(..read).unwrap_or_default());
        if let Some(end) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
        if read == 0 {
            return Err("no head".into());
        }
    };
    let told = String::from_utf8_lossy(head.get(..start).unwrap_or_default()).to_ascii_lowercase();
    let status = told.get(9..12).and_then(|code| code.parse().ok()).unwrap_or_default();
    let mut body = Body { chunked: told.contains("transfer-encoding: chunked"), ..Body::default() };
    body.take(head.get(start..).unwrap_or_default())?;
    loop {
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            break;
        }
        body.take(buffer.get(..read).unwrap_or_default())?;
    }
    if body.chunked && !body.ended {
        return Err("the answer broke off".into());
    }
    Ok(Flowed { status, bytes: body.bytes, lines: body.lines, sha256: hex::encode(body.hash.finalize()) })
}

/// What is left of a body once it has been looked at.
#[derive(Default)]
struct Body {
    chunked: bool,
    /// Bytes of this chunk that are still to come, its line end included.
    left: usize,
    size_line: Vec<u8>,
    ended: bool,
    bytes: u64,
    lines: u64,
    hash: Sha256,
}

impl Body {
    fn take(&mut self, mut read: &[u8]) -> Result<(), Failed> {
        if !self.chunked {
            self.keep(read);
            return Ok(());
        }
        while let Some((first, rest)) = read.split_first() {
            if self.left > 2 {
                let (here, rest) = read.split_at(read.len().min(self.left - 2));
                self.keep(here);
                self.left -= here.len();
                read = rest;
            } else if self.left > 0 {
                self.left -= 1;
                read = rest;
            } else {
                self.size_line.push(*first);
                read = rest;
                if *first == b'\n' {
                    let size = usize::from_str_radix(std::str::from_utf8(&self.size_line)?.trim(), 16)?;
                    self.size_line.clear();
                    self.left = size + 2;
                    self.ended = size == 0;
                }
            }
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.hash.update(bytes);
    }
}

/// Looks at one step: how long it took and how much memory was used in it at most, beyond what the service had after its first answers.
struct Watch<'s> {
    service: &'s Service,
    had: f64,
    most: f64,
}

impl Watch<'_> {
    fn begin(&self) -> Result<Instant, Failed> {
        std::fs::write(format!("/proc/{}/clear_refs", self.service.pid()), "5")?;
        Ok(Instant::now())
    }

    fn end(&mut self, began: Instant, what: &str) -> Result<(), Failed> {
        let grown = self.service.memory()?.1 - self.had;
        self.most = self.most.max(grown);
        println!("{what}, {:.1} s, {grown:.0} MiB more than before", began.elapsed().as_secs_f64());
        Ok(())
    }
}

/// Exports, seals and downloads.
pub async fn large(how: &Large) -> Result<(), Failed> {
    let mut start = how.target.start()?;
    start.settings.push("--sandbox".to_owned());
    let service = Service::start(&start).await?;
    let address = service.address.clone();
    let (manager, finance) = (sign_in(&address, "manager").await?, sign_in(&address, "finance").await?);
    let token_of = |who| if who == "finance" { &finance } else { &manager };
    // What the first answers need is not what a large one needs.
    for (kind, who) in KINDS {
        Wire::to(&address).send(&request("GET", &format!("/v1/{kind}?limit=200"), token_of(who), "", "")).await?;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut watch = Watch { service: &service, had: service.memory()?.0, most: 0.0 };
    let mut rows = 0;
    for (kind, who) in KINDS {
        for format in ["csv", "ndjson"] {
            let began = watch.begin()?;
            let told = flow(&address, &format!("/v1/exports/{kind}?format={format}"), token_of(who)).await?;
            if told.status != 200 {
                return Err(format!("{kind}: {}", told.status).into());
            }
            if format == "ndjson" {
                rows += told.lines;
                let counted = Wire::to(&address)
                    .send(&request("GET", &format!("/v1/{kind}?limit=1&include=total"), token_of(who), "", ""))
                    .await;
                let total = counted.and_then(|answer| answer.json()).ok().and_then(|page| page.get("total")?.as_u64());
                if total.is_some_and(|total| total != told.lines) {
                    return Err(format!("{kind}: {} of {total:?}", told.lines).into());
                }
            }
            let size = told.bytes as f64 / f64::from(1 << 20);
            watch.end(began, &format!("{kind} as {format}: {} lines, {size:.0} MiB", told.lines))?;
        }
    }
    println!("{rows} rows in all");
    package(how, &address, &mut watch).await?;
    if watch.most > how.memory { Err("memory grew with the answer".into()) } else { Ok(()) }
}

/// A project in archiving with papers, sealed; its package is downloaded twice.
async fn package(how: &Large, address: &str, watch: &mut Watch<'_>) -> Result<(), Failed> {
    let mut wire = Wire::to(address);
    let (admin, manager) = (sign_in(address, "admin").await?, sign_in(address, "manager").await?);
    let made = json!({"stage": "archiving", "name": "A gigabyte of papers"}).to_string();
    let made = wire.send(&request("POST", "/v1/sandbox/projects", &admin, "", &made)).await?.json()?;
    let project = made.get("id").and_then(Value::as_str).ok_or("no project")?.to_owned();
    let began = watch.begin()?;
    for n in 0..how.papers.div_ceil(PAPER) {
        let mut paper = format!("%PDF-1.7 {n} ").into_bytes();
        paper.resize(how.papers.min(PAPER) << 20, b'x');
        wire.send(&upload(&project, &manager, &paper)).await?.json()?;
    }
    watch.end(began, &format!("{} MiB of papers filed", how.papers))?;
    let path = format!("/v1/projects/{project}");
    let key = || format!("Idempotency-Key: {}\r\n", uuid::Uuid::new_v4());
    let place = json!({"room": "1", "shelf": "2", "box": "3"}).to_string();
    wire.send(&request("POST", &format!("{path}/paper-files"), &manager, &key(), &place)).await?.json()?;
    let began = watch.begin()?;
    let etag = wire.send(&request("GET", &path, &manager, "", "")).await?.etag.ok_or("no ETag")?;
    let lines = format!("If-Match: {etag}\r\n{}", key());
    let sealed = wire.send(&request("POST", &format!("{path}/seal"), &manager, &lines, "")).await?.json()?;
    watch.end(began, "sealed and packed")?;
    let of = |name: &str| sealed.get(name).and_then(Value::as_str).map(str::to_owned);
    let (archive, sha256) = (of("id").ok_or("no archive")?, of("package_sha256").ok_or("no package")?);
    let began = watch.begin()?;
    let told = flow(address, &format!("/v1/archives/{archive}/package"), &manager).await?;
    watch.end(began, &format!("downloaded: {:.0} MiB", told.bytes as f64 / f64::from(1 << 20)))?;
    if told.sha256 == sha256 { Ok(()) } else { Err("the package is not what its hash says".into()) }
}
