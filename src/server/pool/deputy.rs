//! The deputy: who looks after the sweepers.
//!
//! A handler may be slow, and a sweeper cannot know that before. So while there is a ring, one
//! worker more is the deputy: it looks every other millisecond, and if nothing has been tried
//! since, it sweeps too, and somebody else becomes the deputy. Whoever was stuck keeps the
//! connection that held him up.
//!
//! Left out: knowing which handler is slow. The next visitor's may be another.

use super::{Duty, Floor, Guest, SPARE, ThreadPool};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How often the deputy looks.
const WATCH: Duration = Duration::from_millis(2);

impl<G: Guest> ThreadPool<G> {
    /// Waits for a duty to be called out. As long as there is a ring, one of those who wait is the
    /// deputy.
    pub(super) fn wait(self: &Arc<Self>) -> Duty<G> {
        let mut floor = self.lock();
        floor.waiting += 1;
        let mut is_deputy = false;
        let mut seen = 0;
        let duty = loop {
            if let Some(duty) = floor.calls.pop() {
                break duty;
            }
            if floor.ring.sweepers == 0 {
                // Nothing to look after: neither now nor, after a stop, ever again.
                if self.is_stopping() || floor.waiting > SPARE {
                    break Duty::End;
                }
                floor.ring.has_deputy &= !is_deputy;
                is_deputy = false;
            } else if !floor.ring.has_deputy {
                (is_deputy, floor.ring.has_deputy, seen) = (true, true, floor.ring.tries);
            }
            if !is_deputy {
                floor = self.called.wait(floor).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let (again, timeout) =
                self.called.wait_timeout(floor, WATCH).unwrap_or_else(PoisonError::into_inner);
            floor = again;
            if timeout.timed_out() && floor.ring.sweepers > 0 {
                if floor.ring.tries == seen && !floor.ring.places.is_empty() {
                    floor.ring.sweepers += 1;
                    self.takeovers.fetch_add(1, Ordering::Relaxed);
                    break Duty::Sweep;
                }
                seen = floor.ring.tries;
            }
        };
        floor.waiting -= 1;
        if is_deputy {
            floor.ring.has_deputy = false;
            let sweeps = floor.ring.sweepers > 0;
            let _ = sweeps && self.see_to_deputy(&mut floor);
        }
        duty
    }

    /// Makes somebody the deputy who waits, or a new thread. False if there can be none.
    pub(super) fn see_to_deputy(self: &Arc<Self>, floor: &mut Floor<G>) -> bool {
        if floor.ring.has_deputy {
            return true;
        }
        if floor.waiting > floor.calls.len() {
            self.called.notify_one();
            return true;
        }
        self.start_worker(floor, Duty::Wait).is_ok()
    }
}
