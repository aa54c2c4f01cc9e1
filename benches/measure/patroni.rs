//! Two PostgreSQL servers on loopback that Patroni keeps in step and promotes, with one etcd; all of this program's own, in one folder.

use crate::Failed;
use crate::postgres::{as_postgres, forget, free_port, kill_all, postmaster};
use crate::wire::{Wire, request};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Seconds until the lock of a leader that says nothing any more is free.
pub const TTL: u64 = 20;

/// One of the servers.
pub struct Node {
    name: &'static str,
    folder: String,
    port: String,
    rest: String,
}

/// Both of them.
pub struct Cluster {
    folder: String,
    etcd: Child,
    /// The servers.
    pub nodes: [Node; 2],
}

impl Cluster {
    /// Starts everything and waits until one leads and the other follows. With `synchronous`, nothing is acknowledged that the other does not have.
    pub async fn start(folder: &str, synchronous: bool) -> Result<Self, Failed> {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder)?;
        let done = Command::new("chown").args(["postgres", folder]).status()?;
        if !done.success() {
            println!("{folder} is not given to the user postgres: fine where this does not run as root");
        }
        let (clients, peers) = (free_port()?, free_port()?);
        let url = |port: &str| format!("http://127.0.0.1:{port}");
        let etcd = as_postgres("etcd")
            .args(["--data-dir", &format!("{folder}/etcd"), "--log-level", "error"])
            .args(["--listen-client-urls", &url(&clients), "--advertise-client-urls", &url(&clients)])
            .args(["--listen-peer-urls", &url(&peers), "--initial-advertise-peer-urls", &url(&peers)])
            .args(["--initial-cluster", &format!("default={}", url(&peers))])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let (rest_a, rest_b) = (free_port()?, free_port()?);
        let node = |name, port, rest: String| Node {
            name,
            folder: folder.to_owned(),
            port,
            rest: format!("127.0.0.1:{rest}"),
        };
        let nodes = [node("a", free_port()?, rest_a), node("b", free_port()?, rest_b)];
        let cluster = Self { folder: folder.to_owned(), etcd, nodes };
        for node in &cluster.nodes {
            std::fs::write(node.settings(), node.as_yaml(&clients, synchronous))?;
        }
        let [a, b] = &cluster.nodes;
        a.start()?;
        a.wait_until("/leader", 60).await?;
        b.start()?;
        b.wait_until(if synchronous { "/synchronous" } else { "/replica" }, 90).await?;
        Ok(cluster)
    }

    /// The address of whichever leads.
    pub fn url(&self) -> String {
        let [a, b] = &self.nodes;
        format!(
            "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres?target_session_attrs=read-write",
            a.port, b.port
        )
    }

    /// Who leads, then who follows.
    pub async fn leader(&self) -> Result<[&Node; 2], Failed> {
        let [a, b] = &self.nodes;
        Ok(if a.is("/leader").await { [a, b] } else { [b, a] })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for node in &self.nodes {
            let _ = node.kill();
        }
        let _ = Command::new("pkill").args(["-KILL", "-f", &format!("{}/etcd", self.folder)]).status();
        let _ = self.etcd.kill();
        let _ = self.etcd.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Node {
    fn settings(&self) -> String {
        format!("{}/{}.yml", self.folder, self.name)
    }

    fn data(&self) -> String {
        format!("{}/data-{}", self.folder, self.name)
    }

    fn as_yaml(&self, etcd: &str, synchronous: bool) -> String {
        let Self { name, folder, port, rest } = self;
        let (data, bin) = (self.data(), crate::postgres::programs().unwrap_or_default());
        format!(
            "scope: measured\nname: {name}\nrestapi: {{listen: '{rest}', connect_address: '{rest}'}}\netcd3: {{host: '127.0.0.1:{etcd}'}}\n\
             bootstrap:\n  dcs:\n    ttl: {TTL}\n    loop_wait: 5\n    retry_timeout: 5\n    synchronous_mode: {synchronous}\n\
             \x20   postgresql: {{use_pg_rewind: true, parameters: {{wal_log_hints: 'on', max_connections: 100}}}}\n\
             \x20 initdb: [{{encoding: UTF8}}]\n  pg_hba: ['local all all trust', 'host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust']\n\
             postgresql:\n  listen: '127.0.0.1:{port}'\n  connect_address: '127.0.0.1:{port}'\n  data_dir: '{data}'\n  bin_dir: '{bin}'\n  pgpass: '{folder}/pgpass-{name}'\n\
             \x20 authentication: {{superuser: {{username: postgres, password: measured}}, replication: {{username: replicator, password: measured}}}}\n\
             \x20 parameters: {{unix_socket_directories: '{folder}'}}\n"
        )
    }

    /// Starts its watcher, which starts the server.
    pub fn start(&self) -> Result<(), Failed> {
        let log = std::fs::File::create(format!("{}/{}.log", self.folder, self.name))?;
        as_postgres("patroni").arg(self.settings()).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(())
    }

    /// What its watcher says of it.
    pub async fn is(&self, state: &str) -> bool {
        Wire::to(&self.rest).send(&request("GET", state, "", "", "")).await.is_ok_and(|answer| answer.status == 200)
    }

    /// Waits until it is so.
    pub async fn wait_until(&self, state: &str, seconds: u64) -> Result<Duration, Failed> {
        let began = Instant::now();
        while !self.is(state).await {
            if began.elapsed() > Duration::from_secs(seconds) {
                let log = std::fs::read_to_string(format!("{}/{}.log", self.folder, self.name)).unwrap_or_default();
                let end: Vec<&str> = log.lines().rev().take(5).collect();
                return Err(format!("{} did not become {state} in {seconds} s: {end:#?}", self.name).into());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(began.elapsed())
    }

    /// Keeps what it commits to itself: what sends its log to the other server stands still.
    pub fn hold_back(&self) -> Result<(), Failed> {
        let of = postmaster(&self.data())?;
        let done = Command::new("pkill").args(["-STOP", "-P", &of, "-f", "walsender"]).status()?;
        if done.success() { Ok(()) } else { Err("nothing is sent to the other server".into()) }
    }

    /// Kills the server and its watcher, as if the machine were gone.
    pub fn kill(&self) -> Result<(), Failed> {
        Command::new("pkill").args(["-KILL", "-f", &self.settings()]).status()?;
        kill_all(&self.data())?;
        forget(&self.data())
    }
}
