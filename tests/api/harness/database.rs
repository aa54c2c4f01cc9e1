//! A database per test: a copy of a once-migrated SQLite file, or `CREATE DATABASE … TEMPLATE` on PostgreSQL.

use super::people::{DEPARTMENTS, GROUPS, PEOPLE};
use diesel::RunQueryDsl;
use fitout::access::organisation::{NewDepartment, NewGroup, create_department, create_group};
use fitout::access::people::{NewUser, create};
use fitout::access::{Actor, GroupKind, Role, Tx, hash_password};
use fitout::db::{AnyConnection, DatabaseUrl, migrate};
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Which database a service runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// What a new database holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seed {
    /// Only the administrator.
    Bare,
    /// The company of `PEOPLE`.
    Company,
}

/// The password of everybody in the tests.
pub const PASSWORD: &str = "a password for tests";

/// The address of the PostgreSQL server, if the suite is to run on one. With `CI` set an empty address is a failure, not a skip.
pub fn postgres() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok().filter(|url| !url.is_empty())
}

impl Backend {
    /// PostgreSQL where `TEST_DATABASE_URL` is given, else SQLite.
    pub fn of_this_run() -> Self {
        if postgres().is_some() { Self::Postgres } else { Self::Sqlite }
    }

    /// Every database that this run can reach.
    pub fn all() -> Vec<Self> {
        if postgres().is_some() { vec![Self::Sqlite, Self::Postgres] } else { vec![Self::Sqlite] }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A database that is dropped with the test.
pub struct TestDatabase {
    pub url: String,
    pub folder: PathBuf,
    drop: Option<String>,
}

impl TestDatabase {
    pub fn create(backend: Backend, seed: Seed) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("fitout_t_{}_{n}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        match backend {
            Backend::Sqlite => {
                let path = folder.join("fitout.db");
                std::fs::copy(sqlite_template(seed), &path).unwrap();
                Self { url: format!("sqlite://{}", path.display()), folder, drop: None }
            }
            Backend::Postgres => {
                let template = postgres_template(seed);
                admin_sql(&format!("CREATE DATABASE {name} TEMPLATE {template}"));
                Self { url: in_database(&name), folder, drop: Some(name) }
            }
        }
    }

    /// One without a table.
    pub fn empty(backend: Backend) -> Self {
        let name = format!("fitout_e_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&folder).unwrap();
        match backend {
            Backend::Sqlite => {
                Self { url: format!("sqlite://{}", folder.join("fitout.db").display()), folder, drop: None }
            }
            Backend::Postgres => {
                admin_sql(&format!("CREATE DATABASE {name}"));
                Self { url: in_database(&name), folder, drop: Some(name) }
            }
        }
    }

    pub fn connect(&self) -> AnyConnection {
        AnyConnection::open(&self.url.parse::<DatabaseUrl>().unwrap()).unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        if let Some(name) = &self.drop {
            admin_sql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn in_database(name: &str) -> String {
    let url = postgres().unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

fn admin_sql(sql: &str) {
    let mut conn = AnyConnection::open(&postgres().unwrap().parse().unwrap()).expect("PostgreSQL at TEST_DATABASE_URL");
    diesel::sql_query(sql).execute(&mut conn).unwrap();
}

fn sqlite_template(seed: Seed) -> PathBuf {
    static BARE: OnceLock<PathBuf> = OnceLock::new();
    static COMPANY: OnceLock<PathBuf> = OnceLock::new();
    let cell = if seed == Seed::Bare { &BARE } else { &COMPANY };
    cell.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("fitout_template_{}_{seed:?}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("fitout.db");
        let mut conn = AnyConnection::open(&format!("sqlite://{}", path.display()).parse().unwrap()).unwrap();
        fill(&mut conn, seed);
        diesel::sql_query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut conn).unwrap();
        path
    })
    .clone()
}

fn postgres_template(seed: Seed) -> String {
    static BARE: OnceLock<String> = OnceLock::new();
    static COMPANY: OnceLock<String> = OnceLock::new();
    let cell = if seed == Seed::Bare { &BARE } else { &COMPANY };
    cell.get_or_init(|| {
        let name =
            format!("fitout_template_{}_{}", std::process::id(), if seed == Seed::Bare { "bare" } else { "company" });
        admin_sql(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        admin_sql(&format!("CREATE DATABASE {name}"));
        let mut conn = AnyConnection::open(&in_database(&name).parse().unwrap()).unwrap();
        fill(&mut conn, seed);
        name
    })
    .clone()
}

fn fill(conn: &mut AnyConnection, seed: Seed) {
    migrate(conn).unwrap();
    let hash = hash_password(PASSWORD).unwrap();
    let admin = fitout::access::api::first_administrator(conn, "admin", "Administrator", &hash).unwrap();
    if seed == Seed::Bare {
        return;
    }
    let actor = Actor { id: admin.id, role: Role::Administrator, group_id: None, group_kind: None, department: None };
    let mut tx = Tx::new(conn, actor).unwrap();
    for key in DEPARTMENTS {
        let new = NewDepartment { key: (*key).to_owned(), name: (*key).to_owned(), name_zh: None };
        create_department(&mut tx, &new).unwrap();
    }
    let mut ids = std::collections::BTreeMap::new();
    for (key, kind) in GROUPS {
        let kind = GroupKind::parse(kind).unwrap();
        let new = NewGroup { key: (*key).to_owned(), name: format!("Group {key}"), kind };
        ids.insert(*key, create_group(&mut tx, &new).unwrap().id);
    }
    for (key, role, group, department) in PEOPLE {
        let new = NewUser {
            username: (*key).to_owned(),
            password: String::new(),
            display_name: (*key).to_owned(),
            role: Role::parse(role).unwrap(),
            group_id: group.map(|g| ids[g]),
            department: department.map(str::to_owned),
            email: None,
            phone: None,
        };
        create(&mut tx, &new, &hash).unwrap();
    }
    tx.flush().unwrap();
}
