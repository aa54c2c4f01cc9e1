//! One HTTP/1.1 connection, as cheap as the service's own side of it: on two cores shared with what is measured, a comfortable client would be
//! most of the measurement.

use crate::Failed;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// An answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// Its status; 0 where none came.
    pub status: u16,
    /// `ETag`, where there is one.
    pub etag: Option<String>,
    /// Whether it said when to come again.
    pub retry_after: bool,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value, Failed> {
        if self.status >= 300 || self.status == 0 {
            return Err(format!("{}: {}", self.status, String::from_utf8_lossy(&self.body)).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}

/// A connection that is opened when it is needed.
pub struct Wire {
    address: String,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Wire {
    /// A connection to this address.
    pub fn to(address: &str) -> Self {
        Self { address: address.to_owned(), stream: None, buffer: Vec::new() }
    }

    /// Sends a request that was written out and reads its answer. After a failure the next request opens a new connection.
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer, Failed> {
        let sent = tokio::time::timeout(Duration::from_secs(30), self.exchange(request)).await;
        let answer = sent.unwrap_or_else(|_| Err("no answer in 30 s".into()));
        if answer.is_err() {
            self.stream = None;
            self.buffer.clear();
        }
        answer
    }

    async fn exchange(&mut self, request: &[u8]) -> Result<Answer, Failed> {
        if self.stream.is_none() {
            let stream = TcpStream::connect(&self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(stream);
        }
        let stream = self.stream.as_mut().ok_or("not connected")?;
        stream.write_all(request).await?;
        loop {
            if let Some((answer, used, close)) = parse(&self.buffer)? {
                self.buffer.drain(..used);
                if close {
                    self.stream = None;
                    self.buffer.clear();
                }
                return Ok(answer);
            }
            if stream.read_buf(&mut self.buffer).await? == 0 {
                return Err("the connection was closed".into());
            }
        }
    }
}

/// The answer at the front of what was read, how long it is, and whether the connection ends with it; nothing while it is incomplete.
fn parse(read: &[u8]) -> Result<Option<(Answer, usize, bool)>, Failed> {
    let mut headers = [httparse::EMPTY_HEADER; 48];
    let mut head = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(start) = head.parse(read)? else { return Ok(None) };
    let mut answer = Answer { status: head.code.unwrap_or_default(), ..Answer::default() };
    let (mut length, mut close) = (0, false);
    for header in head.headers.iter() {
        let value = std::str::from_utf8(header.value).unwrap_or_default();
        match header.name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse()?,
            "transfer-encoding" => return Err("this client reads answers of a known length".into()),
            "etag" => answer.etag = Some(value.to_owned()),
            "retry-after" => answer.retry_after = true,
            "connection" => close = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let Some(body) = read.get(start..start + length) else { return Ok(None) };
    answer.body = body.to_vec();
    Ok(Some((answer, start + length, close)))
}

/// A request as it goes over the wire. `lines` are further header lines, each with its line end.
pub fn request(method: &str, path: &str, token: &str, lines: &str, body: &str) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: fitout\r\n{lines}");
    if !token.is_empty() {
        text.push_str(&format!("Authorization: Bearer {token}\r\n"));
    }
    if !body.is_empty() {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
}

/// A request that files a paper on a project.
pub fn upload(project: &str, token: &str, paper: &[u8]) -> Vec<u8> {
    const EDGE: &str = "----measured";
    let before = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"category\"\r\n\r\nphotos\r\n--{EDGE}\r\n\
         Content-Disposition: form-data; name=\"file\"; filename=\"measured.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
    );
    let after = format!("\r\n--{EDGE}--\r\n");
    let mut bytes = format!(
        "POST /v1/projects/{project}/documents HTTP/1.1\r\nHost: fitout\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary={EDGE}\r\nContent-Length: {}\r\n\r\n",
        before.len() + paper.len() + after.len()
    )
    .into_bytes();
    for part in [before.as_bytes(), paper, after.as_bytes()] {
        bytes.extend_from_slice(part);
    }
    bytes
}
