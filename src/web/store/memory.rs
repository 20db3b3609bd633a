//! The memory store: a table in this process.
//!
//! This is what most courses mean by "a session on the server". Nothing is faster, and after a
//! logout nobody can use the old cookie. But a restart forgets everybody, and a second server does
//! not know them.
//!
//! Two bounds hold: a row that was not used for its lifetime expires; and if there are as many rows
//! of a kind as there may be, the longest unused one goes, or a new one is refused: see [`Kind`].
//!
//! A change has four steps: look at the row, copy it, let the caller's function change the copy,
//! and put the copy in the place of the row. The table is locked in the first step and in the last,
//! not while the function runs. If the row has changed meanwhile, the next copy is of that.
//!
//! Elsewhere: [`MemoryStore`] itself, several tables, each under a lock of its own, in `parts`; a
//! table of rows, and how they expire, in `row_table`; a row, in `memory_row`; these steps for any
//! table, in `change`.

use super::change::{self, locked};
use super::memory_row::MemoryRow;
use super::parts::MemoryStore;
use super::{Change, HeldRow, KeyPage, Kind, Lookup, Store, StoreError, Updated};

impl Store for MemoryStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        match self.part(kind, key).look(key) {
            Ok(seen) => seen.held.copy().map(Lookup::Found),
            Err(refusal) => Ok(Lookup::Missing(refusal)),
        }
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let part = self.part(kind, key);
        let seen = part.look(key).ok();
        change::update(
            (kind, key),
            seen,
            |seen| seen.held.copy(),
            change,
            |seen, new| {
                // The new row is made before the lock is taken.
                let new = new.map(|row| MemoryRow::new(row, kind.row_bytes)).transpose()?;
                let address = (&part.kind, key, part.now);
                locked(part.table).rows(kind.name).swap(address, seen, new, |_| Ok(()))
            },
        )
    }

    fn page_of_keys(&self, kind: &Kind, number: u64) -> Result<KeyPage, StoreError> {
        Ok(self.page_of_parts(kind, number))
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        self.parts.iter().for_each(|part| locked(part).inspect(self.now(), see));
    }

    fn forget(&self) {
        for part in &self.parts {
            // The lock ends with this line: others go on while the rows are taken apart.
            let rows = std::mem::take(&mut *locked(part));
            drop(rows);
        }
    }
}
