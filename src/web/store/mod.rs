//! Stores: where state lives, so that it outlasts a request.
//!
//! A server forgets everything between two requests, except what it puts into a store. What is put
//! there is a row: a [`Map`] of names and values under a key. Sessions are rows, and so are a
//! shop's accounts and orders. The same program runs on any store:
//!
//! * [`NoneStore`] keeps nothing: every request comes from a stranger.
//! * [`CookieStore`] gives the row to the visitor, signed.
//! * [`MemoryStore`] is a table in this process. It is fast, and it ends with the process.
//! * [`FileStore`] also writes each change to a file, and finds it there after a restart.
//! * [`RedisStore`] leaves the rows to a Redis, which several servers share.
//!
//! **A change is a step of the store.** The caller does not read a row, change it and write it
//! back; it gives the store a function that changes a row. So of two requests that each add an item
//! at the same time, the second adds to what the first has left. The store may call the function
//! again if another writer was faster, so the function must have no effect but on its row.
//!
//! **The key may change.** A table gives the visitor a random key, and the key stays. With a signed
//! cookie the row itself is the key, so each change makes a new one. That is why
//! [`Store::update`] returns the key under which the row is found *from now on*.
//!
//! A new store is one file: a type with [`load`](Store::load) and [`update`](Store::update).
//!
//! Left out: searching and listing. A program that needs a list keeps the keys in a row.

mod change;
mod cookie_store;
mod file;
mod memory;
mod none;
mod recording_store;
mod redis;
mod rows_by_age;

pub use change::{KEY_BYTES, ROW_BYTES, decode, encode};
pub use cookie_store::CookieStore;
pub use file::FileStore;
pub use memory::MemoryStore;
pub use none::NoneStore;
pub use recording_store::{RecordingStore, StoredRow};
pub use redis::{RedisStore, RedisUrl};

use crate::cycle::StorePlace;
use crate::http::Status;
use crate::value::Map;
use crate::web::sign::{hex, sha256};
use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Rows by key, each change atomic.
pub trait Store: Send + Sync {
    /// Looks a row up. This counts as a use of the row: its lifetime begins again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`] or [`StoreError::Damaged`]. A row that does not exist is no
    /// error, but a [`Lookup`].
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError>;

    /// Changes a row in one step; no other writer can come between.
    ///
    /// `change` is given the row as it is, `None` if there is none (or the key is refused), and
    /// leaves it as it must become, `None` to delete it. It may be called several times; what it
    /// left the last time counts.
    ///
    /// # Errors
    ///
    /// Any [`StoreError`]; the row is then as it was before.
    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError>;

    /// Deletes a row; nothing happens if there is none.
    ///
    /// # Errors
    ///
    /// As [`update`](Store::update).
    fn delete(&self, kind: &Kind, key: &str) -> Result<(), StoreError> {
        self.update(kind, key, &mut |row| *row = None).map(drop)
    }

    /// Returns when every change made so far is as safe as this store can make it: for a file, on
    /// the disk.
    ///
    /// It is called once for each answer, before it is sent: many changes become safe together.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`]: the changes may be lost, and the answer must not promise them.
    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Forgets what a restart of this process would forget.
    fn forget(&self) {}

    /// Where the store keeps its rows. A store that asks another program returns
    /// [`StorePlace::Elsewhere`]; such a store is never asked only for the record of a cycle.
    fn place(&self) -> StorePlace {
        StorePlace::Memory
    }
}

/// A kind of rows: what they are called, how long they live, and how many there may be.
///
/// A key belongs to its kind: `ada` of the accounts is not `ada` of the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What the kind is called, in the singular: `session`. Two kinds of one store have two names.
    pub name: &'static str,
    /// How long a row lives after its last use. `None`: until it is deleted.
    pub lifetime: Option<Duration>,
    /// How many rows there may be, at least 1.
    pub most: usize,
    /// When there are `most` rows, true if a new one takes the place of the longest unused one
    /// (for sessions, which can be made again), and false if it is refused with
    /// [`StoreError::Full`] (for orders, which were promised to be kept).
    ///
    /// The memory store keeps a large kind in several parts. There it is the longest unused row of
    /// one part that leaves, and the first may leave shortly before all parts are full.
    pub oldest_leaves: bool,
    /// True if a person who knows a key may use its row. A store that can be read from outside then
    /// keeps only a hash of the key.
    pub secret: bool,
}

impl Kind {
    /// Sessions: each lives for `lifetime` after its last use, and the longest unused makes room.
    pub const fn session(lifetime: Duration, most: usize) -> Kind {
        let lifetime = Some(lifetime);
        Kind { name: "session", lifetime, most, oldest_leaves: true, secret: true }
    }

    /// Rows that are kept until they are deleted, at most `most` of them.
    pub const fn kept(name: &'static str, most: usize) -> Kind {
        Kind { name, lifetime: None, most, oldest_leaves: false, secret: false }
    }

    /// The key as a file or another server has it: hashed if it is secret.
    fn stored_key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        if self.secret { hex(&sha256(key.as_bytes())).into() } else { key.into() }
    }

    /// When a row that is used `now` expires. Both are in milliseconds; `u64::MAX` is never.
    fn expires(&self, now: u64) -> u64 {
        self.lifetime.map_or(u64::MAX, |lifetime| now.saturating_add(milliseconds(lifetime)))
    }

    fn full(&self) -> StoreError {
        let Kind { most, name, .. } = self;
        StoreError::Full(format!("there are {most} rows of kind {name}, and no room for more"))
    }
}

/// The answer of a store that was asked for a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// The row.
    Found(Map),
    /// The row, and the key under which it is found from now on. The key holds the time of the last
    /// use, and this is a use.
    Moved(Map, String),
    /// No row, and why not.
    Refused(Refusal),
}

impl Lookup {
    /// The row, if there is one; for callers that need no reason.
    pub fn found(self) -> Option<Map> {
        match self {
            Lookup::Found(row) | Lookup::Moved(row, _) => Some(row),
            Lookup::Refused(_) => None,
        }
    }
}

/// Why a key leads to no row. `Display` gives the words that follow "cookie refused: ".
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

/// What [`Store::update`] leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub struct Updated {
    /// The row as it is now; `None` if there is none.
    pub row: Option<Map>,
    /// The key under which that row is found from now on; `None` if it is not kept anywhere.
    pub key: Option<String>,
}

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
}

impl StoreError {
    /// The status of the answer: 413 if it was what the visitor sent, 503 if it may work later.
    pub fn status(&self) -> Status {
        match self {
            StoreError::TooLarge(_) => Status::CONTENT_TOO_LARGE,
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
        }
    }
}

impl std::error::Error for StoreError {}

/// A clock of a store: the time since a moment in the past.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// The time of day, as the time since 1970. It means the same after a restart and in another
/// process.
fn time_of_day() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
