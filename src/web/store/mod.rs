//! Stores: where state lives, so that it outlasts a request.
//!
//! A server forgets everything between two requests, except what it puts into a store. Most stores
//! are tables: under each **key** is a **row**, a [`Map`] of names and values. A visitor's session
//! is a row; its key is usually random, and the visitor's cookie holds it. A shop's accounts and
//! orders are rows of other [`Kind`]s. The same program runs on any store:
//!
//! * [`NoneStore`] keeps nothing: each request comes from a stranger.
//! * [`CookieStore`] gives the row to the visitor, signed. Of two changes at once, one is lost.
//! * [`MemoryStore`] is a table in this process. It is fast, and it ends with the process.
//! * [`FileStore`] also writes each change to a file, and finds it there after a restart.
//! * [`RedisStore`] leaves the rows to a Redis, which several servers share.
//!
//! **A change is a step of the store.** The caller gives the store a function that changes a row.
//! So of two requests that each add an item at the same time, the second adds to what the first has
//! left. The store may call the function again if another writer was faster, so the function must
//! have no effect but on its row.
//!
//! **The key may change.** In a table a key stays. With a signed cookie the key is the row, written
//! as text and signed, and each change makes a new one. So [`Store::update`] says under which key
//! the row is now.
//!
//! A new store is one file: a type with [`load`](Store::load) and [`update`](Store::update), which
//! keep what the [`Kind`] says. If its rows are not in this process, it needs `place`, and if a
//! change is not yet safe when `update` returns, `flush`. A store around another one passes every
//! method on to it.

mod change;
mod cookie_store;
mod file;
mod keys;
mod kind;
mod memory;
mod memory_row;
mod none;
mod parts;
mod patience;
mod recording_store;
mod redis;
mod row_table;
mod store_error;

pub use change::{KEY_BYTES, decode, encode};
pub use cookie_store::CookieStore;
pub use file::FileStore;
pub use keys::{HeldRow, KeyPage, Keys};
pub use kind::{Kind, ROW_BYTES};
pub(crate) use kind::{PERMANENT, permanence};
pub use none::NoneStore;
pub use parts::MemoryStore;
pub use recording_store::RecordingStore;
pub use redis::{RedisStore, RedisUrl};
pub use store_error::{Refusal, StoreError};

use crate::cycle::StorePlace;
use crate::value::Map;

/// Rows by key, each change atomic.
///
/// ```
/// use carafe::{Map, web::store::{Kind, MemoryStore, Store, StoreError}};
///
/// const ORDER: Kind = Kind::kept("order", 10_000);
/// let store = MemoryStore::new();
/// store.update(&ORDER, "1", &mut |row| *row = Some(Map::from([("total", 5)])))?;
/// let row = store.load(&ORDER, "1")?.found();
/// assert_eq!(row.and_then(|row| row.get("total")?.as_int()), Some(5));
/// # Ok::<(), StoreError>(())
/// ```
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
    /// # Errors
    ///
    /// Any [`StoreError`]; the row is then as it was before.
    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError>;

    /// Deletes a row; nothing happens if there is none. Errors as [`update`](Store::update).
    fn delete(&self, kind: &Kind, key: &str) -> Result<(), StoreError> {
        self.update(kind, key, &mut |row| *row = None).map(drop)
    }

    /// Returns when every change made so far is as safe as this store can make it: for a file, on
    /// the disk. Called before an answer is sent, if the request has changed a row.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`]: the changes may be lost, and the answer must not promise them.
    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Where the rows are. Pages such as `/cycles` and `/memory` say it.
    fn place(&self) -> StorePlace {
        StorePlace::Memory
    }

    /// The keys of a kind: see [`Keys`].
    fn keys<'s>(&'s self, kind: &'s Kind) -> Keys<'s> {
        keys::keys_of(self, kind)
    }

    /// A page of the keys of a kind, for [`keys`](Store::keys); the first has the number 0.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unlisted`], as by default, or any other.
    fn page_of_keys(&self, _kind: &Kind, _number: u64) -> Result<KeyPage, StoreError> {
        Err(StoreError::Unlisted)
    }

    /// Shows each row that this process holds, for a look inside. This is no use of the rows. `see`
    /// must not use the store, which may be locked meanwhile.
    fn inspect(&self, _see: &mut dyn FnMut(&HeldRow)) {}

    /// Forgets what a restart of this process would forget.
    fn forget(&self) {}
}

/// What a caller does to a row. It is given the row as it is, `None` if there is none or the key is
/// refused, and leaves it as it must become, `None` to delete it. If the store calls it several
/// times, what the last call leaves counts.
///
/// `|row| *row = Some(new)` inserts a row or replaces it; `|row| *row = None` deletes it.
pub type Change<'c> = &'c mut dyn FnMut(&mut Option<Map>);

/// The answer of a store that was asked for a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// The row.
    Found(Map),
    /// The row, under a new key: this store writes the time of the last use into the key.
    Moved(Map, String),
    /// No row, and why not.
    Missing(Refusal),
}

/// What [`Store::update`] leaves behind.
#[derive(Clone, Debug, PartialEq)]
pub enum Updated {
    /// The key has not changed. This is the row as it is now, or `None` if there is none.
    Kept(Option<Map>),
    /// The row, and its key from now on.
    Moved(Map, String),
    /// The row, which is kept nowhere.
    NotKept(Option<Map>),
}
