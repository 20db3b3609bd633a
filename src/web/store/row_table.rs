//! Deeper: the table of rows that a process keeps, for the memory store and the file store.
//!
//! It has no lock: the store that owns it has one. Time is in milliseconds. A row is kept as its
//! JSON text, which takes a third of the memory that a map takes, and whose size is known.

use super::change::Swapped;
use super::rows_by_age::{Row, RowsByAge};
use super::{HeldRow, Kind, Refusal, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// How many rows leave for a new one, at most: more than one, for a bound that has become lower.
const LEAVE: usize = 8;

/// Rows of several kinds.
#[derive(Default)]
pub struct RowTable(Vec<(Box<str>, RowsByAge)>);

impl RowTable {
    /// The rows of the kind of this name; with room for `most`, if there are none yet.
    pub fn rows(&mut self, kind: &str, most: usize) -> &mut RowsByAge {
        // A program has a handful of kinds, so looking at each is quick.
        let known = self.0.iter().position(|(name, _)| **name == *kind);
        let at = known.unwrap_or_else(|| {
            self.0.push((kind.into(), RowsByAge::with_room(most)));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// The name and the rows of a kind by its number; `None` behind the last one.
    pub fn kind(&self, number: usize) -> Option<(&str, &RowsByAge)> {
        self.0.get(number).map(|(name, rows)| (&**name, rows))
    }

    /// Puts the rows of each kind into the order in which they expire.
    pub fn sort(&mut self) {
        self.0.iter_mut().for_each(|(_, rows)| rows.sort());
    }

    /// Shows each row whose time is not over.
    pub fn inspect(&self, now: u64, see: &mut dyn FnMut(&HeldRow)) {
        for (kind, rows) in &self.0 {
            for Row { key, text, expires, .. } in rows.oldest().filter(|row| row.expires > now) {
                let left = (*expires != u64::MAX).then(|| Duration::from_millis(expires - now));
                see(&HeldRow { kind, key, text, expires_in: left });
            }
        }
    }

    /// Uses a row: it is the newest of its kind now.
    pub fn touch(&mut self, kind: &Kind, key: &str, now: u64) -> Result<&mut Row, Refusal> {
        self.rows(kind.name, kind.most).touch(key, now)
    }

    /// Puts a row in the place of the one that was seen, or of none, if nothing has changed there
    /// since. `first` is told which rows must leave for it, and may still refuse.
    pub fn swap(
        &mut self,
        (kind, key, now): (&Kind, &str, u64),
        seen: Option<&Arc<str>>,
        new: Option<Arc<str>>,
        first: impl FnOnce(&[Arc<str>]) -> Result<(), StoreError>,
    ) -> Result<Swapped<Arc<str>>, StoreError> {
        let found = self.touch(kind, key, now).ok().map(|row| Arc::clone(&row.text));
        if found.as_ref() != seen {
            return Ok(Swapped::Changed(found));
        }
        if found.is_none() && new.is_none() {
            return Ok(Swapped::Done);
        }
        let rows = self.rows(kind.name, kind.most);
        let too_many = if found.is_some() { 0 } else { (rows.len() + 1).saturating_sub(kind.most) };
        if too_many > 0 && !kind.oldest_leaves {
            return Err(kind.full());
        }
        let leaving = rows.oldest().take(too_many.min(LEAVE)).map(|row| Arc::clone(&row.key));
        let leaving: Vec<_> = leaving.collect();
        first(&leaving)?;
        leaving.iter().for_each(|key| rows.remove(key));
        match new {
            Some(text) => rows.put(key, text, kind.expires(now)),
            None => rows.remove(key),
        }
        Ok(Swapped::Done)
    }
}
