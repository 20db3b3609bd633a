//! Deeper: Where sessions are kept, how many, and for how long.

use super::Session;
use crate::web::store::{Kind, NoneStore, PERMANENT, Store};
use std::sync::Arc;
use std::time::Duration;

/// The name of the session's cookie, if the program does not choose one. Browsers send a cookie to
/// every port of a machine, so two servers on one machine need different names.
pub const COOKIE_NAME: &str = "carafe_sid";

/// How many sessions there may be by default.
const SESSIONS: usize = 100_000;

/// Where sessions are kept, and how long an unused one lives.
#[derive(Clone)]
pub struct Sessions {
    pub(in crate::web) store: Arc<dyn Store>,
    pub(in crate::web) kind: Kind,
    /// The name of the cookie.
    pub(in crate::web) cookie: String,
    /// The browser sends the cookie with requests for this path and below it. Empty: for the prefix
    /// of the site, and if this is empty too, for all paths.
    pub(in crate::web) path: String,
    pub(in crate::web) prefix: String,
}

impl Sessions {
    /// Sessions in this store, each for `lifetime` after its last use; at most 100,000.
    pub fn new(store: Arc<dyn Store>, lifetime: Duration) -> Sessions {
        let (kind, cookie) = (Kind::session(lifetime, SESSIONS), COOKIE_NAME.to_owned());
        Sessions { store, kind, cookie, path: String::new(), prefix: String::new() }
    }

    /// The session of a request with this cookie. The store is not asked yet.
    pub fn open(&self, cookie: Option<&str>) -> Session<'_> {
        self.open_for(cookie.map(|cookie| cookie.to_owned().into()), true)
    }
}

impl Session<'_> {
    /// Keeps the session for this time after its last use, also when the browser is closed
    /// meanwhile. If it is longer than the lifetime of [`App::sessions`](crate::App::sessions), the
    /// row is kept longer, too. Only a store that is named there keeps it over a restart.
    ///
    /// A time of zero ends that, as `session.permanent = False` in Flask: the browser forgets the
    /// cookie again when it is closed. The old row keeps its lifetime; a row that a later
    /// [`renew`](Session::renew) makes has the usual one.
    #[track_caller]
    pub fn permanent(&mut self, time: Duration) {
        if time.is_zero() {
            self.remove(PERMANENT);
            return;
        }
        let seconds = i64::try_from(time.as_secs().max(1)).unwrap_or(i64::MAX);
        self.live_at_least(time);
        self.set(PERMANENT, seconds);
    }

    /// From now on nothing is kept, and the visitor gets no cookie.
    pub(in crate::web) fn keep_nothing(&mut self) {
        self.store = &NoneStore;
    }

    /// Lets what is written from now on live at least as long.
    pub(super) fn live_at_least(&mut self, time: Duration) {
        self.kind.lifetime = self.kind.lifetime.map(|usual| usual.max(time));
    }

    /// Waits until the changes are as safe as the store can make them. A request that has not
    /// changed the session waits for nothing.
    pub fn flush(&mut self) {
        let loaded = self.loaded.get().filter(|loaded| loaded.failure.is_none());
        let Some(loaded) = loaded else { return };
        let mut safe = Ok(());
        // Each use of a permanent session begins its time in the store again.
        if let (Some(time), Some(key)) = (loaded.permanence, self.key())
            && self.kind.lifetime.is_some_and(|usual| usual < time)
        {
            let kind = Kind { lifetime: Some(time), ..self.kind };
            safe = self.store.load(&kind, key).map(drop);
        }
        if self.changed_by.is_some() {
            safe = safe.and_then(|()| self.store.flush());
        }
        self.load_mut().failure = safe.err();
    }
}
