//! Deeper: Says what a cycle changed: the visitor's row, flashes, other rows, and the page: part 5.
//!
//! ```text
//! + added: row 7f3a.., and a cookie that names it (src/app/course/sessions.rs:24)
//! ~ changed: visits: 1 -> 2 (src/app/course/ladder.rs:131)
//! - flash taken: 'need valid name', shown on this page
//! = rendered: formtest.html with user = 'Ada'
//! ```
//!
//! Left out: how a row of another kind changed. Nobody else may see what an account holds, so only
//! its key is shown.

use super::answered::place;
use super::mask::cut;
use super::visitor_memory::{FLASHES, VisitorMemory};
use carafe::cycle::{Detail, Step, StorePlace};
use carafe::{Map, Value};
use std::panic::Location;

/// One change: a sign, its word, what changed, and the name in the list of cycles; without a name
/// the list leaves it out. The sign is `+`, `~` or `-`; `=` for a page that was made, `!` for a
/// warning.
type ChangeLine<'c> = (&'static str, &'static str, String, &'c str);

/// Part 5: a map for each change, with `sign`, `word`, `what`, `name` and `source`, the line that
/// did it.
pub fn changes(memory: &VisitorMemory) -> Vec<Value> {
    let mask = memory.mask;
    let mut changes = Vec::new();
    for step in memory.cycle.steps() {
        let (by, lines) = match &step.detail {
            Detail::Change { after: Some(after), by, .. } => (*by, in_row(memory, after)),
            Detail::Flash(category, message) => {
                let what = format!("'{}' ({category})", mask.text(message));
                (Some(step.source), vec![("+", "flash put", what, "flash")])
            }
            Detail::Taken(messages) => {
                let what = |message| format!("'{}', shown on this page", mask.text(message));
                let taken =
                    messages.iter().map(|(_, text)| ("-", "flash taken", what(text), "flash"));
                (Some(step.source), taken.collect())
            }
            Detail::Template { name, variables } => {
                let lines = variables.iter().map(|(name, value)| memory.line(name, value));
                let lines = lines.collect::<Vec<_>>().join(", ");
                let with = if lines.is_empty() { "" } else { " with " };
                (Some(step.source), vec![("=", "rendered", format!("{name}{with}{lines}"), "")])
            }
            Detail::Stored { rows, by, place } => {
                let stored = rows.iter().map(|(kind, key, is_kept)| {
                    let (sign, word) = if *is_kept { ("+", "stored") } else { ("-", "deleted") };
                    (sign, word, format!("{kind} '{}'{}", mask.text(key), written(*place)), *kind)
                });
                (Some(*by), stored.collect())
            }
            _ => continue,
        };
        changes.extend(lines.into_iter().map(|line| to_value(line, by)));
    }
    // The reason of a failure is a warning, too, and part 3 tells it already.
    let is_told = |warning: &str| {
        let is_it = |step: &Step| matches!(&step.detail, Detail::Failure(_, why) if why == warning);
        memory.cycle.steps().iter().any(is_it)
    };
    let warnings = memory.cycle.warnings().iter().filter(|warning| !is_told(warning));
    let warnings = warnings.map(|warning| ("!", "noticed", mask.text(warning), ""));
    changes.extend(warnings.map(|line| to_value(line, None)));
    changes
}

/// A change as page and JSON show it.
fn to_value((sign, word, what, name): ChangeLine, by: Option<&Location>) -> Value {
    Map::from([
        ("sign", Value::from(sign)),
        ("word", word.into()),
        ("name", name.into()),
        ("what", what.into()),
        ("source", by.map(place).into()),
    ])
    .into()
}

/// The visitor's row before and after: the row itself, then name by name.
fn in_row<'c>(memory: &VisitorMemory<'c>, after: &'c Map) -> Vec<ChangeLine<'c>> {
    static NOTHING: Map = Map::new();
    let before = memory.before.unwrap_or(&NOTHING);
    let mut changes: Vec<ChangeLine> = of_row(memory, after).into_iter().collect();
    for (name, value) in after.iter().filter(|(name, _)| *name != FLASHES) {
        match before.get(name) {
            None => changes.push(("+", "added", memory.line(name, value), name)),
            Some(old) if old != value => {
                let (old, new) = (memory.shown(name, old), memory.shown(name, value));
                changes.push(("~", "changed", format!("{name}: {old} -> {new}"), name));
            }
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(name, _)| *name != FLASHES && after.get(name).is_none());
    changes.extend(gone.map(|(name, value)| ("-", "removed", memory.line(name, value), name)));
    changes
}

/// What happened to the row itself; `None` if it keeps its name.
fn of_row(memory: &VisitorMemory, after: &Map) -> Option<ChangeLine<'static>> {
    let old = memory.sent.filter(|_| memory.before.is_some());
    let new = memory.left.and_then(|(cookie, _)| cookie);
    let is_other = memory.sent != new;
    let in_cookie = memory.place == StorePlace::Cookie;
    let written = written(memory.place);
    let (sign, word, what) = match (old.map(cut), new.map(cut)) {
        (None, Some(_)) if in_cookie => {
            ("+", "added", "a cookie that carries the row, signed".to_owned())
        }
        (Some(_), None) if in_cookie => {
            ("-", "removed", "the cookie; copies of it still count".to_owned())
        }
        (Some(_), Some(_)) if in_cookie && is_other => {
            let what = "the cookie: it carries the row, so the visitor gets another";
            ("~", "changed", what.to_owned())
        }
        (None, Some(new)) => {
            ("+", "added", format!("row {new}, and a cookie that names it{written}"))
        }
        (Some(old), None) => ("-", "removed", format!("row {old}{written}")),
        (Some(old), Some(new)) if is_other => {
            ("~", "changed", format!("row {old} has a new name: {new}{written}"))
        }
        // The row keeps its name, but the file has a new line for it.
        (Some(old), Some(_))
            if memory.place == StorePlace::File && memory.before != Some(after) =>
        {
            ("~", "changed", format!("row {old}{written}"))
        }
        _ => return None,
    };
    Some((sign, word, what, if sign == "-" { "row" } else { "" }))
}

/// Only a file is written at once; the other stores say nothing about the disk.
fn written(place: StorePlace) -> &'static str {
    if place == StorePlace::File { ", written to the file" } else { "" }
}
