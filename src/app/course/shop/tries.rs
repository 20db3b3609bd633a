//! Wrong passwords, counted: whoever guesses gets ten tries a minute.
//!
//! A try is counted *before* its password is hashed, and taken back if it was right. Counting
//! afterwards would let a hundred guesses at once slip through before the first one is found wrong.
//!
//! The count is a row of the store, so that two servers with one store do not give twenty tries.
//!
//! Left out: slowing down an address. Many visitors share one, and whoever guesses has many.

use carafe::http::{Headers, Status};
use carafe::web::store::{Kind, Store, StoreError, WhenFull};
use carafe::{Error, Map, Value};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For how long a wrong password counts.
const WINDOW: Duration = Duration::from_secs(60);

/// Far more than can be tried within a minute, as each costs a hash.
const ROWS: usize = 10_000;

const KIND: Kind = Kind {
    name: "try",
    lifetime: Some(WINDOW),
    most: ROWS,
    when_full: WhenFull::OldestLeaves,
    secret: false,
};

/// Tries under one name.
pub struct Tries<'s> {
    store: &'s dyn Store,
    name: String,
    most: usize,
    /// How many there were within the window, this one included.
    count: usize,
    /// When the first of them ceases to count.
    wait: Duration,
}

impl Tries<'_> {
    /// Counts one more try under this name.
    ///
    /// # Errors
    ///
    /// 429 if there were `most` within the window already; or what the store could not do.
    pub fn begin(store: &dyn Store, name: String, most: usize) -> Result<Tries<'_>, Error> {
        // The time of day, since it must mean the same to another process. If it is set back, old
        // tries do not count.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let (mut count, mut first) = (0, 0);
        let mut note = |row: &mut Option<Map>| {
            let times = row
                .as_ref()
                .and_then(|row| row.get("times"))
                .and_then(Value::as_list)
                .unwrap_or_default();
            let mut times: Vec<i64> = times.iter().filter_map(Value::as_int).collect();
            times.retain(|time| (0..milliseconds(WINDOW)).contains(&(milliseconds(now) - time)));
            count = times.len() + 1;
            // A try that is refused unseen does not count, so the window ends by itself.
            if count <= most {
                times.push(milliseconds(now));
            }
            first = times[0];
            let times = times.into_iter().map(Value::Int).collect::<Vec<_>>();
            *row = Some(Map::from([("times", times)]));
        };
        store.update(&KIND, &name, &mut note)?;
        let left = (first + milliseconds(WINDOW) - milliseconds(now)).max(0);
        let tries =
            Tries { store, name, most, count, wait: Duration::from_millis(left.unsigned_abs()) };
        if count > most { Err(tries.too_many()) } else { Ok(tries) }
    }

    /// What the answer to a wrong password is: the last one that is allowed says that there are no
    /// more.
    pub fn wrong(&self) -> Error {
        if self.count >= self.most {
            return self.too_many();
        }
        Error::Forbidden("this is not the password of that account".to_owned())
    }

    /// The password was right: no try counts any more.
    ///
    /// # Errors
    ///
    /// What the store could not do.
    pub fn right(self) -> Result<(), StoreError> {
        self.store.delete(&KIND, &self.name)
    }

    fn too_many(&self) -> Error {
        let seconds = self.wait.as_secs() + 1;
        let mut headers = Headers::new();
        headers.append("Retry-After", seconds.to_string());
        let why = format!(
            "found {} wrong passwords for this account within a minute; try again in {seconds} seconds",
            self.most
        );
        Error::Status(Status::TOO_MANY_REQUESTS, why, headers)
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
