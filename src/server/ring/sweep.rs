//! Deeper: The threads of the ring, and what they do.
//!
//! [`sweep`](Shared::sweep) is the life of such a thread: take the connection at the front, try it,
//! put it back, and now and then accept. [`watch`](Shared::watch) is the life of the one thread
//! that looks whether the others are stuck in handlers.
//!
//! Left out: which handler is slow. The next request may be for another.

use super::{Circle, Seat, Shared};
use crate::server::connection::{Connection, Turn};
use crate::server::door::QUEUED;
use crate::server::pool::{Duty, Pool};
use std::mem;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// With fewer busy connections the ring ends. This is less than it takes to begin, so that the ring
/// does not begin and end all the time.
const CALM: usize = 6;

/// A thread pauses after this number of tries in a row that found nothing. In a smaller ring it
/// pauses when it has tried all.
const STREAK: usize = 16;

/// Less than any system can sleep, so: as short as it can.
const NAP: Duration = Duration::from_micros(1);

/// A connection goes back to the pool after this number of quiet tries in a row: 6 ms or more.
const PATIENCE: u32 = 200;

/// A thread accepts at most this many clients in one go: the others in the ring wait meanwhile.
const GULP: usize = 16;

/// How often the watcher looks.
const WATCH: Duration = Duration::from_millis(2);

/// What a thread of the ring remembers from one try to the next.
#[derive(Default)]
struct Sweeper {
    /// The connection that was tried last, if it stays.
    tried: Option<Seat>,
    /// Tries in a row that found nothing.
    in_vain: usize,
    /// True if its last pause let others run, and nothing has been found since.
    has_yielded: bool,
    /// Tries until it is time to accept.
    until_door: usize,
    /// True if so few connections are busy that the ring ends.
    is_calm: bool,
    /// How many threads the watcher had added at the last try.
    added: u64,
}

impl Sweeper {
    /// Lets other threads run. If that has brought nothing, the next pause is a sleep.
    fn pause(&mut self) {
        if self.has_yielded {
            thread::sleep(NAP);
        } else {
            thread::yield_now();
        }
        self.has_yielded = !self.has_yielded;
    }
}

impl Shared {
    /// Sees to it that the ring has what it needs, as far as the system gives it: a thread for each
    /// processor, a watcher, and the listening socket.
    pub fn complete(self: &Arc<Self>, pool: &Arc<Pool>, circle: &mut Circle) {
        if let Ok(mut has_door) = self.has_door.try_lock()
            && !*has_door
        {
            *has_door = pool.lend_door();
        }
        while circle.threads < self.most_threads && self.add_thread(pool, circle) {}
        if !circle.has_watcher {
            let shared = Arc::clone(self);
            circle.has_watcher = pool.start_thread(move |pool| shared.watch(pool)).is_ok();
        }
    }

    /// Starts a thread of the ring. False if the system gives none.
    fn add_thread(self: &Arc<Self>, pool: &Arc<Pool>, circle: &mut Circle) -> bool {
        let shared = Arc::clone(self);
        let is_started = pool.start_thread(move |pool| shared.sweep(pool)).is_ok();
        circle.threads += usize::from(is_started);
        is_started
    }

    /// The life of a thread of the ring: tries the connections in turn, until the ring ends or has
    /// a thread too many. Returns what this thread does next.
    pub fn sweep(self: &Arc<Self>, pool: &Arc<Pool>) -> Duty {
        let added = self.lock().added;
        let mut buffers = Box::default();
        let mut sweeper = Sweeper { added, ..Sweeper::default() };
        loop {
            let mut seat = match self.next_seat(pool, &mut sweeper) {
                Ok(Some(seat)) => seat,
                Ok(None) => continue,
                Err(duty) => return duty,
            };
            // All connections use the memory of this thread in turn, so it stays in the cache of
            // the processor. One keeps it if its turn ends in the middle of something.
            mem::swap(&mut seat.connection.buffers, &mut buffers);
            let turn = seat.connection.turn();
            if matches!(turn, Turn::Answered | Turn::Quiet) {
                mem::swap(&mut seat.connection.buffers, &mut buffers);
            }
            let is_quiet = turn == Turn::Quiet;
            seat.quiet = if is_quiet { seat.quiet + 1 } else { 0 };
            sweeper.in_vain = if is_quiet { sweeper.in_vain + 1 } else { 0 };
            sweeper.has_yielded &= is_quiet;
            let leaves = turn == Turn::WouldWait || sweeper.is_calm || seat.quiet > PATIENCE;
            sweeper.tried = match turn {
                Turn::Over => None,
                _ if leaves => give_back(pool, seat, turn),
                _ => Some(seat),
            };
        }
    }

    /// Puts the connection that was tried behind the others, and takes the one at the front. Pauses
    /// or accepts if it is time. An `Err` says what this thread does outside the ring.
    fn next_seat(&self, pool: &Arc<Pool>, sweeper: &mut Sweeper) -> Result<Option<Seat>, Duty> {
        // No connection stays with this thread while a handler holds it up.
        let newcomers = if sweeper.until_door == 0 { self.accept(pool) } else { Vec::new() };
        let is_burst = !newcomers.is_empty();
        let mut circle = self.lock();
        circle.seats.extend(newcomers);
        if circle.added != sweeper.added && circle.threads > self.most_threads {
            // The watcher added a thread while this one was stuck in a handler. This thread keeps
            // the connection that it was stuck with, and leaves.
            circle.threads -= 1;
            let taken = sweeper.tried.take().map(leave_with);
            return Err(taken.map_or(Duty::Choose, Duty::Serve));
        }
        sweeper.added = circle.added;
        circle.seats.extend(sweeper.tried.take());
        circle.tries += 1;
        let seats = circle.seats.len();
        circle.most_seats = circle.most_seats.max(seats);
        let seat = circle.seats.pop_front();
        let finds_nothing = seat.is_none() || sweeper.in_vain > STREAK.min(seats);
        if finds_nothing {
            sweeper.in_vain = 0;
            sweeper.is_calm = circle.busy(self.window(), 0) < CALM;
        }
        let ends = sweeper.is_calm || pool.is_stopping();
        if seat.is_none() && ends && self.leave(pool, &mut circle) {
            return Err(Duty::Choose);
        }
        drop(circle);
        if finds_nothing {
            sweeper.pause();
        }
        if sweeper.until_door == 0 {
            // More clients may follow at once. The queue of the system soon overflows.
            sweeper.until_door = if is_burst { seats.min(STREAK) } else { seats };
        }
        sweeper.until_door = sweeper.until_door.saturating_sub(1);
        Ok(seat)
    }

    /// Accepts clients without waiting. After a stop these are the last ones.
    fn accept(&self, pool: &Arc<Pool>) -> Vec<Seat> {
        let mut newcomers = Vec::new();
        let Ok(mut has_door) = self.has_door.try_lock() else { return newcomers };
        if !*has_door {
            return newcomers;
        }
        let is_stopping = pool.is_stopping();
        let most = if is_stopping { QUEUED } else { GULP };
        for _ in 0..most {
            let Some(client) = pool.door.accept() else { break };
            if let Some(mut connection) = pool.welcome(client)
                && connection.wire.set_may_wait(false).is_ok()
            {
                newcomers.push(Seat::new(connection));
            }
        }
        if is_stopping {
            pool.door.shut();
            *has_door = false;
        }
        newcomers
    }

    /// One thread less. The first one gives the listening socket back to the pool. False if this is
    /// not the time.
    fn leave(&self, pool: &Arc<Pool>, circle: &mut Circle) -> bool {
        // If the lock is held, another thread accepts at this moment.
        let Ok(mut has_door) = self.has_door.try_lock() else { return false };
        if *has_door {
            if pool.is_stopping() {
                // Clients that connected before the stop come first.
                return false;
            }
            pool.take_back_door();
            *has_door = false;
        }
        circle.threads -= 1;
        if circle.threads == 0 {
            (circle.most_seats, circle.before) = (0, 0);
        }
        true
    }

    /// Looks whether all threads of the ring are stuck in handlers, as long as there is a ring.
    fn watch(self: &Arc<Self>, pool: &Arc<Pool>) -> Duty {
        let mut seen = 0;
        loop {
            thread::sleep(WATCH);
            let mut circle = self.lock();
            if circle.threads == 0 {
                circle.has_watcher = false;
                return Duty::Choose;
            }
            let has_door = || self.has_door.try_lock().is_ok_and(|has_door| *has_door);
            if circle.tries == seen && (!circle.seats.is_empty() || has_door()) {
                circle.added += 1;
                if !self.add_thread(pool, &mut circle) {
                    // The system gives no thread more, so the watcher does it.
                    circle.has_watcher = false;
                    circle.threads += 1;
                    drop(circle);
                    return self.sweep(pool);
                }
            }
            seen = circle.tries;
        }
    }
}

/// Gives a connection back to the pool. Returns the seat if there is no thread for it and it can
/// stay.
fn give_back(pool: &Arc<Pool>, seat: Seat, turn: Turn) -> Option<Seat> {
    let connection = pool.take_back(leave_with(seat)).err()?;
    if turn == Turn::WouldWait || connection.answers == 0 {
        connection.end_as_full();
        return None;
    }
    Some(Seat::new(connection))
}

/// Takes a connection out of the ring.
fn leave_with(mut seat: Seat) -> Box<Connection> {
    seat.connection.pace.leave(seat.connection.answers);
    seat.connection
}
