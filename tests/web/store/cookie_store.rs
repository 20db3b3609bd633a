//! The cookie store: what every store gives back. With a real Flask: tests/app/stores/cookie.rs.

use super::{Clock, SESSION, load, put, row, suite};
use carafe::web::store::{CookieStore, Lookup};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[test]
fn the_cookie_gives_back_what_every_store_gives_back() {
    let clock = Clock::default();
    let hand = clock.clone();
    let store = CookieStore::with_clock("a key", move || {
        Duration::from_millis(1_700_000_000_000 + hand.0.load(Ordering::SeqCst))
    });
    suite(&store, &|time| clock.pass(time));
}

/// A clock that was a day back does not end the sessions that were used in that time.
#[test]
fn a_clock_that_was_set_back_ends_no_session_once_it_is_right_again() {
    let day = 86_400;
    let seconds = Arc::new(AtomicU64::new(20_000 * day));
    let hand = Arc::clone(&seconds);
    let store =
        CookieStore::with_clock("a key", move || Duration::from_secs(hand.load(Ordering::SeqCst)));
    let first = put(&store, &SESSION, "", &row(1)).unwrap();
    seconds.fetch_sub(day, Ordering::SeqCst);
    let used = put(&store, &SESSION, &first, &row(2)).unwrap();
    let new = put(&store, &SESSION, "", &row(3)).unwrap();
    seconds.fetch_add(day + 1, Ordering::SeqCst);
    for (key, visits) in [(first, 1), (used, 2), (new, 3)] {
        assert_eq!(load(&store, &SESSION, &key), Lookup::Found(row(visits)));
    }
}
