//! The memory store: a table in this process.
//!
//! This is what most courses mean by "a session on the server", and rung 4 of the page `/ladder`.
//! Nothing is faster, logging out is real, and a restart forgets everybody. A second server never
//! knew them.
//!
//! Two bounds hold: a row that was not used for its lifetime expires; and if there are as many rows
//! of a kind as there may be, the longest unused one makes room, or a new one is refused.
//!
//! The table is a chapter of its own, `row_table`. `shards` divides it into parts, each under a
//! lock of its own, and `change` calls a handler's function while no lock is held. `memory_row`
//! says in which form a row lies there.
//!
//! Left out: a bound on bytes. The number of rows, each of a bounded size, is one.

use super::change;
use super::row_table::SeenRow;
use super::shards::Shards;
use super::{AllRows, Change, Kind, Lookup, Store, StoreError, Updated};
use std::time::{Duration, Instant};

/// Keeps rows in this process until it ends.
pub struct MemoryStore {
    table: Shards,
}

impl MemoryStore {
    /// No rows.
    pub fn new() -> MemoryStore {
        // Not the time of day: a clock that is set right must not end everybody's session.
        let start = Instant::now();
        MemoryStore::with_clock(move || start.elapsed())
    }

    /// No rows, and a clock of the caller's: a test lets an hour pass without waiting for it.
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> MemoryStore {
        MemoryStore { table: Shards::new(Box::new(clock)) }
    }

    /// How many rows of a kind there are, those included that have expired and were not yet swept.
    pub fn len(&self, kind: &Kind) -> usize {
        self.table.len(kind)
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl Store for MemoryStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        match self.table.part(kind, key).look(key) {
            Ok(row) => row.copy().map(Lookup::Found),
            Err(refusal) => Ok(Lookup::Refused(refusal)),
        }
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let part = self.table.part(kind, key);
        let seen = part.look(key).ok();
        // The function changes a copy, which then takes the place of the row. If another request
        // has changed the row meanwhile, the function is called again with the changed row.
        change::update((kind, key), seen, SeenRow::copy, change, |seen, new| {
            part.swap(key, seen, new)
        })
    }

    fn all_rows(&self) -> &dyn AllRows {
        &self.table
    }
}
