//! When a file that is kept in memory is asked whether it has changed.
//!
//! Whoever edits a file and loads the page again must see the edit. But to ask the system is a
//! tenth of the work on a page, and of many thousand visitors a second nobody can tell what was
//! changed before from what was changed after them. So in each millisecond the first few uses ask,
//! and the others believe what those were told.
//!
//! Left out: waiting for word from the system. Std cannot ask for it, and each system has another
//! way.

use std::time::{Duration, Instant};

/// So long the others believe it.
const BELIEVED: Duration = Duration::from_millis(1);

/// So many uses ask. Somebody who changes the file between two of them makes fewer in that time.
const ASKING: u32 = 4;

/// What is known about a file's being as it was.
#[derive(Debug)]
pub struct Freshness {
    since: Instant,
    uses: u32,
}

impl Freshness {
    /// For a file that was read just now.
    pub fn new() -> Freshness {
        Freshness { since: Instant::now(), uses: 0 }
    }

    /// Counts a use. True if the file must be asked before it.
    pub fn must_ask(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.since) >= BELIEVED {
            (self.since, self.uses) = (now, 0);
        }
        self.uses = self.uses.saturating_add(1);
        self.uses <= ASKING
    }
}
