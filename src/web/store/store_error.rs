//! Deeper: why a key leads to no row, and what a store could not do.

use super::{Lookup, Updated};
use crate::http::Status;
use crate::value::Map;
use std::fmt;

/// Why a store could not do what it was asked to do. Each holds a text that says what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// The store could not be reached, or could not write.
    Unreachable(String),
    /// What the store gave back is not a row.
    Damaged(String),
    /// The row or its key is larger, or nested deeper, than the store takes.
    TooLarge(String),
    /// There are as many rows of this kind as there may be.
    Full(String),
    /// The store does not list its keys, or those of this kind are secret.
    Unlisted,
}

impl StoreError {
    /// The status of the answer: 413 if it was what the visitor sent, 503 if it may work later, and
    /// 500 if the program asked for what the store cannot do.
    pub fn status(&self) -> Status {
        match self {
            StoreError::TooLarge(_) => Status::CONTENT_TOO_LARGE,
            StoreError::Unlisted => Status::INTERNAL_SERVER_ERROR,
            _ => Status::SERVICE_UNAVAILABLE,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Unreachable(why) => write!(out, "the store cannot be reached: {why}"),
            StoreError::Damaged(why) => write!(out, "the store gave back what is not a row: {why}"),
            StoreError::TooLarge(text) | StoreError::Full(text) => out.write_str(text),
            StoreError::Unlisted => out.write_str("the store does not list the keys of this kind"),
        }
    }
}

impl std::error::Error for StoreError {}

impl Lookup {
    /// The row, if there is one; for callers that need no reason.
    pub fn found(self) -> Option<Map> {
        match self {
            Lookup::Found(row) | Lookup::Moved(row, _) => Some(row),
            Lookup::Missing(_) => None,
        }
    }
}

impl Updated {
    /// The row as it is now; `None` if there is none.
    pub fn row(self) -> Option<Map> {
        match self {
            Updated::Kept(row) | Updated::NotKept(row) => row,
            Updated::Moved(row, _) => Some(row),
        }
    }
}

/// Why a key leads to no row. `Display` gives the words that follow "cookie refused: ", if the row
/// is a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is no row of that key: it was deleted, it made room, or there never was one.
    Unknown,
    /// There was a row, but it was not used for too long.
    Expired,
    /// The key carries a signature, and the signature is wrong.
    Signature,
    /// The key or its row does not have the form that this store writes; what is wrong with it.
    Form(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Refusal::Unknown => "no row of that id is known here",
            Refusal::Expired => "its row was not used for too long and has expired",
            Refusal::Signature => "signature does not match",
            Refusal::Form(wrong) => wrong,
        })
    }
}
