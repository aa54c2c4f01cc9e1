//! Who reads nothing of what is sent to them is given up on, and nobody else notices.

use crate::harness::{Backend, Seed, Service, TestDatabase};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

const FILE: usize = 1_000_000;
const DOWNLOADS: usize = 40;
/// Bytes of an event's text.
const LONG: usize = 24_000;

/// Asks so many times on one connection that takes in only a little at a time; what can be read after a pause, up to a little more than `whole`.
fn read_after(service: &Service, path: &str, (times, whole): (usize, usize), pause: Duration) -> usize {
    let address: SocketAddr = service.base.trim_start_matches("http://").parse().unwrap();
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(&address.into()).unwrap();
    let mut stream = TcpStream::from(socket);
    let token = service.by("manager").token.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: fitout\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(request.repeat(times).as_bytes()).unwrap();
    std::thread::sleep(pause);
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let (mut buffer, mut read) = (vec![0; 256 * 1024], 0);
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        read += n;
        if read > whole {
            break;
        }
    }
    read
}

/// A stream of events holds a position and no events: who does not read is cut off, and what was not sent was never read from the database.
#[test]
fn a_stream_that_nobody_reads_is_dropped() {
    const EVENTS: usize = 800;
    let service =
        Service::start_with(TestDatabase::create(Backend::of_this_run(), Seed::Company), &["--stall-timeout", "1"]);
    let project = service.inquiry("a_specialist_1");
    let path = format!("/v1/projects/{project}/interactions");
    let call = serde_json::json!({"kind": "call", "summary": "長".repeat(LONG / 3)});
    for _ in 0..EVENTS {
        service.by("a_specialist_1").post(&path, call.clone()).expect(201);
    }
    let whole = EVENTS * LONG;
    let stream = "/v1/events/stream?after=0&kind=interaction.logged";
    assert!(read_after(&service, stream, (1, whole), Duration::from_millis(100)) > whole, "who reads is told all");
    let parts = |service: &Service| {
        let ran = service.threads.statements().take();
        ran.iter().filter(|text| text.contains("events`.`data`") || text.contains("\"events\".\"data\"")).count()
    };
    service.threads.statements().record();
    assert!(read_after(&service, stream, (1, whole), Duration::from_millis(100)) > whole);
    let all = parts(&service);
    let began = Instant::now();
    assert!(read_after(&service, stream, (1, whole), Duration::from_secs(6)) < whole, "who does not is cut off");
    let some = parts(&service);
    assert!(some * 2 <= all, "{some} of {all} parts were read for whoever read none");
    assert!(began.elapsed() < Duration::from_secs(20));
    service.by("manager").get("/v1/me").expect(200);
}

#[test]
fn a_reader_who_never_reads_is_cut_off_and_a_slow_one_is_not() {
    let service =
        Service::start_with(TestDatabase::create(Backend::of_this_run(), Seed::Company), &["--stall-timeout", "1"]);
    let project = service.inquiry("a_specialist_1");
    let bytes: Vec<u8> = (0..=250).cycle().take(FILE).collect();
    let by = service.by("a_specialist_1");
    let made = by.upload_bytes(&format!("/v1/projects/{project}/documents"), "other", "large.bin", &bytes).expect(201);
    let path = format!("{}/content", made.location());
    let (whole, asked) = (DOWNLOADS * FILE, (DOWNLOADS, DOWNLOADS * FILE));
    assert!(read_after(&service, &path, asked, Duration::from_millis(100)) > whole, "who reads soon gets everything");
    let began = Instant::now();
    assert!(read_after(&service, &path, asked, Duration::from_secs(6)) < whole, "who does not is cut off");
    assert!(began.elapsed() < Duration::from_secs(20));
    service.by("manager").get("/v1/me").expect(200);
}
