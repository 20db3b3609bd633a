//! The ring: connections that are hot, tried one after the other by a few workers.
//!
//! While there are many busy clients, a thread for each is a switch of threads for each request. In
//! the ring no connection has a thread: a sweeper takes the one at the front, asks it for its turn,
//! and puts it back behind the others. What it finds is answered, what it does not find costs a
//! third of a microsecond. Only connections *between* two requests are in the ring; whoever has to
//! wait in the midst of one settles down with it first.
//!
//! **A sweeper sleeps when it finds nothing**, for as short a time as can be (60 µs on Linux). A
//! thread that never sleeps is the one that the system interrupts for everybody who wakes up, and
//! each answer wakes a client: the processor then changes sides once an answer. After the sleep
//! many requests are there, and while they are answered more arrive. The connection at the front
//! was answered the longest ago, so when some in a row have nothing, the others hardly have.
//!
//! **A connection that is tried in vain too often** leaves: a sweeper stays with it, after making
//! sure that someone else sweeps. Before it comes back it must have shown twice as many answers as
//! the last time.
//!
//! **The door may be hot, too.** When many new clients come at a time, letting one in costs a
//! change of threads, and hearing what it wants another. So while there is a ring the door stands
//! in it: the sweeper who comes by lets in whoever is there, without waiting, and each gets a place
//! behind the others. One that asks for nothing must soon leave, and if no thread can be had for
//! it, it is told to come again.
//!
//! **A handler may be slow**, and a sweeper cannot know that before. See `deputy`.
//!
//! Left out: more than one ring. Two sweepers that share one meet at its lock for a few
//! nanoseconds.

use super::{Duty, Guest, Seat, ThreadPool, Turn, turn};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// With fewer busy connections a thread for each is the better way; measured with 4, 8, 16 and 64.
const FEW: usize = 8;

/// With fewer than so many the ring is left again: less than what it took to begin, so that it does
/// not come and go.
const CALM: usize = 6;

/// After so many tries in vain, one behind the other, a sweeper sleeps; in a smaller ring, when it
/// has been round.
const STREAK: usize = 16;

/// A connection is busy if it was answered in this window of time, or the one before.
const WINDOW: Duration = Duration::from_millis(20);

/// After so many answers a connection counts as hot.
pub(super) const PROOF: u32 = 8;

/// The most proof that a connection is asked for, however often it left the ring.
const MOST_PROOF: u32 = 1024;

/// After so many tries in vain a connection leaves: six milliseconds or more.
const PATIENCE: u32 = 100;

/// A newcomer who has not asked for anything yet leaves sooner: those who only stand there shall be
/// few.
pub(super) const NEWCOMERS_PATIENCE: u32 = 48;

/// Less than any system can sleep, so: as short as it can.
const NAP: Duration = Duration::from_micros(1);

/// The connections that are hot, and who sees to them.
pub(super) struct Ring<G> {
    pub places: VecDeque<Place<G>>,
    /// True while the door stands in the ring, or a sweeper is just letting people in.
    pub has_door: bool,
    pub sweepers: usize,
    /// True while a worker that waits looks after the sweepers.
    pub has_deputy: bool,
    /// How many places have been tried since the start.
    pub tries: u64,
    /// The busy connections that are not in the ring.
    outside: Tally,
    /// The most places that there were when somebody was let in: newcomers may be gone again before
    /// anyone counts.
    crowd: Tally,
}

/// What a sweeper tries.
pub(super) enum Place<G> {
    Seat(Box<Seat<G>>),
    Door,
}

/// A number for this window of time, and what it was for the one before.
#[derive(Default)]
struct Tally {
    window: u64,
    now: usize,
    before: usize,
}

impl Tally {
    fn of(&mut self, window: u64) -> &mut usize {
        // Who looked at the clock before another, and got the lock behind it, still counts.
        if self.window < window {
            self.before = if self.window + 1 == window { self.now } else { 0 };
            (self.window, self.now) = (window, 0);
        }
        &mut self.now
    }

    /// The larger of the two.
    fn lately(&mut self, window: u64) -> usize {
        (*self.of(window)).max(self.before)
    }
}

impl<G> Ring<G> {
    pub fn new() -> Ring<G> {
        Ring {
            places: VecDeque::new(),
            has_door: false,
            sweepers: 0,
            has_deputy: false,
            tries: 0,
            outside: Tally::default(),
            crowd: Tally::default(),
        }
    }

    /// Counts a connection that is not in the ring among the busy ones.
    pub fn count(&mut self, window: u64) {
        *self.outside.of(window) += 1;
    }

    /// How many connections are busy, inside and outside. (The door counts, too.)
    fn busy(&mut self, window: u64) -> usize {
        self.places.len().max(self.crowd.lately(window)) + self.outside.lately(window)
    }
}

impl<G: Guest> ThreadPool<G> {
    /// Counts a connection that has a thread to itself among the busy ones; once a window, so that
    /// the lock is seldom taken.
    pub(super) fn count_busy(&self, seat: &mut Seat<G>) {
        let window = self.window();
        if seat.window != window {
            seat.window = window;
            self.lock().ring.count(window);
        }
    }

    pub(super) fn window(&self) -> u64 {
        (self.started.elapsed().as_micros() / WINDOW.as_micros()) as u64
    }

    /// Puts a hot connection into the ring; then its worker sweeps, or is free. It is given back if
    /// this is not the time.
    pub(super) fn enter_ring(
        self: &Arc<Self>,
        mut seat: Box<Seat<G>>,
    ) -> Result<Duty<G>, Box<Seat<G>>> {
        (seat.answered, seat.in_vain) = (0, 0);
        let window = seat.window;
        let mut floor = self.lock();
        let is_calm = floor.ring.busy(window) < FEW || self.is_stopping();
        if is_calm || !self.see_to_deputy(&mut floor) || seat.guest.set_blocking(false).is_err() {
            return Err(seat);
        }
        floor.ring.places.push_back(Place::Seat(seat));
        if floor.ring.sweepers >= self.most_sweepers {
            return Ok(self.next_duty(&mut floor));
        }
        floor.ring.sweepers += 1;
        if !floor.ring.has_door && self.listener.set_nonblocking(true).is_ok() {
            floor.ring.has_door = true;
            floor.ring.places.push_back(Place::Door);
        }
        // As many as can run at one time. No other worker need come with a connection of its own:
        // the newcomers' come in through the ring.
        while floor.ring.sweepers < self.most_sweepers && self.call(&mut floor, Duty::Sweep) {
            floor.ring.sweepers += 1;
        }
        Ok(Duty::Sweep)
    }

    /// Tries the connections in turn, until the ring is empty or one of them is this worker's own.
    pub(super) fn sweep(self: &Arc<Self>) -> Duty<G> {
        let (mut in_vain, mut is_calm) = (0, false);
        let mut back = Vec::new();
        loop {
            let mut floor = self.lock();
            let ring = &mut floor.ring;
            ring.places.extend(back.drain(..));
            let place = ring.places.pop_front();
            if place.is_none() && (is_calm || !ring.has_door) {
                ring.sweepers -= 1;
                return self.next_duty(&mut floor);
            }
            ring.tries += 1;
            let finds_nothing = place.is_none() || in_vain > ring.places.len().min(STREAK);
            if finds_nothing {
                (in_vain, is_calm) = (0, ring.busy(self.window()) < CALM);
            }
            drop(floor);
            if finds_nothing {
                thread::sleep(NAP);
            }
            let Some(place) = place else { continue };
            let Place::Seat(mut seat) = place else {
                if (is_calm || self.is_stopping())
                    && let Some(duty) = self.take_door_out()
                {
                    return duty;
                }
                in_vain = if self.let_in(&mut back) { 0 } else { in_vain + 1 };
                back.push(Place::Door);
                continue;
            };
            let takeovers = self.takeovers.load(Ordering::Relaxed);
            let turn = turn(&mut seat.guest);
            let was_stuck =
                turn != Turn::Quiet && self.takeovers.load(Ordering::Relaxed) != takeovers;
            seat.note(turn);
            in_vain = if turn == Turn::Answered { 0 } else { in_vain + 1 };
            let leaves = was_stuck || is_calm || seat.in_vain > seat.patience;
            let has_settled = seat.guest.is_blocking();
            if has_settled || (leaves && self.leave_ring()) {
                // Who was in the ring for less than it had to show for it must show more the next
                // time.
                let has_earned = seat.answered >= seat.proof && !was_stuck;
                seat.proof = if has_earned { PROOF } else { (seat.proof * 2).min(MOST_PROOF) };
                let is_over = turn == Turn::Over || seat.guest.set_blocking(true).is_err();
                return if is_over { self.part() } else { Duty::Stay(seat) };
            }
            // Only one that waits for nothing yet: behind an answer, this one would belong to no
            // request.
            let must_go = turn == Turn::Quiet && seat.is_newcomer() && seat.in_vain > seat.patience;
            if must_go {
                seat.guest.send_away();
            }
            if must_go || turn == Turn::Over {
                self.lock().guests -= 1;
            } else {
                back.push(Place::Seat(seat));
            }
        }
    }

    /// Lets in whoever is at the door. False if nobody was.
    fn let_in(self: &Arc<Self>, places: &mut Vec<Place<G>>) -> bool {
        self.accept_all(|seat| places.push(Place::Seat(seat)));
        if places.is_empty() {
            return false;
        }
        let ring = &mut self.lock().ring;
        let count = ring.places.len() + places.len();
        let crowd = ring.crowd.of(self.window());
        *crowd = count.max(*crowd);
        true
    }

    /// The sweeper who came to the door leaves the ring with it: to wait there, or after a stop to
    /// shut it. `None` if this sweeper cannot be spared.
    fn take_door_out(self: &Arc<Self>) -> Option<Duty<G>> {
        let is_stopping = self.is_stopping();
        if !is_stopping && self.listener.set_nonblocking(false).is_err() {
            return None;
        }
        if !self.leave_ring() {
            let _ = self.listener.set_nonblocking(true);
            return None;
        }
        let mut floor = self.lock();
        floor.ring.has_door = false;
        if is_stopping {
            drop(floor);
            self.drain(None);
            return Some(Duty::End);
        }
        floor.at_the_door += 1;
        Some(Duty::Accept)
    }

    /// Another sweeps in this one's place, if there is something left to sweep. False, and it must
    /// stay, if the ring would be nobody's.
    pub(super) fn leave_ring(self: &Arc<Self>) -> bool {
        let mut floor = self.lock();
        let is_needed = !floor.ring.places.is_empty() && floor.ring.sweepers <= self.most_sweepers;
        if is_needed && self.call(&mut floor, Duty::Sweep) {
            // Who is called takes the place over; the number stays.
            return true;
        }
        let is_last = floor.ring.sweepers == 1 && !floor.ring.places.is_empty();
        floor.ring.sweepers -= usize::from(!is_last);
        !is_last
    }
}

impl<G> Seat<G> {
    /// True if it has not asked for anything since it was let in.
    fn is_newcomer(&self) -> bool {
        self.patience == NEWCOMERS_PATIENCE
    }

    /// Counts a turn, and what it says about this connection.
    pub(super) fn note(&mut self, turn: Turn) {
        if turn == Turn::Answered {
            (self.answered, self.in_vain, self.patience) =
                (self.answered.saturating_add(1), 0, PATIENCE);
        } else {
            self.in_vain += 1;
        }
    }
}
