//! The memory store: a table in this process.
//!
//! This is what most courses mean by "a session on the server", and rung 4 of the page `/ladder`.
//! Nothing is faster, logging out is real, and a restart forgets everybody. A second server never
//! knew them.
//!
//! Two bounds hold: a row that was not used for its lifetime expires; and if there are as many rows
//! of a kind as there may be, the longest unused one makes room, or a new one is refused.
//!
//! The table is a chapter of its own, `row_table`. [`MemoryStore`] has several, each under a lock
//! of its own, and `parts` says which one a key lies in. `change` calls a handler's function while
//! no lock is held. `memory_row` says in which form a row lies there.
//!
//! Left out: a bound on bytes. The number of rows, each of a bounded size, is one.

use super::change::{self, locked};
use super::memory_row::MemoryRow;
use super::parts::{MemoryStore, PARTS};
use super::{Change, HeldRow, KeyPage, Kind, Lookup, Store, StoreError, Updated};

impl Store for MemoryStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        match self.part(kind, key).look(key) {
            Ok(seen) => seen.held.copy().map(Lookup::Found),
            Err(refusal) => Ok(Lookup::Refused(refusal)),
        }
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let part = self.part(kind, key);
        let seen = part.look(key).ok();
        // The function changes a copy, which then takes the place of the row. If another request
        // has changed the row meanwhile, the function is called again with the changed row.
        change::update(
            (kind, key),
            seen,
            |seen| seen.held.copy(),
            change,
            |seen, new| {
                // The new row is made before the lock is taken.
                let new = new.map(|row| MemoryRow::new(row, kind.row_bytes)).transpose()?;
                let row = (&part.kind, key, part.now);
                locked(part.table).rows(kind.name).swap(row, seen, new, |_| Ok(()))
            },
        )
    }

    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        // The upper half of the number is the part, the lower half the slot in it.
        let (part, slot) = ((at >> 32) as usize % PARTS, at as u32 as usize);
        let page = locked(&self.parts[part]).rows(kind.name).keys(slot, self.now());
        let in_part = page.next.map(|slot| (part as u64) << 32 | slot);
        let next_part = Some((part as u64 + 1) << 32).filter(|_| part + 1 < PARTS);
        Ok(KeyPage { next: in_part.or(next_part), ..page })
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
