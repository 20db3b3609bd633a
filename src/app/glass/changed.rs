//! What changed in a cycle: the visitor's row as a diff, flashes, rows beside it, and the page that
//! was made. Part 5.
//!
//! Left out: how a row of another kind changed. What an account holds is nobody's affair; that it
//! was stored is told.

use super::facts::place;
use super::mask::cut;
use super::memory::{FLASHES, Memory};
use carafe::Map;
use carafe::cycle::StorePlace;
use carafe::cycle::{Detail, Step};

/// A thing that changed.
pub struct Change {
    /// `+`, `~` or `-`; `=` for a page that was made, `!` for what was noticed.
    pub sign: &'static str,
    /// added, changed, removed, …
    pub word: &'static str,
    /// `user = 'Anthony'`
    pub what: String,
    /// In one word, for the list: `user`; none for what is of no weight there.
    pub short: Option<String>,
    /// The line that did it, if it is known.
    pub source: Option<String>,
}

impl Memory<'_> {
    /// Part 5.
    pub fn changed(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for step in self.cycle.steps() {
            let source = Some(place(step.source));
            match &step.detail {
                Detail::Change { after: Some(after), by, .. } => {
                    self.compare(after, by.map(place).as_deref(), &mut changes);
                }
                Detail::Flash(category, message) => {
                    let what = format!("'{}' ({category})", self.mask.text(message));
                    let short = Some("flash".to_owned());
                    changes.push(Change { sign: "+", word: "flash put", what, short, source });
                }
                Detail::Taken(messages) => {
                    changes.extend(messages.iter().map(|(_, message)| Change {
                        sign: "-",
                        word: "flash taken",
                        what: format!("'{}', shown on this page", self.mask.text(message)),
                        short: Some("flash".to_owned()),
                        source: source.clone(),
                    }))
                }
                Detail::Template { name, variables } => {
                    let names: Vec<String> =
                        variables.iter().map(|(name, value)| self.line(name, value)).collect();
                    let with = if names.is_empty() {
                        String::new()
                    } else {
                        format!(" with {}", names.join(", "))
                    };
                    changes.push(Change {
                        sign: "=",
                        word: "rendered",
                        what: format!("{name}{with}"),
                        short: None,
                        source,
                    });
                }
                Detail::Stored { rows, by, place: kept } => {
                    let written =
                        if *kept == StorePlace::File { ", written to the file" } else { "" };
                    changes.extend(rows.iter().map(|(kind, key, is_kept)| Change {
                        sign: if *is_kept { "+" } else { "-" },
                        word: if *is_kept { "stored" } else { "deleted" },
                        what: format!("{kind} '{}'{written}", self.mask.text(key)),
                        short: Some((*kind).to_owned()),
                        source: Some(place(by)),
                    }));
                }
                _ => {}
            }
        }
        // What went wrong stands with the route already.
        let failed = |warning: &str| {
            let is_it =
                |step: &Step| matches!(&step.detail, Detail::Failure(_, why) if why == warning);
            self.cycle.steps().iter().any(is_it)
        };
        let noticed = self.cycle.warnings().iter().filter(|warning| !failed(warning));
        changes.extend(noticed.map(|warning| Change {
            sign: "!",
            word: "noticed",
            what: self.mask.text(warning),
            short: None,
            source: None,
        }));
        changes
    }

    /// What became of the row itself, in a sign, a word and a sentence; nothing, if it is the one
    /// that it was.
    fn of_row(&self, after: &Map) -> Option<(&'static str, &'static str, String)> {
        let old = self.sent.filter(|_| self.before.is_some()).map(cut);
        let new = self.left.and_then(|(cookie, _)| cookie);
        let is_other = self.sent != new;
        let new = new.map(cut);
        let written = if self.place == StorePlace::File { ", written to the file" } else { "" };
        Some(match (self.place, old, new) {
            (_, None, None) => return None,
            (StorePlace::Cookie, None, Some(_)) => {
                ("+", "added", "a cookie that carries the row, signed".to_owned())
            }
            (StorePlace::Cookie, Some(_), None) => {
                ("-", "removed", "the cookie; copies of it still count".to_owned())
            }
            (StorePlace::Cookie, Some(_), Some(_)) if is_other => (
                "~",
                "changed",
                "the cookie: it carries the row, so the visitor gets another".to_owned(),
            ),
            (_, None, Some(new)) => {
                ("+", "added", format!("row {new}, and a cookie that names it{written}"))
            }
            (_, Some(old), None) => ("-", "removed", format!("row {old}{written}")),
            (_, Some(old), Some(new)) if is_other => {
                ("~", "changed", format!("row {old} has a new name: {new}{written}"))
            }
            // The row keeps its name; which of its values are others is told after it.
            (StorePlace::File, Some(old), Some(_)) if self.before != Some(after) => {
                ("~", "changed", format!("row {old}{written}"))
            }
            _ => return None,
        })
    }

    /// The row before and after, name by name.
    fn compare(&self, after: &Map, by: Option<&str>, changes: &mut Vec<Change>) {
        let source = by.map(str::to_owned);
        if let Some((sign, word, what)) = self.of_row(after) {
            let short = (sign == "-").then(|| "row".to_owned());
            changes.push(Change { sign, word, what, short, source: source.clone() });
        }
        let nothing = Map::new();
        let before = self.before.unwrap_or(&nothing);
        let mut change = |name: &str, sign, word, what| {
            changes.push(Change {
                sign,
                word,
                what,
                short: Some(name.to_owned()),
                source: source.clone(),
            });
        };
        for (name, value) in after.iter().filter(|(name, _)| *name != FLASHES) {
            match before.get(name) {
                None => change(name, "+", "added", self.line(name, value)),
                Some(old) if old != value => {
                    let what =
                        format!("{name}: {} -> {}", self.shown(name, old), self.shown(name, value));
                    change(name, "~", "changed", what);
                }
                Some(_) => {}
            }
        }
        for (name, value) in
            before.iter().filter(|(name, _)| *name != FLASHES && after.get(name).is_none())
        {
            change(name, "-", "removed", self.line(name, value));
        }
    }
}
