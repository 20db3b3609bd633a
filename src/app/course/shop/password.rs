//! Deeper: Passwords: a slow hash, and at most two hashes at once.
//!
//! The shop does not keep a password. It keeps what PBKDF2 makes of the password and of a random
//! salt: `600000$salt$hash`. A thief of the file of accounts must guess, and each guess takes a
//! third of a second. The number of rounds is in the text, so a later version can use more rounds
//! and still read the old hashes.
//!
//! The same third of a second could stop the server, if many visitors logged in at once. So two
//! passwords are hashed at a time. A few more wait for their turn, and the others get a 503.
//!
//! Left out: Argon2 and scrypt, which also cost an attacker memory. They are long.

use carafe::Error;
use carafe::http::Status;
use carafe::random;
use carafe::web::sign::{hex, pbkdf2, same};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The rounds that OWASP recommends for PBKDF2 with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

/// How many passwords are hashed at once, how many more may wait, and for how long.
const AT_ONCE: usize = 2;
const MOST_WAITING: usize = 16;
const LONGEST_WAIT: Duration = Duration::from_secs(10);

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
    let _turn = HashingTurn::wait()?;
    Ok(hex(&pbkdf2(password.as_bytes(), salt.as_bytes(), rounds)))
}

/// How many passwords are being hashed and how many wait, in the whole process: all of them share
/// the processors.
struct HashingQueue {
    hashing: usize,
    waiting: usize,
}

static QUEUE: Mutex<HashingQueue> = Mutex::new(HashingQueue { hashing: 0, waiting: 0 });
static TURN_ENDED: Condvar = Condvar::new();

fn queue() -> MutexGuard<'static, HashingQueue> {
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right to hash one password. It ends when the value is dropped.
struct HashingTurn;

impl HashingTurn {
    fn wait() -> Result<HashingTurn, Error> {
        let mut queue = queue();
        if queue.hashing >= AT_ONCE && queue.waiting >= MOST_WAITING {
            return Err(busy());
        }
        queue.waiting += 1;
        let is_full = |queue: &mut HashingQueue| queue.hashing >= AT_ONCE;
        let waited = TURN_ENDED.wait_timeout_while(queue, LONGEST_WAIT, is_full);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.waiting -= 1;
        if queue.hashing >= AT_ONCE {
            return Err(busy());
        }
        queue.hashing += 1;
        Ok(HashingTurn)
    }
}

impl Drop for HashingTurn {
    fn drop(&mut self) {
        queue().hashing -= 1;
        TURN_ENDED.notify_one();
    }
}

fn busy() -> Error {
    let why = format!("{AT_ONCE} passwords are being checked and others wait; try again soon");
    Error::with_header(Status::SERVICE_UNAVAILABLE, why, "Retry-After", "2")
}
