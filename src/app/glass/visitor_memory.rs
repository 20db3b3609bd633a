//! Deeper: Says what the server knew of a visitor before, and what it still knows: parts 2 and 7.
//!
//! What can be said depends on where rows are kept: with a signed cookie the server remembers
//! nothing, and a row in a file outlasts a restart. It also depends on the cookie: a stranger has
//! none, and another may be refused. `words.txt` has a sentence for each pair of the two.

use super::mask::{Mask, cut_id};
use super::part_line::PartLine;
use super::row_words::{FLASHES, named, names};
use super::words::{name_of, say};
use carafe::Map;
use carafe::cycle::{Cycle, Detail, Step, StorePlace};
use carafe::http::Status;

/// What one cycle found and left of its visitor.
pub struct VisitorMemory<'c> {
    pub mask: &'c Mask,
    /// The cookie that arrived.
    pub sent: Option<&'c str>,
    /// Why it was refused.
    refused: Option<&'c str>,
    /// The row that it names.
    pub before: Option<&'c Map>,
    /// If the session was used: the cookie from now on, and the row.
    pub left: Option<(Option<&'c str>, &'c Map)>,
    /// Where rows are kept, as far as this cycle had to do with one.
    pub place: StorePlace,
    /// Other rows that were changed: kind, key, and false if it was deleted.
    stored: &'c [(&'static str, String, bool)],
    /// True if the store was asked, and failed.
    has_failed: bool,
}

impl<'c> VisitorMemory<'c> {
    /// Collects it from the steps of a cycle.
    pub fn of(cycle: &'c Cycle, mask: &'c Mask) -> VisitorMemory<'c> {
        let is_failure =
            |step: &Step| matches!(step.detail, Detail::Failure(Status::SERVICE_UNAVAILABLE, _));
        let mut memory = VisitorMemory {
            mask,
            sent: None,
            refused: None,
            before: None,
            left: None,
            place: StorePlace::Memory,
            stored: &[],
            has_failed: cycle.steps().iter().any(is_failure),
        };
        for step in cycle.steps() {
            match &step.detail {
                Detail::Row { cookie, refused, row, place } => {
                    memory.place = *place;
                    memory.sent = cookie.as_deref();
                    memory.refused = refused.as_deref();
                    memory.before = row.as_ref().filter(|_| refused.is_none() && cookie.is_some());
                }
                Detail::Change { cookie, after: Some(after), place, .. } => {
                    memory.place = *place;
                    memory.left = Some((cookie.as_deref(), after));
                }
                Detail::Stored { rows, .. } => memory.stored = rows,
                _ => {}
            }
        }
        memory
    }

    /// The words of this kind for this place and what became of the cookie.
    fn say(&self, kind: &str, what: &str, values: &[(&str, &str)]) -> String {
        say(kind, &format!("{}-{what}", name_of(self.place)), values)
    }

    /// What became of the cookie that arrived, as `words.txt` names it.
    fn cookie_was(&self) -> &'static str {
        match (self.sent, self.refused, self.before) {
            (None, ..) => "stranger",
            (_, Some(_), _) => "refused",
            (.., Some(_)) => "known",
            _ if self.has_failed => "failed",
            _ => "unseen",
        }
    }

    /// Part 2 in sentences, and the note on the cookie; `bytes` is the length of the request, and
    /// `has_cookie` says if any cookie was in it.
    pub fn knew(&self, bytes: u64, has_cookie: bool) -> (Vec<PartLine>, String) {
        let values = self.before.map_or(String::new(), |row| {
            let names = names(row);
            match row.iter().filter(|(name, _)| *name != FLASHES).count() {
                0 => names,
                1 => format!("1 value: {names}"),
                count => format!("{count} values: {names}"),
            }
        });
        let (id, bytes) = (self.sent.map_or(String::new(), cut_id), bytes.to_string());
        let filled = [
            ("id", id.as_str()),
            ("values", &values),
            ("bytes", &bytes),
            ("whose", if has_cookie { " of this server" } else { "" }),
            ("why", self.refused.unwrap_or("")),
        ];
        let told = self.say("knew", self.cookie_was(), &filled);
        let row = self.before.filter(|_| self.place != StorePlace::Nowhere);
        let row = row.iter().flat_map(|row| row.iter());
        let row = row.map(|(name, value)| named(self.mask, name, value));
        let lines = told.split('|').map(str::to_owned).chain(row);
        let lines = lines.map(|line| PartLine::new("", line)).collect();
        (lines, self.say("cookie", self.cookie_was(), &filled))
    }

    /// Part 7, in one sentence or two.
    pub fn still_knows(&self) -> PartLine {
        let kept = match self.left {
            Some((cookie, row)) => cookie.map(|cookie| (cookie, row)),
            None => self.sent.zip(self.before),
        };
        let is_set = self.left.is_some_and(|(_, row)| !row.is_empty());
        let what = match (kept, self.left) {
            (Some(_), _) => "kept",
            (None, Some(_)) if is_set => "set",
            (None, Some(_)) => "nothing",
            (None, None) => self.cookie_was(),
        };
        let id = kept.map(|(cookie, _)| cookie).or(self.sent).map_or(String::new(), cut_id);
        let names = kept.map_or(String::new(), |(_, row)| names(row));
        let mut told = self.say("still", what, &[("id", &id), ("names", &names)]);
        // What else is known, such as an account. It is not in the visitor's row, and it stays when
        // the row is deleted.
        let rows = self.stored.iter().filter(|(.., is_kept)| *is_kept);
        let rows: Vec<String> =
            rows.map(|(kind, key, _)| format!("{kind} '{}'", self.mask.text(key))).collect();
        if !rows.is_empty() {
            told += &format!(" This request also stored: {}.", rows.join(", "));
        } else if kept.is_some_and(|(_, row)| row.get("account").is_some()) {
            told += " Beside it: the account, and its orders.";
        } else if kept.is_some() {
            told += " Nothing else about this visitor.";
        }
        PartLine::new("", told)
    }
}
