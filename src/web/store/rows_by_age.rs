//! Deeper: rows in the order of their last use.
//!
//! A map that also knows which of its rows was unused for the longest time. The memory and the file
//! keep their rows in such maps. Each operation costs the same with a million rows as with one, and
//! none walks through the whole map:
//!
//! * Each row has a place in one long vector, and an index finds the place by the key.
//! * Each row holds the places of the next older and the next newer row. To use a row is to take it
//!   out of this chain and to add it at the new end.
//! * Rows of one kind live equally long, so the oldest row expires first: it is enough to look at
//!   the old end of the chain.
//!
//! Room for all rows that there may be is asked for at the start. The system gives memory only when
//! it is written, so an empty place costs nothing, and the map need not be moved while it grows.
//!
//! Left out: giving memory back. The vector keeps the room that it needed once.

use super::Refusal;
use std::collections::HashMap;
use std::sync::Arc;

/// How many expired rows [`sweep`](RowsByAge::sweep) removes at most. It is called at each use, so
/// with two each time rows leave faster than they come.
const SWEPT: usize = 2;

/// For how many rows room is asked for at most.
const ROOM: usize = 1 << 20;

/// The place of no row.
const NOWHERE: u32 = u32::MAX;

/// Rows of one kind, found by key, in the order of their last use.
pub struct RowsByAge<T> {
    index: HashMap<Arc<str>, u32>,
    slots: Vec<Slot<T>>,
    oldest: u32,
    newest: u32,
    /// The first of the places without a row; `newer` links them.
    free: u32,
}

/// A place for a row.
struct Slot<T> {
    /// Shared with the index; empty in a place without a row.
    key: Arc<str>,
    content: T,
    expires: u64,
    older: u32,
    newer: u32,
}

impl<T> Default for RowsByAge<T> {
    fn default() -> RowsByAge<T> {
        let (index, slots) = (HashMap::new(), Vec::new());
        RowsByAge { index, slots, oldest: NOWHERE, newest: NOWHERE, free: NOWHERE }
    }
}

impl<T: Default> RowsByAge<T> {
    /// No rows, and room for this number of them.
    pub fn with_room(rows: usize) -> RowsByAge<T> {
        let rows = rows.min(ROOM);
        // A full map in which rows come and go would grow without the quarter more.
        let index = HashMap::with_capacity(rows + rows / 4);
        let slots = Vec::with_capacity(rows);
        RowsByAge { index, slots, ..RowsByAge::default() }
    }

    /// The place of a row.
    pub fn find(&self, key: &str) -> Option<u32> {
        self.index.get(key).copied()
    }

    /// The row at a place, if there is one.
    pub fn get(&self, at: u32) -> Option<&T> {
        self.slots.get(at as usize).map(|slot| &slot.content)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.slots.get_mut(at as usize).map(|slot| &mut slot.content)
    }

    /// How many rows there are, expired ones included.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The keys and rows, the longest unused first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        let slot = |at: u32| self.slots.get(at as usize);
        std::iter::successors(slot(self.oldest), move |row| slot(row.newer))
            .map(|row| (&*row.key, &row.content))
    }

    /// Uses a row: it is the newest now, and lives until `expires`. Returns the row and its place.
    /// If its time was over, it is removed instead.
    pub fn touch(&mut self, key: &str, now: u64, expires: u64) -> Result<(u32, &T), Refusal> {
        let at = self.find(key).ok_or(Refusal::Unknown)?;
        if self.is_expired(at, now) {
            self.remove(at);
            return Err(Refusal::Expired);
        }
        self.unlink(at);
        self.link_newest(at);
        let slot = &mut self.slots[at as usize];
        slot.expires = expires;
        Ok((at, &slot.content))
    }

    /// Adds a row under a key that has none.
    pub fn insert(&mut self, key: &str, content: T, expires: u64) {
        let key: Arc<str> = key.into();
        let slot = Slot { key: key.clone(), content, expires, older: NOWHERE, newer: NOWHERE };
        let mut at = self.free;
        match self.slots.get_mut(at as usize) {
            Some(place) => {
                self.free = place.newer;
                *place = slot;
            }
            None => {
                at = u32::try_from(self.slots.len())
                    .expect("four thousand million rows fill any memory first");
                self.slots.push(slot);
            }
        }
        self.index.insert(key, at);
        self.link_newest(at);
    }

    /// Takes a row out.
    pub fn remove(&mut self, at: u32) {
        self.unlink(at);
        let slot = &mut self.slots[at as usize];
        let key = std::mem::take(&mut slot.key);
        slot.content = T::default();
        slot.newer = std::mem::replace(&mut self.free, at);
        self.index.remove(&key);
    }

    /// Takes the oldest row out, if its time is over. True if it did.
    pub fn remove_oldest(&mut self, expired_by: u64) -> bool {
        let is_over = self.is_expired(self.oldest, expired_by);
        if is_over {
            self.remove(self.oldest);
        }
        is_over
    }

    /// Removes a few rows whose time is over from the old end.
    pub fn sweep(&mut self, now: u64) {
        for _ in 0..SWEPT {
            self.remove_oldest(now);
        }
    }

    fn is_expired(&self, at: u32, now: u64) -> bool {
        self.slots.get(at as usize).is_some_and(|slot| slot.expires <= now)
    }

    /// Takes a row out of the chain and joins its two neighbours.
    fn unlink(&mut self, at: u32) {
        let Slot { older, newer, .. } = self.slots[at as usize];
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    fn link_newest(&mut self, at: u32) {
        let older = std::mem::replace(&mut self.newest, at);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = at,
            None => self.oldest = at,
        }
        let slot = &mut self.slots[at as usize];
        (slot.older, slot.newer) = (older, NOWHERE);
    }
}
