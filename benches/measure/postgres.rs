//! PostgreSQL servers of this program's own, each in a folder: to be killed, and to be followed by standbys.

use crate::Failed;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A PostgreSQL server in a folder.
pub struct Postgres {
    folder: String,
    port: String,
    child: Option<Child>,
}

/// A program of PostgreSQL's, as its user: it refuses to run as root.
pub fn as_postgres(program: &str) -> Command {
    let program = programs()
        .map(|bin| format!("{bin}/{program}"))
        .filter(|path| Path::new(path).exists())
        .unwrap_or_else(|| program.to_owned());
    if std::env::var("USER").is_ok_and(|user| user != "root") {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

impl Postgres {
    /// Makes one.
    pub fn create(folder: &str) -> Result<Self, Failed> {
        let _ = std::fs::remove_dir_all(folder);
        let made =
            as_postgres("initdb").args(["-D", folder, "-U", "postgres", "-A", "trust", "-E", "UTF8"]).output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        Ok(Self { folder: folder.to_owned(), port: free_port()?, child: None })
    }

    /// Makes a standby of this one, which runs.
    pub fn standby(&self, folder: &str) -> Result<Self, Failed> {
        let _ = std::fs::remove_dir_all(folder);
        let made = as_postgres("pg_basebackup")
            .args(["-D", folder, "-R", "-X", "stream", "-c", "fast", "-d", &self.url()])
            .output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        Ok(Self { folder: folder.to_owned(), port: free_port()?, child: None })
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) -> Result<(), Failed> {
        let child = as_postgres("postgres")
            .args(["-D", &self.folder, "-p", &self.port, "-k", &self.folder, "-c", "listen_addresses=127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        self.child = Some(child);
        for _ in 0..600 {
            let ready =
                as_postgres("pg_isready").args(["-h", "127.0.0.1", "-p", &self.port]).stdout(Stdio::null()).status()?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("PostgreSQL did not start".into())
    }

    /// Kills every process of it.
    pub fn kill(&mut self) -> Result<(), Failed> {
        kill_all(&self.folder)?;
        if let Some(mut child) = self.child.take() {
            child.wait()?;
        }
        forget(&self.folder)
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port on which nobody listens yet.
pub fn free_port() -> Result<String, Failed> {
    Ok(crate::port::free_port()?.to_string())
}

/// The first process of the server in a folder.
pub fn postmaster(folder: &str) -> Result<String, Failed> {
    let pid = std::fs::read_to_string(format!("{folder}/postmaster.pid"))?;
    Ok(pid.lines().next().ok_or("no pid")?.to_owned())
}

/// Kills every process of the server in a folder.
pub fn kill_all(folder: &str) -> Result<(), Failed> {
    let pid = postmaster(folder)?;
    Command::new("pkill").args(["-KILL", "-P", &pid]).status()?;
    Command::new("kill").args(["-KILL", &pid]).status()?;
    Ok(())
}

/// Takes away what a killed server has left, so that nobody takes another process for it.
pub fn forget(folder: &str) -> Result<(), Failed> {
    Ok(std::fs::remove_file(format!("{folder}/postmaster.pid")).or(Ok::<(), std::io::Error>(()))?)
}

/// The folder of the newest PostgreSQL's programs, where Debian puts them.
pub fn programs() -> Option<String> {
    let all = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let newest = all.flatten().map(|entry| entry.path().join("bin")).max()?;
    Some(newest.display().to_string())
}
