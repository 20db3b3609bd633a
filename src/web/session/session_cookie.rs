//! The session's cookie: which key the visitor is told, and when.

use super::Session;
use super::lifetime::Sessions;
use crate::http::SetCookie;
use crate::http::cookie::SameSite;
use std::time::Duration;

impl Session<'_> {
    /// The cookie that the answer must carry, if it must: a new key, the same key with another time
    /// to keep it, or the wish to forget it.
    /// `secure` keeps the cookie to https.
    pub fn cookie_to_send(&self, secure: bool) -> Option<SetCookie> {
        let loaded = self.loaded.get().filter(|loaded| loaded.failure.is_none())?;
        let lifetime = loaded.permanence.filter(|time| !time.is_zero());
        let value = match loaded.key.as_deref() {
            // The visitor does not have this key. Or the session is permanent: as in Flask, each
            // use of it begins its time in the browser again.
            Some(key) if loaded.permanence.is_some() || self.received() != Some(key) => key,
            // The session was cleared, and the visitor has a cookie to forget.
            None if loaded.cleared && self.received.is_some() => "",
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

    /// The key in the cookie that came, whether it is right or not.
    pub fn received(&self) -> Option<&str> {
        self.received.as_deref()
    }

    /// The key of this visitor's row; `None` if no row is kept or the session was not used.
    pub fn key(&self) -> Option<&str> {
        self.loaded.get()?.key.as_deref()
    }
}
