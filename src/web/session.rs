//! Session: a visitor's row, opened by the cookie's key.
//!
//! The cookie says nothing about the visitor. It is a ticket of 128 random bits, and the row that
//! it names is in the [`Store`]:
//!
//! ```
//! use carafe::web::{session::Sessions, store::MemoryStore};
//! use std::{sync::Arc, time::Duration};
//!
//! let sessions = Sessions::new(Arc::new(MemoryStore::new()), Duration::from_secs(1800));
//!
//! let mut session = sessions.open(None);                          // a stranger's request
//! session.set("user", "Ada");
//! let cookie = session.set_cookie(false).unwrap().to_string();    // carafe_sid=7f3a...; HttpOnly; SameSite=Lax; Path=/
//!
//! let id = cookie.split(['=', ';']).nth(1);
//! let session = sessions.open(id);                                // the same visitor's next request
//! assert_eq!(session.get("user"), Some("Ada".into()));
//! assert!(session.set_cookie(false).is_none());                   // the visitor has it already
//! ```
//!
//! * The store is asked at the first touch. A page that does not touch the session costs nothing,
//!   and goes on when the store is down.
//! * Reading is from the row as it was at that moment. Each change goes to the store at once, as
//!   one step: two requests of one visitor at the same time lose nothing, and
//!   [`update`](Session::update) gives back the true new value.
//! * A store that fails is asked no more, and handlers need no `?`: they go on with what they have,
//!   the failure is remembered, and the answer is replaced by one that says so.
//! * An id that the store does not know is never adopted: who has something to keep gets a fresh
//!   one. Otherwise somebody could send a victim a link with an id of their own choosing, wait for
//!   the login, and be that visitor.
//!
//! Left out: an empty row is kept as it is, until it is cleared or expires, since the visitor is
//! likely to fill it again.

use super::store::{Kind, Lookup, Refusal, Store, StoreError};
use crate::cycle::StorePlace;
use crate::http::SetCookie;
use crate::http::cookie::SameSite;
use crate::random;
use crate::value::{Map, Value};
use std::cell::{Cell, OnceCell};
use std::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the session's cookie is called, on every store. Two servers on one machine share a
/// browser's cookies, since these ignore the port; hence a name that nobody else uses.
pub const COOKIE_NAME: &str = "carafe_sid";

/// How many sessions there may be, unless told.
pub const SESSIONS: usize = 100_000;

/// Where sessions come from: a store, and how long an unused session lives.
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn Store>,
    kind: Kind,
}

impl Sessions {
    /// Sessions that live in this store, each for so long after its last use; at most [`SESSIONS`]
    /// of them.
    pub fn new(store: Arc<dyn Store>, lifetime: Duration) -> Sessions {
        Sessions { store, kind: Kind::session(lifetime, SESSIONS) }
    }

    /// How many there may be at most; beyond that, the longest unused one leaves.
    pub fn at_most(self, most: usize) -> Sessions {
        Sessions { kind: Kind { most, ..self.kind }, ..self }
    }

    /// Forgets what a restart of this process would forget.
    pub fn forget(&self) {
        self.store.forget();
    }

    /// Where their rows are kept.
    pub fn place(&self) -> StorePlace {
        self.store.place()
    }

    /// The session of a request that carried this cookie. The store is not asked yet.
    pub fn open(&self, cookie: Option<&str>) -> Session<'_> {
        let sent = cookie.map(str::to_owned);
        Session {
            store: &*self.store,
            kind: self.kind,
            sent,
            opened: OnceCell::new(),
            needed: Cell::new(false),
            changed_by: None,
        }
    }
}

/// What the server remembers about one visitor, for the length of one request.
pub struct Session<'s> {
    /// Borrowed, not shared: to count its users, all threads would write to one place.
    store: &'s dyn Store,
    kind: Kind,
    /// The cookie's value, as it came.
    sent: Option<String>,
    /// Filled at the first touch.
    opened: OnceCell<Opened>,
    /// True once the page needed it. What the store could not do for a mere look is nobody's
    /// failure.
    needed: Cell<bool>,
    /// The line that changed it last.
    changed_by: Option<&'static Location<'static>>,
}

/// What happened to a session in one request.
#[derive(Debug)]
pub struct SessionHistory {
    /// The cookie that came.
    pub sent: Option<String>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// When the store was asked for the row.
    pub opened_at: Instant,
    /// The row as it was then; `None` if the store was not asked, or failed.
    pub before: Option<Map>,
    /// The row as the request leaves it; `None` likewise.
    pub after: Option<Map>,
    /// The line that changed it last.
    pub changed_by: Option<&'static Location<'static>>,
    /// The cookie's value from now on; `None` if no row is kept.
    pub key: Option<String>,
    /// Where the row is kept.
    pub place: StorePlace,
}

/// A session that was touched.
struct Opened {
    /// When it was touched first.
    at: Instant,
    /// Under which key the visitor's row is kept; `None`: it is not kept.
    key: Option<String>,
    /// The row as this request last saw it.
    row: Map,
    /// The row as this request first saw it, once it is another.
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

    /// All names and values.
    pub fn values(&self) -> &Map {
        self.needed.set(true);
        &self.opened().row
    }

    /// Puts a value under a name.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        self.change(|row| {
            row.insert(name, value.clone());
        });
    }

    /// Makes a new value out of the old one, in one step, and gives it back.
    ///
    /// `update` may be called several times, when another request of the visitor comes between;
    /// what it gives back the last time is kept.
    ///
    /// ```
    /// # use carafe::{Value, web::{session::Sessions, store::MemoryStore}};
    /// # let sessions = Sessions::new(std::sync::Arc::new(MemoryStore::new()), std::time::Duration::from_secs(1800));
    /// # let mut session = sessions.open(None);
    /// let visits = session.update("visits", |old| {
    ///     let visits = old.and_then(|value| value.as_int()).unwrap_or(0);
    ///     Value::Int(visits + 1)
    /// });
    /// assert_eq!(visits, Value::Int(1));
    /// ```
    #[track_caller]
    pub fn update(&mut self, name: &str, mut update: impl FnMut(Option<Value>) -> Value) -> Value {
        self.change(|row| {
            let value = update(row.get(name).cloned());
            row.insert(name, value.clone());
            value
        })
    }

    /// Takes a name and its value out.
    #[track_caller]
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        // A stranger has nothing that could be taken out, and gets no row for it.
        if self.opened().key.is_none() && self.get(name).is_none() {
            return None;
        }
        self.change(|row| row.remove(name))
    }

    /// Changes several values in one step. Like [`update`](Session::update), it may be called
    /// several times.
    #[track_caller]
    pub fn change<T>(&mut self, mut change: impl FnMut(&mut Map) -> T) -> T {
        self.changed_by = Some(Location::caller());
        let mut outcome = None;
        if self.opened.get().is_none() {
            // The first touch is a change: the store looks the row up for it, and need not be asked
            // twice.
            self.change_unopened(&mut |row| outcome = row.as_mut().map(&mut change));
            if let Some(outcome) = outcome.take() {
                return outcome;
            }
        }
        if let Some(key) = self.touch().key.clone() {
            // Only a row that is still there: one that another request has ended meanwhile must not
            // come back to life.
            self.write(&key, &mut |row| outcome = row.as_mut().map(&mut change));
        }
        let opened = self.touch();
        if opened.key.is_none() && opened.failure.is_none() {
            let row = opened.row.clone();
            self.write(&random::hex_id(), &mut |kept| {
                outcome = Some(change(kept.insert(row.clone())))
            });
        }
        // Where the store has failed, the handler at least sees what it did; nobody else will.
        outcome.unwrap_or_else(|| {
            let opened = self.touch();
            let mut row = opened.row.clone();
            let outcome = change(&mut row);
            opened.take_over(row);
            outcome
        })
    }

    /// Ends the session: the row is deleted at once, and the visitor is asked to forget the cookie.
    #[track_caller]
    pub fn clear(&mut self) {
        self.changed_by = Some(Location::caller());
        self.delete();
        let opened = self.touch();
        opened.take_over(Map::new());
        opened.cleared = true;
    }

    /// Gives the row a new key and lets the old one die. For the moment of logging in: whoever knew
    /// the old key, or had chosen it, does not know the new one.
    ///
    /// A stranger has no key yet, and gets a fresh one with the first value anyway.
    #[track_caller]
    pub fn renew(&mut self) {
        let Some(old) = self.touch().key.clone() else { return };
        self.changed_by = Some(Location::caller());
        let mut row = self.touch().row.clone();
        let fresh = random::hex_id();
        // Written under the new key first, then deleted under the old one, but only as it was
        // written: so nothing is lost, neither to a crash between the two nor to another request of
        // this visitor.
        loop {
            self.write(&fresh, &mut |kept| *kept = Some(row.clone()));
            if self.touch().failure.is_some() {
                return;
            }
            let mut met = None;
            let taken = self.store.update(&self.kind, &old, &mut |kept| {
                met.clone_from(kept);
                kept.take_if(|kept| *kept == row);
            });
            match (taken, met) {
                (Err(failure), _) => self.touch().failure = Some(failure),
                // Another request has changed it meanwhile: again, with what that one left.
                (Ok(_), Some(met)) if met != row => {
                    row = met;
                    continue;
                }
                (Ok(_), Some(_)) => {}
                // Another request has ended the session meanwhile: it stays ended.
                (Ok(_), None) => self.delete(),
            }
            return;
        }
    }

    /// Returns when the changes are as safe as the store can make them. Called once, before the
    /// answer leaves; a request that has not touched the session waits for nothing.
    pub fn save(&mut self) {
        let is_needed = self.needed.get();
        let opened = self.opened.get_mut().filter(|opened| opened.failure.is_none());
        if let Some(opened) = opened.filter(|_| is_needed) {
            opened.failure = self.store.flush().err();
        }
    }

    /// What the answer must carry, if anything: another key than the one that came, or the wish
    /// that the visitor forget the old one.
    ///
    /// The cookie has no Max-Age: the browser forgets it when it is closed. `secure` keeps it to
    /// https.
    pub fn set_cookie(&self, secure: bool) -> Option<SetCookie> {
        let opened =
            self.opened.get().filter(|opened| opened.failure.is_none() && self.needed.get())?;
        let forget = opened.key.is_none() && opened.cleared && self.sent.is_some();
        if !forget && (opened.key.is_none() || opened.key == self.sent) {
            return None;
        }
        // The store promises a key that fits a cookie; without one, this visitor stays a stranger.
        let mut cookie = SetCookie::new(COOKIE_NAME, opened.key.as_deref().unwrap_or("")).ok()?;
        cookie.max_age = forget.then_some(Duration::ZERO);
        cookie.http_only = true;
        cookie.same_site = Some(SameSite::Lax);
        cookie.secure = secure;
        Some(cookie)
    }

    /// What the store could not do; the answer must say so instead of what the handler says.
    pub fn failure(&self) -> Option<&StoreError> {
        self.opened.get().filter(|_| self.needed.get())?.failure.as_ref()
    }

    /// True if the answer depends on who asks: the handler or the page has read the session, or
    /// changed it.
    pub fn is_needed(&self) -> bool {
        self.needed.get()
    }

    /// What happened to the session in this request, for the record of the cycle. The rows are
    /// taken out: nothing reads them after this.
    ///
    /// A visitor whom the handler has not looked up is looked up now, unless the store would have
    /// to ask another program: the record must not cost a page a round trip.
    pub fn history(&mut self) -> SessionHistory {
        let place = self.store.place();
        if self.sent.is_some() && place.is_near() {
            self.opened();
        }
        let (mut before, mut after) = (None, None);
        if let Some(opened) = self.opened.get_mut().filter(|opened| opened.failure.is_none()) {
            before = Some(opened.before.take().unwrap_or_else(|| opened.row.clone()));
            after = Some(std::mem::take(&mut opened.row));
        }
        SessionHistory {
            sent: self.sent.clone(),
            refusal: self.refusal(),
            opened_at: self.opened.get().map_or_else(Instant::now, |opened| opened.at),
            before,
            after,
            changed_by: self.changed_by,
            key: self.key().map(str::to_owned),
            place,
        }
    }

    /// Why the cookie that came was refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.opened.get()?.refusal
    }

    /// The cookie that came, believed or not.
    pub fn sent(&self) -> Option<&str> {
        self.sent.as_deref()
    }

    /// The key under which this visitor's row is kept now. `None`, if nothing is kept or the
    /// session was not touched.
    pub fn key(&self) -> Option<&str> {
        self.opened.get()?.key.as_deref()
    }

    /// Asks the store, the first time.
    fn opened(&self) -> &Opened {
        self.opened.get_or_init(|| {
            let mut opened = Opened::new();
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

    fn touch(&mut self) -> &mut Opened {
        self.needed.set(true);
        self.opened();
        self.opened.get_mut().expect("it was opened on the line above")
    }

    fn delete(&mut self) {
        if let Some(key) = self.touch().key.clone() {
            self.write(&key, &mut |row| *row = None);
        }
    }

    /// Lets the store change the row of a cookie that was not looked up yet. If there is no such
    /// row nothing has happened, and opening it will say why.
    fn change_unopened(&mut self, change: &mut dyn FnMut(&mut Option<Map>)) {
        let Some(sent) = &self.sent else { return };
        self.needed.set(true);
        let mut before = None;
        let updated = self.store.update(&self.kind, sent, &mut |row| {
            before.clone_from(row);
            change(row);
        });
        let opened = match updated {
            Ok(_) if before.is_none() => return,
            Ok(updated) => Opened {
                key: updated.key,
                row: updated.row.unwrap_or_default(),
                before,
                ..Opened::new()
            },
            Err(failure) => Opened {
                key: Some(sent.clone()),
                row: before.unwrap_or_default(),
                failure: Some(failure),
                ..Opened::new()
            },
        };
        self.opened = OnceCell::from(opened);
    }

    /// Lets the store change a row, and takes over what it then holds.
    fn write(&mut self, key: &str, change: &mut dyn FnMut(&mut Option<Map>)) {
        if self.touch().failure.is_some() {
            return;
        }
        let updated = self.store.update(&self.kind, key, change);
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

impl Opened {
    fn new() -> Opened {
        Opened {
            at: Instant::now(),
            key: None,
            row: Map::new(),
            before: None,
            refusal: None,
            failure: None,
            cleared: false,
        }
    }

    fn take_over(&mut self, row: Map) {
        let last = std::mem::replace(&mut self.row, row);
        self.before.get_or_insert(last);
    }
}
