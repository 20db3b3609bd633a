//! Deeper: Says which route and which line of source answered: part 3 of a cycle.
//!
//! Each step of a record has the line that took it, and a route the line that registered it. From
//! these the line is chosen that a reader of `/cycles` wants to open.
//!
//! Left out: handlers of other programs. Their source is not inside this binary, so only the line
//! that registered them is known.

use super::mask::Mask;
use super::part_line::{PartLine, place};
use super::source_pages::line_of;
use carafe::cycle::{Detail, Step};
use carafe::http::Method;
use std::panic::Location;

/// Part 3: the route with what it captured, or the file, or the routes with a similar path.
pub fn matched(steps: &[Step], mask: &Mask) -> Vec<PartLine> {
    let mut lines = Vec::new();
    let mut tell = |name: &str, text: String| lines.push(PartLine::new(name, text));
    // A handler may answer 404 as well. Then a route was found, and similar ones do not matter.
    let is_found = |step: &Step| matches!(step.detail, Detail::Route { .. } | Detail::File(_));
    let was_found = steps.iter().any(is_found);
    for step in steps {
        match &step.detail {
            Detail::Route { method, pattern, handler, registered, params } => {
                tell("route", format!("{method} {pattern} -> {handler}"));
                for (name, value) in params {
                    tell(name, format!("{:?}", mask.field(name, value)));
                }
                tell("registered", place(registered));
                written(handler, registered).into_iter().for_each(|line| tell("handler", line));
            }
            Detail::File(path) => tell("file", mask.text(path)),
            Detail::NoRoute(near) if !was_found && near.is_empty() => {
                tell("nothing", "no route came near".to_owned());
            }
            Detail::NoRoute(near) if !was_found => {
                tell("nothing", format!("these came near: {}", listed(near)));
            }
            Detail::WrongMethod(known) => {
                tell("path only", format!("this path has other methods: {}", listed(known)));
            }
            Detail::Failure(status, why) => {
                tell("failed", format!("{status}: {}", mask.text(why)));
            }
            _ => {}
        }
    }
    lines
}

/// The line that answered. It is the handler's: where it made the page, or where it changed the
/// session, or the last line of it that a step names, or its first line. If no handler was asked,
/// it is the framework's.
pub fn answered_by(steps: &[Step]) -> String {
    let last = |names: &'static [&'static str]| {
        let steps = steps.iter().rev().filter(|step| names.contains(&step.name));
        steps.map(|step| place(step.source))
    };
    let changed = steps.iter().rev().filter_map(|step| match step.detail {
        Detail::Change { by, .. } => by.map(place),
        _ => None,
    });
    let of_route = steps.iter().filter_map(|step| match &step.detail {
        Detail::Route { handler, registered, .. } => {
            Some(written(handler, registered).unwrap_or_else(|| place(registered)))
        }
        _ => None,
    });
    let mut lines = last(&["rendered"]).chain(changed).chain(last(&["form", "flashed"]));
    let in_handler = lines.find(|line| line.starts_with("src/app/"));
    let end = steps.last().map(|step| place(step.source));
    in_handler
        .into_iter()
        .chain(of_route)
        .chain(last(&["failed", "routed"]))
        .chain(end)
        .next()
        .unwrap_or_default()
}

/// The line where a handler is written. The compiler does not tell it, so the source is searched
/// for the handler's name.
fn written(handler: &str, registered: &Location) -> Option<String> {
    let file = registered.file().replace('\\', "/");
    let line = line_of(&file, handler)?;
    Some(format!("{file}:{line}"))
}

/// `GET /profile, POST /profile`
fn listed(routes: &[(Method, String)]) -> String {
    let lines = routes.iter().map(|(method, pattern)| format!("{method} {pattern}"));
    lines.collect::<Vec<_>>().join(", ")
}
