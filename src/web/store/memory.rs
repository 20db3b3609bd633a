//! The memory store: a table in this process, keyed by a random id.
//!
//! This is the fourth rung of the ladder: what most courses mean by "a session on the server".
//! Nothing is faster, logging out is real, and a restart forgets everybody. A second server never
//! knew them.
//!
//! * **Rows are spread over shards**, each a table under a lock of its own, so that threads seldom
//!   wait for each other. A lock is held only to look at a row or to swap it, which takes less than
//!   a microsecond; no code of a handler runs under it.
//! * **Expired rows leave without a timer.** Each use removes a few of them. Nothing happens while
//!   nobody asks.
//! * **The longest unused row makes room** when there are as many rows as there may be. Each shard
//!   has an equal part of the room, so in a large table the row that leaves is the oldest of its
//!   shard.
//!
//! Two parts are chapters of their own: `row_table` is the table with its bounds, and `change` is
//! how a handler's function changes a row while no lock is held.
//!
//! Left out: a bound on bytes. The number of rows, each of a bounded size, is one.

use super::change;
use super::keys::{KeyPage, PAGE};
use super::kind::{StoreClock, milliseconds};
use super::row_table::RowTable;
use super::{Change, HeldRow, Kind, Lookup, Refusal, Store, StoreError, Updated, decode};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many locks share the rows. There are many more than threads that run at one time.
const SHARDS: usize = 32;

/// The least room of a shard. Keys are spread by chance, so in smaller shards the rows would be
/// less even, and a row would leave too early.
const SHARD_ROWS: usize = 1000;

/// Keeps rows in this process until it ends.
pub struct MemoryStore {
    shards: [Mutex<RowTable>; SHARDS],
    clock: StoreClock,
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
        MemoryStore { shards: Default::default(), clock: Box::new(clock) }
    }

    /// How many rows of a kind there are, those included that have expired and were not yet swept.
    pub fn len(&self, kind: &Kind) -> usize {
        let rows = |shard| self.with(shard, |table, _| table.rows(kind.name, 0).len());
        (0..SHARDS).map(rows).sum()
    }

    /// Does something with one shard, under its lock. `act` is also given the time.
    fn with<T>(&self, shard: usize, act: impl FnOnce(&mut RowTable, u64) -> T) -> T {
        let now = milliseconds((self.clock)());
        act(&mut self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner), now)
    }

    /// The text of a row, which is the newest from now on; or why there is none.
    fn look(&self, (kind, shard): (&Kind, usize), key: &str) -> Result<Arc<str>, Refusal> {
        self.with(shard, |table, now| {
            let row = table.touch(kind, key, now)?;
            row.expires = kind.expires(now);
            Ok(Arc::clone(&row.text))
        })
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl Store for MemoryStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let (kind, shard) = shard_of(kind, key);
        Ok(match self.look((&kind, shard), key) {
            Ok(text) => Lookup::Found(decode(text.as_bytes())?),
            Err(refusal) => Lookup::Refused(refusal),
        })
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let (kind, shard) = shard_of(kind, key);
        let seen = self.look((&kind, shard), key).ok();
        change::update((&kind, key), seen, change, |seen, new| {
            // Made before the lock is taken.
            let new = new.map(Arc::from);
            self.with(shard, |table, now| table.swap((&kind, key, now), seen, new, |_| Ok(())))
        })
    }

    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        // The upper half of the number is the shard, the lower half the place in it.
        let (shard, place) = ((at >> 32) as usize % SHARDS, at as u32 as usize);
        let rows = |table: &mut RowTable, now| table.rows(kind.name, 0).keys(place, now);
        let (keys, next) = self.with(shard, rows);
        let next_shard = Some((shard as u64 + 1) << 32).filter(|_| shard + 1 < SHARDS);
        Ok(KeyPage { keys, next: next.map(|_| at + PAGE as u64).or(next_shard) })
    }

    fn forget(&self) {
        for shard in 0..SHARDS {
            // The lock ends with this line: others go on while the rows are taken apart.
            let rows = self.with(shard, |table, _| std::mem::take(table));
            drop(rows);
        }
    }

    fn inspect(&self, see: &mut dyn FnMut(&HeldRow)) {
        (0..SHARDS).for_each(|shard| self.with(shard, |table, now| table.inspect(now, see)));
    }
}

/// The shard in which a key lies, and the kind with the part of its room that the shard has.
///
/// Kinds that refuse a row when they are full use one shard: otherwise one shard could be full
/// while there is room in another.
fn shard_of(kind: &Kind, key: &str) -> (Kind, usize) {
    let shards = if kind.oldest_leaves { (kind.most / SHARD_ROWS).clamp(1, SHARDS) } else { 1 };
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    (Kind { most: kind.most / shards, ..*kind }, hasher.finish() as usize % shards)
}
