//! The floor, measured in the same run: what the database alone makes of the same statements (pgbench with prepared statements; on SQLite a tight loop in
//! this process), and what HTTP alone makes of a fixed answer behind the token check.
//!
//! pgbench leaves events that no act made and hashes that fit nothing: the database is for nothing else afterwards.

use crate::load::{Plan, Report, run};
use crate::mixes::{Mix, senders};
use crate::sample::Sample;
use crate::service::{Service, Start};
use crate::{Failed, Target};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use clap::Args;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use fitout::access::Keys;
use fitout::db::{AnyConnection, At, DatabaseUrl, Id, cols, schema::projects};
use fitout::events::{NewEvent, append};
use fitout::workflow::Project;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

const SCRIPTS: [(&str, &str); 3] = [
    ("detail", include_str!("floor/detail.sql")),
    ("page", include_str!("floor/page.sql")),
    ("move", include_str!("floor/move.sql")),
];

/// What is measured beside each other.
#[derive(Debug, Args)]
pub struct Floor {
    #[command(flatten)]
    target: Target,
    /// Seconds for each measurement.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Connections of the service's load.
    #[arg(long, default_value_t = 32)]
    connections: usize,
}

/// Measures floor and service in turn.
pub async fn floor(floor: &Floor) -> Result<(), Failed> {
    let how = floor.target.start()?;
    let service = Service::start(&how).await?;
    let sample = crate::sampled(&service.address, &[]).await?;
    let fixed = Service::fixed_answer().await?;
    println!("| what | service /s | floor /s | share | server CPU µs |\n|---|---|---|---|---|");
    let still = of(&fixed, floor, Mix::Static, &sample).await?;
    println!("| fixed answer behind the token check | {:.0} | | | {:.0} |", still.rate(), still.cpu);
    for (mix, name) in [(Mix::Detail, "detail"), (Mix::Page, "page"), (Mix::Move, "move")] {
        // What the floor moved before has another version now.
        let sample = crate::sampled(&service.address, &[]).await?;
        let above = of(&service, floor, mix, &sample).await?;
        let below = match how.database.starts_with("postgres") {
            true => pgbench(&how, name, floor.seconds)?,
            false => in_process(&how.database, name, floor.seconds)?,
        };
        println!(
            "| {name} | {:.0} | {below:.0} | {:.0} % | {:.0} |",
            above.rate(),
            100.0 * above.rate() / below,
            above.cpu
        );
        if mix == Mix::Detail {
            println!("| detail: CPU in fixed answers | | | {:.1} × | |", above.cpu / still.cpu);
        }
        if let Some(failure) = above.first_failure {
            println!("  first failure: {failure}");
        }
    }
    Ok(())
}

async fn of(service: &Service, floor: &Floor, mix: Mix, sample: &Rc<Sample>) -> Result<Report, Failed> {
    let plan = Plan { rate: None, seconds: floor.seconds };
    let warm = Plan { seconds: 1.0, ..plan };
    let (_, senders) = run(service, warm, senders(mix, sample, floor.connections)).await?;
    Ok(run(service, plan, senders).await?.0)
}

fn pgbench(how: &Start, name: &str, seconds: f64) -> Result<f64, Failed> {
    let mut conn = AnyConnection::open(&how.database.parse::<DatabaseUrl>()?)?;
    conn.batch_execute(
        "DROP TABLE IF EXISTS measured; CREATE UNLOGGED TABLE measured AS SELECT row_number() OVER () AS n, id, front_owner_id AS owner, stage \
         FROM projects WHERE front_owner_id IS NOT NULL AND sealed_at IS NULL LIMIT 20000; CREATE UNIQUE INDEX ON measured (n); ANALYZE measured",
    )?;
    let (_, script) = SCRIPTS.iter().find(|(known, _)| *known == name).ok_or("no such script")?;
    let file = format!("{}/{name}.sql", how.data_dir);
    std::fs::write(&file, script)?;
    let done = Command::new("pgbench")
        .args([
            "-n",
            "-M",
            "prepared",
            "-c",
            "10",
            "-j",
            "2",
            "-T",
            &format!("{:.0}", seconds.max(1.0)),
            "-f",
            &file,
            &how.database,
        ])
        .args(["-D", &format!("projects={}", measured(&mut conn)?)])
        .output()?;
    conn.batch_execute("DROP TABLE measured")?;
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    let rate = told.lines().find_map(|line| line.strip_prefix("tps = ")).and_then(|rest| rest.split(' ').next());
    Ok(rate.ok_or_else(|| format!("pgbench: {told}{}", String::from_utf8_lossy(&done.stderr)))?.parse()?)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn measured(conn: &mut AnyConnection) -> Result<i64, Failed> {
    Ok(diesel::sql_query("SELECT COUNT(*) AS n FROM measured").get_result::<Count>(conn)?.n)
}

/// Two threads read, one writes, as in the service.
fn in_process(url: &str, name: &str, seconds: f64) -> Result<f64, Failed> {
    let url: DatabaseUrl = url.parse()?;
    let threads = if name == "move" { 1 } else { 2 };
    let loops: Vec<_> = (0..threads)
        .map(|n| {
            let (url, name) = (url.clone(), name.to_owned());
            std::thread::spawn(move || tight(&url, &name, n, seconds).map_err(|e| e.to_string()))
        })
        .collect();
    let mut rate = 0.0;
    for thread in loops {
        rate += thread.join().map_err(|_| "a loop panicked")??;
    }
    Ok(rate)
}

fn tight(url: &DatabaseUrl, name: &str, skip: i64, seconds: f64) -> Result<f64, Failed> {
    let mut conn = AnyConnection::open(url)?;
    let rows = projects::table.filter(projects::front_owner_id.is_not_null()).filter(projects::sealed_at.is_null());
    let all = rows.order(projects::id).offset(skip).limit(5000).select((
        projects::id,
        projects::front_owner_id,
        projects::stage,
    ));
    let all = all.load::<(Id, Option<Id>, fitout::workflow::Stage)>(&mut conn)?;
    let (began, mut done) = (Instant::now(), 0_u32);
    for (id, owner, stage) in all.iter().cycle() {
        match name {
            "detail" => {
                let one = projects::table.filter(projects::id.eq(id)).select(cols::<Project>());
                fitout::on_each!(&mut conn, c => one.first::<Project>(c))?;
            }
            "page" => {
                let page = projects::table.filter(projects::front_owner_id.eq(owner)).filter(projects::stage.eq(stage));
                let page = page.order(projects::id).limit(51).select(cols::<Project>());
                fitout::on_each!(&mut conn, c => page.load::<Project>(c))?;
            }
            // As the writer does it: up to 32 moves share a commit.
            _ => {
                if done % 32 == 0 {
                    conn.batch_execute(if done == 0 { "BEGIN IMMEDIATE" } else { "COMMIT; BEGIN IMMEDIATE" })?;
                }
                let row = projects::table.filter(projects::id.eq(id));
                fitout::on_each!(&mut conn, c => row.select(cols::<Project>()).first::<Project>(c))?;
                let moved = (projects::version.eq(projects::version + 1), projects::end_reason.eq("Measured"));
                fitout::on_each!(&mut conn, c => diesel::update(row).set(moved).execute(c))?;
                let project = row.select(Project::as_select()).first(&mut conn)?;
                let event = NewEvent::of(&project, "project.shelved").map_err(|_| "no event")?;
                append(&mut conn, At::now_real(), None, vec![event]).map_err(|_| "the event was refused")?;
            }
        }
        done += 1;
        if done % 16 == 0 && began.elapsed().as_secs_f64() > seconds {
            break;
        }
    }
    if name == "move" {
        conn.batch_execute("ROLLBACK")?;
    }
    Ok(f64::from(done) / began.elapsed().as_secs_f64())
}

/// Serves the fixed answer until it is killed: what `Service::fixed_answer` starts.
pub async fn serve_fixed(listen: &str, key: &str) -> Result<(), Failed> {
    let (keys, body) = (Keys::new(key.as_bytes()), serde_json::json!({ "answer": "x".repeat(1000) }).to_string());
    let server = HttpServer::new(move || {
        let (keys, body) = (keys.clone(), body.clone());
        App::new().route("/readyz", web::get().to(|| async { "ready" })).route(
            "/measured/static",
            web::get().to(move |req: HttpRequest| {
                let header = req.headers().get("authorization").and_then(|v| v.to_str().ok()).unwrap_or_default();
                let known = keys.verify(header.trim_start_matches("Bearer ")).is_ok();
                let body = body.clone();
                async move {
                    match known {
                        true => HttpResponse::Ok().content_type("application/json").body(body),
                        false => HttpResponse::Unauthorized().finish(),
                    }
                }
            }),
        )
    });
    server.workers(2).keep_alive(Duration::from_secs(75)).bind(listen)?.run().await?;
    Ok(())
}
