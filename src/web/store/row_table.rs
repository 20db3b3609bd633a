//! Deeper: the table of rows that a process keeps, for the memory store and the file store.
//!
//! It finds a row by its key, and knows which row of a kind was unused for the longest time. Each
//! operation costs the same with a million rows as with one, and none walks through all rows. (The
//! few at which the vector or the index has to grow move all rows.)
//!
//! * The rows of a kind lie in the slots of one vector, and an index finds the slot by the key. A
//!   row keeps its slot until it is removed.
//! * Each row holds the slots of the next older and the next newer row. Slot 0 holds no row and
//!   makes a ring of the others, so no row is a special case. To use a row is to take it out and to
//!   add it at the new end.
//!
//!   ```text
//!   slot 0 --newer--> oldest --newer--> ... --newer--> newest --newer--> slot 0
//!   ```
//! * Rows of one kind live the same time, so the oldest row expires first: it is enough to look at
//!   the old end of the ring. (Behind a permanent session, which lives longer, expired rows may
//!   wait there. They are not shown, and the bound holds.)
//!
//! The table has no lock: the store that owns it has one. Time is in milliseconds.
//!
//! Memory that held rows is used again, and never given back.

use super::change::Swapped;
use super::keys::{HeldRow, PAGE};
use super::memory_row::MemoryRow;
use super::{KeyPage, Kind, Refusal, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many expired rows each use removes at most. With two, rows leave faster than they come.
const SWEPT: usize = 2;

/// How many rows leave for a new one, at most: more than one, for a bound that has become lower.
const LEAVE: usize = 8;

/// The slot that holds the two ends of the ring.
const ENDS: u32 = 0;

/// Rows of several kinds.
#[derive(Default)]
pub struct RowTable(Vec<KindRows>);

/// Rows of one kind, found by key, in the order of their last use.
pub struct KindRows {
    name: Box<str>,
    index: HashMap<Arc<str>, u32>,
    rows: Vec<Row>,
    /// Slots without a row.
    free: Vec<u32>,
}

/// A row and its neighbours.
pub struct Row {
    /// Shared with the index.
    pub key: Arc<str>,
    /// `None`: a slot without a row.
    pub held: Option<MemoryRow>,
    /// When it expires; `u64::MAX`: never.
    pub expires: u64,
    older: u32,
    newer: u32,
}

/// A row as it was when somebody looked.
pub struct SeenRow {
    pub held: MemoryRow,
    pub expires: u64,
    slot: u32,
}

impl RowTable {
    /// The rows of the kind of this name.
    #[inline]
    pub fn rows(&mut self, kind: &str) -> &mut KindRows {
        // A program has a handful of kinds, so looking at each is quick.
        let known = self.0.iter().position(|rows| *rows.name == *kind);
        let at = known.unwrap_or_else(|| {
            self.0.push(KindRows::new(kind));
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    /// The name and the rows of a kind by its number; `None` after the last one.
    pub fn kind(&self, number: usize) -> Option<(&str, &[Row])> {
        self.0.get(number).map(|kind| (&*kind.name, &*kind.rows))
    }

    /// Puts the rows of each kind into the order in which they expire. Those that expire together
    /// stay in the order of their last use.
    pub fn sort(&mut self) {
        for kind in &mut self.0 {
            let mut slots: Vec<u32> = kind.oldest_first().collect();
            slots.sort_by_key(|slot| kind.row(*slot).expires);
            slots.into_iter().for_each(|slot| kind.renew(slot));
        }
    }

    /// Shows each row whose time is not over.
    pub fn inspect(&self, now: u64, see: &mut dyn FnMut(&HeldRow)) {
        for KindRows { name: kind, rows, .. } in &self.0 {
            for Row { key, held, expires, .. } in rows.iter().filter(|row| row.is_alive(now)) {
                let left = (*expires != u64::MAX).then(|| Duration::from_millis(expires - now));
                if let Some(row) = held {
                    see(&HeldRow { kind, key, row, expires_in: left });
                }
            }
        }
    }
}

impl Row {
    /// A slot without a row.
    fn nothing() -> Row {
        Row { key: Arc::default(), held: None, expires: 0, older: ENDS, newer: ENDS }
    }

    fn is_alive(&self, now: u64) -> bool {
        self.held.is_some() && self.expires > now
    }
}

impl KindRows {
    fn new(kind: &str) -> KindRows {
        let ends = Row { expires: u64::MAX, ..Row::nothing() };
        let (index, rows, free) = (HashMap::new(), vec![ends], Vec::new());
        KindRows { name: kind.into(), index, rows, free }
    }

    /// How many rows there are, expired ones included.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The keys in [`PAGE`] slots from this one on.
    pub fn keys(&self, slot: usize, now: u64) -> KeyPage {
        let rows = self.rows.iter().skip(slot).take(PAGE).filter(|row| row.is_alive(now));
        let keys = rows.map(|row| row.key.to_string()).collect();
        let next = slot.checked_add(PAGE).filter(|next| *next < self.rows.len());
        KeyPage { keys, next: next.map(|next| next as u64) }
    }

    /// Uses a row: it is the newest now, and lives until `expires` at least. Rows whose time is
    /// over are removed: this one, or a few.
    #[inline]
    pub fn touch(&mut self, key: &str, now: u64, expires: u64) -> Result<SeenRow, Refusal> {
        let known = self.index.get(key).copied();
        let found = known.filter(|slot| self.row(*slot).expires > now);
        match found {
            Some(slot) => {
                self.renew(slot);
                let row = &mut self.rows[slot as usize];
                row.expires = row.expires.max(expires);
            }
            None => self.remove(key),
        }
        for _ in 0..SWEPT {
            let oldest = self.row(self.row(ENDS).newer);
            if oldest.expires <= now {
                let key = Arc::clone(&oldest.key);
                self.remove(&key);
            }
        }
        let seen = found.and_then(|slot| self.seen(slot));
        seen.ok_or(if known.is_some() { Refusal::Expired } else { Refusal::Unknown })
    }

    fn seen(&self, slot: u32) -> Option<SeenRow> {
        let Row { held, expires, .. } = self.row(slot);
        Some(SeenRow { held: held.clone()?, expires: *expires, slot })
    }

    /// Puts a row in the place of the one that was seen, or of none, if nothing has changed there
    /// since. `first` is told which rows must leave for it, and may still refuse.
    #[inline]
    pub fn swap(
        &mut self,
        (kind, key, now): (&Kind, &str, u64),
        seen: Option<&SeenRow>,
        new: Option<MemoryRow>,
        first: impl FnOnce(&[Arc<str>]) -> Result<(), StoreError>,
    ) -> Result<Swapped<SeenRow>, StoreError> {
        // The row is most probably still where it was seen, which spares a search. If all rows were
        // forgotten meanwhile, there is no such slot.
        let is_there =
            |seen: &&SeenRow| self.rows.get(seen.slot as usize).is_some_and(|it| *it.key == *key);
        let slot = seen.filter(is_there).map(|seen| seen.slot);
        let slot = slot.or_else(|| self.index.get(key).copied());
        let live_slot = slot.filter(|slot| self.row(*slot).expires > now);
        let current = live_slot.and_then(|slot| self.row(slot).held.as_ref());
        if current != seen.map(|seen| &seen.held) {
            return Ok(Swapped::Changed(live_slot.and_then(|slot| self.seen(slot))));
        }
        let Some(new) = new else {
            if live_slot.is_some() {
                first(&[])?;
                self.remove(key);
            }
            return Ok(Swapped::Done);
        };
        let too_many = if slot.is_none() { (self.len() + 1).saturating_sub(kind.most) } else { 0 };
        if too_many > 0 && !kind.oldest_leaves {
            return Err(kind.full());
        }
        let leaving = self.oldest_first().take(too_many.min(LEAVE));
        let leaving: Vec<_> = leaving.map(|slot| Arc::clone(&self.row(slot).key)).collect();
        first(&leaving)?;
        leaving.iter().for_each(|key| self.remove(key));
        let slot = slot.unwrap_or_else(|| self.add(key));
        let lives = live_slot.map_or(0, |slot| self.row(slot).expires);
        self.fill(slot, new, kind.expires(now).max(lives));
        Ok(Swapped::Done)
    }

    /// Puts a row under a key, in the place of the one that is there. It is the newest now.
    pub fn put(&mut self, key: &str, row: MemoryRow, expires: u64) {
        let known = self.index.get(key).copied();
        let slot = known.unwrap_or_else(|| self.add(key));
        self.fill(slot, row, expires);
    }

    #[inline]
    fn fill(&mut self, slot: u32, new: MemoryRow, expires: u64) {
        self.renew(slot);
        let row = &mut self.rows[slot as usize];
        (row.held, row.expires) = (Some(new), expires);
    }

    /// Takes a row out, if there is one.
    pub fn remove(&mut self, key: &str) {
        if let Some(slot) = self.index.remove(key) {
            self.unlink(slot);
            self.rows[slot as usize] = Row::nothing();
            self.free.push(slot);
        }
    }

    /// The rows in the order of their last use.
    fn oldest_first(&self) -> impl Iterator<Item = u32> {
        let newer = |slot: &u32| Some(self.row(*slot).newer).filter(|slot| *slot != ENDS);
        std::iter::successors(newer(&ENDS), newer)
    }

    fn row(&self, slot: u32) -> &Row {
        &self.rows[slot as usize]
    }

    /// A slot for a new row, linked to itself.
    fn add(&mut self, key: &str) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.rows.push(Row::nothing());
            u32::try_from(self.rows.len() - 1)
                .expect("four thousand million rows fill any memory first")
        });
        let key: Arc<str> = key.into();
        self.index.insert(Arc::clone(&key), slot);
        self.rows[slot as usize] = Row { key, older: slot, newer: slot, ..Row::nothing() };
        slot
    }

    /// Takes a row out of the ring and joins its two neighbours.
    fn unlink(&mut self, slot: u32) {
        let Row { older, newer, .. } = *self.row(slot);
        self.rows[older as usize].newer = newer;
        self.rows[newer as usize].older = older;
    }

    /// Takes a row out of the ring, and adds it at the new end.
    #[inline]
    fn renew(&mut self, slot: u32) {
        self.unlink(slot);
        let newest = std::mem::replace(&mut self.rows[ENDS as usize].older, slot);
        self.rows[newest as usize].newer = slot;
        let row = &mut self.rows[slot as usize];
        (row.older, row.newer) = (newest, ENDS);
    }
}
