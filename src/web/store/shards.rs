//! Deeper: shards, the table of the memory store in parts, so that threads seldom wait.
//!
//! Each part is a [`RowTable`] under a lock of its own, which is held for less than a microsecond.
//! The key says in which part its row is. Each part has an equal share of the room, so in a large
//! table the row that makes room is the longest unused one of its part.

use super::change::{Swapped, locked};
use super::keys::{AllRows, HeldRow, KeyPage, PAGE};
use super::kind::{StoreClock, milliseconds};
use super::memory_row::MemoryRow;
use super::row_table::{RowTable, SeenRow};
use super::{Kind, Refusal, StoreError};
use crate::random;
use crate::value::Map;
use std::sync::Mutex;

/// How many locks share the rows. There are many more than threads that run at one time.
const SHARDS: usize = 32;

/// The least room of a shard. Keys are spread by chance, so in smaller shards the rows would be
/// less even, and a row would leave too early.
const SHARD_ROWS: usize = 1000;

/// Rows in parts.
pub struct Shards {
    parts: [Mutex<RowTable<MemoryRow>>; SHARDS],
    /// Random, so that nobody can aim at a part with the keys that they choose.
    seed: u64,
    clock: StoreClock,
}

impl Shards {
    /// No rows.
    pub fn new(clock: StoreClock) -> Shards {
        let parts = std::array::from_fn(|_| Mutex::default());
        Shards { parts, seed: u64::from_ne_bytes(random::bytes()), clock }
    }

    /// How many rows of a kind there are.
    pub fn len(&self, kind: &Kind) -> usize {
        self.parts.iter().map(|part| locked(part).rows(kind.name, 0).len()).sum()
    }

    fn now(&self) -> u64 {
        milliseconds((self.clock)())
    }

    /// The part in which a key lies.
    ///
    /// A kind that refuses a row when it is full lies in one part: otherwise one part could be full
    /// while there is room in another.
    #[inline]
    pub fn part<'s>(&'s self, kind: &'s Kind, key: &str) -> TablePart<'s> {
        let parts = if kind.oldest_leaves { (kind.most / SHARD_ROWS).clamp(1, SHARDS) } else { 1 };
        // Each eight bytes change all that is mixed: a product has twice the bits, and its halves
        // are joined. (The factor is the golden ratio, whose bits follow no pattern.)
        let mix = |mixed: u64, word: u64| {
            let product = u128::from(mixed ^ word) * 0x9e37_79b9_7f4a_7c15;
            (product >> 64) as u64 ^ product as u64
        };
        let (words, rest) = key.as_bytes().as_chunks();
        let mixed =
            words.iter().fold(self.seed, |mixed, word| mix(mixed, u64::from_ne_bytes(*word)));
        let mixed = rest.iter().fold(mixed, |mixed, byte| mix(mixed, u64::from(*byte)));
        let table = &self.parts[mixed as usize % parts];
        TablePart { table, kind, most: kind.most / parts, now: self.now() }
    }
}

/// One part, for one use of a row.
pub struct TablePart<'s> {
    table: &'s Mutex<RowTable<MemoryRow>>,
    kind: &'s Kind,
    /// Its share of the rows that there may be.
    most: usize,
    now: u64,
}

impl TablePart<'_> {
    /// A row, which is the newest from now on; or why there is none.
    pub fn look(&self, key: &str) -> Result<SeenRow<MemoryRow>, Refusal> {
        let mut table = locked(self.table);
        let rows = table.rows(self.kind.name, self.most);
        let seen = rows.touch(key, self.now)?;
        rows.prolong(&seen, self.kind.expires(self.now));
        Ok(seen)
    }

    /// Puts a row in the place of the row that was seen, if that is still there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`] or [`StoreError::TooLarge`].
    pub fn swap(
        &self,
        key: &str,
        seen: Option<&SeenRow<MemoryRow>>,
        new: Option<&Map>,
    ) -> Result<Swapped<SeenRow<MemoryRow>>, StoreError> {
        // Made before the lock is taken.
        let new = new.map(|row| MemoryRow::new(row, self.kind.row_bytes)).transpose()?;
        let mut table = locked(self.table);
        let rows = table.rows(self.kind.name, self.most);
        rows.swap((self.kind, key, self.now), seen, new, |_| Ok(()))
    }
}

impl AllRows for Shards {
    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        // The upper half of the number is the part, the lower half the place in it.
        let (part, place) = ((at >> 32) as usize % SHARDS, at as u32 as usize);
        let (keys, is_last) = locked(&self.parts[part]).rows(kind.name, 0).keys(place, self.now());
        let next_part = Some((part as u64 + 1) << 32).filter(|_| part + 1 < SHARDS);
        Ok(KeyPage { keys, next: if is_last { next_part } else { Some(at + PAGE as u64) } })
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        self.parts.iter().for_each(|part| locked(part).inspect(self.now(), MemoryRow::text, see));
    }

    fn forget(&self) {
        for part in &self.parts {
            // The lock ends with this line: others go on while the rows are taken apart.
            let rows = std::mem::take(&mut *locked(part));
            drop(rows);
        }
    }
}
