//! The service as a process of its own, and what the kernel says of it.

use crate::Failed;
use crate::wire::{Wire, request};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The signing key of every service of this run.
static KEY: LazyLock<String> =
    LazyLock::new(|| format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple()));
/// The password of everybody in the demo company.
pub const PASSWORD: &str = fitout::demo::PASSWORD;

/// How a service is started.
#[derive(Debug, Clone)]
pub struct Start {
    /// The binary.
    pub binary: String,
    /// The database, as `DATABASE_URL`.
    pub database: String,
    /// The data folder.
    pub data_dir: String,
    /// Further settings.
    pub settings: Vec<String>,
}

/// A running service.
pub struct Service {
    child: Child,
    /// Where it listens.
    pub address: String,
    /// From the start of the process to its first answer.
    pub started_in: Duration,
}

impl Service {
    /// Starts it on a free port and waits for its first answer.
    pub async fn start(how: &Start) -> Result<Self, Failed> {
        Self::start_at(how, &free_address()?).await
    }

    /// As [`Service::start`], at an address.
    pub async fn start_at(how: &Start, address: &str) -> Result<Self, Failed> {
        let address = address.to_owned();
        let began = Instant::now();
        let child = Command::new(&how.binary)
            .args(["serve", "--listen", &address, "--database-url", &how.database, "--data-dir", &how.data_dir])
            .args(["--signing-key", &KEY, "--log", "off", "--trusted-proxies", "127.0.0.1"])
            .args(&how.settings)
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| format!("{} cannot be started: {e}", how.binary))?;
        Self { child, address, started_in: Duration::ZERO }.ready(began).await
    }

    /// A process that answers every request alike, behind the token check.
    pub async fn fixed_answer() -> Result<Self, Failed> {
        let began = Instant::now();
        let address = free_address()?;
        let child =
            Command::new(std::env::current_exe()?).args(["fixed", "--listen", &address, "--key", &KEY]).spawn()?;
        Self { child, address, started_in: Duration::ZERO }.ready(began).await
    }

    /// Waits for its first answer.
    async fn ready(mut self, began: Instant) -> Result<Self, Failed> {
        let (mut wire, ready) = (Wire::to(&self.address), request("GET", "/readyz", "", "", ""));
        while !wire.send(&ready).await.is_ok_and(|answer| answer.status == 200) {
            if began.elapsed() > Duration::from_secs(60) || self.child.try_wait()?.is_some() {
                return Err("the service did not become ready".into());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.started_in = began.elapsed();
        Ok(self)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// CPU seconds used so far, user and system.
    pub fn cpu(&self) -> Result<f64, Failed> {
        cpu_of(self.pid())
    }

    /// Resident memory in MiB: now, and at most so far.
    pub fn memory(&self) -> Result<(f64, f64), Failed> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let of = |name: &str| -> f64 {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.split_whitespace().next())
                .and_then(|kib| kib.parse::<f64>().ok())
                .unwrap_or_default()
                / 1024.0
        };
        Ok((of("VmRSS:"), of("VmHWM:")))
    }

    /// Waits until it has ended by itself.
    pub async fn ended(mut self) -> Result<(), Failed> {
        while self.child.try_wait()?.is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Ends it at once and waits until it is gone.
    pub fn kill(mut self) -> Result<(), Failed> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on which nobody listens yet.
pub fn free_address() -> Result<String, Failed> {
    Ok(format!("127.0.0.1:{}", crate::port::free_port()?))
}

/// CPU seconds of a process, user and system.
pub fn cpu_of(pid: u32) -> Result<f64, Failed> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) -> Result<(), Failed> {
    let done = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status()?;
    if done.success() { Ok(()) } else { Err(format!("SIG{name} could not be sent to {pid}").into()) }
}

/// Makes the demo company in a database: `demo` is started and ended once it serves.
pub fn make_demo(how: &Start) -> Result<(), Failed> {
    let address = free_address()?;
    let mut child = Command::new(&how.binary)
        .args(["demo", "--listen", &address, "--database-url", &how.database, "--data-dir", &how.data_dir])
        .args(["--signing-key", &KEY, "--log", "off"])
        .stdout(Stdio::piped())
        .spawn()?;
    let out = child.stdout.take().ok_or("no output")?;
    let served = BufReader::new(out).lines().map_while(Result::ok).any(|line| line.contains("/docs"));
    signal(child.id(), "TERM")?;
    child.wait()?;
    if served { Ok(()) } else { Err("the demo company could not be made".into()) }
}

/// Signs a person in.
pub async fn sign_in(address: &str, username: &str) -> Result<String, Failed> {
    let body = serde_json::json!({ "username": username, "password": PASSWORD }).to_string();
    let from = format!("X-Forwarded-For: {}\r\n", crate::random_address());
    let answer = Wire::to(address).send(&request("POST", "/v1/auth/login", "", &from, &body)).await?.json()?;
    Ok(answer.get("access_token").and_then(serde_json::Value::as_str).ok_or("no token")?.to_owned())
}
