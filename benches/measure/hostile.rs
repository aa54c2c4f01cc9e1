//! Slow and hostile clients: heads and bodies that never end, downloads that nobody reads, bodies of a gigabyte, JSON nested 100,000 deep, bombs. Each is
//! refused in its time and within the memory that the service is given, while decent callers hardly notice.

use crate::load::{Plan, Report, run};
use crate::mixes::{Mix, senders};
use crate::service::Service;
use crate::wire::{Wire, request, upload};
use crate::{Failed, Target, sampled};
use clap::Args;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

/// How long, how hard.
#[derive(Debug, Args)]
pub struct Hostile {
    #[command(flatten)]
    target: Target,
    /// Seconds of attack; one that is to see everything cut off lasts 30.
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// Requests a second of decent callers.
    #[arg(long, default_value_t = 300.0)]
    rate: f64,
    /// The most memory that the service may have used, in MiB.
    #[arg(long, default_value_t = 200.0)]
    memory: f64,
    /// Tells how long decent callers waited and does not judge it.
    #[arg(long)]
    tell_only: bool,
    /// Asks for as many pages as can be answered, which is allowed, instead: decent callers must be seen to wait, or this would see nothing.
    #[arg(long)]
    control: bool,
}

/// What became of one kind of attack: how often it was answered how, and how long it lasted at most.
#[derive(Debug, Default)]
struct Outcome {
    answers: BTreeMap<u16, u32>,
    longest: Duration,
}

/// What the attackers share.
struct Arena {
    address: String,
    token: String,
    project: String,
    document: String,
    bomb: Vec<u8>,
    over: Arc<AtomicBool>,
    seen: RefCell<Seen>,
}

/// What became of each kind of attack.
type Seen = BTreeMap<&'static str, Outcome>;

/// An attack: its name, how it may be answered (0: the connection is closed), and in how many seconds.
const ATTACKS: [(&str, &[u16], u64); 8] = [
    ("slow head", &[0, 408], 20),
    ("slow body", &[0, 408], 25),
    ("download never read", &[0], 30),
    ("1 GiB announced", &[413], 5),
    ("endless body", &[413], 5),
    ("endless upload", &[413], 25),
    ("JSON 100,000 deep", &[400], 5),
    ("bomb", &[415, 422], 10),
];

impl Arena {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn note(&self, attack: &'static str, began: Instant, status: u16) {
        let mut seen = self.seen.borrow_mut();
        let outcome = seen.entry(attack).or_default();
        *outcome.answers.entry(status).or_default() += 1;
        outcome.longest = outcome.longest.max(began.elapsed());
    }
}

/// The status at the front of what was answered; 0 where the connection was closed without.
fn status_of(read: &[u8]) -> u16 {
    read.get(9..12).and_then(|code| std::str::from_utf8(code).ok()).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// Sends pieces, with a pause after each, until there is an answer, an end, or nothing left to send; how it was answered.
async fn pour(arena: &Arena, head: &[u8], piece: &[u8], pieces: usize, pause: Duration) -> Result<u16, Failed> {
    let (mut read, mut write) = TcpStream::connect(&arena.address).await?.into_split();
    let mut answer = vec![0; 4096];
    let sending = async {
        let mut sent = write.write_all(head).await;
        for _ in 0..pieces {
            if sent.is_err() || arena.is_over() {
                break;
            }
            sent = write.write_all(piece).await;
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let got = tokio::select! {
        got = read.read(&mut answer) => got.unwrap_or(0),
        () = sending => 0,
    };
    Ok(status_of(answer.get(..got).unwrap_or_default()))
}

async fn attack(arena: &Arena, kind: &'static str) -> Result<u16, Failed> {
    let (token, project) = (&arena.token, &arena.project);
    let json = |more: &str| {
        format!(
            "POST /v1/inquiries HTTP/1.1\r\nHost: fitout\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: {}\r\nContent-Type: application/json\r\n{more}\r\n",
            uuid::Uuid::new_v4()
        )
    };
    let slowly = Duration::from_millis(300);
    match kind {
        "slow head" => pour(arena, b"GET /v1/me HTTP/1.1\r\nHost: fitout\r\nX-Slow: ", b"a", 200, slowly).await,
        "slow body" => pour(arena, json("Content-Length: 2000\r\n").as_bytes(), b" ", 2000, slowly).await,
        "download never read" => unread(arena).await,
        "1 GiB announced" => {
            pour(arena, json("Content-Length: 1073741824\r\n").as_bytes(), &[b' '; 65536], 16384, Duration::ZERO).await
        }
        "endless body" => {
            let chunk = [b"10000\r\n".as_slice(), &[b' '; 65536], b"\r\n"].concat();
            pour(arena, json("Transfer-Encoding: chunked\r\n").as_bytes(), &chunk, 16384, Duration::ZERO).await
        }
        "endless upload" => {
            let edge = "multipart/form-data; boundary=edge";
            let head = format!(
                "POST /v1/projects/{project}/documents HTTP/1.1\r\nHost: fitout\r\nAuthorization: Bearer {token}\r\nContent-Type: {edge}\r\n\
                 Content-Length: 1073741824\r\n\r\n--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\n\r\n%PDF-1.7"
            );
            pour(arena, head.as_bytes(), &[b' '; 65536], 16384, Duration::ZERO).await
        }
        "JSON 100,000 deep" => {
            let body = "[".repeat(100_000);
            let text = json(&format!("Content-Length: {}\r\n", body.len())) + &body;
            Ok(Wire::to(&arena.address).send(text.as_bytes()).await?.status)
        }
        _ => bomb(arena).await,
    }
}

/// Asks for a large file with a small window and reads none of it; closed by the service, or not.
async fn unread(arena: &Arena) -> Result<u16, Failed> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(arena.address.parse()?).await?;
    let path = format!("/v1/documents/{}/content", arena.document);
    stream.write_all(&request("GET", &path, &arena.token, "", "")).await?;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        // A connection that was given up shows it as soon as something is written to it.
        if stream.write_all(b"\r\n").await.is_err() {
            return Ok(0);
        }
        if arena.is_over() {
            break;
        }
    }
    Ok(1)
}

/// A body that would unpack to 256 MiB.
fn packed() -> Result<Vec<u8>, Failed> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default())?;
    for _ in 0..256 {
        archive.write_all(&vec![b' '; 1 << 20])?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The bomb as the content coding, and as a workbook.
async fn bomb(arena: &Arena) -> Result<u16, Failed> {
    let body = &arena.bomb;
    let mut last = 0;
    for (kind, more) in [
        ("application/json", "Content-Encoding: gzip\r\n"),
        ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ""),
    ] {
        let head = format!(
            "POST /v1/imports/clients HTTP/1.1\r\nHost: fitout\r\nAuthorization: Bearer {}\r\nIdempotency-Key: {}\r\nContent-Type: {kind}\r\n{more}Content-Length: {}\r\n\r\n",
            arena.token,
            uuid::Uuid::new_v4(),
            body.len()
        );
        let bytes = [head.as_bytes(), body].concat();
        last = last.max(Wire::to(&arena.address).send(&bytes).await?.status);
    }
    Ok(last)
}

/// Decent callers, meanwhile.
async fn decent(service: &Service, how: &Hostile, sample: &Rc<crate::sample::Sample>) -> Result<Report, Failed> {
    let plan = Plan { rate: Some(how.rate), seconds: how.seconds };
    Ok(run(service, plan, senders(Mix::Detail, sample, 16)).await?.0)
}

/// Lets this thread run when nobody else would: attackers have machines of their own, and here they share two cores with whom they attack.
fn yield_to_others() -> Result<(), std::io::Error> {
    // Of the form `<process>/task/<thread>`.
    let thread = std::fs::read_link("/proc/thread-self")?;
    let id = thread.file_name().unwrap_or_default();
    let mut renice = Command::new("renice");
    let status = renice.args(["-n", "19", "-p"]).arg(id).stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(std::io::Error::other("renice failed")) }
}

/// Attacks and looks.
pub async fn hostile(how: &Hostile) -> Result<(), Failed> {
    let mut start = how.target.start()?;
    start.settings.extend(["--stall-timeout", "5", "--max-upload", "8388608"].map(str::to_owned));
    let service = Service::start(&start).await?;
    let sample = sampled(&service.address, &[]).await?;
    let project = sample.open.iter().find(|(.., shelved)| !shelved).ok_or("no project")?.0.clone();
    let large = [b"%PDF-1.7".as_slice(), &vec![b'x'; 7 << 20]].concat();
    let filed = Wire::to(&service.address).send(&upload(&project, &sample.manager, &large)).await?.json()?;
    let document = filed.get("id").and_then(serde_json::Value::as_str).ok_or("no document")?.to_owned();
    let over = Arc::<AtomicBool>::default();
    let arena = Arena {
        address: service.address.clone(),
        token: sample.manager.clone(),
        project,
        document,
        bomb: packed()?,
        over: Arc::clone(&over),
        seen: RefCell::default(),
    };
    let quiet = decent(&service, how, &sample).await?;
    let meanwhile;
    let mut seen = Seen::new();
    if how.control {
        let greedy = Plan { rate: None, seconds: how.seconds };
        let (report, _) =
            tokio::join!(decent(&service, how, &sample), run(&service, greedy, senders(Mix::First, &sample, 64)));
        meanwhile = report?;
    } else {
        // A thread of their own: what decent callers wait for is the service, not their turn in this program behind those who attack it.
        let attackers = std::thread::spawn(move || attackers(arena));
        meanwhile = decent(&service, how, &sample).await?;
        over.store(true, Ordering::Relaxed);
        seen = attackers.join().map_err(|_| "the attackers broke off")?.map_err(|failed| failed.to_string())?;
    }
    judge(how, &seen, &quiet, &meanwhile, service.memory()?.1)
}

/// Attacks in every way at once until it is over.
fn attackers(arena: Arena) -> Result<Seen, std::io::Error> {
    yield_to_others()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let arena = Rc::new(arena);
    let all = tokio::task::LocalSet::new();
    for ((kind, ..), many) in ATTACKS.into_iter().zip([100, 50, 20, 2, 2, 2, 2, 1]) {
        for _ in 0..many {
            let arena = Rc::clone(&arena);
            all.spawn_local(async move {
                while !arena.is_over() {
                    let began = Instant::now();
                    let status = attack(&arena, kind).await.unwrap_or(0);
                    if !arena.is_over() {
                        arena.note(kind, began, status);
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            });
        }
    }
    all.block_on(&runtime, async {
        while !arena.is_over() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    Ok(arena.seen.take())
}

fn judge(how: &Hostile, seen: &Seen, quiet: &Report, meanwhile: &Report, memory: f64) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    for (kind, expected, seconds) in ATTACKS {
        let Some(outcome) = seen.get(kind) else { continue };
        println!("{kind}: {:?}, {:.1} s at most", outcome.answers, outcome.longest.as_secs_f64());
        let otherwise = outcome.answers.keys().any(|status| !expected.contains(status));
        if otherwise || outcome.longest > Duration::from_secs(seconds) {
            wrong.push(kind);
        }
    }
    let (before, after) = (quiet.ms(99.0), meanwhile.ms(99.0));
    println!(
        "decent callers: {} of {} answered; p50 {:.2} ms quiet, {:.2} meanwhile; p99 {before:.2} ms quiet, {after:.2} meanwhile, {:.1} ×; {memory:.0} MiB at most",
        quiet.answered + meanwhile.answered,
        quiet.answered + meanwhile.answered + quiet.failed + meanwhile.failed,
        quiet.ms(50.0),
        meanwhile.ms(50.0),
        after / before
    );
    if quiet.failed + meanwhile.failed > 0 {
        wrong.push("decent callers were refused");
    }
    if memory > how.memory {
        wrong.push("memory");
    }
    // Below some milliseconds, what is seen is the machine's own unrest.
    let waited = after > before.max(5.0) * 2.0;
    match (waited, how.control) {
        (true, false) if !how.tell_only => wrong.push("decent callers waited"),
        (false, true) => wrong.push("the control did not bite"),
        _ => {}
    }
    match wrong.is_empty() {
        true => Ok(()),
        false => Err(wrong.join(", ").into()),
    }
}
