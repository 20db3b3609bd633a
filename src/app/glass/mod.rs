//! Deeper: The glass: pages that show what happened, what is known, and the source.
//!
//! The server records each cycle (`src/cycle.rs`) and keeps the record small. Here it is made into
//! words, and only when somebody looks:
//!
//! * `describe` makes one description of a record, in seven parts. `message` and `annotate` explain
//!   the bytes, `answered` the route, `visitor_memory` and `changes` what the server remembers.
//! * `mask` hides what nobody should see.
//! * The page (`cycle.html`), the text (`cycle_text`, `columns`) and the JSON are printed from the
//!   description. `cycle_list` prints many of them.
//! * `related` adds the cycles that belong to it, and `repeat_request` a line that sends the same
//!   request.
//! * `source_pages` and `colour` show the source, and `forget` empties the memory.
//!
//! These pages are for the person at this machine. Their own requests are not recorded
//! (`own_requests`).
//!
//! Left out: cycles from before the last start. They are not kept.

mod annotate;
mod answered;
mod changes;
mod colour;
mod columns;
mod cycle_list;
mod cycle_text;
mod describe;
mod forget;
mod mask;
mod message;
mod own_requests;
mod related;
mod repeat_request;
mod source_pages;
mod visitor_memory;

pub use cycle_list::{print_all, rows_of};
pub use forget::effect as effect_of_forgetting;
pub use own_requests::WithoutOwnRequests;

use carafe::cycle::{Record, Recorder};
use carafe::http::{Response, Status};
use carafe::{App, Context, Error, Value, json};
use own_requests::{admit, uncached};
use std::sync::Arc;

/// Registers the routes of this room; without a `recorder` there are no cycles to show.
pub fn routes(app: &mut App, recorder: Option<Arc<Recorder>>) {
    source_pages::routes(app);
    app.post("/forget", forget::forget);
    let Some(recorder) = recorder else { return };
    let shared = Arc::clone(&recorder);
    app.get("/cycles", move |ctx: &mut Context| cycle_list::list(ctx, &shared)).name("cycles");
    let shared = Arc::clone(&recorder);
    app.get("/cycles/<cycle>", move |ctx: &mut Context| one(ctx, &shared)).name("cycle");
    let listeners = Arc::new(());
    app.get("/cycles/live", move |ctx: &mut Context| cycle_list::live(ctx, &recorder, &listeners))
        .name("cycles_live")
        .no_example(); // it does not end
}

/// The lines of source that are a right answer to "which line answered this cycle?": the lines of
/// the handler, and the line that registered it.
pub fn answered_by(record: &Record) -> Vec<String> {
    let cycle = describe::describe(record);
    let matched = describe::list(&cycle, "matched").iter().filter_map(Value::as_list);
    let of_route = matched.filter_map(|pair| match (pair[0].as_str()?, pair[1].as_str()?) {
        ("registered" | "handler", line) => Some(line.to_owned()),
        _ => None,
    });
    of_route.chain([describe::text(&cycle, "source").to_owned()]).collect()
}

/// `/cycles/17` and `/cycles/last`, each also with `.txt` or `.json` at its end.
fn one(ctx: &mut Context, recorder: &Recorder) -> Result<Response, Error> {
    admit(ctx)?;
    let asked = ctx.param("cycle").to_owned();
    let (name, ending) = asked.split_once('.').unwrap_or((&asked, ""));
    let record = match name {
        "last" => recorder.newest(),
        number => number.parse().ok().and_then(|number| recorder.get(number)),
    };
    let Some(record) = record.filter(|_| matches!(ending, "" | "txt" | "json")) else {
        let kept = recorder.all();
        let kept = match (kept.first(), kept.last()) {
            (Some(first), Some(last)) => {
                format!("cycles {} to {} are kept", first.number, last.number)
            }
            _ => "no cycle has been recorded yet".to_owned(),
        };
        return Err(Error::abort(Status::NOT_FOUND, kept));
    };
    let mut cycle = describe::describe(&record);
    related::add_related(&mut cycle, &record, recorder, &ctx.base());
    let is_open = ending.is_empty();
    let response = if is_open && ctx.request.prefers_html() {
        let nth = describe::number(&cycle, "request_on_it");
        cycle.insert("nth", cycle_text::ordinal(nth));
        ctx.render("cycle.html", cycle)?
    } else if ending == "json" || is_open && ctx.request.accepts("application/json") {
        Response::json(json::write(&cycle.into()) + "\n")
    } else {
        Response::text(cycle_text::whole(&cycle, &ctx.base()))
    };
    Ok(uncached(response))
}
