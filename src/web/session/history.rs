//! Deeper: What a session tells: whether it was used, what failed, and what a cycle shows of it.
//!
//! The pages that show a cycle compare the visitor's row before and after it. The recorder takes
//! all of it in one value, when the handler and the page are done.

use super::Session;
use crate::cycle::StorePlace;
use crate::value::Map;
use crate::web::store::{Refusal, StoreError};
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

    /// What happened to the session. The rows are taken out, and a store that fails here is no
    /// failure of the request, which did not need the row: so this is the last thing to ask.
    ///
    /// If the handler has not used the session, the row is looked up now; not in a store that asks
    /// another program, because the record must not make a page slower.
    pub fn history(&mut self) -> SessionHistory {
        let (place, changed_by, is_unused) = (self.store.place(), self.changed_by, !self.is_used());
        if is_unused && self.received.is_some() && place != StorePlace::Elsewhere {
            self.load();
        }
        let refused = self.refusal();
        let key = if is_unused && refused.is_none() { self.received() } else { self.key() };
        let key = key.map(str::to_owned);
        let (mut opened_at, mut before, mut after) = (Instant::now(), None, None);
        if let Some(loaded) = self.loaded.get_mut().filter(|loaded| loaded.failure.is_none()) {
            let (at, row) = self.before.take().unwrap_or((opened_at, Map::new()));
            (opened_at, before, after) = (at, Some(row), Some(take(&mut loaded.row)));
        }
        SessionHistory { opened_at, refused, before, key, after, changed_by, place }
    }
}
