//! Deeper: Lists the cycles as a page, as text, as JSON, and as a stream of events.

use super::asker::pages;
use super::columns::{COLUMNS, wrapped};
use super::cycle_facts::CycleFacts;
use super::cycle_rows::{HEADS, RowFilter, folded, line, number, row};
use super::cycle_text;
use super::describe::CycleDescription;
use super::memory_page::effect;
use super::own_requests::{admit, uncached};
use super::{Glass, recorder};
use crate::app::answer::form_of;
use carafe::cycle::{Detail, Record, Recorder, Step};
use carafe::http::{Status, date};
use carafe::web::template::Templates;
use carafe::{Context, Error, Map, Response, Value, json};
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

/// This many pages may listen to the list at once, because each blocks a thread.
const LISTENERS: usize = 16;
/// A listener gets a line at least this often, so that the server notices when it has gone.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// `/cycles`, `/cycles.json`, `/cycles?q=POST`, `/cycles?visitor=7f3a`
pub fn cycles(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    let recorder = recorder(ctx)?;
    let query = &ctx.request.query;
    let filter = RowFilter::of(ctx)?;
    // Asked before the rows: a cycle that ends meanwhile comes twice, which the page sees.
    let last = recorder.newest().map(|newest| newest.number);
    let rows = filter.rows(recorder);
    let connection = filter.connection.map(|number| connection_words(recorder, number));
    let asked = |name| query.get(name).unwrap_or("").to_owned();
    let variables = Map::from([
        ("q", Value::from(asked("q"))),
        ("visitor", asked("visitor").into()),
        ("last", last.into()),
        ("forgets", effect(ctx.site().place()).into()),
        ("cycles", folded(&rows)),
        ("connection", connection.clone().into()),
    ]);
    let response = match form_of(ctx) {
        "html" => ctx.render("cycles.html", variables)?,
        "json" => Response::json(&rows.into()),
        _ => {
            // On one connection, times count from the first request.
            let time = if connection.is_some() { "after   " } else { "UTC time" };
            let mut text = HEADS.replace("UTC time", time) + "\n";
            text.extend(rows.iter().map(|row| line(row, COLUMNS) + "\n"));
            text.extend(connection.iter().flatten().map(|sentence| wrapped("", sentence)));
            Response::text(text)
        }
    };
    Ok(uncached(response))
}

/// A connection in sentences: its requests, and who closed it.
fn connection_words(recorder: &Recorder, number: u64) -> Vec<String> {
    let is_on_it = |record: &Arc<Record>| CycleFacts::of(record).connection.0 == number;
    let records: Vec<_> = recorder.all().into_iter().filter(is_on_it).collect();
    // RFC 9112 §9.3.2: a client that sends its next request before it has the answer pipelines.
    let is_followed = |step: &Step| matches!(step.detail, Detail::Sent { is_followed: true });
    let before_last = records.iter().rev().skip(1);
    let early = before_last.filter(|it| it.cycle.steps().iter().any(is_followed)).count();
    let kept = match records.len() {
        0 => "none of its requests is kept.".to_owned(),
        1 => "one of its requests is kept.".to_owned(),
        count => format!(
            "{count} of its requests are kept; times count from the first. It stayed open behind \
             the first for {} more (keep-alive). Of these, {early} came before the answer to the \
             one before (pipelining).",
            count - 1
        ),
    };
    let end = match recorder.end_of(number) {
        Some(end) => format!("Closed by {}: {}.", end.by, date::format(end.at)),
        None if records.is_empty() => "Nothing is known of this connection.".to_owned(),
        None => "It is open, or it was closed long ago.".to_owned(),
    };
    vec![format!("Connection {number}: {kept}"), end]
}

/// Prints each cycle as text on standard output, as it ends: `--show-cycles`.
pub fn print_all(recorder: &Recorder, base: &str, templates: &Templates) {
    // no-color.org: "when present and not an empty string (regardless of its value), prevents the
    // addition of ANSI color".
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let is_painted = io::stdout().is_terminal() && !no_color;
    let mut last = 0;
    while !recorder.is_closed() {
        for record in recorder.wait_beyond(last, Duration::from_secs(3600)) {
            last = record.number;
            let text = cycle_text::brief(&CycleDescription::of(&record), base, templates) + "\n";
            let text = if is_painted { cycle_text::painted(&text) } else { text };
            let _ = io::stdout().write_all(text.as_bytes());
        }
    }
}

/// `/cycles/live`: new cycles as they end, each as a row of the list. The answer is a stream of
/// server-sent events (the WHATWG HTML standard, section 9.2):
///
/// ```text
/// id: 17 1795…
/// data: {"number":17,"request":"GET /hello","status":200, …}
/// ```
///
/// A page that was cut off sends the last `id` again. If that is of another run of the server, the
/// page gets all cycles.
pub fn cycles_live(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    let recorder = recorder(ctx)?;
    // Each stream holds a clone until it ends; the original is not one of them.
    let run = Arc::clone(&ctx.state::<Glass>().run);
    if Arc::strong_count(&run) > 1 + LISTENERS {
        let why = format!("{LISTENERS} pages listen already");
        return Err(Error::abort(Status::SERVICE_UNAVAILABLE, why));
    }
    let filter = RowFilter::of(ctx)?;
    let newest = recorder.newest().map_or(0, |record| record.number);
    let after = number(ctx, "after")?.unwrap_or(newest);
    let mut last = match ctx.request.headers.get("Last-Event-ID") {
        Some(id) => id.strip_suffix(&*run).and_then(|id| id.trim().parse().ok()).unwrap_or(0),
        None => after,
    }
    .min(newest);
    let recorder = Arc::clone(recorder);
    let stream = Response::stream("text/event-stream", move |out| {
        write!(out, "event: run\ndata: {run}\n\n")?;
        while !recorder.is_closed() {
            // The page keeps the `id`, and sees nothing where no `data` follows. It is written each
            // time, because only a write shows that a page has gone.
            write!(out, "id: {last} {run}\n\n")?;
            out.flush()?;
            let new = recorder.wait_beyond(last, HEARTBEAT);
            let is_whole = filter.is_empty() && !new.is_empty();
            let pages = if is_whole { pages(&recorder.all()) } else { HashMap::new() };
            for record in new {
                last = record.number;
                let row = row(&record, pages.get(&last).copied());
                if filter.admits(&row) {
                    write!(out, "id: {last} {run}\ndata: {}\n\n", json::write(&row.into()))?;
                }
            }
        }
        Ok(())
    });
    Ok(uncached(stream))
}
