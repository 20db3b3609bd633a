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

use super::cycle_facts::CycleFacts;
use super::mask::{Mask, cut_id};
use super::part_line::PartLine;
use super::row_words::{FLASHES, named, shown};
use super::words::{name_of, say};
use carafe::Map;
use carafe::cycle::{Detail, StorePlace};

/// The old and the new value stand in the list of cycles if they are no longer than this together.
const SHORT: usize = 16;

/// Part 5: a line for each change, with the line of source that did it.
pub fn changes(facts: &CycleFacts, mask: &Mask) -> Vec<PartLine> {
    let cycle = &facts.record.cycle;
    let mut lines = Vec::new();
    for step in cycle.steps() {
        let (by, told) = match &step.detail {
            Detail::Change { after: Some(after), by, .. } => (*by, in_row(facts, mask, after)),
            Detail::Flash(category, message) => {
                let what = format!("'{}' ({category})", mask.text(message));
                (Some(step.source), vec![change("+", "flash put", what, "flash put")])
            }
            Detail::Note(note) => {
                (Some(step.source), vec![change("=", "note", mask.text(note), "")])
            }
            Detail::Taken(messages) => {
                let what = |message| format!("'{}', shown on this page", mask.text(message));
                let taken = messages.iter();
                let taken =
                    taken.map(|(_, text)| change("-", "flash taken", what(text), "flash taken"));
                (Some(step.source), taken.collect())
            }
            Detail::Template { name, variables } => {
                let values = variables.iter().map(|(name, value)| named(mask, name, value));
                let values = values.collect::<Vec<_>>().join(", ");
                let with = if values.is_empty() { "" } else { " with " };
                let what = format!("{name}{with}{values}");
                (Some(step.source), vec![change("=", "rendered", what, "")])
            }
            Detail::Stored { rows, by, place } => {
                let written = if *place == StorePlace::File { ", written to the file" } else { "" };
                let stored = rows.iter().map(|(kind, key, is_kept)| {
                    let (sign, word) = if *is_kept { ("+", "stored") } else { ("-", "deleted") };
                    let what = format!("{kind} '{}'{written}", mask.text(key));
                    change(sign, word, what, format!("{kind} {word}"))
                });
                (Some(*by), stored.collect())
            }
            _ => continue,
        };
        lines.extend(told.into_iter().map(|line| line.at(by)));
    }
    // The reason of a failure is a warning, too, and part 3 tells it already.
    let told = facts.failure.map_or("", |(_, why)| why);
    let warnings = cycle.warnings().iter().filter(|warning| *warning != told);
    lines.extend(warnings.map(|warning| change("!", "noticed", mask.text(warning), "")));
    lines
}

fn change(sign: &'static str, word: &str, what: String, short: impl Into<String>) -> PartLine {
    PartLine { sign, short: short.into(), ..PartLine::new(word, what) }
}

/// The visitor's row before and after: the row itself, then name by name.
fn in_row(facts: &CycleFacts, mask: &Mask, after: &Map) -> Vec<PartLine> {
    static NOTHING: Map = Map::new();
    let before = facts.row.unwrap_or(&NOTHING);
    let mut changes: Vec<PartLine> = of_row(facts, after).into_iter().collect();
    for (name, value) in after.iter().filter(|(name, _)| *name != FLASHES) {
        match before.get(name) {
            None => {
                let what = named(mask, name, value);
                changes.push(change("+", "added", what, format!("{name} added")));
            }
            Some(old) if old != value => {
                let (old, new) = (shown(mask, name, old), shown(mask, name, value));
                let is_short = old.chars().count() + new.chars().count() <= SHORT;
                let short = match is_short {
                    true => format!("{name} {old} > {new}"),
                    false => format!("{name} changed"),
                };
                changes.push(change("~", "changed", format!("{name}: {old} -> {new}"), short));
            }
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(name, _)| *name != FLASHES && after.get(name).is_none());
    changes.extend(gone.map(|(name, value)| {
        change("-", "removed", named(mask, name, value), format!("{name} removed"))
    }));
    changes
}

/// What happened to the row itself; `None` if it keeps its name.
fn of_row(facts: &CycleFacts, after: &Map) -> Option<PartLine> {
    let (old, new) = (facts.cookie.filter(|_| facts.row.is_some()), facts.cookie_after());
    let (sign, word) = match (old, new) {
        (None, Some(_)) => ("+", "added"),
        (Some(_), None) => ("-", "removed"),
        (Some(old), Some(new)) if old != new => ("~", "changed"),
        // The row keeps its name, but a file has a new line for it.
        (Some(_), Some(_)) if facts.row != Some(after) => ("~", "same"),
        _ => return None,
    };
    let (old, new) = (old.map_or(String::new(), cut_id), new.map_or(String::new(), cut_id));
    let event = format!("{}-{word}", name_of(facts.store));
    let what = say("row", &event, &[("old", &old), ("new", &new)]);
    let word = if word == "same" { "changed" } else { word };
    let short = if word == "removed" { "row removed" } else { "" };
    (!what.is_empty()).then(|| change(sign, word, what, short))
}
