//! The Redis store: rows in a server of their own, that several carafes share.
//!
//! The sixth rung of the ladder. Any number of carafes behind a balancer ask one
//! [Redis](https://redis.io), and a visitor may come to another one each time. What is kept
//! outlives each of them. Redis itself is now the one thing that must not die: while it is gone,
//! pages that need state answer 503, and the others go on.
//!
//! * A row is a string under `carafe:KIND:KEY`, compact JSON. For sessions the key is the SHA-256
//!   of the id: who can list Redis's keys still cannot be a visitor. Redis itself lets a row
//!   expire.
//! * A change is compared and swapped by a script, which Redis runs as one step. Beside the rows
//!   `carafe:KIND` holds their keys in the order in which they expire or leave, so that there is a
//!   bound on their number.
//! * Connections are kept and used again. One that Redis has closed meanwhile is noticed before it
//!   is used; one that fails during a change is an error, and nobody tries again on his own: the
//!   change may have been made.
//! * Each use of the store must end within [`TIME`].
//!
//! Left out: Redis Cluster and Sentinel, and TLS: Redis should stand on the same machine or a
//! private network. What Redis has lost when it dies is Redis's affair: `appendonly yes` and
//! `appendfsync always` are its group commit. And how long a host's name is looked up, the system
//! decides: who wants [`TIME`] to hold in any case gives an address.

mod connection;
mod url;

pub use url::RedisUrl;

use super::{
    KEY_BYTES, Kind, Lookup, Refusal, Store, StoreError, Updated, WhenFull, decode, encode,
};
use crate::cycle::StorePlace;
use crate::value::Map;
use crate::web::sign::{hex, sha256};
use connection::{Connection, Reply};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long one use of Redis may take in all, so that a page can say within a second that it is
/// gone.
const TIME: Duration = Duration::from_millis(800);

/// How many connections wait for the next use. More are opened when they are needed, and closed
/// afterwards.
const KEPT: usize = 64;

/// The time in microseconds, of Redis's clock: carafes need not agree on theirs. Lua would write a
/// number of that size with 14 digits, and lose the last ones.
const NOW: &str = "
local time = redis.call('TIME')
local function after(milliseconds) return string.format('%.0f', time[1] * 1000000 + time[2] + milliseconds * 1000) end
";

/// Gives a row, and lets it live on from now. `KEYS`: the row, the kind. `ARGV`: the lifetime, 0
/// for ever.
const LOAD: &str = "
local row = redis.call('GET', KEYS[1])
if row and tonumber(ARGV[1]) > 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    redis.call('ZADD', KEYS[2], 'XX', after(ARGV[1]), KEYS[1])
end
return row
";

/// Puts a row in the place of the one seen before, if that is still there. `ARGV`: the lifetime,
/// what was seen, what shall be there (both empty for no row), how many there may be, and 1 if one
/// of them leaves for a new one.
const SWAP: &str = "
local old = redis.call('GET', KEYS[1]) or ''
if old ~= ARGV[2] then return {'changed', old} end
if ARGV[3] == '' then
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], KEYS[1])
    return {'done'}
end
if old == '' then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', after(0))
    local leave = redis.call('ZCARD', KEYS[2]) + 1 - ARGV[4]
    if leave > 0 and ARGV[5] ~= '1' then return {'full'} end
    for _, key in ipairs(leave > 0 and redis.call('ZRANGE', KEYS[2], 0, leave - 1) or {}) do
        redis.call('DEL', key)
        redis.call('ZREM', KEYS[2], key)
    end
end
if tonumber(ARGV[1]) > 0 then
    redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[1])
    redis.call('ZADD', KEYS[2], after(ARGV[1]), KEYS[1])
else
    redis.call('SET', KEYS[1], ARGV[3])
    redis.call('ZADD', KEYS[2], '+inf', KEYS[1])
end
return {'done'}
";

/// Keeps rows in Redis.
pub struct RedisStore {
    url: RedisUrl,
    /// Connections that nobody uses now.
    kept: Mutex<Vec<Connection>>,
}

impl RedisStore {
    /// Rows in the Redis of this address. It is not asked yet.
    pub fn new(url: RedisUrl) -> RedisStore {
        RedisStore { url, kept: Mutex::default() }
    }

    /// Asks whether Redis is there.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`], with the reason.
    pub fn ping(&self) -> Result<(), StoreError> {
        self.ask(&["PING"]).map(drop)
    }

    fn script(
        &self,
        script: &str,
        keys: &[String; 2],
        arguments: &[&str],
    ) -> Result<Reply, StoreError> {
        let script = format!("{NOW}{script}");
        self.ask(&[&["EVAL", &script, "2", &keys[0], &keys[1]], arguments].concat())
    }

    /// Sends one command over a connection that is free, or a new one.
    fn ask(&self, words: &[&str]) -> Result<Reply, StoreError> {
        let end = Instant::now() + TIME;
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let alive = std::iter::from_fn(kept).find(|connection| connection.is_alive());
        let asked = alive.map_or_else(|| Connection::open(&self.url, end), Ok).and_then(
            |mut connection| {
                let reply = connection.ask(words, end)?;
                Ok((connection, reply))
            },
        );
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        match asked {
            Ok((connection, reply)) => {
                if kept.len() < KEPT {
                    kept.push(connection);
                }
                match reply {
                    Reply::Error(why) => Err(StoreError::Unreachable(format!("Redis says: {why}"))),
                    reply => Ok(reply),
                }
            }
            Err(why) => {
                // The others lead to the same Redis, and would each cost somebody the same wait.
                kept.clear();
                Err(StoreError::Unreachable(why))
            }
        }
    }
}

impl Store for RedisStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        match self.script(LOAD, &names(kind, key), &[&lifetime(kind)])? {
            Reply::Text(row) => Ok(Lookup::Found(decode(&row)?)),
            Reply::Nothing => Ok(Lookup::Refused(Refusal::Unknown)),
            other => Err(unexpected(&other)),
        }
    }

    fn update(
        &self,
        kind: &Kind,
        key: &str,
        change: &mut dyn FnMut(&mut Option<Map>),
    ) -> Result<Updated, StoreError> {
        if key.len() > KEY_BYTES {
            return Err(StoreError::LongKey(key.len()));
        }
        let names = names(kind, key);
        let (lifetime, most) = (lifetime(kind), kind.most.to_string());
        let leaves = if kind.when_full == WhenFull::OldestLeaves { "1" } else { "0" };
        let mut seen = match self.ask(&["GET", &names[0]])? {
            Reply::Text(row) => row,
            Reply::Nothing => Vec::new(),
            other => return Err(unexpected(&other)),
        };
        // Of several who try at once, one always gets through, and the others are told what it has
        // left.
        loop {
            let mut row = if seen.is_empty() { None } else { Some(decode(&seen)?) };
            change(&mut row);
            let (row, text) = row.map(encode).transpose()?.unzip();
            let seen_text = str::from_utf8(&seen).expect("it was decoded as JSON above");
            let new = text.as_deref().unwrap_or("");
            let arguments = [lifetime.as_str(), seen_text, new, &most, leaves];
            let Reply::List(outcome) = self.script(SWAP, &names, &arguments)? else {
                return Err(StoreError::Damaged(
                    "found no list, expected the outcome of a change".into(),
                ));
            };
            match &outcome[..] {
                [Reply::Text(word)] if word == b"done" => {
                    return Ok(Updated { key: row.as_ref().map(|_| key.to_owned()), row });
                }
                [Reply::Text(word)] if word == b"full" => {
                    return Err(StoreError::Full { kind: kind.name, most: kind.most });
                }
                [Reply::Text(word), Reply::Text(row)] if word == b"changed" => seen.clone_from(row),
                _ => {
                    return Err(StoreError::Damaged("found an unknown outcome of a change".into()));
                }
            }
        }
    }

    fn place(&self) -> StorePlace {
        StorePlace::Elsewhere
    }
}

/// Under which names Redis has a row and its kind.
fn names(kind: &Kind, key: &str) -> [String; 2] {
    let index = format!("carafe:{}", kind.name);
    let key = if kind.secret { hex(&sha256(key.as_bytes())) } else { key.to_owned() };
    [format!("{index}:{key}"), index]
}

/// In milliseconds; 0 for ever.
fn lifetime(kind: &Kind) -> String {
    kind.lifetime.map_or(0, |lifetime| lifetime.as_millis().max(1)).to_string()
}

fn unexpected(reply: &Reply) -> StoreError {
    StoreError::Damaged(format!("found {reply:?}, expected a text or nothing"))
}
