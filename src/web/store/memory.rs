//! The memory store: a table in this process, keyed by a random id.
//!
//! This is the fourth rung of the ladder: what most courses mean by "a session on the server".
//! Nothing is faster, logging out is real, and a restart forgets everybody. A second server never
//! knew them.
//!
//! * **Rows are spread over shards**, each under a lock of its own, so that threads seldom wait for
//!   each other. A lock is held only to look at a row or to swap it, which takes less than a
//!   microsecond; no code of a handler runs under it.
//! * **A row is kept as its JSON text.** The text takes a third of the memory that a [`Map`] takes,
//!   its size is known, and a handler gets a copy that nobody else can change.
//! * **Expired rows leave without a timer.** Each use removes a few of them. Nothing happens while
//!   nobody asks.
//! * **The longest unused row makes room** when there are as many rows as there may be. The map
//!   that knows the oldest row is a chapter of its own, [`RowsByAge`]. Each shard has an equal part
//!   of the room, so in a large table the row that leaves is the oldest of its shard.
//!
//! Left out: a bound on bytes. The number of rows, each at most [`ROW_BYTES`](super::ROW_BYTES)
//! long, is one.

use super::change::{self, Swapped};
use super::rows_by_age::RowsByAge;
use super::{Clock, Kind, Lookup, Refusal, Store, StoreError, Updated, decode, milliseconds};
use crate::value::Map;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many locks share the rows. There are many more than threads that run at one time.
const SHARDS: usize = 32;

/// The least room of a shard. Keys are spread by chance, so in smaller shards the rows would be
/// less even, and a row would leave too early.
const SHARD_ROWS: usize = 1000;

/// A part of the rows of each kind that was used, as text.
type Shard = Vec<(&'static str, RowsByAge<Arc<str>>)>;

/// Keeps rows in this process until it ends.
pub struct MemoryStore {
    shards: [Mutex<Shard>; SHARDS],
    clock: Clock,
}

/// A row as it was seen.
pub struct SeenRow {
    text: Arc<str>,
    /// Its place in the table.
    at: u32,
}

impl AsRef<[u8]> for SeenRow {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
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
        (0..shards(kind)).map(|shard| self.with(kind, shard, |rows, _| rows.len())).sum()
    }

    /// Does something with the rows of a kind in one shard, under its lock. `act` is also given the
    /// time.
    fn with<T>(
        &self,
        kind: &Kind,
        shard: usize,
        act: impl FnOnce(&mut RowsByAge<Arc<str>>, u64) -> T,
    ) -> T {
        let now = milliseconds((self.clock)());
        let mut shard = self.shards[shard].lock().unwrap_or_else(PoisonError::into_inner);
        // A program has a handful of kinds, so looking at each is quick.
        let known = shard.iter().position(|(name, _)| *name == kind.name);
        let at = known.unwrap_or_else(|| {
            shard.push((kind.name, RowsByAge::with_room(shard_room(kind))));
            shard.len() - 1
        });
        act(&mut shard[at].1, now)
    }

    /// The row of a key, which is the newest from now on; or why there is none.
    fn peek(&self, kind: &Kind, key: &str) -> Result<SeenRow, Refusal> {
        self.with(kind, shard_of(kind, key), |rows, now| {
            let found = rows.touch(key, now, kind.expires(now));
            let seen = found.map(|(at, text)| SeenRow { text: text.clone(), at });
            rows.sweep(now);
            seen
        })
    }

    /// Puts a text in the place of the row that was seen, if that is still there.
    fn swap(
        &self,
        kind: &Kind,
        key: &str,
        seen: Option<&SeenRow>,
        new: Option<&str>,
    ) -> Result<Swapped<SeenRow>, StoreError> {
        // Made before the lock is taken.
        let new: Option<Arc<str>> = new.map(Arc::from);
        self.with(kind, shard_of(kind, key), |rows, now| {
            // While the text that was seen is kept, no other text has its address. So a text at
            // that address is this row, still in its place.
            let is_same = |seen: &SeenRow| {
                rows.get(seen.at).is_some_and(|text| Arc::ptr_eq(text, &seen.text))
            };
            if !seen.map_or(rows.find(key).is_none(), is_same) {
                let found = rows.touch(key, now, kind.expires(now)).ok();
                let found = found.map(|(at, text)| SeenRow { text: text.clone(), at });
                return Ok(Swapped::Changed(found));
            }
            match (seen.map(|seen| seen.at), new) {
                (Some(at), Some(new)) => {
                    // The look that came before was the use, and made the row the newest.
                    if let Some(text) = rows.get_mut(at) {
                        *text = new;
                    }
                }
                (Some(at), None) => rows.remove(at),
                (None, Some(text)) => {
                    // To make room, any row may leave, or only one whose time is over.
                    let expired_by = if kind.oldest_leaves { u64::MAX } else { now };
                    while rows.len() >= shard_room(kind) {
                        if !rows.remove_oldest(expired_by) {
                            return Err(kind.full());
                        }
                    }
                    rows.insert(key, text, kind.expires(now));
                }
                (None, None) => {}
            }
            Ok(Swapped::Done)
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
        match self.peek(kind, key) {
            Ok(seen) => Ok(Lookup::Found(decode(seen.as_ref())?)),
            Err(refusal) => Ok(Lookup::Refused(refusal)),
        }
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        let seen = self.peek(kind, key).ok();
        change::update((kind, key), seen, change, |seen, new| self.swap(kind, key, seen, new))
    }

    fn forget(&self) {
        for shard in &self.shards {
            // The lock ends with this line: others go on while the rows are taken apart.
            let rows = std::mem::take(&mut *shard.lock().unwrap_or_else(PoisonError::into_inner));
            drop(rows);
        }
    }
}

/// Over how many shards a kind is spread. Where one row too many is refused, its rows stand
/// together, so that it is not refused while there is room elsewhere.
fn shards(kind: &Kind) -> usize {
    if kind.oldest_leaves { (kind.most / SHARD_ROWS).clamp(1, SHARDS) } else { 1 }
}

/// How many rows of a kind one shard may hold.
fn shard_room(kind: &Kind) -> usize {
    kind.most / shards(kind)
}

/// The shard in which a key lies.
fn shard_of(kind: &Kind, key: &str) -> usize {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish() as usize % shards(kind)
}
