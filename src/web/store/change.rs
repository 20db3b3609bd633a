//! Deeper: a change of a row, as the stores with a table make it: look, change, swap.
//!
//! A handler's function may take long, panic, or use the store itself, so no lock is held while it
//! runs. It changes a copy of the row. The copy takes the row's place if the row is still as it was
//! seen. If not, another writer was faster, and all is done again with what that one left.
//! (Processors call this *compare and swap*.)
//!
//! A row that leaves the process is compact JSON, the same in a file and in Redis.

use super::{Change, Kind, StoreError, Updated};
use crate::json;
use crate::value::Map;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The longest key of a row in a table. A visitor may have typed it, as the name of an account.
pub const KEY_BYTES: usize = 256;

/// What a swap did.
pub enum Swapped<S> {
    /// The row is now as the caller wanted.
    Done,
    /// Another writer came between, and this is what it left.
    Changed(Option<S>),
}

/// [`Store::update`](super::Store::update) for a table whose keys stay.
///
/// `seen` is the row as the store has it, and `copy(seen)` the row itself. `swap(seen, new)` puts a
/// new row in its place, if it is still there. `None` stands for no row.
pub fn update<S>(
    (kind, key): (&Kind, &str),
    mut seen: Option<S>,
    copy: impl Fn(&S) -> Result<Map, StoreError>,
    change: Change<'_>,
    mut swap: impl FnMut(Option<&S>, Option<&Map>) -> Result<Swapped<S>, StoreError>,
) -> Result<Updated, StoreError> {
    loop {
        let mut row = match seen.as_ref().map(&copy).transpose() {
            // A session that another program has damaged can be made again.
            Err(StoreError::Damaged(_)) if kind.oldest_leaves => None,
            decoded => decoded?,
        };
        change(&mut row);
        // No row has a longer key, and none is made. A visitor may send any.
        if row.is_some() {
            at_most("the key is", key.len(), KEY_BYTES)?;
        }
        match swap(seen.as_ref(), row.as_ref())? {
            Swapped::Done => return Ok(Updated::Kept(row)),
            Swapped::Changed(now) => seen = now,
        }
    }
}

/// A row as a store writes it, compact JSON.
///
/// # Errors
///
/// [`StoreError::TooLarge`]: longer than `most` bytes; or it could not be read back, because it is
/// nested too deeply, or its values would take more than eight times `most` in memory.
pub fn encode(row: &Map, most: usize) -> Result<String, StoreError> {
    let text = json::write_map(row);
    at_most("the row would be", text.len(), most)?;
    check_values(text.as_bytes(), most).map(|()| text)
}

/// A row as a store reads it. What somebody else wrote has the same bounds.
///
/// # Errors
///
/// [`StoreError::Damaged`], if [`encode`] writes no such text.
pub fn decode(text: &[u8], most: usize) -> Result<Map, StoreError> {
    at_most("the row is", text.len(), most)
        .and_then(|()| check_values(text, most))
        .map_err(|error| StoreError::Damaged(error.to_string()))?;
    json::parse_map(text).map_err(|error| StoreError::Damaged(error.to_string()))
}

fn check_values(text: &[u8], most: usize) -> Result<(), StoreError> {
    // A shorter text has not enough brackets for either.
    if text.len() > 2 * json::DEPTH {
        let (bytes, depth) = json::weigh(text);
        at_most("the values of the row would take", bytes, most.saturating_mul(8))?;
        if depth > json::DEPTH {
            let met = format!("the row could not be read back: it is {depth} levels deep");
            return Err(StoreError::TooLarge(format!("{met}, expected at most {}", json::DEPTH)));
        }
    }
    Ok(())
}

/// An error if there are too many bytes; `what` begins its sentence.
pub fn at_most(what: &str, bytes: usize, most: usize) -> Result<(), StoreError> {
    let text = || format!("{what} {bytes} bytes, expected at most {most}");
    if bytes > most { Err(StoreError::TooLarge(text())) } else { Ok(()) }
}

/// No change of a handler's runs under a store's lock, so no panic leaves anything half changed.
#[inline]
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
