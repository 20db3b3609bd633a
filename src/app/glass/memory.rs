//! What the server knew of a visitor before, and what it still knows: parts 2 and 7 of a cycle.
//!
//! The words depend on where rows are kept. On a signed cookie the server remembers nothing, and
//! the visitor carries it all; a row in a file is there after a restart; a row in another program
//! may not have been looked at.

use super::mask::{Mask, cut};
use carafe::cycle::StorePlace;
use carafe::cycle::{Cycle, Detail, Step};
use carafe::http::Status;
use carafe::{Map, Value, json};

/// Under this name the flashed messages stand in a row, as Flask has it.
pub(super) const FLASHES: &str = "_flashes";

/// So much of a value is shown.
const SHOWN: usize = 200;

/// The visitor's memory in one cycle.
pub struct Memory<'c> {
    pub(super) cycle: &'c Cycle,
    pub(super) mask: &'c Mask,
    /// The cookie that came.
    pub(super) sent: Option<&'c str>,
    /// Why it was refused.
    refused: Option<&'c str>,
    /// The row that it names.
    pub(super) before: Option<&'c Map>,
    /// The session was touched: the cookie from now on, and the row.
    pub(super) left: Option<(Option<&'c str>, &'c Map)>,
    /// Where rows are kept, as far as this cycle had to do with one.
    pub(super) place: StorePlace,
    /// Rows beside the visitor's that were changed: kind, key, and false if it was deleted.
    stored: &'c [(&'static str, String, bool)],
}

impl<'c> Memory<'c> {
    /// Finds what a cycle says of it.
    pub fn of(cycle: &'c Cycle, mask: &'c Mask) -> Memory<'c> {
        let (place, stored) = (StorePlace::Memory, &[][..]);
        let mut memory = Memory {
            cycle,
            mask,
            sent: None,
            refused: None,
            before: None,
            left: None,
            place,
            stored,
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

    /// What the cookie that came names or carries, in a few words.
    pub fn cookie_words(&self) -> String {
        let Some(cookie) = self.sent else { return String::new() };
        let row = match self.place {
            StorePlace::Nowhere => return "of no use: no row is kept here".to_owned(),
            StorePlace::Cookie => "carries its row".to_owned(),
            StorePlace::Memory | StorePlace::File | StorePlace::Elsewhere => {
                format!("names row {}", cut(cookie))
            }
        };
        match (self.refused, self.before) {
            (Some(_), _) if self.place == StorePlace::Cookie => "refused".to_owned(),
            (Some(_), _) => format!("{row}, refused"),
            (None, Some(known)) => {
                let values = match known.iter().filter(|(name, _)| *name != FLASHES).count() {
                    0 => String::new(),
                    1 => "1 value: ".to_owned(),
                    count => format!("{count} values: "),
                };
                format!("{row} ({values}{})", names_of(known))
            }
            (None, None) => format!("{row}, not looked at"),
        }
    }

    /// Part 2, in sentences; `bytes` came, and `has_cookie` says if any cookie was among them.
    pub fn knew(&self, bytes: u64, has_cookie: bool) -> Vec<String> {
        let nothing = format!("nothing but these {bytes} bytes");
        let Some(cookie) = self.sent else {
            let who = if has_cookie {
                "no cookie of this server: a stranger"
            } else {
                "no cookie: a stranger"
            };
            return vec![who.to_owned(), nothing];
        };
        let row = format!("your cookie names row {}, but", cut(cookie));
        match (self.place, self.refused, self.before) {
            (StorePlace::Nowhere, ..) => {
                vec!["this server keeps no rows, so your cookie names none: a stranger".to_owned(), nothing]
            }
            (StorePlace::Cookie, Some(why), _) => vec![
                format!("your cookie was refused: {why}"),
                "(somebody changed it, or it was signed with another key: each start makes one, unless".to_owned()
                    + " CARAFE_SECRET_KEY sets it)",
                format!("so: {nothing}"),
            ],
            (place, Some(why), _) => {
                let empties = if place == StorePlace::Memory { "; a restart or /forget empties the table" } else { "" };
                let jars = format!("(localhost and 127.0.0.1 are two jars{empties})");
                vec![format!("{row} {why}"), jars, format!("so: {nothing}")]
            }
            (place, None, Some(known)) => {
                let values = self.cookie_words();
                let head = match place {
                    StorePlace::Cookie => format!("nothing of its own: the cookie {values}, signed by this server"),
                    StorePlace::File => format!("the cookie {values}, kept in the file"),
                    StorePlace::Elsewhere => format!("the cookie {values}, asked of the shared store"),
                    StorePlace::Memory | StorePlace::Nowhere => format!("the cookie {values}"),
                };
                let values = known.iter().map(|(name, value)| self.line(name, value));
                [head].into_iter().chain(values).collect()
            }
            (_, None, None) if self.has_failed() => vec![format!("{row} the store could not say what it holds")],
            (_, None, None) => vec![format!("{row} nobody looked: this answer does not depend on it"), nothing],
        }
    }

    /// Part 7, one sentence or two.
    pub fn still_knows(&self) -> String {
        let kept = match self.left {
            Some((cookie, row)) => cookie.map(|cookie| (cookie, row)),
            None => self.sent.zip(self.before),
        };
        let row = match (self.place, kept) {
            (StorePlace::Cookie, Some((_, row))) => {
                format!("nothing of the row, which the cookie carries: {}.", names_of(row))
            }
            (place, Some((cookie, row))) => {
                let lasts = match place {
                    StorePlace::File => ", in the file, also after a restart",
                    StorePlace::Elsewhere => ", in the store that other servers share",
                    StorePlace::Nowhere | StorePlace::Cookie | StorePlace::Memory => "",
                };
                format!("row {} ({}){lasts}.", cut(cookie), names_of(row))
            }
            (StorePlace::Nowhere, None)
                if self.left.is_some_and(|(_, row)| row.iter().next().is_some()) =>
            {
                "nothing about this visitor: no store keeps what was set here.".to_owned()
            }
            (place, None) if place != StorePlace::Nowhere && self.is_unseen() => {
                let why =
                    if self.has_failed() { "the store could not say" } else { "nobody looked" };
                format!("what row {} holds; {why}.", cut(self.sent.unwrap_or_default()))
            }
            (_, None) => "nothing about this visitor: no row, no name.".to_owned(),
        };
        // An account is no part of the visitor's row, and outlives it.
        let has_account = kept.is_some_and(|(_, row)| row.get("account").is_some());
        let rows = self.stored.iter().filter(|(.., is_kept)| *is_kept);
        let rows: Vec<String> =
            rows.map(|(kind, key, _)| format!("{kind} '{}'", self.mask.text(key))).collect();
        match (rows.is_empty(), has_account, kept) {
            (false, ..) => format!("{row} This request also stored: {}.", rows.join(", ")),
            (true, true, _) => format!("{row} Beside it: the account, and its orders."),
            (true, false, Some(_)) => format!("{row} Nothing else about this visitor."),
            (true, false, None) => row,
        }
    }

    /// True if a cookie came that nobody has refused, and what it names was not seen.
    fn is_unseen(&self) -> bool {
        self.sent.is_some()
            && self.refused.is_none()
            && self.before.is_none()
            && self.left.is_none()
    }

    /// True if the store was asked, and failed.
    fn has_failed(&self) -> bool {
        let is_failure =
            |step: &Step| matches!(step.detail, Detail::Failure(Status::SERVICE_UNAVAILABLE, _));
        self.cycle.steps().iter().any(is_failure)
    }

    /// `user = 'Ada'`
    pub(super) fn line(&self, name: &str, value: &Value) -> String {
        if name != FLASHES {
            return format!("{name} = {}", self.shown(name, value));
        }
        let texts = messages(value).map(|message| format!("'{}'", self.mask.text(message)));
        format!("a flash waits: {}", texts.collect::<Vec<_>>().join(", "))
    }

    /// A value in one short line.
    pub(super) fn shown(&self, name: &str, value: &Value) -> String {
        let text = match self.mask.named(name, value) {
            Value::Str(text) => format!("'{text}'"),
            other => json::write(&other),
        };
        if text.chars().count() > SHOWN {
            text.chars().take(SHOWN).chain("..".chars()).collect()
        } else {
            text
        }
    }
}

/// The ids that the visitor of a cycle showed or was given, whole. Never shown.
pub fn ids(cycle: &Cycle) -> impl Iterator<Item = &str> {
    cycle.steps().iter().filter_map(|step| match &step.detail {
        Detail::Row { cookie, .. } | Detail::Change { cookie, .. } => cookie.as_deref(),
        _ => None,
    })
}

/// The texts of flashed messages, which are kept as pairs of category and text.
fn messages(list: &Value) -> impl Iterator<Item = &str> {
    list.as_list().unwrap_or_default().iter().filter_map(|pair| pair.as_list()?.get(1)?.as_str())
}

/// The names in a row, the flashed messages as a count: `user, 1 flash`.
fn names_of(row: &Map) -> String {
    let mut names: Vec<&str> =
        row.iter().map(|(name, _)| name).filter(|name| *name != FLASHES).collect();
    let flashes = match row.get(FLASHES).map_or(0, |list| messages(list).count()) {
        0 => String::new(),
        1 => "1 flash".into(),
        more => format!("{more} flashes"),
    };
    if !flashes.is_empty() {
        names.push(&flashes);
    }
    if names.is_empty() { "empty".to_owned() } else { names.join(", ") }
}
