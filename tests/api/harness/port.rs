//! A port for a program that is yet to be started; the instruments use it too.

use std::sync::atomic::{AtomicU16, Ordering};

/// Ports that the kernel gives to nobody by itself (Linux gives those from 32768 on to connections that go out), so that one which is free now
/// is still free when the program that is to have it gets so far.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A port of loopback on which nobody listens yet; never the same twice in one process.
pub fn free_port() -> std::io::Result<u16> {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Processes that run side by side begin at different places.
    let begin = u16::try_from(u64::from(std::process::id()) * 97 % u64::from(COUNT)).unwrap_or_default();
    let mut refused = None;
    for _ in 0..COUNT {
        let next = TAKEN.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + (begin + next) % COUNT;
        match std::net::TcpListener::bind(("127.0.0.1", port)) {
            Ok(_) => return Ok(port),
            Err(error) => refused = Some(error),
        }
    }
    Err(refused.unwrap_or_else(|| std::io::ErrorKind::AddrInUse.into()))
}
