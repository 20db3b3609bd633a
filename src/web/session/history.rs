//! Deeper: What a session tells: whether it was used, what failed, and what a cycle shows of it.
//!
//! The pages that show a cycle compare the visitor's row before and after it. The recorder takes
//! all of it in one value, when the handler and the page are done.

use super::Session;
use crate::cycle::StorePlace;
use crate::value::Map;
use crate::web::store::{Change, Kind, Lookup, Refusal, Store, StoreError, Updated};
use std::cell::OnceCell;
use std::mem::take;
use std::panic::Location;
use std::time::Instant;

/// What happened to a session in one request.
#[derive(Debug)]
pub struct SessionHistory {
    /// When the store was asked for the row.
    pub opened_at: Instant,
    /// Why it refused the key that came, if it did.
    pub refused: Option<Refusal>,
    /// The row as it was then; `None` if the store was not asked, or failed.
    pub before: Option<Map>,
    /// The key of the row as the request leaves it.
    pub key: Option<String>,
    /// The row after the request; `None` in the same cases as before it.
    pub after: Option<Map>,
    /// The line that changed it last.
    pub changed_by: Option<&'static Location<'static>>,
    /// Where the row is kept.
    pub place: StorePlace,
}

impl Session<'_> {
    /// What the store could not do. The answer must be an error page then.
    pub fn failure(&self) -> Option<&StoreError> {
        self.loaded.get()?.failure.as_ref()
    }

    /// True if the handler or the page has used the session: the answer depends on the visitor.
    pub fn is_used(&self) -> bool {
        self.loaded.get().is_some()
    }

    /// True if the visitor has the cookie already, and this request has changed nothing.
    pub(in crate::web) fn has_same_cookie(&self) -> bool {
        self.changed_by.is_none() && self.key().is_some_and(|key| self.received() == Some(key))
    }

    /// Why the cookie that came was refused.
    pub fn refusal(&self) -> Option<Refusal> {
        self.loaded.get()?.refusal
    }

    /// What happened to the session. The rows are taken out, so this is the last thing to ask.
    ///
    /// If the handler has not used the session, the row is looked up now; not in a store that asks
    /// another program, because the record must not make a page slower.
    pub fn history(&mut self) -> SessionHistory {
        let place = self.store.inner.place();
        let (is_unused, changed_by) = (!self.is_used(), self.changed_by);
        let may_ask = is_unused && place != StorePlace::Elsewhere;
        if let Some(received) = self.received().filter(|_| may_ask) {
            // A store that fails here is no failure of the request: it did not need the row.
            let _ = self.store.load(&self.kind, received);
        }
        // A stranger has no row before.
        let first = self.store.first.take().filter(|_| self.received.is_some());
        let (opened_at, refused, found) = match first {
            Some((at, Lookup::Found(row) | Lookup::Moved(row, _))) => (at, None, Some(row)),
            Some((at, Lookup::Refused(why))) => (at, Some(why), Some(Map::new())),
            None => (Instant::now(), None, None),
        };
        let key = if is_unused && refused.is_none() { self.received() } else { self.key() };
        let key = key.map(str::to_owned);
        let (before, after) = match self.loaded.get_mut() {
            Some(loaded) if loaded.failure.is_some() => (None, None),
            Some(loaded) => (Some(found.unwrap_or_default()), Some(take(&mut loaded.row))),
            None => (found.clone(), found),
        };
        SessionHistory { opened_at, refused, before, key, after, changed_by, place }
    }
}

/// The store of a session. If there is a record of the cycle, its first answer is kept.
pub(super) struct ObservedStore<'s> {
    pub inner: &'s dyn Store,
    is_recording: bool,
    first: OnceCell<(Instant, Lookup)>,
}

impl<'s> ObservedStore<'s> {
    /// This store, with a record of the cycle or without.
    pub fn new(inner: &'s dyn Store, is_recording: bool) -> ObservedStore<'s> {
        ObservedStore { inner, is_recording, first: OnceCell::new() }
    }

    /// As [`Store::load`].
    pub fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let at = self.is_recording.then(Instant::now);
        let answer = self.inner.load(kind, key)?;
        if let Some(at) = at {
            self.first.get_or_init(|| (at, answer.clone()));
        }
        Ok(answer)
    }

    /// As [`Store::update`]. If there is no row, the session asks with `load` for the reason.
    pub fn update(&self, kind: &Kind, key: &str, edit: Change) -> Result<Updated, StoreError> {
        if !self.is_recording || self.first.get().is_some() {
            return self.inner.update(kind, key, edit);
        }
        let (at, mut found) = (Instant::now(), None);
        let updated = self.inner.update(kind, key, &mut |row| {
            found.clone_from(row);
            edit(row);
        })?;
        if let Some(row) = found {
            self.first.get_or_init(|| (at, Lookup::Found(row)));
        }
        Ok(updated)
    }
}
