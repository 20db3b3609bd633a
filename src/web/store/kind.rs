//! Deeper: kinds of rows, their bounds and their lifetime.
//!
//! Visitors fill a store, so each kind has a bound for the number and the size of its rows:
//!
//! ```
//! # use carafe::web::store::Kind;
//! const ORDER: Kind = Kind::kept("order", 10_000);
//! const DRAFT: Kind = Kind { row_bytes: 1 << 20, ..Kind::kept("draft", 100) };
//! ```

use super::StoreError;
use crate::value::Map;
use crate::web::sign::{hex, sha256};
use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The largest row, as JSON, if its kind does not say another size.
pub const ROW_BYTES: usize = 16 * 1024;

/// A kind of rows. The store itself keeps what is said here: its bounds, its lifetime, and that the
/// keys are secret. A key belongs to its kind: `ada` of the accounts is not `ada` of the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What the kind is called, in the singular: `session`. Two kinds of one store have two names,
    /// none of them empty or with a colon.
    pub name: &'static str,
    /// How long a row lives after its last use; `None`: until it is deleted. A row that was to live
    /// longer is not shortened. Cookie and file note a use only once in an eighth of this time, so
    /// there a row may live an eighth shorter; that of a row that lives for ever they do not note.
    pub lifetime: Option<Duration>,
    /// How many rows there may be, at least 1.
    pub most: usize,
    /// What happens to a new row when there are `most`. True: it takes the place of the longest
    /// unused one (in memory of its part: see `parts`). False: it is refused with
    /// [`StoreError::Full`], because the others were promised to be kept.
    pub oldest_leaves: bool,
    /// True if a key is secret. A store that can be read from outside then keeps only its hash.
    pub secret: bool,
    /// How large a row may be, in bytes of its JSON; at most 16 MiB, and in a cookie 4 KiB.
    pub row_bytes: usize,
}

impl Kind {
    /// Sessions: each lives for `lifetime` after its last use, and the longest unused makes room.
    pub const fn session(lifetime: Duration, most: usize) -> Kind {
        let lifetime = Some(lifetime);
        let kept = Kind::kept("session", most);
        Kind { lifetime, oldest_leaves: true, secret: true, ..kept }
    }

    /// Rows that are kept until they are deleted, at most `most` of them, each of at most 16 KiB.
    ///
    /// # Panics
    ///
    /// If the name is empty or has a colon; in a `const` the compiler refuses it.
    pub const fn kept(name: &'static str, most: usize) -> Kind {
        // A journal's lines about itself have an empty kind, and Redis's names have colons.
        assert!(!name.is_empty(), "found a kind of rows with an empty name, expected a word");
        let mut at = 0;
        while at < name.len() {
            assert!(name.as_bytes()[at] != b':', "found a colon in a kind's name, expected none");
            at += 1;
        }
        let (lifetime, row_bytes) = (None, ROW_BYTES);
        Kind { name, lifetime, most, oldest_leaves: false, secret: false, row_bytes }
    }

    /// The key as a file or another server has it: hashed if it is secret.
    pub(super) fn stored_key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        if self.secret { hex(&sha256(key.as_bytes())).into() } else { key.into() }
    }

    /// The lifetime in milliseconds. `None`: for ever.
    pub(super) fn milliseconds(&self) -> Option<u64> {
        self.lifetime.map(milliseconds)
    }

    /// When a row that is used `now` expires, in milliseconds. `u64::MAX`: never.
    pub(super) fn expires(&self, now: u64) -> u64 {
        self.milliseconds().map_or(u64::MAX, |lifetime| now.saturating_add(lifetime))
    }

    /// What a store says that has no room for another row.
    pub fn full(&self) -> StoreError {
        let Kind { most, name, .. } = self;
        StoreError::Full(format!("there are {most} rows of kind {name}, and no room for more"))
    }
}

/// The name in the row of a permanent session of how many seconds it is kept at least. Flask has
/// `true` there.
pub const PERMANENT: &str = "_permanent";

/// How long a row asks to be kept, whatever the lifetime of its kind.
pub fn permanence(row: &Map) -> Option<Duration> {
    let seconds = row.get(PERMANENT)?.as_int()?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

/// A clock of a store: the time since a moment in the past.
pub type StoreClock = Box<dyn Fn() -> Duration + Send + Sync>;

/// The time since 1970, which means the same after a restart and in another process.
pub fn time_of_day() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A time as the tables count it.
pub fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
