//! Where state lives: rows by key, that outlast a request.
//!
//! A server forgets everything between two requests, except what it puts into a store. What is put
//! there is a row: a [`Map`] of names and values under a key. Sessions are rows, and so are a
//! shop's accounts and orders. The same program runs on any store; what differs is what a restart,
//! a second server or a thief can do:
//!
//! * [`NoneStore`] keeps nothing: every request comes from a stranger.
//! * [`CookieStore`] gives the row to the visitor, signed.
//! * [`MemoryStore`] is a table in this process: quick, and gone with it.
//! * [`FileStore`] also writes each change to a file, and finds it there after a restart.
//! * [`RedisStore`] leaves the rows to a Redis, which several servers share.
//!
//! **A change is an operation that the store applies**, not a row that is read, changed and written
//! back by the caller. Of two requests that each add an item at the same time, the second adds to
//! what the first has left. How, is the store's affair: the memory compares and swaps, a file or a
//! server of rows may do it another way. It may find that another writer came between, and then
//! asks for the change again; so a change must have no effect but on its row.
//!
//! **The key may move.** A table gives the visitor a ticket, and the key stays. A signed cookie
//! gives back the coat: the row itself is the key, so each change makes a new one, and the old one
//! is of no use any more. That is why [`Store::update`] tells the key under which the row is found
//! *from now on*.
//!
//! A new store is one file: a type with [`load`](Store::load) and [`update`](Store::update).
//!
//! Left out: searching and listing. Whoever needs a list keeps the keys in a row.

mod cookie;
mod file;
mod memory;
mod none;
mod noting;
mod redis;
mod table;

pub use cookie::CookieStore;
pub use file::FileStore;
pub use memory::MemoryStore;
pub use none::NoneStore;
pub use noting::{Note, Noting};
pub use redis::{RedisStore, RedisUrl};

use crate::cycle::StorePlace;
use crate::http::Status;
use crate::json;
use crate::value::{Map, Value};
use std::fmt;
use std::time::Duration;

/// The largest row, as JSON. Visitors fill the rows, so their size needs a bound as their number
/// does.
pub const ROW_BYTES: usize = 16 * 1024;

/// The longest key of a row that is kept by its key; a visitor may have typed it, as the name of an
/// account.
pub const KEY_BYTES: usize = 256;

/// Rows by key, each change atomic.
pub trait Store: Send + Sync {
    /// Looks a row up, and counts as a use of it: its lifetime begins again.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`] or [`StoreError::Damaged`]. That there is no such row is no
    /// error, but a [`Lookup`].
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError>;

    /// Changes a row in one step that no other writer can come between.
    ///
    /// `change` is given the row as it is, `None` if there is none (or the key is refused), and
    /// leaves it as it shall be, `None` to delete it. It may be called several times; what it left
    /// the last time counts.
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

    /// Returns when every change made so far is as safe as this store can make it: on the disk, for
    /// a file.
    ///
    /// Called once, before the answer that depends on the changes leaves; not after each change, so
    /// that a store can make many of them safe at once.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`]: the changes may be lost, and the answer must not promise them.
    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Forgets what a restart of this process would forget.
    fn forget(&self) {}

    /// Where it keeps its rows. Defaults to the memory of this process. A store that has to ask
    /// another program says [`StorePlace::Elsewhere`], and is then never asked for the record of a cycle
    /// alone.
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
    /// What happens to a row too many.
    pub when_full: WhenFull,
    /// True if whoever knows a key may use its row. A store that can be read from outside then
    /// keeps only a hash of it.
    pub secret: bool,
}

/// What happens when there are as many rows of a kind as there may be, and one more shall be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The row that was not used for the longest time leaves. For what can be made anew: sessions.
    OldestLeaves,
    /// The new row is refused with [`StoreError::Full`]. For what was promised to be kept: orders.
    NewIsRefused,
}

impl Kind {
    /// Sessions: each lives so long after its last use, and the longest unused one makes room.
    pub const fn session(lifetime: Duration, most: usize) -> Kind {
        let when_full = WhenFull::OldestLeaves;
        Kind { name: "session", lifetime: Some(lifetime), most, when_full, secret: true }
    }

    /// Rows that are kept until they are deleted, so many of them and no more.
    pub const fn kept(name: &'static str, most: usize) -> Kind {
        Kind { name, lifetime: None, most, when_full: WhenFull::NewIsRefused, secret: false }
    }
}

/// What a store says when asked for a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// The row.
    Found(Map),
    /// The row, and the key under which it is found from now on: its lifetime stood in the key, and
    /// began again.
    Moved(Map, String),
    /// No row, and why not.
    Refused(Refusal),
}

impl Lookup {
    /// The row, if there is one; for callers to whom the reason does not matter.
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
    /// There is no row of that key: it was deleted, it had to leave, the process began anew, or it
    /// never was.
    Unknown,
    /// There was one, but it was not used for too long.
    Expired,
    /// The key carries a signature, and not a right one.
    Signature,
    /// The key is not of the form that this store gives out; what is wrong with it.
    Form(&'static str),
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Unknown => write!(out, "no row of that id is known here"),
            Refusal::Expired => write!(out, "its row was not used for too long and has expired"),
            Refusal::Signature => write!(out, "signature does not match"),
            Refusal::Form(wrong) => write!(out, "{wrong}"),
        }
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

/// Why a store could not do what it was asked to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// It could not be reached, or could not write; what went wrong.
    Unreachable(String),
    /// What it gave back is not a row; what was met.
    Damaged(String),
    /// The row would be larger than the store takes.
    TooLarge {
        /// How large it would be.
        bytes: usize,
        /// How large a row may be.
        most: usize,
    },
    /// The row would be nested deeper than JSON is read back.
    TooDeep,
    /// The key is longer than [`KEY_BYTES`]; how long it is.
    LongKey(usize),
    /// There are as many rows of this kind as there may be.
    Full {
        /// The kind's name.
        kind: &'static str,
        /// How many rows there may be.
        most: usize,
    },
}

impl StoreError {
    /// The status of the answer: 413 if it was what the visitor sent, 503 if it may work later.
    pub fn status(&self) -> Status {
        match self {
            StoreError::TooLarge { .. } | StoreError::TooDeep | StoreError::LongKey(_) => {
                Status::CONTENT_TOO_LARGE
            }
            StoreError::Unreachable(_) | StoreError::Damaged(_) | StoreError::Full { .. } => {
                Status::SERVICE_UNAVAILABLE
            }
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Unreachable(why) => write!(out, "the store cannot be reached: {why}"),
            StoreError::Damaged(what) => {
                write!(out, "the store gave back what is not a row: {what}")
            }
            StoreError::TooLarge { bytes, most } => {
                write!(out, "the row would be {bytes} bytes, expected at most {most}")
            }
            StoreError::TooDeep => {
                write!(out, "the row would be more than {} levels deep", json::DEPTH)
            }
            StoreError::LongKey(bytes) => {
                write!(out, "the key is {bytes} bytes, expected at most {KEY_BYTES}")
            }
            StoreError::Full { kind, most } => {
                write!(out, "there are {most} rows of kind {kind}, and no room for more")
            }
        }
    }
}

impl std::error::Error for StoreError {}

/// A row as a store writes it, compact JSON; the row itself comes back with its text.
///
/// # Errors
///
/// [`StoreError::TooLarge`] and [`StoreError::TooDeep`]: what could not be read back is not
/// written.
pub fn encode(row: Map) -> Result<(Map, String), StoreError> {
    let row = Value::Map(row);
    if is_deeper(&row, json::DEPTH) {
        return Err(StoreError::TooDeep);
    }
    let text = json::write(&row);
    if text.len() > ROW_BYTES {
        return Err(StoreError::TooLarge { bytes: text.len(), most: ROW_BYTES });
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

/// True if lists and maps lie in one another more than so many levels deep.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::List(items) => levels == 0 || items.iter().any(|item| is_deeper(item, levels - 1)),
        Value::Map(map) => levels == 0 || map.iter().any(|(_, item)| is_deeper(item, levels - 1)),
        _ => false,
    }
}
