//! Deeper: rows in the order of their last use.
//!
//! A map that also knows which of its rows was unused for the longest time. Each operation costs
//! the same with a million rows as with one, and none walks through the whole map:
//!
//! * Each row has a place in one long vector, and an index finds the place by the key.
//! * Each row holds the places of the next older and the next newer row. Place 0 holds no row, but
//!   the two ends: its `newer` is the oldest row, and its `older` the newest. So the rows are a
//!   ring, and no row is a special case. To use a row is to take it out and to add it at the end.
//! * Rows of one kind live equally long, so the oldest row expires first: it is enough to look at
//!   the old end of the ring.
//!
//! Room for all rows that there may be is asked for at the start, so that the map need not be moved
//! while it grows. The system gives memory only when it is written. It is never given back.

use super::Refusal;
use super::keys::PAGE;
use std::collections::HashMap;
use std::sync::Arc;

/// How many expired rows each use removes at most. With two, rows leave faster than they come.
const SWEPT: usize = 2;

/// For how many rows room is asked for at most.
const ROOM: usize = 1 << 20;

/// The place that holds the two ends of the ring.
const ENDS: u32 = 0;

/// Rows of one kind, found by key, in the order of their last use.
pub struct RowsByAge {
    index: HashMap<Arc<str>, u32>,
    slots: Vec<Row>,
    /// Places without a row.
    free: Vec<u32>,
}

/// A row and its neighbours.
#[derive(Clone, Default)]
pub struct Row {
    /// Shared with the index.
    pub key: Arc<str>,
    /// The row as JSON; empty in a place without a row.
    pub text: Arc<str>,
    /// When it expires; `u64::MAX`: never.
    pub expires: u64,
    older: u32,
    newer: u32,
}

impl RowsByAge {
    /// No rows, and room for this number of them.
    pub fn with_room(rows: usize) -> RowsByAge {
        let rows = rows.min(ROOM);
        let mut slots = Vec::with_capacity(rows + 1);
        slots.push(Row { expires: u64::MAX, ..Row::default() });
        // A full map in which rows come and go would grow without the quarter more.
        let index = HashMap::with_capacity(rows + rows / 4);
        RowsByAge { index, slots, free: Vec::new() }
    }

    /// How many rows there are, expired ones included.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// What is at a place: a row, or an empty text. A row keeps its place until it is removed.
    pub fn at(&self, place: usize) -> Option<&Row> {
        self.slots.get(place)
    }

    /// The keys in [`PAGE`] places from this one on, and the next place, if there is one.
    pub fn keys(&self, place: usize, now: u64) -> (Vec<String>, Option<usize>) {
        let rows = self.slots.iter().skip(place).take(PAGE);
        let rows = rows.filter(|row| !row.text.is_empty() && row.expires > now);
        let next = Some(place.saturating_add(PAGE)).filter(|next| *next < self.slots.len());
        (rows.map(|row| row.key.to_string()).collect(), next)
    }

    /// The rows, the longest unused first.
    pub fn oldest(&self) -> impl Iterator<Item = &Row> {
        let next = |row: &&Row| Some(self.slot(row.newer)).filter(|_| row.newer != ENDS);
        std::iter::successors(next(&self.slot(ENDS)), next)
    }

    /// Uses a row: it is the newest now. Rows whose time is over are removed: this one, or a few.
    pub fn touch(&mut self, key: &str, now: u64) -> Result<&mut Row, Refusal> {
        let known = self.index.get(key).copied();
        let found = known.filter(|place| self.slot(*place).expires > now);
        match found {
            Some(place) => self.renew(place),
            None => self.remove(key),
        }
        self.sweep(now);
        let refusal = if known.is_some() { Refusal::Expired } else { Refusal::Unknown };
        found.map(|place| &mut self.slots[place as usize]).ok_or(refusal)
    }

    /// Puts a row under a key, in the place of the one that is there. It is the newest now.
    pub fn put(&mut self, key: &str, text: Arc<str>, expires: u64) {
        let place = match self.index.get(key) {
            Some(place) => *place,
            None => self.new_place(key),
        };
        self.renew(place);
        let row = &mut self.slots[place as usize];
        (row.text, row.expires) = (text, expires);
    }

    /// Takes a row out, if there is one.
    pub fn remove(&mut self, key: &str) {
        if let Some(place) = self.index.remove(key) {
            self.unlink(place);
            self.slots[place as usize] = Row::default();
            self.free.push(place);
        }
    }

    /// Puts the rows into the order in which they expire.
    pub fn sort(&mut self) {
        let mut places: Vec<u32> = self.index.values().copied().collect();
        places.sort_by_key(|place| (self.slot(*place).expires, *place));
        places.into_iter().for_each(|place| self.renew(place));
    }

    /// Removes a few rows whose time is over from the old end.
    fn sweep(&mut self, now: u64) {
        for _ in 0..SWEPT {
            let oldest = self.slot(self.slot(ENDS).newer);
            if oldest.expires <= now {
                let key = Arc::clone(&oldest.key);
                self.remove(&key);
            }
        }
    }

    fn slot(&self, place: u32) -> &Row {
        &self.slots[place as usize]
    }

    /// A place for a new row, linked to itself.
    fn new_place(&mut self, key: &str) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Row::default());
            u32::try_from(self.slots.len() - 1)
                .expect("four thousand million rows fill any memory first")
        });
        let key: Arc<str> = key.into();
        self.index.insert(Arc::clone(&key), place);
        self.slots[place as usize] = Row { key, older: place, newer: place, ..Row::default() };
        place
    }

    /// Takes a row out of the ring and joins its two neighbours.
    fn unlink(&mut self, place: u32) {
        let Row { older, newer, .. } = *self.slot(place);
        self.slots[older as usize].newer = newer;
        self.slots[newer as usize].older = older;
    }

    /// Takes a row out of the ring, and adds it at the new end.
    fn renew(&mut self, place: u32) {
        self.unlink(place);
        let newest = std::mem::replace(&mut self.slots[ENDS as usize].older, place);
        self.slots[newest as usize].newer = place;
        let row = &mut self.slots[place as usize];
        (row.older, row.newer) = (newest, ENDS);
    }
}
