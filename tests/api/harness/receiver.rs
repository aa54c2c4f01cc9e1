//! An integrator's end of a webhook: takes requests on a port of its own and answers as it is told.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What was received.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: BTreeMap<String, String>,
    pub text: String,
    pub body: Value,
}

impl Received {
    pub fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap()
    }

    pub fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    /// Whether one of its signatures was made with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id(), self.headers["webhook-timestamp"], self.text).as_bytes());
        let wanted = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.headers["webhook-signature"].split(' ').any(|given| given == wanted)
    }
}

/// Says how a request is answered: the status line's number, and further headers with their line ends.
type Answering = Arc<dyn Fn(&Received) -> (u16, String) + Send + Sync>;

pub struct Receiver {
    pub url: String,
    received: Arc<Mutex<Vec<Received>>>,
    answering: Arc<Mutex<Answering>>,
}

impl Receiver {
    /// Takes everything.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let received = Arc::new(Mutex::new(Vec::new()));
        let answering: Arc<Mutex<Answering>> = Arc::new(Mutex::new(Arc::new(|_| (204, String::new()))));
        let (log, how) = (received.clone(), answering.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (log, how) = (log.clone(), how.clone());
                std::thread::spawn(move || serve(stream, &log, &how));
            }
        });
        Self { url, received, answering }
    }

    /// Answers like this from now on.
    pub fn answer(&self, how: impl Fn(&Received) -> (u16, String) + Send + Sync + 'static) {
        *self.answering.lock().unwrap() = Arc::new(how);
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until this many requests came.
    #[track_caller]
    pub fn wait(&self, n: usize) -> Vec<Received> {
        wait_until(&format!("{n} webhooks"), || self.received.lock().unwrap().len() >= n);
        self.received()
    }
}

/// Waits for something that other threads bring about.
#[track_caller]
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "still waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<Received>>, how: &Mutex<Answering>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let Some((name, value)) = line.trim_end().split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let text = String::from_utf8(body).unwrap();
        let received = Received { headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text };
        log.lock().unwrap().push(received.clone());
        let answering = how.lock().unwrap().clone();
        let (status, more) = answering(&received);
        let content = if status == 204 { "" } else { "content-length: 5\r\n" };
        let rest = if status == 204 { "" } else { "told\n" };
        let _ = stream.write_all(format!("HTTP/1.1 {status} So\r\n{more}{content}\r\n{rest}").as_bytes());
    }
}
