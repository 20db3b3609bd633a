//! The glass: what happened in the last cycles, as pages, as text and as JSON.
//!
//! The record is made by the spines (`src/cycle.rs`), and costs as little as it can; here it is
//! only shown, and only now is anything made into words. `facts` reads a record once, and its seven
//! parts have a file each or two: `message` takes the bytes apart and `annotate` says what each is
//! for, `memory` tells what the server knew and knows, `changed` what became of it, `matched` who
//! answered. `text` and the templates print the facts, `again` makes the same request once more,
//! `beside` finds the cycles that belong to it, `mask` hides what nobody should see. These pages
//! are for whoever sits at this machine, and are no cycles themselves.

mod again;
mod annotate;
mod beside;
mod changed;
mod facts;
mod forget;
mod list;
mod mask;
mod matched;
mod memory;
mod message;
mod source;
mod text;
mod unseen;

pub use forget::effect as effect_of_forgetting;
pub use list::{print_all, rows_of};
pub use unseen::Unseen;

use beside::Beside;
use carafe::cycle::{Record, Recorder};
use carafe::http::{Response, Status};
use carafe::{App, Context, Error, json};
use facts::Facts;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// The routes of this folder; `recorder` is `None` if nothing is recorded.
pub fn routes(app: &mut App, recorder: Option<Arc<Recorder>>) {
    source::routes(app);
    app.post("/forget", forget::forget);
    let Some(recorder) = recorder else { return };
    let shared = Arc::clone(&recorder);
    app.get_named("cycles", "/cycles", move |ctx: &mut Context| list::list(ctx, &shared));
    let shared = Arc::clone(&recorder);
    app.get_named("cycle", "/cycles/<cycle>", move |ctx: &mut Context| one(ctx, &shared));
    let listening = Arc::new(AtomicUsize::new(0));
    app.get_named("cycles_live", "/cycles/live", move |ctx: &mut Context| {
        list::live(ctx, &recorder, &listening)
    })
    .no_example(); // it does not end
}

/// Refuses whoever may not look, and takes this request out of the record.
fn open(ctx: &mut Context) -> Result<(), Error> {
    ctx.unrecorded();
    ctx.check_inside()
}

/// The lines of source that may be said to have answered a cycle: any of the handler's, and the one
/// that registered it.
pub fn answered_by(record: &Record) -> Vec<String> {
    let facts = Facts::of(record);
    let of_route =
        facts.matched.iter().filter(|(name, _)| matches!(name.as_str(), "registered" | "handler"));
    let mut places: Vec<String> = of_route.map(|(_, place)| place.clone()).collect();
    places.push(facts.source);
    places
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
            (Some(first), Some(last)) => {
                format!("cycles {} to {} are kept", first.number, last.number)
            }
            _ => "no cycle has been recorded yet".to_owned(),
        };
        return Err(Error::abort(Status::NOT_FOUND, kept));
    };
    let facts = Facts::of(&record);
    let beside = Beside::of(&record, recorder, &ctx.base());
    let html = ending.is_empty() && ctx.request.prefers_html();
    let as_json =
        ending == "json" || (ending.is_empty() && !html && ctx.request.accepts("application/json"));
    let response = if html || as_json {
        let mut variables = facts.to_map();
        beside.add_to(&mut variables);
        if html {
            variables.insert("nth", text::ordinal(facts.connection.1));
            ctx.render("cycle.html", variables)?
        } else {
            Response::json(json::write(&variables.into()) + "\n")
        }
    } else {
        Response::text(text::whole(&facts, &beside, &ctx.base()))
    };
    Ok(uncached(response))
}

/// What is true of this moment only.
fn uncached(response: Response) -> Response {
    response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store")
}
