//! Deeper: what a store tells about all its rows: their keys, a page at a time, and what it holds.
//!
//! ```
//! # use carafe::web::store::{Kind, MemoryStore, Store, StoreError};
//! # use carafe::Map;
//! const ORDER: Kind = Kind::kept("order", 10_000);
//!
//! let store = MemoryStore::new();
//! store.update(&ORDER, "1001", &mut |row| *row = Some(Map::from([("total", 5)])))?;
//! for key in store.keys(&ORDER) {
//!     assert_eq!(key?, "1001");
//! }
//! # Ok::<(), StoreError>(())
//! ```
//!
//! A store may hold a million rows. So it gives its keys in pages, and others use it between two
//! pages. A row that is there all the time is listed (by Redis perhaps twice); a row that comes or
//! goes in the meantime may be listed or not. The keys have no order.

use super::{Kind, StoreError};
use std::time::Duration;

/// How many places of a table one page looks at.
pub const PAGE: usize = 1000;

/// Some keys of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPage {
    /// The keys.
    pub keys: Vec<String>,
    /// What to ask for to get the next page; `None`: this was the last one. What the number means
    /// is up to the store.
    pub next: Option<u64>,
}

/// The keys of a kind, until the store fails.
pub type Keys<'s> = Box<dyn Iterator<Item = Result<String, StoreError>> + 's>;

/// A row as the table of a store holds it.
pub struct HeldRow<'t> {
    /// The name of its kind.
    pub kind: &'t str,
    /// Its key; a hash of it, if the kind is secret and the store can be read from outside.
    pub key: &'t str,
    /// The row as JSON.
    pub text: &'t str,
    /// When it expires; `None`: it does not.
    pub expires_in: Option<Duration>,
}

/// The keys that are on these pages. The first page is number 0.
pub fn keys_of<'s>(
    kind: &Kind,
    mut page: impl FnMut(u64) -> Result<KeyPage, StoreError> + 's,
) -> Keys<'s> {
    let (mut at, is_secret) = (Some(0), kind.secret);
    let pages = std::iter::from_fn(move || {
        let at_now = at.take()?;
        // A file and Redis have only the hashes of secret keys, and memory must not tell them.
        let page = if is_secret { Err(StoreError::Unlisted) } else { page(at_now) };
        at = page.as_ref().ok().and_then(|page| page.next);
        Some(page)
    });
    Box::new(pages.flat_map(|page| match page {
        Ok(page) => page.keys.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    }))
}
