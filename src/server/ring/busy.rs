//! Deeper: How many connections have been busy lately.
//!
//! Time is cut into windows. The count of a window is the sum of two numbers: how many connections
//! outside the ring were offered to it, each once, and the most connections that were in the ring
//! at one time. The larger count of this window and the one before decides whether the ring begins
//! or ends.
//!
//! Left out: connections that are busy and not offered, because they left the ring too soon.

/// The counts of this window and the one before.
#[derive(Default)]
pub(super) struct BusyCount {
    window: u64,
    offers: usize,
    most_seats: usize,
    before: usize,
}

impl BusyCount {
    /// Counts a connection outside the ring.
    pub fn count_offer(&mut self, window: u64) {
        self.turn_to(window);
        self.offers += 1;
    }

    /// Notes how many connections are in the ring now.
    pub fn see_seats(&mut self, seats: usize) {
        self.most_seats = self.most_seats.max(seats);
    }

    /// How many connections have been busy lately. `seats` are in the ring now.
    pub fn lately(&mut self, window: u64, seats: usize) -> usize {
        self.turn_to(window);
        self.before.max(self.offers + self.most_seats.max(seats))
    }

    /// Begins a new window, if it is time. (A thread that looked at the clock before another may
    /// come after it.)
    fn turn_to(&mut self, window: u64) {
        if self.window < window {
            // A ring that is very busy looks here less than once a window, but sees its seats.
            let offers = if self.window + 1 == window { self.offers } else { 0 };
            self.before = offers + self.most_seats;
            (self.window, self.offers, self.most_seats) = (window, 0, 0);
        }
    }

    /// The ring has ended.
    pub fn end(&mut self) {
        (self.most_seats, self.before) = (0, 0);
    }
}
