//! Deeper: Passwords: a slow hash, and at most two hashes at once.
//!
//! A program must not keep a password. It keeps what [`hash`] makes of it:
//!
//! ```
//! use carafe::web::password;
//!
//! # if cfg!(debug_assertions) { return Ok(()) }
//! let kept = password::hash("tea for two")?; // 600000$salt$hash
//! assert!(password::fits("tea for two", &kept)?);
//! assert!(!password::fits("tea for three", &kept)?);
//! # Ok::<(), carafe::Error>(())
//! ```
//!
//! The hash is PBKDF2 with a random salt. A thief of the kept texts must guess, and each guess
//! takes a third of a second. The number of rounds is in the text, so a later version can use more
//! rounds and still read the old hashes.
//!
//! The same third of a second could stop the server, if many visitors logged in at once. So two
//! passwords are hashed at a time. A few more wait for their turn, and the others get a 503.
//!
//! **A debug build needs ten times as long.** These lines in the `Cargo.toml` of a program make the
//! library fast there, too:
//!
//! ```toml
//! [profile.dev.package.carafe]
//! opt-level = 3
//! ```
//!
//! Left out: Argon2 and scrypt, which also cost an attacker memory. They are long.

use super::error::Error;
use super::sign::{hex, pbkdf2, same};
use crate::http::Status;
use crate::random;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// The rounds that OWASP recommends for PBKDF2 with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

/// How many passwords are hashed at once in this process, and how many more may wait.
const AT_ONCE: usize = 2;
const WAITING: usize = 16;

/// The turns: who holds one of these locks hashes.
static TURNS: [Mutex<()>; AT_ONCE] = [const { Mutex::new(()) }; AT_ONCE];

/// How many hash or wait, and how many have come so far.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static COME: AtomicUsize = AtomicUsize::new(0);

/// The text to keep of a new password.
///
/// # Errors
///
/// 503 if too many passwords are being hashed.
pub fn hash(password: &str) -> Result<String, Error> {
    let salt = random::hex_id();
    let hash = slow_hash(password, &salt, ROUNDS)?;
    Ok(format!("{ROUNDS}${salt}${hash}"))
}

/// True if `kept` was made of this password.
///
/// # Errors
///
/// 503 if too many passwords are being hashed.
pub fn fits(password: &str, kept: &str) -> Result<bool, Error> {
    let mut parts = kept.split('$');
    let rounds = parts.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let (salt, hash) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    Ok(same(slow_hash(password, salt, rounds)?.as_bytes(), hash.as_bytes()))
}

fn slow_hash(password: &str, salt: &str, rounds: u32) -> Result<String, Error> {
    let hashed = if INSIDE.fetch_add(1, Relaxed) < AT_ONCE + WAITING {
        let turn = &TURNS[COME.fetch_add(1, Relaxed) % AT_ONCE];
        let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(hex(&pbkdf2(password.as_bytes(), salt.as_bytes(), rounds)))
    } else {
        let why = format!("{AT_ONCE} passwords are being checked and others wait; try again soon");
        Err(Error::with_header(Status::SERVICE_UNAVAILABLE, why, "Retry-After", "2"))
    };
    INSIDE.fetch_sub(1, Relaxed);
    hashed
}
