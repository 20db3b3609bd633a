//! The session's cookie: which key the visitor is told, and when.

use super::lifetime::Sessions;
use super::{OpenedSession, Session};
use crate::http::SetCookie;
use crate::http::cookie::SameSite;
use std::time::Duration;

/// Which key the row of a visitor has.
#[derive(Default)]
pub(super) enum RowKey {
    /// No row is kept.
    #[default]
    None,
    /// The one that came.
    Sent,
    /// A new one, which the visitor does not have yet.
    New(String),
}

impl Session<'_> {
    /// The cookie that the answer must carry: a new key, or the wish to forget the old one.
    /// `secure` keeps the cookie to https.
    pub fn set_cookie(&self, secure: bool) -> Option<SetCookie> {
        let is_usable = |it: &&OpenedSession| self.needed.get() && it.failure.is_none();
        let opened = self.opened.get().filter(is_usable)?;
        let lifetime = opened.permanence.filter(|time| !time.is_zero());
        // As in Flask, each use of a permanent session begins its time in the browser again.
        let value = match &opened.key {
            RowKey::New(key) => key,
            RowKey::Sent if opened.permanence.is_some() => self.sent()?,
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
