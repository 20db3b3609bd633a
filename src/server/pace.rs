//! Deeper: Pace: how soon a connection may be offered to the ring.
//!
//! A look at the clock for each answer would cost more than it is worth, so answers are counted
//! first.
//!
//! Elsewhere: whether the ring takes it, in `ring`.

/// A connection is offered after this number of answers, and again after as many more.
const BETWEEN: u64 = 8;

/// How soon a connection may be offered to the ring, which shares threads.
pub(super) struct Pace {
    /// It is offered once this number of answers has been written.
    from_answers: u64,
    /// The window of time in which it was last offered.
    window: u64,
}

impl Pace {
    /// The pace of a new connection.
    pub fn new() -> Pace {
        Pace { from_answers: BETWEEN, window: 0 }
    }

    /// The server is busy: this connection may go to the ring at once.
    pub fn offer_soon(&mut self) {
        self.from_answers = 0;
    }

    /// The window of time in which a connection that has given this number of answers is to be
    /// offered. `None` if it is too early, or if it was offered in this window before.
    pub fn due(&mut self, answers: u64, now: impl Fn() -> u64) -> Option<u64> {
        if answers < self.from_answers {
            return None;
        }
        self.from_answers = answers + BETWEEN;
        let last = std::mem::replace(&mut self.window, now());
        Some(self.window).filter(|window| *window != last)
    }

    /// The connection leaves the ring.
    pub fn leave(&mut self, answers: u64) {
        self.from_answers = answers + BETWEEN;
    }
}
