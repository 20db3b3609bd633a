//! Deeper: The glass: pages that show what happened, what is known, and the source.
//!
//! The server records each cycle (`src/cycle.rs`) and keeps the record small. Here it is made into
//! words, and only when somebody looks:
//!
//! * `cycle_facts` reads a record, and `describe` makes one description of it, in seven parts; each
//!   is a list of `part_line`s.
//! * `message` splits the bytes and `wire_lines` explains them; `visitor_memory` tells what the
//!   server remembers.
//! * `words` finds the sentences, which are in `words.txt`, and `mask` hides what nobody should
//!   see.
//! * `asker` tells a person from a page and finds the cycles that belong together, and
//!   `repeat_request` writes a line that sends the same request.
//! * `cycle_text` and `columns` print the description for a terminal; `cycle_rows` and `cycle_list`
//!   print one line of each. Page, text and JSON are made of the same description.
//! * `memory_page` shows what is held now, and empties it.
//! * `own_requests` keeps the requests of these pages out of the record, and `source_pages` shows
//!   the source.
//!
//! These pages are for the person at this machine.
//!
//! Left out: cycles from before the last start. They are not kept.

mod asker;
mod columns;
mod cycle_facts;
mod cycle_list;
mod cycle_rows;
mod cycle_text;
mod describe;
mod mask;
mod memory_page;
mod message;
mod own_requests;
mod part_line;
mod repeat_request;
mod source_pages;
mod visitor_memory;
mod wire_lines;
mod words;

pub use columns::{COLUMNS, folded, words_in_lines, wrapped};
pub use cycle_facts::{CycleFacts, place_of};
pub use cycle_list::print_all;
pub use cycle_rows::rows_of;
pub use cycle_text::{spread, wire};
pub use describe::right_lines;
pub use mask::masked_cookies;
pub use memory_page::effect as effect_of_forgetting;
pub use own_requests::uncached;

use crate::app::answer::{form_of, render};
use carafe::cycle::Recorder;
use carafe::http::Status;
use carafe::server::ServerGauge;
use carafe::{App, Context, Error, Map, Response};
use describe::CycleDescription;
use own_requests::{admit, leave_out};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// What these pages look at.
struct Glass {
    gauge: ServerGauge,
    /// When this run of the server began: a cycle 17 of another run is another one. Each page that
    /// listens to the list of cycles holds a clone.
    run: Arc<str>,
}

/// Registers the routes of this room. The `gauge` is that of the server.
pub fn routes(app: &mut App, gauge: ServerGauge, keeps_cycles: bool) {
    source_pages::routes(app);
    app.post("/forget", memory_page::forget);
    app.before(leave_out);
    for (ending, name) in [("", ""), (".txt", "_txt"), (".json", "_json")] {
        app.get(format!("/memory{ending}"), memory_page::memory).name(&format!("memory{name}"));
        let list = app.get(format!("/cycles{ending}"), cycle_list::cycles);
        list.name(&format!("cycles{name}"));
        if !keeps_cycles {
            list.example("/", ""); // it is 404
        }
    }
    app.get("/cycles/<cycle>", cycle);
    app.get("/cycles/live", cycle_list::cycles_live).example("/", ""); // it does not end
    let began = UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    app.state(Glass { gauge, run: began.to_string().into() });
}

/// Why there are no cycles.
pub const NO_CYCLES: &str = "this server was started with --no-cycles, so it keeps none";

/// The recorder. Without one there are no cycles to show, and a page of them is 404.
fn recorder<'a>(ctx: &Context<'a>) -> Result<&'a Arc<Recorder>, Error> {
    ctx.recorder().ok_or_else(|| Error::abort(Status::NOT_FOUND, NO_CYCLES))
}

/// `/cycles/17` and `/cycles/last`, each also with `.txt` or `.json` at its end.
fn cycle(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    let recorder = recorder(ctx)?;
    let asked = ctx.param("cycle").to_owned();
    let (name, ending) = asked.split_once('.').unwrap_or((&asked, ""));
    let record = match name {
        "last" => asker::last_by_person(recorder),
        number => number.parse().ok().and_then(|number| recorder.get(number)),
    };
    let Some(record) = record.filter(|_| matches!(ending, "" | "txt" | "json")) else {
        let all = recorder.all();
        let ends = all.first().zip(all.last());
        let kept =
            ends.map(|(from, to)| format!("cycles {} to {} are kept", from.number, to.number));
        let kept = kept.unwrap_or("no cycle has been recorded yet".to_owned());
        return Err(Error::abort(Status::NOT_FOUND, kept));
    };
    let (cycle, base) = (CycleDescription::of(&record), ctx.base());
    let mut map = cycle.to_map();
    asker::add_related(&mut map, &cycle.facts, recorder);
    map.insert("curl", repeat_request::curl(&cycle.facts, &base));
    map.insert("masked", repeat_request::is_masked(&cycle.facts));
    map.insert("again", repeat_request::browser(&cycle.facts));
    if form_of(ctx) != "json" {
        // On a page `request` is the request for the page itself.
        map.remove("request");
        map.insert("asked", cycle.asked());
        map.insert("base", base);
        map.insert("brief", false);
    }
    in_form(ctx, "cycle", map)
}

/// A page, a text or JSON with these variables.
fn in_form(ctx: &mut Context, name: &str, variables: Map) -> Result<Response, Error> {
    let response = match form_of(ctx) {
        "json" => Response::json(&variables.into()),
        _ => render(ctx, name, variables)?,
    };
    Ok(uncached(response))
}
