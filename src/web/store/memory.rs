//! The memory store: a table in this process, keyed by a random id.
//!
//! The fourth rung of the ladder: what most courses mean by "a session on the server". Nothing is
//! quicker, logging out is real, and a restart forgets everybody; a second server never knew them.
//!
//! Each kind of row has a [`Table`] of its own. A row is kept as the JSON that a file or another
//! server would keep: it takes a third of the memory that a map does, its size is known, and what a
//! handler gets is a copy that nobody else can change.
//!
//! * A row that was not used for its lifetime is gone. It is removed by whoever comes across it, a
//!   few at each use: no thread, no timer, nothing to do while nobody asks.
//! * With as many rows as there may be, the longest unused one leaves before the new one comes,
//!   exactly.
//!
//! Left out: a bound on bytes. So many rows of at most [`ROW_BYTES`](super::ROW_BYTES) are one.

use super::table::{Peek, Seen, Swap, Table};
use super::{
    KEY_BYTES, Kind, Lookup, Refusal, Store, StoreError, Updated, WhenFull, decode, encode,
};
use crate::value::Map;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How many kinds one store can hold. A program has a handful, and they stand in its source.
const KINDS: usize = 16;

/// Keeps rows in this process until it ends.
pub struct MemoryStore {
    /// The table of each kind that was used, in the order of the first use.
    tables: [OnceLock<(&'static str, Table)>; KINDS],
    /// The time since some moment of the past.
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
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
        MemoryStore { tables: std::array::from_fn(|_| OnceLock::new()), clock: Box::new(clock) }
    }

    /// How many rows of a kind there are, those included that have expired and were not yet swept.
    pub fn len(&self, kind: &Kind) -> usize {
        self.table(kind).len()
    }

    /// # Panics
    ///
    /// If a program has more than 16 kinds of rows.
    fn table(&self, kind: &Kind) -> &Table {
        // The first free place becomes this kind's table. Finding it again takes no lock.
        let tables =
            self.tables.iter().map(|place| place.get_or_init(|| (kind.name, Table::new())));
        let mut found = tables.filter(|(name, _)| *name == kind.name).map(|(_, table)| table);
        found.next().expect("a program has at most 16 kinds of rows")
    }

    /// Now, and when a row that is used now will expire, in milliseconds.
    fn times(&self, kind: &Kind) -> (u64, u64) {
        let milliseconds = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let now = milliseconds((self.clock)());
        (now, kind.lifetime.map_or(u64::MAX, |lifetime| now.saturating_add(milliseconds(lifetime))))
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

impl Store for MemoryStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let (now, expires) = self.times(kind);
        Ok(match self.table(kind).peek(key, now, expires) {
            Peek::Row(seen) => Lookup::Found(decode(&seen.text)?),
            Peek::Expired => Lookup::Refused(Refusal::Expired),
            Peek::Nothing => Lookup::Refused(Refusal::Unknown),
        })
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        if key.len() > KEY_BYTES {
            return Err(StoreError::LongKey(key.len()));
        }
        let table = self.table(kind);
        // Looks, changes, and swaps if nobody came between: so no lock is held while the handler's
        // code runs, and of several who try at once one always gets through.
        loop {
            let (now, expires) = self.times(kind);
            let seen: Option<Seen> = match table.peek(key, now, expires) {
                Peek::Row(seen) => Some(seen),
                Peek::Expired | Peek::Nothing => None,
            };
            let mut row = seen.as_ref().map(|seen| decode(&seen.text)).transpose()?;
            change(&mut row);
            let (row, text) = row.map(encode).transpose()?.unzip();
            let text = text.as_deref().map(str::as_bytes);
            let mut swapped = table.swap(key, seen.as_ref(), text, expires, kind.most);
            // To make room, any row may leave, or only one whose time is over.
            let leaves = if kind.when_full == WhenFull::OldestLeaves { u64::MAX } else { now };
            // That no session was seen to leave only means that others were quicker: then there is
            // room.
            let room = || table.remove_oldest(leaves) || kind.when_full == WhenFull::OldestLeaves;
            while swapped == Swap::Full && room() {
                swapped = table.swap(key, seen.as_ref(), text, expires, kind.most);
            }
            match swapped {
                Swap::Done => {
                    return Ok(Updated { key: row.as_ref().map(|_| key.to_owned()), row });
                }
                Swap::Changed => continue,
                Swap::Full => return Err(StoreError::Full { kind: kind.name, most: kind.most }),
            }
        }
    }

    fn forget(&self) {
        for (_, table) in self.tables.iter().filter_map(OnceLock::get) {
            table.clear();
        }
    }
}
