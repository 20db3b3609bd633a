//! Deeper: how long a request waits for a store in another program.
//!
//! A handler may ask its store ten times, and the visitor must not wait ten times. So all commands
//! of a request share one time. A request is served by one thread: while a [`Patience`] lives, what
//! its thread has waited is counted.

use std::cell::Cell;
use std::time::{Duration, Instant};

thread_local! {
    /// How long the request of this thread has waited; `None`: this thread serves no request.
    static WAITED: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// The time in which a thread serves one request. A request inside of another, as of a handler that
/// uses a `Client`, goes on with the time of that one.
pub struct Patience {
    is_outer: bool,
}

impl Patience {
    /// From now on, the waits of this thread count together.
    #[inline]
    pub fn begin() -> Patience {
        let waited = WAITED.get();
        WAITED.set(waited.or(Some(Duration::ZERO)));
        Patience { is_outer: waited.is_none() }
    }
}

impl Drop for Patience {
    #[inline]
    fn drop(&mut self) {
        if self.is_outer {
            WAITED.set(None);
        }
    }
}

/// Waits in `wait`, which is told when it must end: after `most`, less what was waited before.
pub fn wait_at_most<T>(most: Duration, wait: impl FnOnce(Instant) -> T) -> T {
    let (begun, waited) = (Instant::now(), WAITED.get());
    let outcome = wait(begun + most.saturating_sub(waited.unwrap_or_default()));
    WAITED.set(waited.map(|waited| waited + begun.elapsed()));
    outcome
}
