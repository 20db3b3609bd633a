//! Deeper: shards, the table of the memory store in parts, so that threads seldom wait.
//!
//! Each part is a [`RowTable`] under a lock of its own. The lock is held only to look at a row or
//! to swap it, which takes less than a microsecond. The key says in which part its row is.
//!
//! Each part has an equal share of the room, so in a large table the row that makes room is the
//! longest unused one of its part. Expired rows leave without a timer: each use removes a few.

use super::change::Swapped;
use super::keys::{AllRows, HeldRow, KeyPage, PAGE};
use super::kind::{StoreClock, milliseconds};
use super::row_table::{RowTable, SeenRow};
use super::{Kind, Refusal, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many locks share the rows. There are many more than threads that run at one time.
const SHARDS: usize = 32;

/// The least room of a shard. Keys are spread by chance, so in smaller shards the rows would be
/// less even, and a row would leave too early.
const SHARD_ROWS: usize = 1000;

/// Rows in parts.
pub struct Shards {
    parts: [Mutex<RowTable>; SHARDS],
    clock: StoreClock,
}

impl Shards {
    /// No rows.
    pub fn new(clock: StoreClock) -> Shards {
        Shards { parts: Default::default(), clock }
    }

    fn locked(&self, part: usize) -> MutexGuard<'_, RowTable> {
        self.parts[part].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many rows of a kind there are.
    pub fn len(&self, kind: &Kind) -> usize {
        (0..SHARDS).map(|part| self.locked(part).rows(kind.name, 0).len()).sum()
    }

    /// The time in milliseconds.
    pub fn now(&self) -> u64 {
        milliseconds((self.clock)())
    }

    /// A row, which is the newest from now on; or why there is none.
    pub fn look(&self, kind: &Kind, key: &str, now: u64) -> Result<SeenRow, Refusal> {
        let (most, part) = share_of(kind, key);
        let mut table = self.locked(part);
        let rows = table.rows(kind.name, most);
        let seen = rows.touch(key, now)?;
        rows.prolong(&seen, kind.expires(now));
        Ok(seen)
    }

    /// Puts a text in the place of the row that was seen, if that is still there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Full`].
    pub fn swap(
        &self,
        (kind, key, now): (&Kind, &str, u64),
        seen: Option<&SeenRow>,
        new: Option<&str>,
    ) -> Result<Swapped<SeenRow>, StoreError> {
        // Made before the lock is taken.
        let new = new.map(Arc::from);
        let (most, part) = share_of(kind, key);
        let kind = Kind { most, ..*kind };
        let mut table = self.locked(part);
        table.rows(kind.name, most).swap((&kind, key, now), seen, new, |_| Ok(()))
    }
}

/// How many rows of a kind a part may have, and in which part this key lies.
///
/// A kind that refuses a row when it is full lies in one part: otherwise one part could be full
/// while there is room in another.
fn share_of(kind: &Kind, key: &str) -> (usize, usize) {
    let parts = if kind.oldest_leaves { (kind.most / SHARD_ROWS).clamp(1, SHARDS) } else { 1 };
    // The end of a key is enough: the ids of sessions are random.
    let mixed = match key.as_bytes() {
        [.., a, b, c] => (usize::from(*a) * 37 + usize::from(*b)) * 37 + usize::from(*c),
        _ => 0,
    };
    (kind.most / parts, mixed % parts)
}

impl AllRows for Shards {
    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        // The upper half of the number is the part, the lower half the place in it.
        let (part, place) = ((at >> 32) as usize % SHARDS, at as u32 as usize);
        let (keys, is_last) = self.locked(part).rows(kind.name, 0).keys(place, self.now());
        let next_part = Some((part as u64 + 1) << 32).filter(|_| part + 1 < SHARDS);
        Ok(KeyPage { keys, next: if is_last { next_part } else { Some(at + PAGE as u64) } })
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        (0..SHARDS).for_each(|part| self.locked(part).inspect(self.now(), see));
    }

    fn forget(&self) {
        for part in 0..SHARDS {
            // The lock ends with this line: others go on while the rows are taken apart.
            let rows = std::mem::take(&mut *self.locked(part));
            drop(rows);
        }
    }
}
