//! Deeper: what a store tells about all its rows: their keys, a page at a time, and what it holds.
//!
//! ```
//! # use carafe::{Map, web::store::{Kind, MemoryStore, Store, StoreError}};
//! const ORDER: Kind = Kind::kept("order", 10_000);
//! let store = MemoryStore::new();
//! store.update(&ORDER, "1001", &mut |row| *row = Some(Map::from([("total", 5)])))?;
//! assert_eq!(store.keys(&ORDER).next(), Some(Ok("1001".to_owned())));
//! # Ok::<(), StoreError>(())
//! ```
//!
//! A store may hold a million rows. So it gives its keys in pages, and others use it between two
//! pages. A row that is there all the time is listed (by Redis perhaps twice); a row that comes or
//! goes in the meantime may be listed or not. The keys have no order.
//!
//! Left out: searching. A program that looks for rows by their content keeps the keys in a row.

use super::memory_row::MemoryRow;
use super::{Kind, Store, StoreError};
use std::borrow::Cow;
use std::time::Duration;

/// How many places of a table one page looks at.
pub const PAGE: usize = 1000;

/// Some keys of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<String>,
    /// The number of the next page; `None`: this was the last one.
    pub next: Option<u64>,
}

/// The keys of a kind, until the store fails.
pub type Keys<'s> = Box<dyn Iterator<Item = Result<String, StoreError>> + 's>;

/// Asks a store for a page of keys.
type PageAt<'s> = dyn Fn(u64) -> Result<KeyPage, StoreError> + 's;

/// A row as the table of a store holds it.
pub struct HeldRow<'t> {
    /// The name of its kind.
    pub kind: &'t str,
    /// Its key; a hash of it, if the kind is secret and the store can be read from outside.
    pub key: &'t str,
    pub(super) row: &'t MemoryRow,
    /// When it expires; `None`: it does not.
    pub expires_in: Option<Duration>,
}

impl HeldRow<'_> {
    /// The row as JSON.
    pub fn text(&self) -> Cow<'_, str> {
        self.row.text()
    }
}

/// The keys on all pages.
pub fn keys_of<'s>(store: &'s (impl Store + ?Sized), kind: &'s Kind) -> Keys<'s> {
    keys_on(Box::new(|at| store.page_of_keys(kind, at)), kind.secret)
}

/// The keys on all pages of a kind, each of which is asked for by its number.
fn keys_on<'s>(page_at: Box<PageAt<'s>>, is_secret: bool) -> Keys<'s> {
    let mut next = Some(0);
    let pages = std::iter::from_fn(move || {
        let at = next.take()?;
        // A file and Redis have only the hashes of secret keys, and memory must not tell them.
        let page = if is_secret { Err(StoreError::Unlisted) } else { page_at(at) };
        next = page.as_ref().ok().and_then(|page| page.next);
        Some(page)
    });
    Box::new(pages.flat_map(|page| match page {
        Ok(page) => page.keys.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }))
}
