//! Deeper: a row in the memory of a process: a short one as values, a longer one as text.
//!
//! Values are read at once, and JSON text is not. But values can take eight times the memory of
//! their text, and strangers can fill a store with long rows. So only short rows of plain values
//! are kept as values, such as a counter or the name of a user. The file store keeps the text that
//! it writes.

use super::{StoreError, encode};
use crate::json;
use crate::value::{Map, Text, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// How long the text of a row that is kept as values can be, in bytes.
const SHORT: usize = 256;

/// One row. A clone shares it.
#[derive(Clone)]
pub enum MemoryRow {
    Values(Arc<[(Text, Value)]>),
    Json(Arc<str>),
}

impl MemoryRow {
    /// A row to be kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::TooLarge`] as [`encode`].
    pub fn new(row: &Map, most: usize) -> Result<MemoryRow, StoreError> {
        if longest_text(row).is_some_and(|longest| longest <= SHORT.min(most)) {
            return Ok(MemoryRow::Values(row.entries().into()));
        }
        encode(row, most).map(|text| MemoryRow::Json(text.into()))
    }

    /// The row as JSON.
    pub fn text(&self) -> Cow<'_, str> {
        match self {
            MemoryRow::Values(entries) => json::write_map(&Map::of(entries)).into(),
            MemoryRow::Json(text) => (&**text).into(),
        }
    }

    /// The row, for somebody who may change it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`]. It does not happen: this process has written the text itself.
    pub fn copy(&self) -> Result<Map, StoreError> {
        match self {
            MemoryRow::Values(entries) => Ok(Map::of(entries)),
            MemoryRow::Json(text) => json::parse_map(text.as_bytes())
                .map_err(|error| StoreError::Damaged(error.to_string())),
        }
    }
}

impl From<&str> for MemoryRow {
    fn from(json: &str) -> MemoryRow {
        MemoryRow::Json(json.into())
    }
}

/// True for the same row, not for an equal one: each change makes a new one.
impl PartialEq for MemoryRow {
    fn eq(&self, other: &MemoryRow) -> bool {
        match (self, other) {
            (MemoryRow::Values(one), MemoryRow::Values(two)) => Arc::ptr_eq(one, two),
            (MemoryRow::Json(one), MemoryRow::Json(two)) => Arc::ptr_eq(one, two),
            _ => false,
        }
    }
}

/// The most bytes that the text of a row can have. `None`: the row holds a float, a list, a map or
/// HTML.
fn longest_text(row: &Map) -> Option<usize> {
    // As JSON a letter has up to six bytes: `\u0007`. A pair needs quotes, a colon and a comma.
    row.entries().iter().try_fold(2, |sum, (name, value)| {
        let length = match value {
            Value::Null | Value::Bool(_) | Value::Int(_) => 20,
            Value::Str(text) => 6 * text.as_bytes().len() + 2,
            _ => return None,
        };
        Some(sum + 6 * name.as_bytes().len() + length + 4)
    })
}
