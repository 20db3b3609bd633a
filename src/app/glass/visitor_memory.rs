//! Deeper: Says what the server knew of a visitor before, and what it still knows: parts 2 and 7.
//!
//! What can be said depends on where rows are kept: with a signed cookie the server remembers
//! nothing, and a row in a file outlasts a restart. It also depends on the cookie: a stranger has
//! none, and another may be refused. `words.txt` has a sentence for each pair of the two.

use super::cycle_facts::CycleFacts;
use super::mask::{Mask, cut_id};
use super::part_line::PartLine;
use super::row_words::{FLASHES, named, names};
use super::words::{name_of, say};
use carafe::cycle::StorePlace;
use carafe::http::Status;

/// The words of this kind for the place of the rows, and for what became of the cookie.
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
    let lines = lines.map(|line| PartLine::new("", line)).collect();
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
    PartLine::new("", said)
}
