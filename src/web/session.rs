//! Session: what the server keeps of one visitor, a row of the store that the cookie finds.
//!
//! The cookie says nothing about the visitor. It is a key of 128 random bits, and the row of this
//! key is in the [`Store`]:
//!
//! ```
//! use carafe::web::{session::Sessions, store::MemoryStore};
//! use std::{sync::Arc, time::Duration};
//!
//! let sessions = Sessions::new(Arc::new(MemoryStore::new()), Duration::from_secs(1800));
//!
//! let mut session = sessions.open(None); // the request of a stranger
//! session.set("user", "Ada");
//! let cookie = session.set_cookie(false).unwrap().to_string(); // carafe_sid=7f3a...
//!
//! let id = cookie.split(['=', ';']).nth(1);
//! let session = sessions.open(id); // the same visitor's next request
//! assert_eq!(session.text("user").as_deref(), Some("Ada"));
//! assert!(session.set_cookie(false).is_none()); // the visitor has it already
//! ```
//!
//! * The store is asked at the first use. A page that does not use the session works when the store
//!   is down.
//! * A value is read from the row as it was at the first use. A change goes to the store at once,
//!   as one step: two requests of one visitor at the same time lose nothing.
//! * Handlers need no `?`. If the store fails, it is not asked again, the handler continues with
//!   what it has, and the answer is replaced by an error page.
//! * A key that the store does not know is never used; the visitor gets a fresh one. Otherwise an
//!   attacker could give a victim a key, wait for the login, and use the same key.

mod history;
mod renew;
mod session_cookie;

pub use history::SessionHistory;
pub use session_cookie::Sessions;

use super::store::{Kind, Lookup, Refusal, Store, StoreError};
use crate::random;
use crate::value::{Map, Value};
use std::cell::{Cell, OnceCell};
use std::panic::Location;
use std::time::{Duration, Instant};

/// What the server remembers about one visitor, for the length of one request.
///
/// ```
/// # use carafe::Context;
/// fn visit(ctx: &mut Context) -> String {
///     let visits = ctx.session.int("visits").unwrap_or(0) + 1;
///     ctx.session.set("visits", visits);
///     format!("{}: visit {visits}\n", ctx.session.text("user").unwrap_or_default())
/// }
/// ```
pub struct Session<'s> {
    store: &'s dyn Store,
    settings: &'s Sessions,
    kind: Kind,
    /// The cookie that came.
    sent: Option<String>,
    /// Filled at the first use.
    opened: OnceCell<OpenedSession>,
    /// True once the handler or the page used it. If only the record of the cycle looked the row
    /// up, a store that fails is no failure of the request.
    needed: Cell<bool>,
    changed_by: Option<&'static Location<'static>>,
    /// How long the visitor's browser shall keep the cookie, if not until it is closed.
    permanent: Option<Duration>,
}

/// A session after its first use.
struct OpenedSession {
    at: Instant,
    /// The key of the visitor's row; `None` if no row is kept.
    key: Option<String>,
    /// The row as this request last saw it.
    row: Map,
    /// The row as this request first saw it, if this request has changed it.
    before: Option<Map>,
    refusal: Option<Refusal>,
    failure: Option<StoreError>,
    cleared: bool,
}

impl Session<'_> {
    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.values().get(name).cloned()
    }

    /// The text under a name.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(self.values().get(name)?.as_str()?.to_owned())
    }

    /// The whole number under a name.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.values().get(name)?.as_int()
    }

    /// All names and values.
    pub fn values(&self) -> &Map {
        self.needed.set(true);
        &self.opened().row
    }

    /// Puts a value under a name.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        self.update(name, |_| value.clone());
    }

    /// Makes a new value of the old one, in one step, and gives it back.
    ///
    /// `update` is called again when another request of the visitor comes between. The last result
    /// counts.
    ///
    /// ```
    /// # use carafe::{App, Context, Value};
    /// # let mut app = App::new();
    /// app.get("/visits", |ctx: &mut Context| {
    ///     let count = |value: Option<Value>| value.and_then(|value| value.as_int()).unwrap_or(0);
    ///     let visits = ctx.session.update("visits", |old| Value::Int(count(old) + 1));
    ///     format!("visit {}", count(Some(visits)))
    /// });
    /// ```
    #[track_caller]
    pub fn update(&mut self, name: &str, mut update: impl FnMut(Option<Value>) -> Value) -> Value {
        self.change(|row| {
            let value = update(row.get(name).cloned());
            match row.get_mut(name) {
                Some(old) => *old = value.clone(),
                None => drop(row.insert(name, value.clone())),
            }
            value
        })
    }

    /// Takes a name and its value out.
    #[track_caller]
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        // A stranger has nothing to take out, and gets no row for it.
        let is_stranger = self.opened().key.is_none() && self.get(name).is_none();
        if is_stranger { None } else { self.change(|row| row.remove(name)) }
    }

    /// Changes several values in one step. Like that of [`update`](Session::update), the closure
    /// may be called again.
    #[track_caller]
    pub fn change<T>(&mut self, mut change: impl FnMut(&mut Map) -> T) -> T {
        self.changed_by = Some(Location::caller());
        let mut outcome = None;
        // Only a row that exists: a session that another request has ended must not come back.
        self.write(None, &mut |row| outcome = row.as_mut().map(&mut change));
        let OpenedSession { key, row, failure, .. } = self.touch();
        let mut row = row.clone();
        if outcome.is_none() && key.is_none() && failure.is_none() {
            self.write(Some(&random::hex_id()), &mut |kept| {
                outcome = Some(change(kept.insert(row.clone())));
            });
        }
        // If the store has failed, this request still sees its own change.
        outcome.unwrap_or_else(|| {
            let outcome = change(&mut row);
            self.touch().take_over(row);
            outcome
        })
    }

    /// Ends the session: the row is deleted at once, and the visitor is asked to forget the cookie.
    #[track_caller]
    pub fn clear(&mut self) {
        self.changed_by = Some(Location::caller());
        self.write(None, &mut |row| *row = None);
        let opened = self.touch();
        opened.take_over(Map::new());
        opened.cleared = true;
    }

    /// Asks the store, the first time.
    fn opened(&self) -> &OpenedSession {
        self.opened.get_or_init(|| {
            let mut opened = OpenedSession::new(Map::new());
            let Some(sent) = &self.sent else { return opened };
            match self.store.load(&self.kind, sent) {
                Ok(Lookup::Found(row)) => (opened.key, opened.row) = (Some(sent.clone()), row),
                Ok(Lookup::Moved(row, key)) => (opened.key, opened.row) = (Some(key), row),
                Ok(Lookup::Refused(refusal)) => opened.refusal = Some(refusal),
                Err(failure) => opened.failure = Some(failure),
            }
            opened
        })
    }

    fn touch(&mut self) -> &mut OpenedSession {
        self.needed.set(true);
        self.opened();
        self.opened.get_mut().expect("it was opened on the line above")
    }

    /// Lets the store change the visitor's row, or the one of a fresh key, and takes over what it
    /// then holds. If this is the first use of the session, the store looks the row up for the
    /// change, and need not be asked twice.
    fn write(&mut self, fresh: Option<&str>, change: &mut dyn FnMut(&mut Option<Map>)) {
        self.needed.set(true);
        let known = match self.opened.get() {
            Some(OpenedSession { failure: Some(_), .. }) => return,
            Some(opened) => opened.key.as_deref(),
            None => self.sent.as_deref(),
        };
        let Some(key) = fresh.or(known) else { return };
        let is_first = self.opened.get().is_none();
        let mut found = None;
        let updated = self.store.update(&self.kind, key, &mut |row| {
            if is_first {
                found.clone_from(row);
            }
            change(row);
        });
        if is_first {
            // If there is no such row, looking it up will tell why.
            if updated.is_ok() && found.is_none() {
                return;
            }
            self.opened = OnceCell::from(OpenedSession::new(found.unwrap_or_default()));
        }
        let opened = self.touch();
        match updated {
            Ok(updated) => {
                opened.key = updated.key;
                opened.take_over(updated.row.unwrap_or_default());
            }
            Err(failure) => opened.failure = Some(failure),
        }
    }
}

impl OpenedSession {
    fn new(row: Map) -> OpenedSession {
        let (key, before, refusal, failure) = (None, None, None, None);
        OpenedSession { at: Instant::now(), key, row, before, refusal, failure, cleared: false }
    }

    /// Takes this row in the place of the last one.
    fn take_over(&mut self, row: Map) {
        let last = std::mem::replace(&mut self.row, row);
        self.before.get_or_insert(last);
    }
}
