//! Passwords: hashed so slowly that guessing takes long, and two at a time, so that hashing is no
//! way to stop the server.
//!
//! What is kept is not the password but what PBKDF2 makes of it and of a random salt, as
//! `600000$salt$hash`. Whoever steals the file of accounts has to guess, and each guess costs a
//! third of a second. The number of rounds stands in the text, so that it can grow one day without
//! making the old ones useless.
//!
//! * A third of a second of work for one small request: ten visitors at once would keep a machine
//!   busy. So two are hashed at a time, some more wait for their turn, and beyond those the answer
//!   is 503.
//!
//! Left out: Argon2 and scrypt, which cost an attacker memory as well. Each would be a chapter of
//! its own.

use carafe::Error;
use carafe::http::{Headers, Status};
use carafe::random;
use carafe::web::sign::{hex, pbkdf2, same};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What OWASP asks of PBKDF2 with HMAC-SHA-256.
const ROUNDS: u32 = 600_000;

/// So many are hashed at once.
const PLACES: usize = 2;
/// So many more may wait,
const WAITING: usize = 16;
/// and so long.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is kept of a new password.
///
/// # Errors
///
/// 503 if too many are being hashed.
pub fn hash(password: &str) -> Result<String, Error> {
    let salt = random::hex_id();
    let hash = slowly(password, &salt, ROUNDS)?;
    Ok(format!("{ROUNDS}${salt}${hash}"))
}

/// True if this is the password of which that was kept.
///
/// # Errors
///
/// 503 if too many are being hashed.
pub fn fits(password: &str, kept: &str) -> Result<bool, Error> {
    let mut parts = kept.split('$');
    let rounds = parts.next().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let (salt, hash) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    Ok(same(slowly(password, salt, rounds)?.as_bytes(), hash.as_bytes()))
}

fn slowly(password: &str, salt: &str, rounds: u32) -> Result<String, Error> {
    let _place = Place::take()?;
    Ok(hex(&pbkdf2(password.as_bytes(), salt.as_bytes(), rounds)))
}

/// Who is being hashed and who waits, in the whole process: the processors are shared by all of it.
struct Taken {
    hashing: usize,
    waiting: usize,
}

static TAKEN: Mutex<Taken> = Mutex::new(Taken { hashing: 0, waiting: 0 });
static FREED: Condvar = Condvar::new();

/// The right to hash one password; given back when it is dropped.
struct Place;

impl Place {
    fn take() -> Result<Place, Error> {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.hashing >= PLACES && taken.waiting >= WAITING {
            return Err(busy());
        }
        taken.waiting += 1;
        let waited = FREED.wait_timeout_while(taken, PATIENCE, |taken| taken.hashing >= PLACES);
        let (mut taken, _) = waited.unwrap_or_else(PoisonError::into_inner);
        taken.waiting -= 1;
        if taken.hashing >= PLACES {
            return Err(busy());
        }
        taken.hashing += 1;
        Ok(Place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        TAKEN.lock().unwrap_or_else(PoisonError::into_inner).hashing -= 1;
        FREED.notify_one();
    }
}

fn busy() -> Error {
    let mut headers = Headers::new();
    headers.append("Retry-After", "2");
    let why =
        format!("{PLACES} passwords are being checked and others wait; try again in a moment");
    Error::Status(Status::SERVICE_UNAVAILABLE, why, headers)
}
