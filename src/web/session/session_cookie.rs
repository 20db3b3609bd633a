//! Deeper: Where sessions are kept, how many, for how long, and in which cookie.

use super::{OpenedSession, Session};
use crate::http::SetCookie;
use crate::http::cookie::SameSite;
use crate::web::store::{Kind, PERMANENT, Refusal, Store, StoreError};
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
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

    /// The same, for a request of which there is a record, or not.
    #[inline]
    pub(in crate::web) fn open_for<'s>(
        &'s self,
        cookie: Option<Cow<'s, str>>,
        is_recording: bool,
    ) -> Session<'s> {
        Session {
            store: &*self.store,
            settings: self,
            kind: self.kind,
            sent: cookie,
            opened: OnceCell::new(),
            needed: Cell::new(false),
            is_recording,
            changed_by: None,
        }
    }
}

/// Which key the row of a visitor has.
pub(super) enum RowKey {
    /// No row is kept.
    None,
    /// The one that came.
    Sent,
    /// A new one, which the visitor does not have yet.
    New(String),
}

impl Session<'_> {
    /// Keeps the session for this time after its last use, also when the browser is closed
    /// meanwhile. If it is longer than the lifetime of [`App::sessions`](crate::App::sessions), the
    /// row is kept longer, too.
    #[track_caller]
    pub fn permanent(&mut self, time: Duration) {
        let seconds = i64::try_from(time.as_secs().max(1)).unwrap_or(i64::MAX);
        self.live_at_least(time);
        self.set(PERMANENT, seconds);
    }

    /// Lets what is written from now on live at least as long.
    pub(super) fn live_at_least(&mut self, time: Duration) {
        self.kind.lifetime = self.kind.lifetime.map(|usual| usual.max(time));
    }

    /// The cookie that the answer must carry: a new key, or the wish to forget the old one.
    /// `secure` keeps the cookie to https.
    pub fn set_cookie(&self, secure: bool) -> Option<SetCookie> {
        let is_usable = |it: &&OpenedSession| self.needed.get() && it.failure.is_none();
        let opened = self.opened.get().filter(is_usable)?;
        let lifetime = opened.permanence;
        // As in Flask, each use of a permanent session begins its time in the browser again.
        let value = match &opened.key {
            RowKey::New(key) => key,
            RowKey::Sent if lifetime.is_some() => self.sent()?,
            RowKey::None if opened.cleared && self.sent.is_some() => "",
            _ => return None,
        };
        // If a store gives a key that does not fit a cookie, this visitor stays a stranger.
        let mut cookie = SetCookie::new(&self.settings.cookie, value).ok()?;
        cookie.max_age = if value.is_empty() { Some(Duration::ZERO) } else { lifetime };
        (cookie.http_only, cookie.secure) = (true, secure);
        cookie.same_site = Some(SameSite::Lax);
        let Sessions { path, prefix, .. } = self.settings;
        let path = [path, prefix].into_iter().find(|path| !path.is_empty());
        cookie.path = path.map_or("/".into(), |path| path.clone().into());
        Some(cookie)
    }

    /// Waits until the changes are as safe as the store can make them. A request that has not
    /// changed the session waits for nothing.
    pub fn save(&mut self) {
        if let (Err(failure), Some(opened)) = (self.make_safe(), self.opened.get_mut()) {
            opened.failure = Some(failure);
        }
    }

    fn make_safe(&self) -> Result<(), StoreError> {
        let opened = self.opened.get().filter(|opened| opened.failure.is_none());
        let Some(opened) = opened else { return Ok(()) };
        // Each use of a permanent session begins its time in the store again.
        if let (Some(time), Some(key)) = (opened.permanence, self.key())
            && self.kind.lifetime.is_some_and(|usual| usual < time)
        {
            let kind = Kind { lifetime: Some(time), ..self.kind };
            self.store.load(&kind, key)?;
        }
        if self.changed_by.is_some() { self.store.flush() } else { Ok(()) }
    }

    /// What the store could not do. The answer must be an error page then.
    pub fn failure(&self) -> Option<&StoreError> {
        self.opened.get().filter(|_| self.needed.get())?.failure.as_ref()
    }

    /// True if the handler or the page has used the session: the answer depends on the visitor.
    pub fn is_needed(&self) -> bool {
        self.needed.get()
    }

    /// Why the cookie that came was refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.opened.get()?.refusal
    }

    /// The cookie that came, believed or not.
    pub fn sent(&self) -> Option<&str> {
        self.sent.as_deref()
    }

    /// The key of this visitor's row; `None` if no row is kept or the session was not used.
    pub fn key(&self) -> Option<&str> {
        match &self.opened.get()?.key {
            RowKey::None => None,
            RowKey::Sent => self.sent(),
            RowKey::New(key) => Some(key),
        }
    }
}
