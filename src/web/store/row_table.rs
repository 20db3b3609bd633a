//! Deeper: the table of rows that a process keeps, for the memory store and the file store.
//!
//! It finds a row by its key, and knows which row of a kind was unused for the longest time. Each
//! operation costs the same with a million rows as with one, and none walks through all rows:
//!
//! * The rows of a kind lie in one vector, and an index finds the place by the key. A row keeps its
//!   place until it is removed.
//! * Each row holds the places of the next older and the next newer row. Place 0 holds no row, but
//!   the two ends: its `newer` is the oldest row, and its `older` the newest. So the rows are a
//!   ring, and no row is a special case. To use a row is to take it out and to add it at the end.
//! * Rows of one kind live equally long, so the oldest row expires first: it is enough to look at
//!   the old end of the ring. (Behind a permanent session, which lives longer, expired rows may
//!   wait there. They are not shown, and the bound holds.)
//!
//! The table has no lock: the store that owns it has one. Time is in milliseconds. The store also
//! decides in which form the rows lie here: text for a file, and for memory see `memory_row`.
//!
//! Room for all rows that there may be is asked for at the start, so that the rows need not be
//! moved while they grow. The system gives memory only when it is written. It is never given back.

use super::change::Swapped;
use super::keys::{HeldRow, PAGE};
use super::{Kind, Refusal, StoreError};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How many expired rows each use removes at most. With two, rows leave faster than they come.
const SWEPT: usize = 2;

/// How many rows leave for a new one, at most: more than one, for a bound that has become lower.
const LEAVE: usize = 8;

/// For how many rows room is asked for at most.
const ROOM: usize = 1 << 20;

/// The place that holds the two ends of the ring.
const ENDS: u32 = 0;

/// Rows of several kinds. A clone of what a row `R` holds is cheap, and equal to it.
pub struct RowTable<R>(Vec<KindRows<R>>);

/// Rows of one kind, found by key, in the order of their last use.
pub struct KindRows<R> {
    name: Box<str>,
    /// How many rows there may be.
    most: usize,
    index: HashMap<Arc<str>, u32>,
    rows: Vec<Row<R>>,
    /// Places without a row.
    free: Vec<u32>,
}

/// A row and its neighbours.
pub struct Row<R> {
    /// Shared with the index.
    pub key: Arc<str>,
    /// `None`: a place without a row.
    pub held: Option<R>,
    /// When it expires; `u64::MAX`: never.
    pub expires: u64,
    older: u32,
    newer: u32,
}

/// A row as it was when somebody looked.
pub struct SeenRow<R> {
    pub held: R,
    pub expires: u64,
    place: u32,
}

impl<R> Default for RowTable<R> {
    fn default() -> RowTable<R> {
        RowTable(Vec::new())
    }
}

impl<R: Clone + PartialEq> RowTable<R> {
    /// The rows of the kind of this name, of which there may be `most` from now on.
    pub fn rows(&mut self, kind: &str, most: usize) -> &mut KindRows<R> {
        // A program has a handful of kinds, so looking at each is quick.
        let known = self.0.iter().position(|rows| *rows.name == *kind);
        let at = known.unwrap_or_else(|| {
            self.0.push(KindRows::with_room(kind, most.min(ROOM)));
            self.0.len() - 1
        });
        let rows = &mut self.0[at];
        rows.most = most;
        rows
    }

    /// The name and the rows of a kind by its number; `None` after the last one.
    pub fn kind(&self, number: usize) -> Option<(&str, &[Row<R>])> {
        self.0.get(number).map(|kind| (&*kind.name, &*kind.rows))
    }

    /// Puts the rows of each kind into the order in which they expire. Those that expire together
    /// stay in the order of their last use.
    pub fn sort(&mut self) {
        for kind in &mut self.0 {
            let mut slots: Vec<u32> = kind.from_oldest().collect();
            slots.sort_by_key(|slot| kind.row(*slot).expires);
            slots.into_iter().for_each(|slot| kind.renew(slot));
        }
    }

    /// Shows each row whose time is not over, with the text that `text` makes of it.
    pub fn inspect(
        &self,
        now: u64,
        text: impl Fn(&R) -> Cow<'_, str>,
        see: &mut dyn FnMut(&HeldRow),
    ) {
        for KindRows { name: kind, rows, .. } in &self.0 {
            for Row { key, held, expires, .. } in rows.iter().filter(|row| row.is_alive(now)) {
                let left = (*expires != u64::MAX).then(|| Duration::from_millis(expires - now));
                let text = held.as_ref().map(&text).unwrap_or_default();
                see(&HeldRow { kind, key, text: &text, expires_in: left });
            }
        }
    }
}

impl<R> Row<R> {
    /// A place without a row.
    fn nothing() -> Row<R> {
        Row { key: Arc::default(), held: None, expires: 0, older: ENDS, newer: ENDS }
    }

    fn is_alive(&self, now: u64) -> bool {
        self.held.is_some() && self.expires > now
    }
}

impl<R: Clone + PartialEq> KindRows<R> {
    fn with_room(kind: &str, rows: usize) -> KindRows<R> {
        // A full map in which rows come and go would grow without the quarter more.
        let index = HashMap::with_capacity(rows + rows / 4);
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(Row { expires: u64::MAX, ..Row::nothing() });
        KindRows { name: kind.into(), most: rows, index, rows: ends, free: Vec::new() }
    }

    /// How many rows there are, expired ones included.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// The keys in [`PAGE`] places from this one on; true if these are the last places.
    pub fn keys(&self, place: usize, now: u64) -> (Vec<String>, bool) {
        let rows = self.rows.iter().skip(place).take(PAGE).filter(|row| row.is_alive(now));
        let is_last = place.saturating_add(PAGE) >= self.rows.len();
        (rows.map(|row| row.key.to_string()).collect(), is_last)
    }

    /// Uses a row: it is the newest now. Rows whose time is over are removed: this one, or a few.
    pub fn touch(&mut self, key: &str, now: u64) -> Result<SeenRow<R>, Refusal> {
        let known = self.index.get(key).copied();
        let found = known.filter(|place| self.row(*place).expires > now);
        match found {
            Some(place) => self.renew(place),
            None => self.remove(key),
        }
        for _ in 0..SWEPT {
            let oldest = self.row(self.row(ENDS).newer);
            if oldest.expires <= now {
                let key = Arc::clone(&oldest.key);
                self.remove(&key);
            }
        }
        let seen = found.and_then(|place| self.seen(place));
        seen.ok_or(if known.is_some() { Refusal::Expired } else { Refusal::Unknown })
    }

    fn seen(&self, place: u32) -> Option<SeenRow<R>> {
        let Row { held, expires, .. } = self.row(place);
        Some(SeenRow { held: held.clone()?, expires: *expires, place })
    }

    /// Lets a row live until then, if it does not live longer already.
    pub fn prolong(&mut self, seen: &SeenRow<R>, expires: u64) {
        self.rows[seen.place as usize].expires = expires.max(seen.expires);
    }

    /// Puts a row in the place of the one that was seen, or of none, if nothing has changed there
    /// since. `first` is told which rows must leave for it, and may still refuse.
    pub fn swap(
        &mut self,
        (kind, key, now): (&Kind, &str, u64),
        seen: Option<&SeenRow<R>>,
        new: Option<R>,
        first: impl FnOnce(&[Arc<str>]) -> Result<(), StoreError>,
    ) -> Result<Swapped<SeenRow<R>>, StoreError> {
        // The row is most probably still where it was seen. If all rows were forgotten meanwhile,
        // there is no such place.
        let is_there = |seen: &&SeenRow<R>| {
            self.rows.get(seen.place as usize).is_some_and(|it| *it.key == *key)
        };
        let known = seen.filter(is_there).map(|seen| seen.place);
        let known = known.or_else(|| self.index.get(key).copied());
        let found = known.filter(|place| self.row(*place).expires > now);
        let held = found.and_then(|place| self.row(place).held.as_ref());
        if held != seen.map(|seen| &seen.held) {
            return Ok(Swapped::Changed(found.and_then(|place| self.seen(place))));
        }
        let Some(new) = new else {
            if found.is_some() {
                first(&[])?;
                self.remove(key);
            }
            return Ok(Swapped::Done);
        };
        let is_new = known.is_none();
        let too_many = if is_new { (self.len() + 1).saturating_sub(self.most) } else { 0 };
        if too_many > 0 && !kind.oldest_leaves {
            return Err(kind.full());
        }
        let leaving = self.from_oldest().take(too_many.min(LEAVE));
        let leaving: Vec<_> = leaving.map(|place| Arc::clone(&self.row(place).key)).collect();
        first(&leaving)?;
        leaving.iter().for_each(|key| self.remove(key));
        let place = known.unwrap_or_else(|| self.add(key));
        let lives = found.map_or(0, |place| self.row(place).expires);
        self.fill(place, new, kind.expires(now).max(lives));
        Ok(Swapped::Done)
    }

    /// Puts a row under a key, in the place of the one that is there. It is the newest now.
    pub fn put(&mut self, key: &str, row: R, expires: u64) {
        let known = self.index.get(key).copied();
        let place = known.unwrap_or_else(|| self.add(key));
        self.fill(place, row, expires);
    }

    fn fill(&mut self, place: u32, new: R, expires: u64) {
        self.renew(place);
        let row = &mut self.rows[place as usize];
        (row.held, row.expires) = (Some(new), expires);
    }

    /// Takes a row out, if there is one.
    pub fn remove(&mut self, key: &str) {
        if let Some(place) = self.index.remove(key) {
            self.unlink(place);
            self.rows[place as usize] = Row::nothing();
            self.free.push(place);
        }
    }

    /// The rows in the order of their last use.
    fn from_oldest(&self) -> impl Iterator<Item = u32> {
        let newer = |slot: &u32| Some(self.row(*slot).newer).filter(|slot| *slot != ENDS);
        std::iter::successors(newer(&ENDS), newer)
    }

    fn row(&self, place: u32) -> &Row<R> {
        &self.rows[place as usize]
    }

    /// A place for a new row, linked to itself.
    fn add(&mut self, key: &str) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.rows.push(Row::nothing());
            u32::try_from(self.rows.len() - 1)
                .expect("four thousand million rows fill any memory first")
        });
        let key: Arc<str> = key.into();
        self.index.insert(Arc::clone(&key), place);
        self.rows[place as usize] = Row { key, older: place, newer: place, ..Row::nothing() };
        place
    }

    /// Takes a row out of the ring and joins its two neighbours.
    fn unlink(&mut self, place: u32) {
        let Row { older, newer, .. } = *self.row(place);
        self.rows[older as usize].newer = newer;
        self.rows[newer as usize].older = older;
    }

    /// Takes a row out of the ring, and adds it at the new end.
    fn renew(&mut self, place: u32) {
        self.unlink(place);
        let newest = std::mem::replace(&mut self.rows[ENDS as usize].older, place);
        self.rows[newest as usize].newer = place;
        let row = &mut self.rows[place as usize];
        (row.older, row.newer) = (newest, ENDS);
    }
}
