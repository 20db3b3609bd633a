//! Deeper: the table of the memory store in parts, so that threads seldom wait.
//!
//! Each part is a [`RowTable`] under a lock of its own, which is held for about a microsecond, or
//! longer when the table grows. The key says in which part its row is. Each part has an equal share
//! of the room, so in a large table the row that makes room is the longest unused one of its part.

use super::change::locked;
use super::kind::{StoreClock, milliseconds};
use super::row_table::{RowTable, SeenRow};
use super::{KeyPage, Kind, Refusal};
use std::hash::{BuildHasher, RandomState};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many locks share the rows. There are many more than threads that run at one time.
const PARTS: usize = 32;

/// The least room of a part. Keys are spread by chance, so in smaller parts the rows would be less
/// even, and a row would leave too early.
const PART_ROWS: usize = 1000;

/// Keeps rows in this process until it ends.
pub struct MemoryStore {
    pub(super) parts: [Mutex<RowTable>; PARTS],
    /// Random, so that nobody can aim at a part with the keys that they choose.
    seed: u64,
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
        let parts = std::array::from_fn(|_| Mutex::default());
        MemoryStore { parts, seed: RandomState::new().hash_one(0), clock: Box::new(clock) }
    }

    /// How many rows of a kind there are, those included that have expired and were not yet swept.
    pub fn len(&self, kind: &Kind) -> usize {
        self.parts.iter().map(|part| locked(part).rows(kind.name).len()).sum()
    }

    pub(super) fn now(&self) -> u64 {
        milliseconds((self.clock)())
    }

    /// A page of the keys of all parts. The upper half of its number is the part, the lower half
    /// the slot in it.
    pub(super) fn page_of_parts(&self, kind: &Kind, number: u64) -> KeyPage {
        let (part, slot) = ((number >> 32) as usize % PARTS, number as u32 as usize);
        let page = locked(&self.parts[part]).rows(kind.name).keys(slot, self.now());
        let in_part = page.next.map(|slot| (part as u64) << 32 | slot);
        let next_part = Some((part as u64 + 1) << 32).filter(|_| part + 1 < PARTS);
        KeyPage { next: in_part.or(next_part), ..page }
    }

    /// The part in which a key lies.
    ///
    /// A kind that refuses a row when it is full lies in one part: otherwise one part could be full
    /// while there is room in another.
    #[inline]
    pub(super) fn part(&self, kind: &Kind, key: &str) -> TablePart<'_> {
        let parts = if kind.oldest_leaves { (kind.most / PART_ROWS).clamp(1, PARTS) } else { 1 };
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
        TablePart { table, kind: Kind { most: kind.most / parts, ..*kind }, now: self.now() }
    }
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::new()
    }
}

/// One part, for one use of a row.
pub struct TablePart<'s> {
    pub table: &'s Mutex<RowTable>,
    /// The kind, with this part's share of its room.
    pub kind: Kind,
    pub now: u64,
}

impl TablePart<'_> {
    /// A row, which is the newest from now on; or why there is none.
    pub fn look(&self, key: &str) -> Result<SeenRow, Refusal> {
        let expires = self.kind.expires(self.now);
        locked(self.table).rows(self.kind.name).touch(key, self.now, expires)
    }
}
