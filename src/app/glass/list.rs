//! The list of cycles, and how it grows: as a page, as text, as JSON, and as a stream of events.

use super::facts::{Facts, whole};
use super::forget::effect;
use super::{open, text, uncached};
use carafe::cycle::Recorder;
use carafe::http::{Response, Status};
use carafe::{Context, Error, Map, Value, json};
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// So many pages may listen to the list at once: each holds a worker.
const LISTENERS: usize = 16;
/// A listener hears something at least this often, so that one who has gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The pages so far. What a page fetches by itself (style sheets, scripts, pictures) belongs to it
/// and is folded below it.
#[derive(Default)]
struct Pages(Vec<(String, u64)>);

impl Pages {
    /// The number of the page that this cycle belongs to; `None`: it is one of its own.
    fn place(&mut self, facts: &Facts) -> Option<u64> {
        let is_part = facts.path.starts_with("/static/") || facts.path == "/favicon.ico";
        if !is_part {
            self.0.push((facts.path.clone(), facts.number));
            return None;
        }
        let referer = facts.referer.as_ref()?;
        self.0.iter().rev().find(|(path, _)| path == referer).map(|(_, number)| *number)
    }
}

/// A cycle, and the number of the page that it belongs to.
struct Entry {
    facts: Facts,
    page: Option<u64>,
}

/// The cycles that are kept, the oldest first.
fn entries(recorder: &Recorder) -> Vec<Entry> {
    let mut pages = Pages::default();
    let entry = |facts: Facts| Entry { page: pages.place(&facts), facts };
    recorder.all().iter().map(|record| Facts::of(record)).map(entry).collect()
}

/// The page that a cycle belongs to, and the cycles of what a page fetched by itself.
pub fn family(recorder: &Recorder, number: u64) -> (Option<u64>, Vec<u64>) {
    let entries = entries(recorder);
    let page =
        entries.iter().find(|entry| entry.facts.number == number).and_then(|entry| entry.page);
    let parts =
        entries.iter().filter(|entry| entry.page == Some(number)).map(|entry| entry.facts.number);
    (page, parts.collect())
}

/// What the list shows of a cycle.
pub fn row(facts: &Facts, page: Option<u64>) -> Map {
    Map::from([
        ("number", whole(facts.number)),
        ("request", facts.request.as_str().into()),
        ("status", facts.status.into()),
        ("milliseconds", Value::Float((facts.took * 100.0).round() / 100.0)),
        ("source", facts.source.as_str().into()),
        ("signs", facts.signs().into()),
        ("still_knows", facts.knows.as_str().into()),
        ("page", page.map(whole).into()),
    ])
}

/// The cycles whose path the caller wants, as rows of the list, the newest first.
pub fn rows_of(recorder: &Recorder, wants: impl Fn(&str) -> bool) -> Vec<Value> {
    let records = recorder.all();
    let facts =
        records.iter().rev().map(|record| Facts::of(record)).filter(|facts| wants(&facts.path));
    facts.map(|facts| row(&facts, None).into()).collect()
}

/// `/cycles`
pub fn list(ctx: &mut Context, recorder: &Recorder) -> Result<Response, Error> {
    open(ctx)?;
    let entries = entries(recorder);
    let response = if ctx.request.prefers_html() {
        let pages = entries.iter().rev().filter(|entry| entry.page.is_none());
        let rows = pages.map(|page| {
            let parts = entries.iter().filter(|entry| entry.page == Some(page.facts.number));
            let mut row = row(&page.facts, None);
            row.insert(
                "parts",
                parts.map(|part| self::row(&part.facts, part.page).into()).collect::<Vec<Value>>(),
            );
            Value::Map(row)
        });
        let last = entries.last().map_or(0, |entry| entry.facts.number);
        let forgets = Value::from(effect(ctx.site().place()));
        ctx.render(
            "cycles.html",
            [("cycles", rows.collect()), ("last", whole(last)), ("forgets", forgets)],
        )?
    } else if ctx.request.accepts("application/json") {
        let rows: Vec<Value> =
            entries.iter().map(|entry| row(&entry.facts, entry.page).into()).collect();
        Response::json(json::write(&rows.into()) + "\n")
    } else {
        Response::text(
            entries
                .iter()
                .map(|entry| text::line(&entry.facts, entry.page.is_some()))
                .collect::<String>(),
        )
    };
    Ok(uncached(response))
}

/// Prints each cycle as text on standard output, as it ends: `--show-cycles`.
pub fn print_all(recorder: &Recorder, base: &str) {
    // no-color.org: "when present and not an empty string (regardless of its value), prevents the
    // addition of ANSI color".
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_painted = io::stdout().is_terminal() && !no_color;
    let mut last = 0;
    while !recorder.is_closed() {
        for record in recorder.wait_beyond(last, Duration::from_secs(3600)) {
            last = record.number;
            let text = text::brief(&Facts::of(&record), base) + "\n";
            let text = if is_painted { text::painted(&text) } else { text };
            let _ = io::stdout().write_all(text.as_bytes());
        }
    }
}

/// Counts a listener as long as it lives.
struct Listening(Arc<AtomicUsize>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// New cycles as they end: server-sent events (the WHATWG HTML standard, section 9.2), each with a
/// row of the list.
pub fn live(
    ctx: &mut Context,
    recorder: &Arc<Recorder>,
    listening: &Arc<AtomicUsize>,
) -> Result<Response, Error> {
    open(ctx)?;
    if listening.fetch_add(1, Ordering::SeqCst) >= LISTENERS {
        listening.fetch_sub(1, Ordering::SeqCst);
        return Err(Error::abort(
            Status::SERVICE_UNAVAILABLE,
            format!("{LISTENERS} pages listen already"),
        ));
    }
    let listening = Listening(Arc::clone(listening));
    let recorder = Arc::clone(recorder);
    let after = ctx.request.headers.get("Last-Event-ID").or(ctx.request.query.get("after"));
    let newest = recorder.newest().map_or(0, |record| record.number);
    // Whoever names a cycle that has not been yet listened to an earlier run of the server, and is
    // to hear of this one.
    let after = after.and_then(|number| number.parse().ok()).filter(|after| *after <= newest);
    let mut last = after.unwrap_or(newest);
    let mut pages = Pages::default();
    for record in recorder.all().iter().filter(|record| record.number <= last) {
        pages.place(&Facts::of(record));
    }
    let stream = Response::stream("text/event-stream", move |out| {
        let _listening = listening;
        while !recorder.is_closed() {
            let records = recorder.wait_beyond(last, HEARTBEAT);
            if records.is_empty() {
                out.write_all(b": still here\n\n")?;
            }
            for record in records {
                last = record.number;
                let facts = Facts::of(&record);
                let row = json::write(&row(&facts, pages.place(&facts)).into());
                out.write_all(format!("id: {last}\ndata: {row}\n\n").as_bytes())?;
            }
        }
        Ok(())
    });
    Ok(uncached(stream))
}
