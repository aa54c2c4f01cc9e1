//! The feed as a stream: the same events as page by page, within the same sight, for as long as its caller may listen.

use super::all;
use crate::harness::{Backend, Caller, PASSWORD, Process, Seed, Service, TestDatabase};
use fitout::db::DbFailure;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// An open stream, read line by line on a thread of its own.
pub struct Stream(mpsc::Receiver<Option<String>>);

impl Stream {
    pub fn open(caller: &Caller, path: &str, headers: &[(&str, &str)]) -> Self {
        let agent = ureq::Agent::new_with_config(ureq::config::Config::builder().http_status_as_error(false).build());
        let mut request = agent
            .get(format!("{}{path}", caller.base))
            .header("authorization", format!("Bearer {}", caller.token.as_deref().unwrap()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.call().unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (send, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(response.into_body().into_reader()).lines() {
                let Ok(line) = line else { break };
                if send.send(Some(line)).is_err() {
                    break;
                }
            }
            let _ = send.send(None);
        });
        Self(lines)
    }

    /// The next line that begins so, without the beginning; `None` where the stream ended.
    pub fn next(&self, begins: &str) -> Option<String> {
        let said = self.within(Duration::from_secs(10), begins);
        said.unwrap_or_else(|| panic!("no line `{begins}` within ten seconds"))
    }

    /// The same; the outer `None` where no such line came within this time.
    pub fn within(&self, time: Duration, begins: &str) -> Option<Option<String>> {
        let until = Instant::now() + time;
        while let Ok(line) = self.0.recv_timeout(until.saturating_duration_since(Instant::now())) {
            match line {
                None => return Some(None),
                Some(line) => {
                    if let Some(rest) = line.strip_prefix(begins) {
                        return Some(Some(rest.to_owned()));
                    }
                }
            }
        }
        None
    }

    /// The next event.
    fn event(&self) -> Value {
        serde_json::from_str(&self.next("data: ").expect("the stream ended")).unwrap()
    }

    /// All events up to the first one of this record.
    fn events_until(&self, subject: &str) -> Vec<Value> {
        let mut told = vec![self.event()];
        while told.last().unwrap()["subject_id"] != subject {
            told.push(self.event());
        }
        told
    }
}

#[test]
fn a_stream_tells_what_happens_and_is_taken_up_again() {
    let service = Service::start();
    let manager = service.by("manager");
    let stream = Stream::open(&manager, "/v1/events/stream?kind=project.inquiry_recorded", &[]);
    // Whoever loses the line before the first event goes on from here.
    let begun = stream.next("id: ").unwrap();
    stream.next(": from ");
    let first = service.inquiry("a_specialist_1");
    let broken_off =
        Stream::open(&manager, "/v1/events/stream?kind=project.inquiry_recorded", &[("last-event-id", begun.as_str())]);
    assert_eq!(broken_off.event()["subject_id"], first.as_str());
    let id = stream.next("id: ").unwrap();
    assert_eq!(stream.next("event: ").unwrap(), "project.inquiry_recorded");
    let told = stream.event();
    assert_eq!((told["subject_id"].as_str(), told["seq"].to_string()), (Some(first.as_str()), id.clone()));
    drop(stream);
    let missed = service.inquiry("a_specialist_1");
    let again = Stream::open(
        &manager,
        "/v1/events/stream?kind=project.inquiry_recorded&kind=project.accepted&after=0",
        &[("last-event-id", id.as_str())],
    );
    assert_eq!(again.event()["subject_id"], missed.as_str(), "it goes on after the last event that was read");
    manager.send("GET", "/v1/events/stream", &[("last-event-id", "yesterday")], None).refused(400, "bad_request");
    // As long as the document allows, and beyond every position.
    Stream::open(&manager, "/v1/events/stream", &[("last-event-id", "9999999999999999999")]);
}

#[test]
fn a_stream_tells_the_same_as_the_pages() {
    let service = Service::start();
    let manager = service.by("manager");
    let stream = Stream::open(&manager, "/v1/events/stream", &[]);
    stream.next(": from ");
    let project = service.inquiry("a_specialist_1");
    let told = stream.events_until(&project);
    assert_eq!(told.len(), 3, "client, contact and project: {told:?}");
    for event in told {
        let before = event["seq"].as_i64().unwrap() - 1;
        let page = manager.get(&format!("/v1/events?after={before}&limit=1")).expect(200).body;
        assert_eq!(page["data"], json!([event]));
    }
}

#[test]
fn a_stream_keeps_to_sight() {
    let service = Service::start();
    let theirs = Stream::open(&service.by("b_specialist_1"), "/v1/events/stream", &[]);
    theirs.next(": from ");
    service.inquiry("a_specialist_1");
    let client = service.client("b_specialist_1");
    service.inquiry("a_specialist_1");
    let mine = service.inquiry_of("b_specialist_1", &client);
    let told = theirs.events_until(&mine);
    for event in &told {
        assert!(event["client_id"] == client.as_str() || event["project_id"] == mine.as_str(), "{event}");
    }
    let kinds: Vec<_> = told.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["client.recorded", "contact.recorded", "project.inquiry_recorded"]);
}

/// Files a paper of this level on a project; its id.
fn paper(service: &Service, project: &str, level: &str) -> String {
    let body = format!(
        "--edge\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\nphotos\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"confidentiality\"\r\n\r\n{level}\r\n\
         --edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{level}.pdf\"\r\n\r\n%PDF-1.7 {level}\r\n--edge--\r\n"
    );
    let (path, kind) = (format!("/v1/projects/{project}/documents"), "multipart/form-data; boundary=edge");
    let owner = service.by("a_specialist_1");
    owner.send_bytes("POST", &path, &[("content-type", kind)], body.into_bytes()).expect(201).id()
}

/// Page by page and as a stream, as it happens and afterwards.
#[test]
fn a_restricted_paper_is_told_only_to_whoever_may_open_it() {
    let service = Service::start();
    let project = service.project_at("bidding");
    let before = all(&service.by("manager"), 0, 200, "").1;
    let follow = |key: &str, place: &str| Stream::open(&service.by(key), &format!("/v1/events/stream{place}"), &[]);
    let live = ["a_assistant", "a_specialist_1"].map(|key| follow(key, ""));
    for stream in &live {
        stream.next(": from ");
    }
    let restricted = paper(&service, &project, "restricted");
    let open = paper(&service, &project, "normal");
    let subjects = |events: Vec<Value>| -> Vec<String> {
        events.iter().map(|event| event["subject_id"].as_str().unwrap().to_owned()).collect()
    };
    let seen = [("a_assistant", vec![open.clone()]), ("a_specialist_1", vec![restricted, open.clone()])];
    for ((key, papers), live) in seen.into_iter().zip(live) {
        for limit in [1, 200] {
            assert_eq!(subjects(all(&service.by(key), before, limit, "").0), papers, "{key}, by {limit}");
        }
        assert_eq!(subjects(live.events_until(&open)), papers, "{key}, as it happens");
        let later = follow(key, &format!("?after={before}"));
        assert_eq!(subjects(later.events_until(&open)), papers, "{key}, afterwards");
    }
}

#[test]
fn a_stream_ends_with_the_session() {
    let service = Service::start();
    let session = json!({"username": "manager", "password": PASSWORD});
    let session = service.nobody().send("POST", "/v1/auth/login", &[], Some(&session)).expect(200).body;
    let mut fresh = service.nobody();
    fresh.token = session["access_token"].as_str().map(str::to_owned);
    let stream = Stream::open(&fresh, "/v1/events/stream", &[]);
    stream.next(": from ");
    fresh.send("POST", "/v1/auth/logout", &[], None).expect(204);
    service.inquiry("a_specialist_1");
    assert_eq!(stream.next("data: "), None, "a stream ends at log-out");
}

#[test]
fn a_stream_ends_with_its_api_key() {
    let service = Service::start();
    let admin = service.by("admin");
    let user = service.by("manager").id;
    let body = json!({"name": "Bridge", "user_id": user, "permissions": ["events.read", "projects.read"], "expires_in_days": 30});
    let made = admin.send("POST", "/v1/api-keys", &[], Some(&body)).expect(201).body;
    let mut program = service.nobody();
    program.token = made["secret"].as_str().map(str::to_owned);
    let stream = Stream::open(&program, "/v1/events/stream?kind=project.inquiry_recorded", &[]);
    stream.next(": from ");
    let first = service.inquiry("a_specialist_1");
    assert_eq!(stream.event()["subject_id"], first.as_str());
    let revoke = format!("/v1/api-keys/{}/revoke", made["id"].as_str().unwrap());
    admin.send("POST", &revoke, &[("if-match", "\"1\"")], None).expect(200);
    service.inquiry("a_specialist_1");
    assert_eq!(stream.next("data: "), None, "a stream ends when its key is revoked");
}

fn with_heartbeat(more: &[&str]) -> Service {
    let settings = [&["--stream-heartbeat", "1"][..], more].concat();
    Service::start_with(TestDatabase::create(Backend::of_this_run(), Seed::Company), &settings)
}

/// What happens meanwhile is nothing to this stream, but wakes it more often than it says that it lives.
#[test]
fn a_stream_to_which_nothing_happens_says_that_it_lives_however_busy_the_service_is() {
    let service = with_heartbeat(&[]);
    let path = format!("/v1/projects/{}/interactions", service.inquiry("a_specialist_1"));
    let (began, mut heard) = (Instant::now(), 0);
    let stream = Stream::open(&service.by("manager"), "/v1/events/stream?kind=complaint.registered", &[]);
    stream.next(": from ");
    while heard < 2 && began.elapsed() < Duration::from_secs(8) {
        service.by("a_specialist_1").post(&path, json!({"kind": "call", "summary": "Budget"})).expect(201);
        if let Some(line) = stream.within(Duration::from_millis(100), ": still here") {
            line.expect("the stream ended");
            heard += 1;
        }
    }
    assert_eq!(heard, 2, "nothing was said for too long");
    assert!(began.elapsed() >= Duration::from_secs(2), "it was said more often than every second");
}

/// A database that takes no more for a while holds a stream up; it does not end it.
#[test]
fn a_stream_outlasts_a_full_queue() {
    let service = with_heartbeat(&["--db-queue", "4"]);
    let stream = Stream::open(&service.by("manager"), "/v1/events/stream?kind=project.inquiry_recorded", &[]);
    // It has read what there was: its next read is a second away.
    stream.next(": still here").unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let gate = Arc::new(Mutex::new(()));
    let shut = gate.lock().unwrap();
    let (begun, beginning) = mpsc::channel();
    let occupy = || {
        let (threads, gate, begun) = (service.threads.clone(), gate.clone(), begun.clone());
        runtime.spawn(async move {
            let held = threads.read(move |_| {
                let _ = begun.send(());
                drop(gate.lock());
                Ok::<(), DbFailure>(())
            });
            held.await
        })
    };
    let mut jobs = Vec::new();
    for _ in 0..4 {
        jobs.push(occupy());
        beginning.recv_timeout(Duration::from_secs(10)).unwrap();
    }
    // All threads are held; these fill the queue.
    jobs.extend((0..4).map(|_| occupy()));
    for _ in 0..2 {
        stream.next(": still here").expect("the stream ended at a full queue");
    }
    drop(shut);
    for job in jobs {
        let _ = runtime.block_on(job).unwrap();
    }
    let project = service.inquiry("a_specialist_1");
    assert_eq!(stream.event()["subject_id"], project.as_str());
}

/// What one process commits, the streams of another tell.
#[test]
fn a_stream_at_another_process_tells_it_soon() {
    let service = Service::start();
    let other = Process::beside(&service);
    let manager = service.by("manager");
    let stream = Stream::open(&other.with(&manager), "/v1/events/stream?kind=project.inquiry_recorded", &[]);
    stream.next(": from ");
    let mut delays: Vec<Duration> = (0..20)
        .map(|_| {
            service.inquiry("a_specialist_1");
            let committed = Instant::now();
            stream.next("data: ").unwrap();
            committed.elapsed()
        })
        .collect();
    delays.sort();
    println!("from commit to client: median {:?}, p95 {:?}", delays[10], delays[18]);
    assert!(delays[18] < Duration::from_secs(2), "{delays:?}");
}

/// The head of an answer is all there is: nothing waits for the end of a stream that has none, and the next request on the line is answered.
#[test]
fn the_head_of_a_stream_comes_without_the_stream() {
    let service = Service::start();
    let manager = service.by("manager");
    let mut line = TcpStream::connect(service.base.trim_start_matches("http://")).unwrap();
    line.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let token = manager.token.as_deref().unwrap();
    let mut head = |method: &str, path: &str| {
        write!(line, "{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n").unwrap();
        let mut told = Vec::new();
        while !told.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            line.read_exact(&mut byte).unwrap();
            told.extend(byte);
        }
        let told = String::from_utf8(told).unwrap();
        assert!(told.starts_with("HTTP/1.1 200"), "{method} {path}: {told}");
        told
    };
    assert!(head("HEAD", "/v1/events/stream").contains("text/event-stream"));
    assert!(head("HEAD", "/v1/exports/projects?format=csv").contains("text/csv"));
    let length = |told: String| told.lines().find(|line| line.starts_with("content-length: ")).map(str::to_owned);
    let short = length(head("HEAD", "/v1/me")).unwrap();
    assert_eq!(Some(short), length(head("GET", "/v1/me")), "as long as the body would be");
}
