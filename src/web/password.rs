//! Deeper: Passwords: a slow hash, and at most two hashes at the same time.
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
//! rounds and still read the old hashes. Many logins at once could stop the server, so two
//! passwords are hashed at a time. Up to 16 others wait, at most 5 s, and then get a 503. If 16
//! wait already, the next one gets it immediately.
//!
//! **A debug build needs five seconds**, unless the `Cargo.toml` of a program says `opt-level = 3`
//! in its part `[profile.dev.package.carafe]`. Of several tests that hash at the same time, some
//! then get the 503. A test can keep a text of one round, which [`fits`] checks fast. It is made
//! with [`sign`](super::sign): `format!("1$salt${}", hex(&pbkdf2(b"tea", b"salt", 1)))`.
//!
//! Left out: Argon2 and scrypt, which also cost an attacker memory. They are long.

use super::error::Error;
use super::sign::{hex, pbkdf2, same};
use crate::http::Status;
use crate::random;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The rounds that OWASP recommends for PBKDF2 with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

/// How many passwords this process hashes at a time, how many more may wait, and how long.
const AT_ONCE: usize = 2;
const MOST_WAITING: usize = 16;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// How many passwords are being hashed, and how many are asked for: these or waiting.
static HASHING: Mutex<[usize; 2]> = Mutex::new([0, 0]);
static TURN_ENDED: Condvar = Condvar::new();

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
/// As [`hash`].
pub fn fits(password: &str, kept: &str) -> Result<bool, Error> {
    let mut parts = kept.split('$');
    let rounds = parts.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let (salt, hash) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    Ok(same(slow_hash(password, salt, rounds)?.as_bytes(), hash.as_bytes()))
}

fn slow_hash(password: &str, salt: &str, rounds: u32) -> Result<String, Error> {
    let is_full = |[hashing, _]: &mut [usize; 2]| *hashing >= AT_ONCE;
    let mut turns = turns();
    if turns[1] >= AT_ONCE + MOST_WAITING {
        return Err(busy());
    }
    turns[1] += 1;
    let waited = TURN_ENDED.wait_timeout_while(turns, LONGEST_WAIT, is_full);
    let (mut turns, _) = waited.unwrap_or_else(PoisonError::into_inner);
    if is_full(&mut turns) {
        turns[1] -= 1;
        return Err(busy());
    }
    turns[0] += 1;
    // Others come and go while this one is hashed.
    drop(turns);
    let hash = hex(&pbkdf2(password.as_bytes(), salt.as_bytes(), rounds));
    self::turns().iter_mut().for_each(|count| *count -= 1);
    TURN_ENDED.notify_one();
    Ok(hash)
}

fn turns() -> MutexGuard<'static, [usize; 2]> {
    HASHING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn busy() -> Error {
    let why = format!("{AT_ONCE} passwords are being checked and others wait; try again soon");
    Error::with_header(Status::SERVICE_UNAVAILABLE, why, "Retry-After", "2")
}
