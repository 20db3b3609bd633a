//! The cookie store: what every store gives back. With a real Flask: tests/app/stores/cookie.rs.

use super::{Clock, suite};
use carafe::web::store::CookieStore;
use std::sync::atomic::Ordering;
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
