//! What the server knew before, what it changed, and what it still knows: parts 2, 5 and 7 of a cycle.

use super::facts::place;
use super::mask::{Mask, cut};
use carafe::cycle::{Cycle, Detail, Step};
use carafe::{Map, Value, json};

/// Under this name the flashed messages stand in a row, as Flask has it.
const FLASHES: &str = "_flashes";

/// So much of a value is shown.
const SHOWN: usize = 200;

/// A thing that changed.
pub struct Change {
    /// `+`, `~` or `-`; `=` for a page that was made, `!` for what was noticed.
    pub sign: &'static str,
    /// added, changed, removed, …
    pub word: &'static str,
    /// `user = 'Anthony'`
    pub what: String,
    /// The line that did it, if it is known.
    pub source: Option<String>,
}

/// The visitor's memory in one cycle.
pub struct Memory<'c> {
    cycle: &'c Cycle,
    mask: &'c Mask,
    /// The cookie that came.
    sent: Option<&'c str>,
    /// Why it was refused.
    refused: Option<&'c str>,
    /// The row that it names.
    before: Option<&'c Map>,
    /// The session was touched: the cookie from now on, and the row.
    left: Option<(Option<&'c str>, &'c Map)>,
}

impl<'c> Memory<'c> {
    /// Finds what a cycle says of it.
    pub fn of(cycle: &'c Cycle, mask: &'c Mask) -> Memory<'c> {
        let mut memory = Memory { cycle, mask, sent: None, refused: None, before: None, left: None };
        for step in cycle.steps() {
            match &step.detail {
                Detail::Row { cookie, refused, row } => {
                    memory.sent = cookie.as_deref();
                    memory.refused = refused.as_deref();
                    memory.before = row.as_ref().filter(|_| refused.is_none() && cookie.is_some());
                }
                Detail::Change { cookie, after: Some(after), .. } => memory.left = Some((cookie.as_deref(), after)),
                _ => {}
            }
        }
        memory
    }

    /// What the cookie that came names, in a few words.
    pub fn cookie_words(&self) -> String {
        match (self.sent, self.refused, self.before) {
            (Some(cookie), Some(_), _) => format!("names row {}, refused", cut(cookie)),
            (Some(cookie), None, Some(row)) => {
                let count = row.iter().filter(|(name, _)| *name != FLASHES).count();
                let values = if count == 1 { "1 value".to_owned() } else { format!("{count} values") };
                format!("names row {} ({values}: {})", cut(cookie), names_of(row))
            }
            _ => String::new(),
        }
    }

    /// Part 2, in sentences; `bytes` came, and `has_cookie` says if any cookie was among them.
    pub fn knew(&self, bytes: u64, has_cookie: bool) -> Vec<String> {
        let nothing = format!("nothing but these {bytes} bytes");
        match (self.sent, self.refused, self.before) {
            (Some(cookie), Some(why), _) => vec![
                format!("your cookie names row {}, but {why}", cut(cookie)),
                "(localhost and 127.0.0.1 are two jars; a restart or /forget empties the table)".to_owned(),
                format!("so: {nothing}"),
            ],
            (Some(_), None, Some(row)) => {
                let mut known = vec![format!("the cookie {}", self.cookie_words())];
                known.extend(row.iter().map(|(name, value)| self.line(name, value)));
                known
            }
            _ if has_cookie => vec!["no cookie of this server: a stranger".to_owned(), nothing],
            _ => vec!["no cookie: a stranger".to_owned(), nothing],
        }
    }

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
                    changes.push(Change { sign: "+", word: "flash put", what, source });
                }
                Detail::Taken(messages) => changes.extend(messages.iter().map(|(_, message)| Change {
                    sign: "-",
                    word: "flash taken",
                    what: format!("'{}', shown on this page", self.mask.text(message)),
                    source: source.clone(),
                })),
                Detail::Template { name, variables } => {
                    let names: Vec<String> = variables.iter().map(|(name, value)| self.line(name, value)).collect();
                    let with = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
                    changes.push(Change { sign: "=", word: "rendered", what: format!("{name}{with}"), source });
                }
                _ => {}
            }
        }
        // What went wrong stands with the route already.
        let failed = |warning: &str| {
            let is_it = |step: &Step| matches!(&step.detail, Detail::Failure(_, why) if why == warning);
            self.cycle.steps().iter().any(is_it)
        };
        let noticed = self.cycle.warnings().iter().filter(|warning| !failed(warning));
        changes.extend(noticed.map(|warning| Change {
            sign: "!",
            word: "noticed",
            what: self.mask.text(warning),
            source: None,
        }));
        changes
    }

    /// The row before and after, name by name.
    fn compare(&self, after: &Map, by: Option<&str>, changes: &mut Vec<Change>) {
        let nothing = Map::new();
        let before = self.before.unwrap_or(&nothing);
        let mut change = |sign, word, what| changes.push(Change { sign, word, what, source: by.map(str::to_owned) });
        let (old, new) = (self.sent.filter(|_| self.before.is_some()), self.left.and_then(|(cookie, _)| cookie));
        match (old, new) {
            (None, Some(new)) => change("+", "added", format!("row {}, and a cookie that names it", cut(new))),
            (Some(old), None) => change("-", "removed", format!("row {}", cut(old))),
            (Some(old), Some(new)) if old != new => {
                change("~", "changed", format!("row {} has a new name: {}", cut(old), cut(new)));
            }
            _ => {}
        }
        for (name, value) in after.iter().filter(|(name, _)| *name != FLASHES) {
            match before.get(name) {
                None => change("+", "added", self.line(name, value)),
                Some(old) if old != value => {
                    change("~", "changed", format!("{name}: {} -> {}", self.shown(name, old), self.shown(name, value)));
                }
                Some(_) => {}
            }
        }
        for (name, value) in before.iter().filter(|(name, _)| *name != FLASHES && after.get(name).is_none()) {
            change("-", "removed", self.line(name, value));
        }
    }

    /// Part 7, one sentence.
    pub fn still_knows(&self) -> String {
        let kept = match self.left {
            Some((cookie, row)) => cookie.map(|cookie| (cookie, row)),
            None => self.sent.zip(self.before),
        };
        match kept {
            Some((cookie, row)) => format!("row {} ({}). Nothing else about this visitor.", cut(cookie), names_of(row)),
            None => "nothing about this visitor: no row, no name.".to_owned(),
        }
    }

    /// `user = 'Ada'`
    fn line(&self, name: &str, value: &Value) -> String {
        if name != FLASHES {
            return format!("{name} = {}", self.shown(name, value));
        }
        let texts = messages(value).map(|message| format!("'{}'", self.mask.text(message)));
        format!("a flash waits: {}", texts.collect::<Vec<_>>().join(", "))
    }

    /// A value in one short line.
    fn shown(&self, name: &str, value: &Value) -> String {
        let text = match self.mask.named(name, value) {
            Value::Str(text) => format!("'{text}'"),
            other => json::write(&other),
        };
        if text.chars().count() > SHOWN { text.chars().take(SHOWN).chain("..".chars()).collect() } else { text }
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
    let mut names: Vec<&str> = row.iter().map(|(name, _)| name).filter(|name| *name != FLASHES).collect();
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
