//! Deeper: A change of a row, as the stores with a table make it: look, change, swap.
//!
//! A handler's function changes a row, and it may take long, panic, or use the store itself. So no
//! lock may be held while it runs. Instead the store looks at the row, lets the function change a
//! copy, and puts the copy in the row's place only if the row is still the one that was seen. If
//! not, another writer was faster, and everything is done again with what that one left. Of several
//! writers one always gets through. (Processors call this step *compare and swap*.)
//!
//! The text of a row is compact JSON, the same in memory, in a file and in Redis.

use super::{Kind, StoreError, Updated};
use crate::json;
use crate::value::{Map, Value};

/// The largest row, as JSON. Visitors fill the rows, so their size needs a bound, as their number
/// does.
pub const ROW_BYTES: usize = 16 * 1024;

/// The longest key of a row that is kept by its key. A visitor may have typed it, as the name of an
/// account.
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
/// `seen` is the text of the row; `swap(seen, new)` puts a new text in its place, if it is still
/// there. `None` stands for no row.
pub fn update<S: AsRef<[u8]>>(
    (kind, key): (&Kind, &str),
    mut seen: Option<S>,
    change: &mut dyn FnMut(&mut Option<Map>),
    mut swap: impl FnMut(Option<&S>, Option<&str>) -> Result<Swapped<S>, StoreError>,
) -> Result<Updated, StoreError> {
    if key.len() > KEY_BYTES {
        let bytes = key.len();
        let text = format!("the key is {bytes} bytes, expected at most {KEY_BYTES}");
        return Err(StoreError::TooLarge(text));
    }
    loop {
        let mut row = match seen.as_ref().map(|text| decode(text.as_ref())).transpose() {
            // A session that another program has damaged can be made again.
            Err(StoreError::Damaged(_)) if kind.oldest_leaves => None,
            decoded => decoded?,
        };
        change(&mut row);
        let (row, text) = row.map(encode).transpose()?.unzip();
        match swap(seen.as_ref(), text.as_deref())? {
            Swapped::Done => {
                return Ok(Updated { key: row.as_ref().map(|_| key.to_owned()), row });
            }
            Swapped::Changed(now) => seen = now,
        }
    }
}

/// A row as a store writes it, compact JSON. The row itself comes back with its text.
///
/// # Errors
///
/// [`StoreError::TooLarge`]: what could not be read back is not written.
pub fn encode(row: Map) -> Result<(Map, String), StoreError> {
    let row = Value::Map(row);
    if is_deeper(&row, json::DEPTH) {
        let text = format!("the row would be more than {} levels deep", json::DEPTH);
        return Err(StoreError::TooLarge(text));
    }
    let text = json::write(&row);
    if text.len() > ROW_BYTES {
        let text = format!("the row would be {} bytes, expected at most {ROW_BYTES}", text.len());
        return Err(StoreError::TooLarge(text));
    }
    let Value::Map(row) = row else { unreachable!("it was made a map above") };
    Ok((row, text))
}

/// A row as a store reads it.
///
/// # Errors
///
/// [`StoreError::Damaged`], if the text is not JSON, or not an object.
pub fn decode(text: &[u8]) -> Result<Map, StoreError> {
    match json::parse(text) {
        Ok(Value::Map(row)) => Ok(row),
        Ok(_) => Err(StoreError::Damaged("found JSON that is not an object".to_owned())),
        Err(error) => Err(StoreError::Damaged(error.to_string())),
    }
}

/// True if lists and maps lie in one another more than `levels` deep.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::List(items) => levels == 0 || items.iter().any(|item| is_deeper(item, levels - 1)),
        Value::Map(map) => levels == 0 || map.iter().any(|(_, item)| is_deeper(item, levels - 1)),
        _ => false,
    }
}
