//! Deeper: What a session tells: whether it was used, what failed, and what a cycle shows of it.
//!
//! The pages that show a cycle compare the visitor's row before and after it. The recorder takes
//! all of it in one value, when the handler and the page are done.

use super::Session;
use crate::cycle::StorePlace;
use crate::value::Map;
use crate::web::store::{Refusal, StoreError};
use std::panic::Location;
use std::time::Instant;

/// What happened to a session in one request.
#[derive(Debug)]
pub struct SessionHistory {
    /// When the store was asked for the row.
    pub opened_at: Instant,
    /// The row as it was then; `None` if the store was not asked, or failed.
    pub before: Option<Map>,
    /// The row as the request leaves it; `None` likewise.
    pub after: Option<Map>,
    /// The line that changed it last.
    pub changed_by: Option<&'static Location<'static>>,
    /// Where the row is kept.
    pub place: StorePlace,
}

impl Session<'_> {
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

    /// What happened to the session. The rows are taken out, so this is the last thing to ask.
    ///
    /// If the handler has not used the session, the row is looked up now; not in a store that asks
    /// another program, because the record must not make a page slower.
    pub fn history(&mut self) -> SessionHistory {
        let place = self.store.place();
        if self.sent.is_some() && place != StorePlace::Elsewhere {
            self.opened();
        }
        let (mut before, mut after) = (None, None);
        if let Some(opened) = self.opened.get_mut().filter(|opened| opened.failure.is_none()) {
            before = Some(opened.before.take().unwrap_or_else(|| opened.row.clone()));
            after = Some(std::mem::take(&mut opened.row));
        }
        let opened_at = self.opened.get().and_then(|opened| opened.at).unwrap_or_else(Instant::now);
        SessionHistory { opened_at, before, after, changed_by: self.changed_by, place }
    }
}
