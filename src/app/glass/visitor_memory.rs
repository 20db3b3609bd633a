//! Deeper: Says what the server knew of a visitor before, and what it still knows: parts 2 and 7.
//!
//! The words depend on where rows are kept. With a signed cookie the server remembers nothing, and
//! the visitor carries the row. A row in a file outlasts a restart. A row in another program may
//! not have been looked at.

use super::columns;
use super::mask::{Mask, cut};
use carafe::cycle::{Cycle, Detail, Step, StorePlace};
use carafe::http::Status;
use carafe::{Map, Value};

/// The name under which a row holds its flashed messages, as in Flask.
pub const FLASHES: &str = "_flashes";

/// This many characters of a value are shown.
const SHOWN: usize = 200;

/// What one cycle found and left of its visitor.
///
/// | sessions in | the cookie holds | afterwards the server knows |
/// |---|---|---|
/// | nothing | nothing of use | nothing |
/// | a signed cookie | the row | nothing |
/// | memory | the id of a row | the row, until it stops |
/// | a file | the id of a row | the row, also after a restart |
/// | another program | the id of a row | the row, together with other servers |
pub struct VisitorMemory<'c> {
    pub cycle: &'c Cycle,
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
}

impl<'c> VisitorMemory<'c> {
    /// Collects it from the steps of a cycle.
    pub fn of(cycle: &'c Cycle, mask: &'c Mask) -> VisitorMemory<'c> {
        let (place, stored) = (StorePlace::Memory, &[][..]);
        let (sent, refused, before, left) = (None, None, None, None);
        let mut memory = VisitorMemory { cycle, mask, sent, refused, before, left, place, stored };
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

    /// What the cookie that arrived names or carries, in a few words.
    pub fn cookie_words(&self) -> String {
        let Some(cookie) = self.sent else { return String::new() };
        let row = match self.place {
            StorePlace::Cookie => "carries its row".to_owned(),
            _ => format!("names row {}", cut(cookie)),
        };
        match (self.place, self.refused, self.before) {
            (StorePlace::Nowhere, ..) => "of no use: no row is kept here".to_owned(),
            (StorePlace::Cookie, Some(_), _) => "refused".to_owned(),
            (_, Some(_), _) => format!("{row}, refused"),
            (_, None, None) => format!("{row}, not looked at"),
            (_, None, Some(known)) => {
                let values = match known.iter().filter(|(name, _)| *name != FLASHES).count() {
                    0 => String::new(),
                    1 => "1 value: ".to_owned(),
                    count => format!("{count} values: "),
                };
                format!("{row} ({values}{})", names_of(known))
            }
        }
    }

    /// Part 2 in sentences; `bytes` is the length of the request, and `has_cookie` says if any
    /// cookie was in it.
    pub fn knew(&self, bytes: u64, has_cookie: bool) -> Vec<String> {
        let nothing = format!("nothing but these {bytes} bytes");
        let Some(cookie) = self.sent else {
            let whose = if has_cookie { " of this server" } else { "" };
            return vec![format!("no cookie{whose}: a stranger"), nothing];
        };
        let row = format!("your cookie names row {}, but", cut(cookie));
        let cookie = format!("the cookie {}", self.cookie_words());
        let head = match (self.place, self.refused, self.before) {
            (StorePlace::Nowhere, ..) => {
                let why = "this server keeps no rows, so your cookie names none: a stranger";
                return vec![why.to_owned(), nothing];
            }
            (StorePlace::Cookie, Some(why), _) => {
                let keys = "(another key signed it, or somebody changed it; each start of the \
                            server makes a new key, unless CARAFE_SECRET_KEY sets one)";
                let refused = format!("your cookie was refused: {why}");
                return vec![refused, keys.to_owned(), format!("so: {nothing}")];
            }
            (place, Some(why), _) => {
                let empties = match place {
                    StorePlace::Memory => "; a restart or /forget empties the table",
                    _ => "",
                };
                let jars = format!("(localhost and 127.0.0.1 are two jars{empties})");
                return vec![format!("{row} {why}"), jars, format!("so: {nothing}")];
            }
            (_, None, None) if self.has_failed() => {
                return vec![format!("{row} the store could not say what it holds")];
            }
            (_, None, None) => {
                let why = "nobody looked: this answer does not depend on it";
                return vec![format!("{row} {why}"), nothing];
            }
            (StorePlace::Cookie, ..) => {
                format!("nothing of its own: {cookie}, signed by this server")
            }
            (StorePlace::File, ..) => format!("{cookie}, kept in the file"),
            (StorePlace::Elsewhere, ..) => format!("{cookie}, asked of the shared store"),
            (StorePlace::Memory, ..) => cookie,
        };
        let values = self.before.iter().flat_map(|row| row.iter());
        let values = values.map(|(name, value)| self.line(name, value));
        [head].into_iter().chain(values).collect()
    }

    /// Part 7, in one sentence or two.
    pub fn still_knows(&self) -> String {
        let kept = match self.left {
            Some((cookie, row)) => cookie.map(|cookie| (cookie, row)),
            None => self.sent.zip(self.before),
        };
        // What is known of the visitor's own row.
        let row = match (self.place, kept, self.sent) {
            (StorePlace::Cookie, Some((_, row)), _) => {
                format!("nothing of the row, which the cookie carries: {}.", names_of(row))
            }
            (place, Some((cookie, row)), _) => {
                let lasts = match place {
                    StorePlace::File => ", in the file, also after a restart",
                    StorePlace::Elsewhere => ", in the store that other servers share",
                    _ => "",
                };
                format!("row {} ({}){lasts}.", cut(cookie), names_of(row))
            }
            (StorePlace::Nowhere, None, _) if self.left.is_some_and(|(_, row)| !row.is_empty()) => {
                "nothing about this visitor: no store keeps what was set here.".to_owned()
            }
            (StorePlace::Memory | StorePlace::File | StorePlace::Elsewhere, None, Some(cookie))
                if self.refused.is_none() && self.left.is_none() =>
            {
                let failed = self.has_failed();
                let why = if failed { "the store could not say" } else { "nobody looked" };
                format!("what row {} holds; {why}.", cut(cookie))
            }
            _ => "nothing about this visitor: no row, no name.".to_owned(),
        };
        // What else is known, such as an account.
        let rows = self.stored.iter().filter(|(.., is_kept)| *is_kept);
        let rows: Vec<String> =
            rows.map(|(kind, key, _)| format!("{kind} '{}'", self.mask.text(key))).collect();
        // An account is not in the visitor's row, and it stays when the row is deleted.
        let has_account = kept.is_some_and(|(_, row)| row.get("account").is_some());
        match kept {
            _ if !rows.is_empty() => {
                format!("{row} This request also stored: {}.", rows.join(", "))
            }
            _ if has_account => format!("{row} Beside it: the account, and its orders."),
            Some(_) => format!("{row} Nothing else about this visitor."),
            None => row,
        }
    }

    /// True if the store was asked, and failed.
    fn has_failed(&self) -> bool {
        let is_failure =
            |step: &Step| matches!(step.detail, Detail::Failure(Status::SERVICE_UNAVAILABLE, _));
        self.cycle.steps().iter().any(is_failure)
    }

    /// A value of a row: `user = 'Ada'`
    pub fn line(&self, name: &str, value: &Value) -> String {
        if name != FLASHES {
            return format!("{name} = {}", self.shown(name, value));
        }
        let texts = messages(value).map(|message| format!("'{}'", self.mask.text(message)));
        format!("a flash waits: {}", texts.collect::<Vec<_>>().join(", "))
    }

    /// A value in one short line.
    pub fn shown(&self, name: &str, value: &Value) -> String {
        let text = match value.as_str() {
            Some(text) => format!("'{}'", self.mask.field(name, text)),
            None => self.mask.json(name, value),
        };
        columns::cut(&text, SHOWN)
    }
}

/// The texts of flashed messages, which are kept as pairs of category and text.
fn messages(list: &Value) -> impl Iterator<Item = &str> {
    list.as_list().unwrap_or_default().iter().filter_map(|pair| pair.as_list()?.get(1)?.as_str())
}

/// The names in a row, and the number of its flashed messages: `user, 1 flash`.
fn names_of(row: &Map) -> String {
    let names = row.iter().map(|(name, _)| name).filter(|name| *name != FLASHES);
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    match row.get(FLASHES).map_or(0, |list| messages(list).count()) {
        0 => {}
        1 => names.push("1 flash".into()),
        more => names.push(format!("{more} flashes")),
    }
    if names.is_empty() { "empty".to_owned() } else { names.join(", ") }
}
