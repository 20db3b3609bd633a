//! Deeper: Says what the server knew of a visitor, what a cycle changed, and what it still knows.
//!
//! These are parts 2, 5 and 7. A change has a sign, and the line of source that made it:
//!
//! ```text
//! + added: row 7f3a.., and a cookie that names it (src/app/course/sessions.rs:24)
//! ~ changed: visits: 1 -> 2 (src/app/course/ladder.rs:131)
//! - flash taken: 'need valid name', shown on this page
//! = rendered: formtest.html with user = 'Ada'
//! ```
//!
//! What can be said depends on where rows are kept: with a signed cookie the server remembers
//! nothing, and a row in a file outlasts a restart. It also depends on the cookie: a stranger has
//! none, and another may be refused. `words.txt` has a sentence for each pair of the two.
//!
//! Left out: how a row of another kind changed. Nobody else may see what an account holds, so only
//! its key is shown.

use super::cycle_facts::CycleFacts;
use super::mask::{Mask, cut_id};
use super::part_line::{FLASHES, PartLine, named, names, shown};
use super::words::{name_of, say};
use carafe::Map;
use carafe::cycle::{Detail, StorePlace};
use carafe::http::Status;

/// The old and the new value stand in the list of cycles if they are no longer than this together.
const SHORT: usize = 16;

/// What `words.txt` says for this kind, for where rows are kept, and for what became of the cookie.
fn told(facts: &CycleFacts, kind: &str, what: &str, values: &[(&str, &str)]) -> String {
    say(kind, &format!("{}-{what}", name_of(facts.store)), values)
}

/// What became of the cookie that arrived, as `words.txt` names it.
fn cookie_was(facts: &CycleFacts) -> &'static str {
    match (facts.cookie, facts.refused, facts.row) {
        (None, ..) => "stranger",
        (_, Some(_), _) => "refused",
        (.., Some(_)) => "known",
        _ if facts.failure.is_some_and(|it| it.0 == Status::SERVICE_UNAVAILABLE) => "failed",
        _ => "unseen",
    }
}

/// Part 2 in sentences, and the note on the cookie.
pub fn knew(facts: &CycleFacts, mask: &Mask) -> (Vec<PartLine>, String) {
    let values = facts.row.map_or(String::new(), |row| {
        match row.iter().filter(|(name, _)| *name != FLASHES).count() {
            0 => names(row),
            1 => format!("1 value: {}", names(row)),
            count => format!("{count} values: {}", names(row)),
        }
    });
    let id = facts.cookie.map_or(String::new(), cut_id);
    let has_cookie = facts.request.header("Cookie").is_some();
    let filled = [
        ("id", &*id),
        ("values", &values),
        ("bytes", &facts.request.total.unwrap_or(0).to_string()),
        ("whose", if has_cookie { " of this server" } else { "" }),
        ("why", facts.refused.unwrap_or("")),
    ];
    let sentences = told(facts, "knew", cookie_was(facts), &filled);
    let row = facts.row.filter(|_| facts.store != StorePlace::Nowhere);
    let row = row.iter().flat_map(|row| row.iter());
    let row = row.map(|(name, value)| named(mask, name, value));
    let lines = sentences.split('|').map(str::to_owned).chain(row);
    let lines = lines.map(|line| PartLine::new("", &line)).collect();
    (lines, told(facts, "cookie", cookie_was(facts), &filled))
}

/// Part 7, in one sentence or two.
pub fn still_knows(facts: &CycleFacts, mask: &Mask) -> PartLine {
    let kept = match facts.left {
        Some((cookie, row)) => cookie.map(|cookie| (cookie, row)),
        None => facts.cookie.zip(facts.row),
    };
    let what = match (kept, facts.left) {
        (Some(_), _) => "kept",
        (None, Some((_, row))) if !row.is_empty() => "set",
        (None, Some(_)) => "nothing",
        (None, None) => cookie_was(facts),
    };
    let id = kept.map(|(cookie, _)| cookie).or(facts.cookie).map_or(String::new(), cut_id);
    let names = kept.map_or(String::new(), |(_, row)| names(row));
    let mut said = told(facts, "still", what, &[("id", &id), ("names", &names)]);
    // What else is known, such as an account. It is not in the visitor's row, and it stays when the
    // row is deleted.
    let rows = facts.stored.iter().filter(|(.., is_kept)| *is_kept);
    let rows: Vec<_> = rows.map(|(kind, key, _)| format!("{kind} '{}'", mask.text(key))).collect();
    if !rows.is_empty() {
        said += &format!(" This request also stored: {}.", rows.join(", "));
    } else if kept.is_some_and(|(_, row)| row.get("account").is_some()) {
        said += " Beside it: the account, and its orders.";
    } else if kept.is_some() {
        said += " Nothing else about this visitor.";
    }
    PartLine::new("", &said)
}

/// Part 5: a line for each change, with the line of source that did it.
pub fn changes(facts: &CycleFacts, mask: &Mask) -> Vec<PartLine> {
    let cycle = &facts.record.cycle;
    let mut lines = Vec::new();
    for step in cycle.steps() {
        let here = Some(step.source);
        let mut tell = |sign, word, what: String, short: &str| {
            lines.push(change(sign, word, what, short).at(here));
        };
        match &step.detail {
            Detail::Change { after, by, .. } => {
                lines.extend(in_row(facts, mask, after).into_iter().map(|line| line.at(*by)));
            }
            Detail::Flash(category, message) => {
                let what = format!("'{}' ({category})", mask.text(message));
                tell("+", "flash put", what, "flash put");
            }
            Detail::Note(note) => tell("=", "note", mask.text(note), ""),
            Detail::Taken(messages) => {
                for (_, message) in messages {
                    let what = format!("'{}', shown on this page", mask.text(message));
                    tell("-", "flash taken", what, "flash taken");
                }
            }
            Detail::Template { name, variables } => {
                let values = variables.iter().map(|(name, value)| named(mask, name, value));
                let values = values.collect::<Vec<_>>().join(", ");
                let with = if values.is_empty() { "" } else { " with " };
                tell("=", "rendered", format!("{name}{with}{values}"), "");
            }
            Detail::Stored { rows, by, place } => {
                let written = if *place == StorePlace::File { ", written to the file" } else { "" };
                for (kind, key, is_kept) in rows {
                    let (sign, word) = if *is_kept { ("+", "stored") } else { ("-", "deleted") };
                    let what = format!("{kind} '{}'{written}", mask.text(key));
                    let line = change(sign, word, what, format!("{kind} {word}"));
                    lines.push(line.at(Some(by)));
                }
            }
            _ => {}
        }
    }
    // The reason of a failure is a warning, too, and part 3 tells it already.
    let told = facts.failure.map_or("", |(_, why)| why);
    let warnings = cycle.warnings().iter().filter(|warning| *warning != told);
    lines.extend(warnings.map(|warning| change("!", "noticed", mask.text(warning), "")));
    lines
}

fn change(sign: &'static str, word: &str, what: String, short: impl Into<String>) -> PartLine {
    PartLine { sign, short: short.into(), ..PartLine::new(word, &what) }
}

/// The visitor's row before and after: the row itself, then name by name.
fn in_row(facts: &CycleFacts, mask: &Mask, after: &Map) -> Vec<PartLine> {
    static NOTHING: Map = Map::new();
    let before = facts.row.unwrap_or(&NOTHING);
    let gone = before.iter().filter(|(name, _)| after.get(name).is_none());
    let names = after.iter().chain(gone).map(|(name, _)| name).filter(|name| *name != FLASHES);
    let changes = names.filter_map(|name| {
        let mut short = None;
        let (sign, word, what) = match (before.get(name), after.get(name)) {
            (None, Some(new)) => ("+", "added", named(mask, name, new)),
            (Some(old), None) => ("-", "removed", named(mask, name, old)),
            (Some(old), Some(new)) if old != new => {
                let (old, new) = (shown(mask, name, old), shown(mask, name, new));
                let is_short = old.chars().count() + new.chars().count() <= SHORT;
                short = is_short.then(|| format!("{name} {old} > {new}"));
                ("~", "changed", format!("{name}: {old} -> {new}"))
            }
            _ => return None,
        };
        Some(change(sign, word, what, short.unwrap_or(format!("{name} {word}"))))
    });
    of_row(facts, after).into_iter().chain(changes).collect()
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
    let what = told(facts, "row", word, &[("old", &old), ("new", &new)]);
    let word = if word == "same" { "changed" } else { word };
    let short = if word == "removed" { "row removed" } else { "" };
    (!what.is_empty()).then(|| change(sign, word, what, short))
}
