//! Deeper: Pace: how soon a connection may be offered to the ring.
//!
//! A look at the clock for each answer would cost more than it is worth, so answers are counted
//! first.
//!
//! Left out: whether the ring takes it. See `ring`.

/// A connection is offered after this number of answers. If it goes back before it has given that
/// number in the ring, it must give twice as many before it is offered again.
const PROOF: u64 = 8;

/// The most answers that a connection must give before it is offered.
const MOST_PROOF: u64 = 1024;

/// How soon a connection may be offered to the ring, which shares threads.
pub(super) struct Pace {
    /// It is offered once this number of answers has been written.
    from_answers: u64,
    /// How many answers it must give before it is offered again.
    proof: u64,
    /// The window of time in which it was last offered.
    window: u64,
}

impl Pace {
    /// The pace of a new connection.
    pub fn new() -> Pace {
        Pace { from_answers: PROOF, proof: PROOF, window: 0 }
    }

    /// The server is busy: this connection may be offered at once.
    pub fn hurry(&mut self) {
        self.from_answers = 0;
    }

    /// The window of time in which a connection that has given this number of answers is to be
    /// offered. `None` if it is too early, or if it was offered in this window before.
    pub fn due(&mut self, answers: u64, now: impl Fn() -> u64) -> Option<u64> {
        if answers < self.from_answers {
            return None;
        }
        self.from_answers = answers + PROOF;
        let last = std::mem::replace(&mut self.window, now());
        Some(self.window).filter(|window| *window != last)
    }

    /// The connection leaves the ring, where it has given `within` of its `answers`.
    pub fn leave(&mut self, within: u64, answers: u64) {
        let has_proved = within >= self.proof;
        self.proof = if has_proved { PROOF } else { (self.proof * 2).min(MOST_PROOF) };
        self.from_answers = answers + self.proof;
    }
}
