//! Deeper: What a site holds in memory, for a look inside.
//!
//! Left out: rows that another program keeps. To list them, that program would have to be asked.

use super::site::Site;
use super::store::{HeldRow, Kind};
use std::sync::Arc;

impl Site {
    /// Shows each row that this process holds: the sessions, and rows of all other kinds.
    pub fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        self.sessions.store.all_rows().inspect(see);
        if !Arc::ptr_eq(&self.sessions.store, &self.store) {
            self.store.all_rows().inspect(see);
        }
    }

    /// How sessions are kept: how many at most, and how long after the last use.
    pub fn session_kind(&self) -> &Kind {
        &self.sessions.kind
    }
}
