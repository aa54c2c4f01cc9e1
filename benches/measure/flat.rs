//! Flat: what a request costs in a company ten times as large. Every route that reads is asked in turn of two services, one on a small company and one on a
//! large one, by several people; the medians are compared. One request at a time: this is about what one costs, not about how many there can be.

use crate::service::{Service, sign_in};
use crate::wire::{Wire, request};
use crate::{Failed, Target};
use clap::Args;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Instant;

/// Which two, how often.
#[derive(Debug, Args)]
pub struct Flat {
    #[command(flatten)]
    target: Target,
    /// The database of the larger company, as `--database`.
    #[arg(long)]
    large: String,
    /// Requests to each for a figure.
    #[arg(long, default_value_t = 60)]
    requests: usize,
    /// Times more that a request may cost in the larger company.
    #[arg(long, default_value_t = 1.2)]
    factor: f64,
    /// Microseconds that count as nothing.
    #[arg(long, default_value_t = 60.0)]
    noise: f64,
    /// Tells and does not judge.
    #[arg(long)]
    tell_only: bool,
    /// Only paths that contain this.
    #[arg(long)]
    only: Option<String>,
}

/// Who asks: everything in sight, most of it, a group's, one's own.
const PEOPLE: [&str; 5] = ["manager", "finance", "c_leader", "a_leader", "a_specialist_1"];

/// Routes that grow with the company by what they are, and for whom (for all, where nobody is named).
const EXEMPT: [(&str, &[&str], &str); 5] = [
    ("/v1/complaints/counts", &[], "a report of the whole company"),
    ("/v1/projects/{project}/owner-suggestions", &[], "compares every specialist of the company"),
    ("/v1/me/worklist", &["manager", "finance", "c_leader"], "counts what waits for them in the whole company"),
    ("/v1/events/stream", &[], "goes on for ever"),
    ("/metrics", &[], "tells of the process"),
];

/// One of the two services.
struct Side {
    wire: Wire,
    tokens: BTreeMap<&'static str, String>,
    /// Ids that a list gave each person, by the path of the list.
    ids: BTreeMap<(String, &'static str), Vec<String>>,
    _service: Service,
}

impl Side {
    async fn start(how: &Flat, database: Option<&str>) -> Result<Self, Failed> {
        let mut start = how.target.start()?;
        if let Some(database) = database {
            database.clone_into(&mut start.database);
        }
        let service = Service::start(&start).await?;
        let mut tokens = BTreeMap::new();
        for person in PEOPLE {
            tokens.insert(person, sign_in(&service.address, person).await?);
        }
        Ok(Self { wire: Wire::to(&service.address), tokens, ids: BTreeMap::new(), _service: service })
    }

    async fn get(&mut self, path: &str, person: &str) -> Result<(u16, Vec<u8>, f64), Failed> {
        let asked = request("GET", path, self.tokens.get(person).ok_or("nobody")?, "", "");
        let began = Instant::now();
        let answer = self.wire.send(&asked).await?;
        Ok((answer.status, answer.body, began.elapsed().as_secs_f64() * 1e6))
    }

    /// The path with an id of its collection in each place, another one each time; none where this person sees no such thing.
    async fn filled(&mut self, path: &str, person: &'static str, turn: usize) -> Result<Option<String>, Failed> {
        let mut rest = path.to_owned();
        while let Some((list, after)) = rest.split_once("/{").map(|(list, after)| (list.to_owned(), after.to_owned())) {
            let (_, after) = after.split_once('}').ok_or("a path")?;
            let key = (list.clone(), person);
            if !self.ids.contains_key(&key) {
                let page = Box::pin(self.get(&format!("{list}?limit=50"), person)).await?.1;
                let page: Value = serde_json::from_slice(&page).unwrap_or_default();
                let rows = page.get("data").and_then(Value::as_array).cloned().unwrap_or_default();
                let ids = rows.iter().filter_map(|row| row.get("id")?.as_str().map(str::to_owned)).collect();
                self.ids.insert(key.clone(), ids);
            }
            let ids = self.ids.get(&key).map(Vec::as_slice).unwrap_or_default();
            let Some(id) = ids.get(turn % ids.len().max(1)) else { return Ok(None) };
            rest = format!("{list}/{id}{after}");
        }
        Ok(Some(rest))
    }
}

fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

/// Asks both, in turn; the medians in microseconds, or nothing where this person cannot ask.
async fn compare(
    how: &Flat,
    sides: &mut [Side; 2],
    path: &str,
    person: &'static str,
) -> Result<Option<(f64, f64)>, Failed> {
    let mut took = [Vec::new(), Vec::new()];
    for turn in 0..how.requests + 5 {
        for (side, took) in sides.iter_mut().zip(&mut took) {
            let Some(filled) = side.filled(path, person, turn).await? else { return Ok(None) };
            let (status, body, micros) = side.get(&filled, person).await?;
            match status {
                // The first ones find cold caches.
                200 if turn >= 5 => took.push(micros),
                200 | 409 | 410 => {}
                403 | 404 => return Ok(None),
                other => return Err(format!("{filled}: {other} {}", String::from_utf8_lossy(&body)).into()),
            }
        }
    }
    let [small, large] = took;
    Ok((!small.is_empty() && !large.is_empty()).then(|| (median(small), median(large))))
}

/// Compares every route.
pub async fn flat(how: &Flat) -> Result<(), Failed> {
    let mut sides = [Side::start(how, None).await?, Side::start(how, Some(&how.large)).await?];
    let [first, _] = &mut sides;
    let document: Value = serde_json::from_slice(&first.get("/openapi.json", "manager").await?.1)?;
    let paths = document.get("paths").and_then(Value::as_object).cloned().unwrap_or_default();
    let (mut compared, mut steep) = (0, Vec::new());
    for (path, operations) in &paths {
        let Some(operation) = operations.get("get") else { continue };
        // What is not JSON is a file of its own, which has its own size.
        let json = operation.pointer("/responses/200/content/application~1json").is_some();
        if !json || how.only.as_ref().is_some_and(|only| !path.contains(only)) {
            continue;
        }
        let exempt = |person| EXEMPT.iter().any(|(p, who, _)| p == path && (who.is_empty() || who.contains(&person)));
        for person in PEOPLE.into_iter().filter(|person| !exempt(*person)) {
            let Some((small, large)) = compare(how, &mut sides, path, person).await? else { continue };
            compared += 1;
            if large > small * how.factor && large - small > how.noise {
                println!("{path} by {person}: {small:.0} µs, {large:.0} µs: {:.1} ×", large / small);
                steep.push(path);
            }
        }
    }
    for (path, who, why) in EXEMPT {
        println!("exempt: {path} {}: {why}", who.join(", "));
    }
    println!(
        "{compared} routes and people compared; {} cost more than {} × in the larger company",
        steep.len(),
        how.factor
    );
    if compared == 0 {
        return Err("nothing was compared".into());
    }
    if steep.is_empty() || how.tell_only { Ok(()) } else { Err("not flat".into()) }
}
