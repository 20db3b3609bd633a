//! The table under the memory store: rows of one kind, spread over many locks.
//!
//! A million rows and a row cost the same to use. Nothing here walks through the whole table, ever:
//!
//! * The rows are spread over [`SHARDS`] shards by their key, each under a lock of its own, held
//!   for a look or a swap.
//! * In a shard the rows stand in the order of their last use, oldest first, linked by their places
//!   in one long vector.
//! * Each use carries a stamp that grows by one, and each shard shows its oldest stamp outside its
//!   lock. So the row of the whole table that was unused for longest is found by looking at one
//!   number a shard.
//! * Rows of one kind live equally long, so the oldest expires first: it is enough to look at the
//!   old end.
//!
//! A change is made outside the lock: [`peek`](Table::peek) gives the text of a row, and
//! [`swap`](Table::swap) puts another in its place if the text is still the same one.
//!
//! Left out: giving memory back. What the table needed at its fullest it keeps, for the next time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// How many locks share the rows, a power of two: many more than threads that run at one time, so
/// that two seldom want the same.
const SHARDS: usize = 32;

/// After how many rows a use stops sweeping: more than one, so that rows leave faster than they
/// come.
const SWEPT: usize = 2;

/// The place of no row.
const NOWHERE: u32 = u32::MAX;

/// A row's text. It is shared with whoever looks at the row, and two looks saw the same row if they
/// share one text.
type Text = Arc<[u8]>;

/// A row as it was seen.
pub struct Seen {
    /// Its text.
    pub text: Text,
    /// Its place in the shard.
    at: u32,
}

/// Rows of one kind.
pub struct Table {
    shards: Box<[Shard]>,
    /// How many rows all shards hold.
    count: AtomicUsize,
    /// The stamp of the next use.
    next_use: AtomicU64,
}

/// What [`Table::peek`] finds.
pub enum Peek {
    /// A row.
    Row(Seen),
    /// A row whose time is over. It is gone now.
    Expired,
    /// Nothing.
    Nothing,
}

/// What [`Table::swap`] did.
#[derive(PartialEq, Eq)]
pub enum Swap {
    /// The row is as it was asked to be.
    Done,
    /// Another writer came between: look again.
    Changed,
    /// It would be one row too many.
    Full,
}

impl Table {
    /// No rows.
    pub fn new() -> Table {
        let shards = (0..SHARDS).map(|_| Shard::new()).collect();
        Table { shards, count: AtomicUsize::new(0), next_use: AtomicU64::new(0) }
    }

    /// The text of a row, which counts as a use: from now on it expires at `expires`. Times are in
    /// milliseconds.
    pub fn peek(&self, key: &str, now: u64, expires: u64) -> Peek {
        self.shard(key).with(|rows| {
            let at = rows.index.get(key).copied();
            let found = match at {
                Some(at) if rows.slots[at as usize].expires <= now => {
                    rows.remove(at);
                    self.leave(1);
                    Peek::Expired
                }
                Some(at) => {
                    rows.touch(at, self.stamp(), expires);
                    Peek::Row(Seen { text: rows.slots[at as usize].text.clone(), at })
                }
                None => Peek::Nothing,
            };
            self.leave(rows.sweep(now));
            found
        })
    }

    /// Puts a text in the place of the one seen before, if that is still there; `None` is no row.
    ///
    /// A new row needs room: with `most` rows there it is refused.
    pub fn swap(
        &self,
        key: &str,
        seen: Option<&Seen>,
        new: Option<&[u8]>,
        expires: u64,
        most: usize,
    ) -> Swap {
        self.shard(key).with(|rows| {
            let is_same = match seen {
                // While the text that was seen is kept, no other is at its address: so this is the
                // row, still in its place.
                Some(seen) => rows
                    .slots
                    .get(seen.at as usize)
                    .is_some_and(|slot| Arc::ptr_eq(&slot.text, &seen.text)),
                None => !rows.index.contains_key(key),
            };
            match (seen.map(|seen| seen.at), new) {
                _ if !is_same => return Swap::Changed,
                (Some(at), Some(text)) => {
                    // The look that came before was the use, and moved the row to the newest.
                    rows.slots[at as usize].text = text.into();
                }
                (Some(at), None) => {
                    rows.remove(at);
                    self.leave(1);
                }
                (None, Some(_)) if !self.enter(most) => return Swap::Full,
                (None, Some(text)) => rows.insert(key, text.into(), self.stamp(), expires),
                (None, None) => {}
            }
            Swap::Done
        })
    }

    /// Removes the row that was unused for longest, but only if its time is over at `expired_by`.
    /// True if it did.
    pub fn remove_oldest(&self, expired_by: u64) -> bool {
        loop {
            let stamps =
                self.shards.iter().map(|shard| (shard.oldest_use.load(Ordering::Relaxed), shard));
            let Some((stamp, shard)) = stamps.min_by_key(|(stamp, _)| *stamp) else { return false };
            let removed = shard.with(|rows| match rows.slots.get(rows.oldest as usize) {
                // It was used or removed between the look and the lock: look again.
                Some(slot) if slot.used != stamp => None,
                Some(slot) if slot.expires > expired_by => Some(false),
                Some(_) => {
                    rows.remove(rows.oldest);
                    self.leave(1);
                    Some(true)
                }
                None => (stamp == u64::MAX).then_some(false),
            });
            if let Some(removed) = removed {
                return removed;
            }
        }
    }

    /// How many rows there are, those included that have expired and were not yet swept.
    pub fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Removes every row, one shard after the other.
    pub fn clear(&self) {
        for shard in &self.shards {
            shard.with(|rows| {
                self.leave(rows.index.len());
                *rows = Rows::new();
            });
        }
    }

    fn shard(&self, key: &str) -> &Shard {
        // FNV-1a, whose high bits every byte has stirred. Somebody who chooses keys that meet in
        // one shard makes its lock busier, no more: the index inside is hashed under a secret.
        let spread = key
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        &self.shards[spread as usize >> 16 & (SHARDS - 1)]
    }

    /// Counts a row before it is there, so that two threads cannot both take the last place; false
    /// if there is none.
    fn enter(&self, most: usize) -> bool {
        let one_more = |count| (count < most).then_some(count + 1);
        self.count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    fn leave(&self, rows: usize) {
        // Most uses sweep nothing, and then leave the number to the other processors' caches.
        if rows > 0 {
            self.count.fetch_sub(rows, Ordering::Relaxed);
        }
    }

    fn stamp(&self) -> u64 {
        self.next_use.fetch_add(1, Ordering::Relaxed)
    }
}

/// A part of the rows, and the lock that they stand under. Aligned so that no two share a line of
/// the processor's cache.
#[repr(align(64))]
struct Shard {
    /// The stamp of the oldest row, to be read without the lock; `u64::MAX` if there is no row.
    oldest_use: AtomicU64,
    rows: Mutex<Rows>,
}

impl Shard {
    fn new() -> Shard {
        Shard { oldest_use: AtomicU64::new(u64::MAX), rows: Mutex::new(Rows::new()) }
    }

    /// Does something with the rows under their lock, and shows the stamp of the oldest one
    /// afterwards.
    fn with<T>(&self, act: impl FnOnce(&mut Rows) -> T) -> T {
        // No code of a handler runs under this lock, so no panic of one leaves a row half changed.
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = act(&mut rows);
        let oldest = rows.slots.get(rows.oldest as usize).map_or(u64::MAX, |slot| slot.used);
        self.oldest_use.store(oldest, Ordering::Relaxed);
        outcome
    }
}

/// Rows in the order of their last use, found by key.
struct Rows {
    index: HashMap<Arc<str>, u32>,
    slots: Vec<Slot>,
    oldest: u32,
    newest: u32,
    /// The first of the places without a row, which are linked by `newer`.
    free: u32,
}

/// A place for a row.
struct Slot {
    /// Shared with the index; empty in a place without a row.
    key: Arc<str>,
    text: Text,
    expires: u64,
    used: u64,
    older: u32,
    newer: u32,
}

impl Rows {
    fn new() -> Rows {
        Rows {
            index: HashMap::new(),
            slots: Vec::new(),
            oldest: NOWHERE,
            newest: NOWHERE,
            free: NOWHERE,
        }
    }

    /// Removes a few rows from the old end whose time is over; gives back how many.
    fn sweep(&mut self, now: u64) -> usize {
        let mut swept = 0;
        while swept < SWEPT
            && self.slots.get(self.oldest as usize).is_some_and(|slot| slot.expires <= now)
        {
            self.remove(self.oldest);
            swept += 1;
        }
        swept
    }

    fn insert(&mut self, key: &str, text: Text, used: u64, expires: u64) {
        let key: Arc<str> = key.into();
        let slot = Slot { key: key.clone(), text, expires, used, older: NOWHERE, newer: NOWHERE };
        let at = self.free;
        let at = match self.slots.get_mut(at as usize) {
            Some(place) => {
                self.free = place.newer;
                *place = slot;
                at
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1)
                    .expect("four thousand million rows fill any memory first")
            }
        };
        self.index.insert(key, at);
        self.link_newest(at);
    }

    fn touch(&mut self, at: u32, used: u64, expires: u64) {
        self.unlink(at);
        self.link_newest(at);
        let slot = &mut self.slots[at as usize];
        (slot.used, slot.expires) = (used, expires);
    }

    fn remove(&mut self, at: u32) {
        self.unlink(at);
        let slot = &mut self.slots[at as usize];
        let key = std::mem::take(&mut slot.key);
        slot.text = Text::default();
        slot.newer = std::mem::replace(&mut self.free, at);
        self.index.remove(&key);
    }

    /// Takes a row out of the order; its neighbours take each other's hand.
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
