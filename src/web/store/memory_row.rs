//! Deeper: a row as the memory store keeps it: a short one ready to be used, a longer one as text.
//!
//! A map is read at once, and JSON text is not. But a map takes up to eight times the memory of its
//! text, and strangers can fill a store with long rows. So only short rows of plain values are kept
//! as maps, such as a counter or the name of a user.

use super::{StoreError, decode, encode};
use crate::json;
use crate::value::{Map, Value};
use std::borrow::Cow;

/// How long the text of a row that is kept as a map can be, in bytes.
const SHORT: usize = 256;

/// One row.
pub enum MemoryRow {
    Ready(Map),
    Json(Box<str>),
}

impl MemoryRow {
    /// A row to be kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] as [`encode`].
    pub fn new(row: &Map, most: usize) -> Result<MemoryRow, StoreError> {
        if longest_text(row).is_some_and(|longest| longest <= SHORT.min(most)) {
            return Ok(MemoryRow::Ready(row.clone()));
        }
        encode(row, most).map(|text| MemoryRow::Json(text.into()))
    }

    /// The row, for somebody who may change it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`], never: this process has written the text.
    pub fn copy(&self) -> Result<Map, StoreError> {
        match self {
            MemoryRow::Ready(row) => Ok(row.clone()),
            MemoryRow::Json(text) => decode(text.as_bytes()),
        }
    }

    /// The row as JSON.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            MemoryRow::Ready(row) => json::write_map(row).into(),
            MemoryRow::Json(text) => (&**text).into(),
        }
    }
}

/// The most bytes that the text of a row can have. `None`: it may hold what JSON cannot write as it
/// is, or more values inside of a value.
fn longest_text(row: &Map) -> Option<usize> {
    // As JSON a letter has up to six bytes: `\u0007`. A pair needs quotes, a colon and a comma.
    row.iter().try_fold(2, |sum, (name, value)| {
        let length = match value {
            Value::Null | Value::Bool(_) | Value::Int(_) => 20,
            Value::Str(text) => 6 * text.len() + 2,
            _ => return None,
        };
        Some(sum + 6 * name.len() + length + 4)
    })
}
