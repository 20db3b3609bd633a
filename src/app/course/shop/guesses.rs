//! Deeper: Wrong passwords, counted by account and address.
//!
//! One address has ten wrong passwords a minute for one account, and a hundred for all accounts.
//! If ten wrong passwords closed an account for everybody, anybody could keep its owner out. So the
//! count belongs to the account *and* to the client's address. The second bound stops a client that
//! tries one password on many accounts.
//!
//! The counts are rows of the store, so two servers with one store do not give twenty guesses. The
//! minute begins with the first guess. A password that is being hashed counts as wrong until it is
//! found right. What is refused before it is hashed does not count. A new account counts at its
//! address, because its password is hashed, too.
//!
//! Left out: a bound for one account over all addresses. A client with many addresses can guess
//! more often. But with such a bound it could keep the owner out.

use super::number_in;
use carafe::http::{Status, date};
use carafe::web::store::{Kind, Store, StoreError};
use carafe::{Context, Error, Map};
use std::net::IpAddr;
use std::time::{Duration, SystemTime};

/// The most guesses within a minute: at one account, and at all of them.
const AT_ONE_ACCOUNT: i64 = 10;
const AT_ALL_ACCOUNTS: i64 = 100;

/// The counts: `count`, and `since` when.
const GUESS: Kind =
    Kind { name: "guess", secret: false, ..Kind::session(Duration::from_secs(60), 10_000) };

/// Lets a client try a password: `is_right` hashes and compares it. Without an e-mail address it is
/// the password of a new account, which stays counted.
///
/// # Errors
///
/// 403 if the password is wrong; 429 if it is wrong and was the last guess, or if there were too
/// many before; or the error of `is_right` or of the store.
pub fn guess(
    ctx: &Context,
    email: Option<&str>,
    is_right: impl FnOnce() -> Result<bool, Error>,
) -> Result<(), Error> {
    let store = ctx.store();
    let address = ctx.request.peer.map_or("unknown".to_owned(), |peer| network(peer.ip()));
    let at_one = email.map(|email| (format!("{address} {email}"), AT_ONE_ACCOUNT));
    let bounds: Vec<_> = at_one.into_iter().chain([(address, AT_ALL_ACCOUNTS)]).collect();
    let mut refusal = Error::Forbidden("this is not the password of that account".to_owned());
    let mut counted = Vec::new();
    // Counted before it is hashed: otherwise a hundred guesses at once would all be hashed before
    // the first is found wrong.
    let count_all = bounds.iter().try_for_each(|(key, most)| {
        let (count, since, seconds_left) = add(store, key, *most)?;
        if count > *most {
            return Err(too_many(seconds_left));
        }
        if count == *most {
            refusal = too_many(seconds_left);
        }
        counted.push((key, since));
        Ok(())
    });
    let tried = count_all.and_then(|()| is_right());
    match tried {
        Ok(false) => return Err(refusal),
        Ok(true) if email.is_none() => return Ok(()),
        _ => {}
    }
    // It was right, or was not tried.
    for (key, since) in counted {
        take_back(store, key, since)?;
    }
    tried.map(drop)
}

/// Counts a guess of this minute, unless there were `most` before. Returns how many there are with
/// it, when the minute began, and how many seconds of it are left.
fn add(store: &dyn Store, key: &str, most: i64) -> Result<(i64, i64, i64), StoreError> {
    // The clock of the day, because another process must understand it. If the clock is set back, a
    // new minute begins.
    let now = i64::try_from(date::unix_seconds(SystemTime::now())).unwrap_or(i64::MAX);
    let (mut count, mut since) = (0, now);
    store.update(&GUESS, key, &mut |row| {
        let known = row.take().unwrap_or_default();
        (count, since) = (number_in(&known, "count"), number_in(&known, "since"));
        if !(0..60).contains(&(now - since)) {
            (count, since) = (0, now);
        }
        count += 1;
        *row = Some(Map::from([("count", count.min(most)), ("since", since)]));
    })?;
    Ok((count, since, since + 60 - now))
}

/// Takes a guess back, if its minute is still the one that is counted.
fn take_back(store: &dyn Store, key: &str, since: i64) -> Result<(), StoreError> {
    store.update(&GUESS, key, &mut |row| {
        if let Some(row) = row.as_mut().filter(|row| number_in(row, "since") == since) {
            row.insert("count", (number_in(row, "count") - 1).max(0));
        }
    })?;
    Ok(())
}

/// The address as it is counted. An IPv6 network of 64 bits counts as one address, because one
/// client usually has all addresses of such a network.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

fn too_many(seconds_left: i64) -> Error {
    let wait = seconds_left.to_string();
    let why = "found too many wrong, unchecked or new passwords within a minute";
    let why = format!("{why}; try again in {wait} seconds");
    Error::with_header(Status::TOO_MANY_REQUESTS, why, "Retry-After", &wait)
}
