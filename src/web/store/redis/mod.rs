//! Deeper: the Redis store, rows in a server of their own that several carafes share.
//!
//! This is the sixth rung of the ladder. Any number of carafes behind a balancer ask one
//! [Redis](https://redis.io), and what is kept outlives each of them. While Redis is gone, pages
//! that need state answer 503, and the others go on.
//!
//! * A row is a string under `carafe:KIND:KEY`, compact JSON, and Redis itself lets it expire. For
//!   sessions the key is the SHA-256 of the id: who can list Redis's keys cannot be a visitor.
//! * A change is compared and swapped by a script, which Redis runs as one step. Beside the rows,
//!   `carafe:KIND` holds their names in the order in which they expire or leave, so that their
//!   number has a bound.
//! * Connections are kept and used again. One that Redis has closed is noticed before it is used.
//!   After one that fails during a change, nothing is tried again: the change may have been made.
//! * All commands of a request share [`TIME`].
//!
//! Left out: Redis Cluster, Sentinel and TLS: Redis should stand in a private network. With
//! `appendonly yes` and `appendfsync always` it waits for the disk as a file does. [`TIME`] does
//! not limit how long the system looks for the address of a host's name.

mod redis_url;
mod resp;

pub use redis_url::RedisUrl;

use super::change::{self, Swapped, locked};
use super::patience::wait_at_most;
use super::{Change, KeyPage, Kind, Lookup, Refusal, Store, StoreError, Updated, decode, encode};
use crate::cycle::StorePlace;
use crate::json;
use crate::value::{Map, Value};
use resp::{RedisConnection, RedisReply};
use std::io::{self, ErrorKind};
use std::sync::Mutex;
use std::time::Duration;

/// How long a request may wait in all, so that a page can say within a second that Redis is gone.
const TIME: Duration = Duration::from_millis(800);

/// How many connections wait for the next use.
const KEPT: usize = 64;

/// The scripts, in Lua: a beginning that all share, then each after a line with its name.
const SCRIPTS: &str = include_str!("scripts.lua");

/// Keeps rows in Redis.
pub struct RedisStore {
    url: RedisUrl,
    /// Connections that nobody uses now.
    free: Mutex<Vec<RedisConnection>>,
}

impl RedisStore {
    /// Rows in the Redis of this address. It is not asked yet.
    pub fn new(url: RedisUrl) -> RedisStore {
        RedisStore { url, free: Mutex::default() }
    }

    /// Asks whether Redis is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`], with the reason.
    pub fn ping(&self) -> Result<(), StoreError> {
        self.ask(&[b"PING"]).map(drop)
    }

    /// The text of a row, which lives on from now.
    fn look(&self, kind: &Kind, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match self.script("load", (kind, name), &[])? {
            RedisReply::Text(row) => Ok(row),
            _ => Err(unexpected()),
        }
    }

    /// Runs the script of this name on a row. Its first argument is the lifetime.
    fn script(
        &self,
        script: &str,
        (kind, name): (&Kind, &str),
        arguments: &[&[u8]],
    ) -> Result<RedisReply, StoreError> {
        let (front, scripts) = SCRIPTS.split_once("\n---- ").unwrap_or_default();
        let found = scripts.split("\n---- ").find_map(|known| known.strip_prefix(script));
        let script = format!("{front}\n-- {}", found.unwrap_or_default());
        let index = format!("carafe:{}", kind.name);
        let lifetime = kind.milliseconds().map_or(0, |time| time.max(1)).to_string();
        let words = ["EVAL", &script, "2", name, &index, &lifetime].map(str::as_bytes);
        self.ask(&[&words, arguments].concat())
    }

    /// Sends one command over a connection that is free, or a new one.
    fn ask(&self, words: &[&[u8]]) -> Result<RedisReply, StoreError> {
        let alive = std::iter::from_fn(|| locked(&self.free).pop()).find(RedisConnection::is_alive);
        let asked = wait_at_most(TIME, |end| {
            let mut connection = alive.map_or_else(|| RedisConnection::open(&self.url, end), Ok)?;
            Ok::<_, io::Error>((connection.ask(words, end)?, connection))
        });
        let mut free = locked(&self.free);
        match asked {
            Ok((reply, connection)) => {
                if free.len() < KEPT {
                    free.push(connection);
                }
                match reply {
                    RedisReply::Refused(why) => {
                        Err(StoreError::Unreachable(format!("Redis says: {why}")))
                    }
                    reply => Ok(reply),
                }
            }
            Err(error) => {
                // The others lead to the same Redis, and each would cost somebody the same wait.
                free.clear();
                Err(StoreError::Unreachable(in_words(&error)))
            }
        }
    }
}

impl Store for RedisStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let name = name_of(kind, key);
        let Some(row) = self.look(kind, &name)? else {
            return Ok(Lookup::Missing(Refusal::Unknown));
        };
        match row_of(kind, &name, &row) {
            // Somebody else wrote it. A session can be made again.
            Err(StoreError::Damaged(_)) if kind.oldest_leaves => {
                Ok(Lookup::Missing(Refusal::Form("its row is too large, or no JSON object")))
            }
            decoded => decoded.map(Lookup::Found),
        }
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        let name = name_of(kind, key);
        let seen = self.look(kind, &name)?;
        let most = kind.most.to_string();
        let leaves = if kind.oldest_leaves { "1" } else { "0" };
        let copy = |seen: &Vec<u8>| row_of(kind, &name, seen);
        change::update((kind, key), seen, copy, change, |seen, new| {
            let seen = seen.map_or(b"".as_slice(), Vec::as_slice);
            let new = new.map(|row| encode(row, kind.row_bytes)).transpose()?.unwrap_or_default();
            if new.as_bytes() == seen {
                return Ok(Swapped::Done);
            }
            let [new, most, leaves] = [&*new, &*most, leaves].map(str::as_bytes);
            match self.script("swap", (kind, &name), &[seen, new, most, leaves])? {
                RedisReply::Number(1) => Ok(Swapped::Done),
                RedisReply::Number(0) => Err(kind.full()),
                RedisReply::Text(row) => Ok(Swapped::Changed(row.filter(|row| !row.is_empty()))),
                _ => Err(unexpected()),
            }
        })
    }

    fn place(&self) -> StorePlace {
        StorePlace::Elsewhere
    }

    fn page_of_keys(&self, kind: &Kind, at: u64) -> Result<KeyPage, StoreError> {
        let list = match self.script("list", (kind, ""), &[at.to_string().as_bytes()])? {
            RedisReply::Text(list) => json::parse(&list.unwrap_or_default()),
            _ => return Err(unexpected()),
        };
        let list = list.map_err(|error| StoreError::Damaged(error.to_string()))?;
        let mut names = list.as_list().unwrap_or_default().iter().filter_map(Value::as_str);
        let next = names.next().and_then(|next| next.parse().ok()).filter(|next| *next > 0);
        let key = |name: &str| name.strip_prefix(&name_of(kind, "")).map(str::to_owned);
        Ok(KeyPage { keys: names.filter_map(key).collect(), next })
    }
}

/// Under which name Redis has a row.
fn name_of(kind: &Kind, key: &str) -> String {
    format!("carafe:{}:{}", kind.name, kind.stored_key(key))
}

/// The row of a text that Redis has under this name.
fn row_of(kind: &Kind, name: &str, text: &[u8]) -> Result<Map, StoreError> {
    decode(text, kind.row_bytes).map_err(|error| match error {
        StoreError::Damaged(why) => StoreError::Damaged(format!("{name}: {why}")),
        other => other,
    })
}

/// What no script of ours replies.
fn unexpected() -> StoreError {
    StoreError::Damaged("found a number, expected a text or nothing".to_owned())
}

/// What happened to a connection. What a socket says when its time is over differs between systems.
fn in_words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => "Redis did not answer in time".to_owned(),
        ErrorKind::UnexpectedEof => "Redis closed the connection".to_owned(),
        _ => error.to_string(),
    }
}
