//! Session: what the server keeps of one visitor, a row of the store that the cookie finds.
//!
//! The cookie says nothing about the visitor, except with `CookieStore`. Its value is a key of 128
//! random bits, and the row of this key is in the [`store`](super::store):
//!
//! ```
//! use carafe::web::{session::Sessions, store::MemoryStore};
//! use std::{sync::Arc, time::Duration};
//!
//! let sessions = Sessions::new(Arc::new(MemoryStore::new()), Duration::from_secs(1800));
//!
//! let mut session = sessions.open(None); // the request of a stranger
//! session.set("user", "Ada");
//! let cookie = session.cookie_to_send(false).unwrap().to_string(); // carafe_sid=7f3a...
//!
//! let key = cookie.split(['=', ';']).nth(1);
//! let session = sessions.open(key); // the same visitor's next request
//! assert_eq!(session.text("user").as_deref(), Some("Ada"));
//! assert!(session.cookie_to_send(false).is_none()); // the visitor has it already
//! ```
//!
//! * The store is asked at the first use. A visitor who has no row is called a stranger.
//! * A value is read from the row as it was at the first use, or after this request's last change.
//!   A change goes to the store at once, as one step: two requests of one visitor at the same time
//!   lose nothing. The first change of a stranger makes a row under a fresh key: see `changing`.
//! * Handlers need no `?`. If the store fails, it is not asked again, the handler continues with
//!   what it has, and the answer is replaced by an error page.
//! * A row is never made under a key that came from outside, but under a fresh one. Otherwise an
//!   attacker could give a victim a key, wait for the login, and use the same key.
//! * When the handler is done, `save` waits until the changes are safe, and gives the answer a
//!   cookie, if it needs one: see `session_cookie`.
//!
//! Elsewhere: how long a session lives and when it is safe, in `lifetime`; what a login and a
//! logout do to it, in `login`; what is asked of it afterwards, in `history`.

mod changing;
mod history;
mod lifetime;
mod login;
mod session_cookie;

pub use history::SessionHistory;
pub use lifetime::{COOKIE_NAME, Sessions};

use super::store::{Kind, Lookup, Refusal, Store, StoreError, permanence};
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::panic::Location;
use std::time::{Duration, Instant};

/// What the server remembers about one visitor, for the length of one request.
///
/// ```
/// # use carafe::{Context, Value};
/// fn visit(ctx: &mut Context) -> String {
///     ctx.session.update("visits", |old| {
///         let visits = old.and_then(|value| value.as_int()).unwrap_or(0);
///         Value::Int(visits + 1)
///     });
///     let visits = ctx.session.int("visits").unwrap_or(0);
///     format!("{}: visit {visits}\n", ctx.session.text("user").unwrap_or_default())
/// }
/// ```
pub struct Session<'s> {
    store: &'s dyn Store,
    settings: &'s Sessions,
    kind: Kind,
    /// The key in the cookie that came. It is not checked yet.
    received: Option<Cow<'s, str>>,
    /// Filled at the first use.
    loaded: OnceCell<LoadedSession<'s>>,
    /// The line that changed it last.
    changed_by: Option<&'static Location<'static>>,
    is_recording: bool,
    /// For the record: when the store was asked first, and the row as it was then.
    before: OnceCell<(Instant, Map)>,
}

/// A session after its first use.
#[derive(Default)]
struct LoadedSession<'s> {
    /// The key of the visitor's row, if one is kept.
    key: Option<Cow<'s, str>>,
    /// The row as this request last saw it.
    row: Map,
    /// How long the browser shall keep the cookie, if the session is permanent. Zero: it was, and
    /// this request has ended that.
    permanence: Option<Duration>,
    refusal: Option<Refusal>,
    failure: Option<StoreError>,
    cleared: bool,
}

impl Sessions {
    /// The session of a request with this cookie. The store is not asked yet. `is_recording`: the
    /// cycle of the request is recorded.
    #[inline]
    pub(in crate::web) fn open_for<'s>(
        &'s self,
        received: Option<Cow<'s, str>>,
        is_recording: bool,
    ) -> Session<'s> {
        Session {
            store: &*self.store,
            settings: self,
            kind: self.kind,
            received,
            loaded: OnceCell::new(),
            changed_by: None,
            is_recording,
            before: OnceCell::new(),
        }
    }
}

impl<'s> Session<'s> {
    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.values().get(name).cloned()
    }

    /// The text under a name.
    pub fn text(&self, name: &str) -> Option<String> {
        self.values().text(name).map(str::to_owned)
    }

    /// The whole number under a name.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.values().int(name)
    }

    /// All names and values.
    pub fn values(&self) -> &Map {
        &self.load().row
    }

    /// Puts a value under a name.
    #[track_caller]
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        let value = value.into();
        self.update(name, |_| value.clone());
    }

    /// The session as it was loaded. The first call asks the store.
    fn load(&self) -> &LoadedSession<'s> {
        self.loaded.get_or_init(|| {
            let mut loaded = LoadedSession::default();
            let Some(received) = &self.received else { return loaded };
            let begun = self.is_recording.then(Instant::now);
            match self.store.load(&self.kind, received) {
                Ok(Lookup::Found(row)) => (loaded.key, loaded.row) = (self.received.clone(), row),
                Ok(Lookup::Moved(row, key)) => (loaded.key, loaded.row) = (Some(key.into()), row),
                Ok(Lookup::Missing(refusal)) => loaded.refusal = Some(refusal),
                Err(failure) => loaded.failure = Some(failure),
            }
            loaded.permanence = permanence(&loaded.row);
            if let Some(begun) = begun {
                self.before.get_or_init(|| (begun, loaded.row.clone()));
            }
            loaded
        })
    }
}
