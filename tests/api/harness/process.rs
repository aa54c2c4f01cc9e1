//! The program itself as a process of its own, on a database that a test already has.

use super::service::{Caller, KEY, Service};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A second replica: the binary, serving the database of a service of this test.
pub struct Process {
    child: Child,
    base: String,
}

impl Process {
    pub fn beside(service: &Service) -> Self {
        Self::beside_with(service, &[])
    }

    /// With settings of its own.
    pub fn beside_with(service: &Service, settings: &[&str]) -> Self {
        let port = super::port::free_port().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_fitout"))
            .args(["serve", "--sandbox", "--workers", "1", "--db-threads", "4", "--log", "warn"])
            .args(["--listen", &format!("127.0.0.1:{port}"), "--database-url", &service.database.url])
            .args(["--data-dir", service.database.folder.join("second").to_str().unwrap(), "--signing-key", KEY])
            .args(settings)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // It prints where it serves just before it does; a refused connection a moment later would be retried by nobody, so ask until it lives.
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let process = Self { child, base: format!("http://127.0.0.1:{port}") };
        let lives = (0..100).any(|_| ureq::get(format!("{}/livez", process.base)).call().is_ok());
        assert!(lives, "the second process does not answer: {line}");
        process
    }

    /// The same person at the second process.
    pub fn with(&self, caller: &Caller) -> Caller {
        caller.at(&self.base)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
