//! The session's cookie: which key the visitor is told, and when.

use super::Session;
use super::lifetime::Sessions;
use crate::http::SetCookie;
use crate::http::cookie::SameSite;
use std::time::Duration;

/// Which key the row of a visitor has.
#[derive(Default)]
pub(super) enum RowKey {
    /// No row is kept.
    #[default]
    NoRow,
    /// The one that came.
    Received,
    /// A new one, which the visitor does not have yet.
    New(String),
}

impl Session<'_> {
    /// The cookie that the answer must carry, if it must: a new key, the same key with another time
    /// to keep it, or the wish to forget it.
    /// `secure` keeps the cookie to https.
    pub fn cookie_to_send(&self, secure: bool) -> Option<SetCookie> {
        let loaded = self.loaded.get().filter(|loaded| loaded.failure.is_none())?;
        let lifetime = loaded.permanence.filter(|time| !time.is_zero());
        // As in Flask, each use of a permanent session begins its time in the browser again.
        let value = match &loaded.key {
            RowKey::New(key) => key,
            RowKey::Received if loaded.permanence.is_some() => self.received()?,
            RowKey::NoRow if loaded.cleared && self.received.is_some() => "",
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

    /// The key in the cookie that came, believed or not.
    pub fn received(&self) -> Option<&str> {
        self.received.as_deref()
    }

    /// The key of this visitor's row; `None` if no row is kept or the session was not used.
    pub fn key(&self) -> Option<&str> {
        match &self.loaded.get()?.key {
            RowKey::NoRow => None,
            RowKey::Received => self.received(),
            RowKey::New(key) => Some(key),
        }
    }
}
