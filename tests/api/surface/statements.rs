//! What a request costs the database: few statements, as many for a long page as for a short one, and none that reads a whole table.

use super::exceptions;
use crate::harness::{Backend, Caller, Service};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use fitout::api;
use fitout::db::AnyConnection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Statements of one record, the caller's own row included.
const DETAIL: usize = 5;
/// Statements of a page of a list.
const LIST: usize = 3;

/// Lists and reads that cost more, by how their path ends, each with its budget and why.
const MORE: [(&str, usize, &str); 34] = [
    ("/history", 4, SIGHT_FIRST),
    ("/timeline", 4, SIGHT_FIRST),
    ("/documents", 4, SIGHT_FIRST),
    ("/receivables", 4, SIGHT_FIRST),
    (
        "/v1/events",
        5,
        "how far the feed is settled, two statements on PostgreSQL, and what of it is a restricted paper",
    ),
    ("/me/worklist", 4, "each kind of work has its own tables"),
    ("/adjustments", 4, "the round that the project stands in"),
    ("/milestones", 4, "the day, in the company's time zone, by which one is late"),
    ("/acceptance-certificates", 5, MAY_BE_VOIDED),
    ("/commissions", 5, MAY_BE_VOIDED),
    ("/inspections", 7, MAY_BE_VOIDED),
    ("/installation-sign-offs", 5, MAY_BE_VOIDED),
    ("/installation-starts", 6, MAY_BE_VOIDED),
    ("/interactions", 5, MAY_BE_VOIDED),
    ("/project-summaries", 5, MAY_BE_VOIDED),
    ("/qualifications", 5, MAY_BE_VOIDED),
    ("/site-access-confirmations", 6, MAY_BE_VOIDED),
    ("/site-readiness-checks", 6, MAY_BE_VOIDED),
    ("/quotations", 6, MAY_BE_VOIDED),
    ("/contracts", 11, "each with its plan, reviews and seals, what is pending on it, and who reviews it next"),
    ("/contracts/{contract}", 8, "with its plan, reviews and seals"),
    ("/receivables/{receivable}", 6, "BEGIN: in one snapshot, or its allocations might not add up to what is paid"),
    ("/archives", 4, "each with its addenda"),
    ("/assignment-sheets", 7, "each with who acknowledged it"),
    ("/memos", 5, "each with its replies"),
    ("/seal-entries", 4, "whether what each seals is signed"),
    ("/schemes", 6, "each with its comments"),
    ("/transfers", 4, "each with how often one was returned"),
    ("/archives/{archive}/verify", 6, "reads the chain"),
    ("/ageing", 7, FIGURES),
    ("/balance", 9, FIGURES),
    ("/statement", 10, FIGURES),
    ("/outstanding", 10, FIGURES),
    ("/completeness", 12, "one look for each paper that may be missing"),
];
const OVERVIEW: (&str, usize) = ("/overview", 20);
const SIGHT_FIRST: &str = "what the list belongs to must be in sight";
const MAY_BE_VOIDED: &str =
    "whether a step was taken since each was made, and what else holds it: some statements for the whole page";
const FIGURES: &str = "sums over receivables, payments, refunds and write-offs on a day in the company's time zone";

/// What is no part of a request: a sandbox's clock, the end of a read, what the writer does with SQLite's log when nobody waits.
const BESIDE: [&str; 3] = ["sandbox_clock", "ROLLBACK", "wal_checkpoint"];

/// The budget of a path.
fn budget(pattern: &str, is_list: bool) -> usize {
    let ends = |(end, ..): &&(&str, usize, &str)| pattern.ends_with(end);
    let more = MORE.iter().filter(ends).max_by_key(|(end, ..)| end.len()).map(|(_, budget, _)| *budget);
    let overview = pattern.ends_with(OVERVIEW.0).then_some(OVERVIEW.1);
    overview.or(more).unwrap_or(if is_list { LIST } else { DETAIL })
}

/// Every `GET` with its path parameters filled in, where the company holds such a thing.
struct Asked {
    service: Service,
    auditor: Caller,
    paths: BTreeMap<String, String>,
}

impl Asked {
    fn of_a_company() -> Self {
        let service = Service::start();
        service.clock("2026-03-04T10:00:00+08:00");
        let admin = service.by("admin");
        let stand = |stage: &str| {
            admin.send("POST", "/v1/sandbox/projects", &[], Some(&json!({ "stage": stage }))).expect(201).body
        };
        let project = stand("archived");
        for stage in ["archived", "settlement", "adjustment", "bidding", "lost"] {
            stand(stage);
        }
        let known = BTreeMap::from([
            ("project", project["id"].as_str().unwrap().to_owned()),
            ("client", project["client_id"].as_str().unwrap().to_owned()),
        ]);
        let operations = api::routes(true).operations();
        let reads = operations.into_iter().filter(|op| op.method == "GET").map(|op| op.path);
        let endless = exceptions::of("the statements of a read are counted");
        let reads: Vec<String> = reads.filter(|path| !endless.contains(path.as_str())).collect();
        let mut asked = Self { auditor: service.by("auditor"), service, paths: BTreeMap::new() };
        let lists: Vec<String> = reads.iter().filter_map(|path| filled(path, &known)).collect();
        for path in &reads {
            let found = filled(path, &known).or_else(|| asked.first_of(path, &lists));
            if let Some(found) = found {
                asked.paths.insert(path.clone(), found);
            }
        }
        asked
    }

    /// The first record of the list that such a thing stands in.
    fn first_of(&self, path: &str, lists: &[String]) -> Option<String> {
        let (collection, rest) = path.split_once("/{")?;
        let (_, rest) = rest.split_once('}')?;
        let name = collection.rsplit('/').next()?;
        let list = lists.iter().find(|list| list.rsplit('/').next() == Some(name))?;
        let rows = self.auditor.get(list).body;
        let id = rows["data"][0]["id"].as_str()?;
        Some(format!("{collection}/{id}{rest}")).filter(|path| !path.contains('{'))
    }

    fn statements(&self, path: &str) -> (Value, Vec<String>) {
        self.statements_of(&self.auditor, path)
    }

    /// The statements of one request; the clock of a sandbox is not asked for elsewhere.
    fn statements_of(&self, who: &Caller, path: &str) -> (Value, Vec<String>) {
        let _ = self.service.threads.statements().take();
        let answer = who.get(path);
        let ran = self.service.threads.statements().take();
        (answer.body, ran.into_iter().filter(|text| !BESIDE.iter().any(|part| text.contains(part))).collect())
    }
}

fn filled(path: &str, known: &BTreeMap<&str, String>) -> Option<String> {
    let mut out = path.to_owned();
    for (name, id) in known {
        out = out.replace(&format!("{{{name}}}"), id);
    }
    (!out.contains('{')).then_some(out)
}

#[test]
fn a_read_costs_few_statements_however_long_its_page() {
    let asked = Asked::of_a_company();
    asked.service.threads.statements().record();
    let (mut over, mut lists, mut details) = (Vec::new(), 0, 0);
    for (pattern, path) in &asked.paths {
        let (body, ran) = asked.statements(path);
        if body.get("code").is_some() || body.is_null() || ran.is_empty() {
            continue;
        }
        let is_list = body["data"].is_array();
        let rows = body["data"].as_array().map_or(0, Vec::len);
        let allowed = budget(pattern, is_list);
        if ran.len() > allowed {
            over.push(format!("{pattern}: {} statements of {allowed}, {rows} rows\n    {}", ran.len(), short(&ran)));
        }
        if is_list { lists += 1 } else { details += 1 }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
    assert!(lists > 40 && details > 30, "{lists} lists and {details} details were asked for");
}

/// One row more asks the database nothing more: whoever looks, and so whatever `available_actions` has to find out.
#[test]
fn a_page_costs_as_many_statements_for_many_rows_as_for_two() {
    let asked = Asked::of_a_company();
    let admin = asked.service.by("admin");
    for stage in ["acceptance", "settlement", "bidding"] {
        admin.send("POST", "/v1/sandbox/projects", &[], Some(&json!({ "stage": stage }))).expect(201);
    }
    asked.service.threads.statements().record();
    let (mut over, mut compared) = (Vec::new(), 0);
    for who in ["auditor", "manager", "c_leader", "finance"].map(|name| asked.service.by(name)) {
        for (pattern, path) in &asked.paths {
            let (body, ran) = asked.statements_of(&who, path);
            let rows = body["data"].as_array().map_or(0, Vec::len);
            if rows < 3 || body.get("next").is_none() {
                continue;
            }
            let (page, few) = asked.statements_of(&who, &format!("{path}?limit=2"));
            if !page["data"].is_array() {
                continue;
            }
            compared += 1;
            if ran.len() > few.len() {
                let (few, all) = (few.len(), ran.len());
                over.push(format!("{pattern}: {few} statements for two rows, {all} for {rows}\n    {}", short(&ran)));
            }
        }
    }
    assert!(over.is_empty(), "{}", over.join("\n"));
    assert!(compared > 60, "{compared} lists were compared");
}

fn short(ran: &[String]) -> String {
    ran.iter().map(|text| text.chars().take(150).collect::<String>()).collect::<Vec<_>>().join("\n    ")
}

#[derive(QueryableByName)]
struct Detail {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// Statements that read a whole table, and why that is right: a part of the text, and the reason.
const WHOLE_TABLES: [(&str, &str); 3] = [
    ("1=0", "asks for none of no ids: nothing is read"),
    ("sandbox_clock", "one row, and in a sandbox only"),
    ("FROM events_seq_seq", "the one row of a sequence"),
];

/// Makes a plan readable as rows, on PostgreSQL; and forbids a scan wherever there is another way, so that the few rows of a test do not decide.
const PLANS: &str = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;
    CREATE FUNCTION pg_temp.plan_of(what TEXT) RETURNS SETOF TEXT LANGUAGE plpgsql AS $$
    DECLARE line TEXT; BEGIN FOR line IN EXECUTE 'EXPLAIN EXECUTE ' || what LOOP RETURN NEXT line; END LOOP; END $$";

/// The plan of a statement, line by line.
fn plan(conn: &mut AnyConnection, statement: &str) -> Vec<String> {
    let lines = match Backend::of_this_run() {
        Backend::Sqlite => diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load::<Detail>(conn),
        Backend::Postgres => {
            let binds = (1..100).take_while(|n| statement.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; binds].join(", ");
            let nulls = if binds == 0 { String::new() } else { format!("({nulls})") };
            conn.batch_execute(&format!("PREPARE looked AS {statement}"))
                .unwrap_or_else(|e| panic!("{statement}: {e}"));
            let lines = diesel::sql_query(format!("SELECT plan_of AS detail FROM pg_temp.plan_of('looked{nulls}')"))
                .load::<Detail>(conn);
            conn.batch_execute("DEALLOCATE looked").unwrap();
            lines
        }
    };
    lines.unwrap_or_else(|error| panic!("{statement}: {error}")).into_iter().map(|line| line.detail).collect()
}

/// On SQLite `SCAN projects` is one; `SCAN projects USING INDEX …` walks an index in its order, which a page does.
fn whole_table(line: &str) -> bool {
    let sqlite = line.starts_with("SCAN ")
        && !line.contains("USING")
        && !line.contains("CONSTANT ROW")
        && !line.contains("(subquery");
    sqlite || line.contains("Seq Scan on")
}

#[test]
fn no_statement_reads_a_whole_table() {
    let service = Service::start();
    service.clock("2026-03-04T10:00:00+08:00");
    service.threads.statements().record();
    let mut ran = BTreeSet::new();
    for stage in ["archived", "declined", "lost", "shelved"] {
        service.by("admin").send("POST", "/v1/sandbox/projects", &[], Some(&json!({ "stage": stage }))).expect(201);
    }
    ran.extend(service.threads.statements().take());
    let asked = Asked::of_a_company();
    asked.service.threads.statements().record();
    let mut second = 0;
    for path in asked.paths.values() {
        ran.extend(asked.statements(path).1);
        let sign = if path.contains('?') { '&' } else { '?' };
        let (page, _) = asked.statements(&format!("{path}{sign}limit=1"));
        if let Some(cursor) = page["next"].as_str() {
            ran.extend(asked.statements(&format!("{path}{sign}limit=1&cursor={cursor}")).1);
            second += 1;
        }
    }
    // A page further on is found by its key: what is skipped would be read.
    assert!(second > 40, "only {second} lists had a second page");
    let skipping: Vec<&String> = ran.iter().filter(|text| text.contains("OFFSET")).collect();
    assert!(skipping.is_empty(), "{skipping:?}");
    for who in ["manager", "a_specialist_1", "c_specialist_1", "c_leader", "finance", "design"] {
        ran.extend(asked.statements_of(&asked.service.by(who), "/v1/me/worklist").1);
    }
    let statements: BTreeSet<&str> = ran.iter().filter_map(|text| text.split(" -- binds").next()).collect();
    let reads =
        |text: &&str| ["SELECT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| text.trim_start().starts_with(verb));
    let statements: Vec<&str> = statements.into_iter().filter(reads).collect();
    assert!(statements.len() > 200, "only {} statements were seen", statements.len());
    let mut whole = Vec::new();
    service.sql(|conn| {
        if Backend::of_this_run() == Backend::Postgres {
            conn.batch_execute(PLANS).unwrap();
        }
        let by_need = if Backend::of_this_run() == Backend::Postgres { "$1" } else { "?" };
        let control = plan(conn, &format!("SELECT id FROM projects WHERE needs = {by_need}"));
        assert!(control.iter().any(|line| whole_table(line)), "what has no index is not noticed: {control:?}");
        for statement in statements.iter().filter(|text| !WHOLE_TABLES.iter().any(|(part, _)| text.contains(part))) {
            let lines = plan(conn, statement);
            whole.extend(
                lines
                    .into_iter()
                    .filter(|line| whole_table(line))
                    .map(|line| format!("{line}: {}", &statement.chars().take(600).collect::<String>())),
            );
        }
    });
    assert!(whole.is_empty(), "{} whole tables:\n{}", whole.len(), whole.join("\n"));
}
