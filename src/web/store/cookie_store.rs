//! Deeper: the cookie store, where the visitor carries the row and the server signs it.
//!
//! This is the third rung of the ladder, and what Flask does by default. The server keeps only a
//! key, and sends the row as a cookie with a signature that only the key can make. A cookie that
//! comes back with a right signature is believed. Its three parts are base64url:
//!
//! ```text
//! eyJ1c2VyIjoiQWRhIn0.aSR1Lw.Zv0f6W...      {"user":"Ada"} . when it was signed . signature
//! ```
//!
//! * A restart forgets nobody, and a second server with the same key knows everybody.
//! * Signed is not secret: everybody who has the cookie can read the row.
//! * Signed is not fresh: an old cookie works like a new one until it expires. So logging out is
//!   only a request to the browser, a message that was shown can be shown again, and of two changes
//!   at the same time one is lost.
//! * A browser drops a cookie above 4 KiB and says nothing. Here that is [`StoreError::TooLarge`].
//!
//! The format is that of itsdangerous 2 as Flask uses it, with SHA-256: a Flask application with
//! the same key, `SESSION_COOKIE_NAME = 'carafe_sid'` and `digest_method = hashlib.sha256` reads
//! these cookies. Carafe reads those of Flask while they are short: from about 80 bytes Flask
//! compresses a session, and that form, which begins with a dot, is refused with a reason. Flask
//! tags what JSON has no type for: here a tuple is a list, and all else (bytes, dates) is text.
//!
//! Left out: the compressed form, and changing keys: with a new key, everybody is a stranger.

use super::change::at_most;
use super::kind::{StoreClock, permanence, time_of_day};
use super::{Change, Kind, Lookup, Refusal, Store, StoreError, Updated, decode, encode};
use crate::cycle::StorePlace;
use crate::http::cookie::COOKIE_BYTES;
use crate::value::{Map, Value};
use crate::web::sign::{from_base64url, hmac, same, to_base64url};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The longest value of the cookie. RFC 6265 §6.1 counts name and attributes, too.
const VALUE_BYTES: usize = COOKIE_BYTES - 64;

/// Why a compressed row is refused.
const COMPRESSED: &str =
    "it is compressed, as Flask's from about 80 bytes on, and only the plain form is read here";

/// Gives each row to its visitor.
pub struct CookieStore {
    secret_key: Vec<u8>,
    /// The time since 1970.
    clock: StoreClock,
    /// The latest time that the clock has shown, in seconds.
    latest: AtomicU64,
}

impl CookieStore {
    /// Signs with this key. A person who has it can be any visitor.
    pub fn new(secret_key: impl Into<Vec<u8>>) -> CookieStore {
        CookieStore::with_clock(secret_key, time_of_day)
    }

    /// The same, with a clock of the caller's: a test lets an hour pass without waiting for it.
    pub fn with_clock(
        secret_key: impl Into<Vec<u8>>,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> CookieStore {
        let (clock, latest) = (Box::new(clock), AtomicU64::new(0));
        CookieStore { secret_key: secret_key.into(), clock, latest }
    }

    /// A clock that is set back stands still here until it is right again: otherwise what is signed
    /// in the meantime would be old then.
    fn now(&self) -> u64 {
        let time = (self.clock)().as_secs();
        self.latest.fetch_max(time, Ordering::Relaxed).max(time)
    }

    /// Signs `data "." time`. Each kind of rows has a key of its own, made of the one secret: so
    /// what was signed as a session is nothing else. For sessions the salt is Flask's,
    /// `cookie-session`.
    fn signature(&self, kind: &Kind, signed: &str) -> [u8; 32] {
        let salt = format!("cookie-{}", kind.name);
        hmac(&hmac(&self.secret_key, salt.as_bytes()), signed.as_bytes())
    }

    /// The cookie's value for a row.
    fn seal(&self, kind: &Kind, row: &Map) -> Result<String, StoreError> {
        let json = encode(&with_maps(row, tagged), kind.row_bytes)?;
        let time = self.now().to_be_bytes();
        let first = time.iter().position(|byte| *byte != 0).unwrap_or(time.len());
        let signed = format!("{}.{}", to_base64url(json.as_bytes()), to_base64url(&time[first..]));
        let key = format!("{signed}.{}", to_base64url(&self.signature(kind, &signed)));
        at_most("the row would be", key.len(), VALUE_BYTES).map(|()| key)
    }

    /// The row that a key carries, and how many seconds ago it was signed.
    fn open(&self, kind: &Kind, key: &str) -> Result<(Map, u64), Refusal> {
        if key.starts_with('.') {
            return Err(Refusal::Form(COMPRESSED));
        }
        let parts: Vec<&str> = key.split('.').collect();
        let [data, time, signature] = parts[..] else {
            let expected = "expected are data, time and signature with dots between them";
            return Err(Refusal::Form(expected));
        };
        // The signature first: what is not signed is not even decoded.
        let expected = self.signature(kind, &key[..data.len() + 1 + time.len()]);
        if !from_base64url(signature).is_some_and(|signature| same(&signature, &expected)) {
            return Err(Refusal::Signature);
        }
        let time = from_base64url(time)
            .filter(|bytes| bytes.len() <= 8)
            .ok_or(Refusal::Form("its time is no number"))?;
        let time = time.iter().fold(0, |time, byte| time << 8 | u64::from(*byte));
        // A server whose clock is ahead signs with a time of the future; that is age 0.
        let age = self.now().saturating_sub(time);
        let row = from_base64url(data).and_then(|json| decode(&json, kind.row_bytes).ok());
        let row = row.ok_or(Refusal::Form("its data is no JSON object"))?;
        let least = permanence(&row).unwrap_or_default();
        if kind.lifetime.is_some_and(|lifetime| age >= lifetime.max(least).as_secs().max(1)) {
            return Err(Refusal::Expired);
        }
        Ok((with_maps(&row, untagged), age))
    }
}

impl Store for CookieStore {
    fn load(&self, kind: &Kind, key: &str) -> Result<Lookup, StoreError> {
        let (row, age) = match self.open(kind, key) {
            Ok(found) => found,
            Err(refusal) => return Ok(Lookup::Missing(refusal)),
        };
        // A use begins the lifetime again. The visitor gets a new cookie for that only once in an
        // eighth of the lifetime, not with each page.
        let is_old = kind.lifetime.is_some_and(|lifetime| age > lifetime.as_secs() / 8);
        // Another program may have made a row that is too large to be signed here.
        let renewed = if is_old { self.seal(kind, &row).ok() } else { None };
        Ok(match renewed {
            Some(key) => Lookup::Moved(row, key),
            None => Lookup::Found(row),
        })
    }

    fn update(&self, kind: &Kind, key: &str, change: Change<'_>) -> Result<Updated, StoreError> {
        // Each request changes the row that came with it. Another request may do the same at this
        // moment, and neither sees the other.
        let mut row = self.open(kind, key).ok().map(|(row, _)| row);
        change(&mut row);
        let Some(row) = row else { return Ok(Updated::Kept(None)) };
        self.seal(kind, &row).map(|key| Updated::Moved(row, key))
    }

    fn place(&self) -> StorePlace {
        StorePlace::Cookie
    }
}

/// The names under which Flask puts what JSON has no type for, alone in a map: `{" t": ["message",
/// "saved"]}`.
const TAGS: [&str; 5] = [" t", " b", " m", " u", " d"];
/// The name for a map whose only name looks like one of them: `{" di": {" t__": …}}` is the map
/// `{" t": …}`.
const MAP: &str = " di";

/// Changes each map inside a row, the innermost first.
fn with_maps(row: &Map, change: fn(Map) -> Value) -> Map {
    fn inside(value: &Value, change: fn(Map) -> Value) -> Value {
        match value {
            Value::List(items) => items.iter().map(|item| inside(item, change)).collect(),
            Value::Map(map) => change(with_maps(map, change)),
            other => other.clone(),
        }
    }
    row.iter().map(|(name, value)| (name, inside(value, change))).collect()
}

/// What Flask meant by a map.
fn untagged(map: Map) -> Value {
    let Some((name, value)) = only(&map) else { return map.into() };
    match value.as_map().and_then(only).filter(|_| name == MAP) {
        Some((name, value)) => {
            Map::from([(name.strip_suffix("__").unwrap_or(name), value.clone())]).into()
        }
        None if TAGS.contains(&name) => value.clone(),
        None => map.into(),
    }
}

/// The map as Flask must find it written, so that it reads this one.
fn tagged(map: Map) -> Value {
    match only(&map) {
        Some((name, value)) if name == MAP || TAGS.contains(&name) => {
            Map::from([(MAP, Map::from([(format!("{name}__"), value.clone())]))]).into()
        }
        _ => map.into(),
    }
}

/// The name and value of a map that has one.
fn only(map: &Map) -> Option<(&str, &Value)> {
    map.iter().next().filter(|_| map.len() == 1)
}
