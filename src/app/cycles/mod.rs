//! The glass: what happened in the last cycles, as pages, as text and as JSON.
//!
//! The record is made by the spines (`src/cycle.rs`); here it is only shown: `facts` reads a record once, `text` and the
//! templates print it. These pages are for whoever sits at this machine, and are no cycles themselves.

mod annotate;
mod facts;
mod mask;
mod text;

use carafe::cycle::{Record, Recorder};
use carafe::http::{Response, Status};
use carafe::{App, Context, Error, Map, Value, json};
use facts::Facts;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So many pages may listen to the list at once: each holds a worker.
const LISTENERS: usize = 16;
/// A listener hears something at least this often, so that one who has gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The routes of this folder; `recorder` is `None` if nothing is recorded.
pub fn routes(app: &mut App, recorder: Option<Arc<Recorder>>) {
    app.post("/forget", forget);
    let Some(recorder) = recorder else { return };
    let shared = Arc::clone(&recorder);
    app.get_named("cycles", "/cycles", move |ctx: &mut Context| list(ctx, &shared));
    let shared = Arc::clone(&recorder);
    app.get_named("cycle", "/cycles/<cycle>", move |ctx: &mut Context| one(ctx, &shared));
    let listening = Arc::new(AtomicUsize::new(0));
    app.get_named("cycles_live", "/cycles/live", move |ctx: &mut Context| live(ctx, &recorder, &listening));
}

/// Prints each cycle as text on standard output, as it ends: `--show-cycles`.
pub fn print_all(recorder: &Recorder, base: &str) {
    let mut last = 0;
    while !recorder.is_closed() {
        for record in recorder.wait_beyond(last, Duration::from_secs(3600)) {
            last = record.number;
            let _ = io::stdout().write_all((text::cycle(&Facts::of(&record), base) + "\n").as_bytes());
        }
    }
}

/// Refuses whoever may not look, and takes this request out of the record.
fn open(ctx: &mut Context) -> Result<(), Error> {
    ctx.unrecorded();
    ctx.check_inside()
}

/// Wipes the table, as a restart would.
fn forget(ctx: &mut Context) -> Result<Response, Error> {
    open(ctx)?;
    ctx.app().forget();
    if ctx.request.prefers_html() {
        let back = ctx.request.headers.get("Referer").and_then(|url| url.strip_prefix(&ctx.base()));
        let back = back.filter(|path| path.starts_with('/') && !path.starts_with("//")).unwrap_or("/cycles").to_owned();
        return Ok(Response::redirect(&back));
    }
    Ok(Response::text("Forgotten. Every visitor is a stranger now, though each still sends its cookie.\n"))
}

/// A cycle, and the number of the page that it belongs to, if it fetched that page's style sheet, script or picture.
struct Entry {
    facts: Facts,
    page: Option<u64>,
}

/// The cycles that are kept, the oldest first.
fn entries(recorder: &Recorder) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for record in recorder.all() {
        let facts = Facts::of(&record);
        let is_part = facts.path.starts_with("/static/") || facts.path == "/favicon.ico";
        let page = facts.referer.as_ref().filter(|_| is_part).and_then(|referer| {
            entries.iter().rev().find(|entry| entry.page.is_none() && entry.facts.path == *referer)
        });
        let page = page.map(|entry| entry.facts.number);
        entries.push(Entry { facts, page });
    }
    entries
}

fn list(ctx: &mut Context, recorder: &Recorder) -> Result<Response, Error> {
    open(ctx)?;
    let entries = entries(recorder);
    let response = if ctx.request.prefers_html() {
        let pages = entries.iter().rev().filter(|entry| entry.page.is_none());
        let rows = pages.map(|page| {
            let parts = entries.iter().filter(|entry| entry.page == Some(page.facts.number));
            let mut row = row(&page.facts);
            row.insert("parts", parts.map(|part| Value::Map(self::row(&part.facts))).collect::<Vec<_>>());
            Value::Map(row)
        });
        let last = entries.last().map_or(0, |entry| entry.facts.number);
        let rows = Value::List(rows.collect());
        ctx.render("cycles.html", [("cycles", rows), ("last", i64::try_from(last).unwrap_or(0).into())])?
    } else if ctx.request.accepts("application/json") {
        let rows: Vec<Value> = entries.iter().map(|entry| row(&entry.facts).into()).collect();
        Response::json(json::write(&rows.into()) + "\n")
    } else {
        Response::text(entries.iter().map(|entry| text::line(&entry.facts, entry.page.is_some())).collect::<String>())
    };
    Ok(uncached(response))
}

/// The newest cycles, at most so many, whose path the caller wants: rows as the list has them, the newest first.
pub fn last_of(recorder: &Recorder, most: usize, wants: impl Fn(&str) -> bool) -> Vec<Value> {
    let records = recorder.all();
    let facts = records.iter().rev().map(|record| Facts::of(record)).filter(|facts| wants(&facts.path));
    facts.take(most).map(|facts| row(&facts).into()).collect()
}

/// The lines of source that may be said to have answered a cycle: the handler's, and the one that registered it.
pub fn answered_by(record: &Record) -> Vec<String> {
    let facts = Facts::of(record);
    let registered = facts.matched.iter().filter(|(name, _)| name == "registered").map(|(_, place)| place.clone());
    let mut places: Vec<String> = registered.collect();
    places.push(facts.source);
    places
}

/// What the list shows of a cycle.
fn row(facts: &Facts) -> Map {
    Map::from([
        ("number", Value::Int(i64::try_from(facts.number).unwrap_or(0))),
        ("request", facts.request.as_str().into()),
        ("status", facts.status.into()),
        ("milliseconds", Value::Float((facts.took * 10.0).round() / 10.0)),
        ("source", facts.source.as_str().into()),
        ("still_knows", facts.knows.as_str().into()),
    ])
}

/// `/cycles/17`, `/cycles/last`, each with `.txt` or `.json` behind it.
fn one(ctx: &mut Context, recorder: &Recorder) -> Result<Response, Error> {
    open(ctx)?;
    let asked = ctx.param("cycle").to_owned();
    let (name, ending) = asked.split_once('.').unwrap_or((&asked, ""));
    let record = match name {
        "last" => recorder.newest(),
        number => number.parse().ok().and_then(|number| recorder.get(number)),
    };
    let Some(record) = record.filter(|_| matches!(ending, "" | "txt" | "json")) else {
        let kept = recorder.all();
        let kept = match (kept.first(), kept.last()) {
            (Some(first), Some(last)) => format!("cycles {} to {} are kept", first.number, last.number),
            _ => "no cycle has been recorded yet".to_owned(),
        };
        return Err(Error::abort(Status::NOT_FOUND, kept));
    };
    let facts = Facts::of(&record);
    let html = ending.is_empty() && ctx.request.prefers_html();
    let as_json = ending == "json" || (ending.is_empty() && !html && ctx.request.accepts("application/json"));
    let response = if html {
        let (earlier, later) = neighbours(recorder, &record, &facts);
        let mut variables = facts.to_map();
        variables.insert("previous", earlier.map_or(Value::Null, number_of));
        variables.insert("next", later.map_or(Value::Null, number_of));
        let again = facts.again.as_ref().map(|(method, target, content_type, body)| {
            Map::from([("method", method.as_str()), ("target", target), ("type", content_type), ("body", body)])
        });
        variables.insert("again", again.map(Value::from));
        ctx.render("cycle.html", variables)?
    } else if as_json {
        Response::json(json::write(&facts.to_map().into()) + "\n")
    } else {
        Response::text(text::cycle(&facts, &ctx.base()))
    };
    Ok(uncached(response))
}

fn number_of(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(0))
}

/// The same visitor's cycle before and after this one.
fn neighbours(recorder: &Recorder, record: &Record, facts: &Facts) -> (Option<u64>, Option<u64>) {
    let Some(visitor) = &facts.visitor else { return (None, None) };
    let all = recorder.all();
    let same = |other: &&Arc<Record>| Facts::of(other).visitor.as_ref() == Some(visitor);
    let earlier = all.iter().rev().filter(|other| other.number < record.number).find(same);
    let later = all.iter().filter(|other| other.number > record.number).find(same);
    (earlier.map(|other| other.number), later.map(|other| other.number))
}

/// Counts a listener as long as it lives.
struct Listening(Arc<AtomicUsize>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// New cycles as they end: server-sent events (the WHATWG HTML standard, section 9.2), each with a row of the list.
fn live(ctx: &mut Context, recorder: &Arc<Recorder>, listening: &Arc<AtomicUsize>) -> Result<Response, Error> {
    open(ctx)?;
    if listening.fetch_add(1, Ordering::SeqCst) >= LISTENERS {
        listening.fetch_sub(1, Ordering::SeqCst);
        return Err(Error::abort(Status::SERVICE_UNAVAILABLE, format!("{LISTENERS} pages listen already")));
    }
    let listening = Listening(Arc::clone(listening));
    let recorder = Arc::clone(recorder);
    let after = ctx.request.headers.get("Last-Event-ID").or(ctx.request.query.get("after"));
    let newest = recorder.newest().map_or(0, |record| record.number);
    let mut last = after.and_then(|number| number.parse().ok()).unwrap_or(newest);
    let stream = Response::stream("text/event-stream", move |out| {
        let _listening = listening;
        while !recorder.is_closed() {
            let records = recorder.wait_beyond(last, HEARTBEAT);
            if records.is_empty() {
                out.write_all(b": still here\n\n")?;
            }
            for record in records {
                last = record.number;
                let row = json::write(&row(&Facts::of(&record)).into());
                out.write_all(format!("id: {last}\ndata: {row}\n\n").as_bytes())?;
            }
        }
        Ok(())
    });
    Ok(uncached(stream))
}

/// What is true of this moment only.
fn uncached(response: Response) -> Response {
    response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store")
}
