//! Deeper: What the threads of the ring do.
//!
//! [`sweep`](Shared::sweep) is the life of such a thread: take the connection at the front, try it,
//! put it back, and now and then accept. [`watch`](Shared::watch) is the life of the one thread
//! that looks whether the others are stuck in handlers.
//!
//! Left out: which handler is slow. The next request may be for another.

use super::{
    Arc, CALM, Circle, Connection, Duty, GULP, MOST_PROOF, NAP, PATIENCE, PROOF, Pool, STREAK,
    Seat, Shared, Turn, WATCH, thread,
};

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
            circle.has_watcher = pool.lend_thread(move |pool| shared.watch(pool)).is_ok();
        }
    }

    /// Starts a thread of the ring. False if the system gives none.
    fn add_thread(self: &Arc<Self>, pool: &Arc<Pool>, circle: &mut Circle) -> bool {
        let shared = Arc::clone(self);
        let is_started = pool.lend_thread(move |pool| shared.sweep(pool)).is_ok();
        circle.threads += usize::from(is_started);
        is_started
    }

    /// Tries the connections in turn, until the ring ends or has a thread too many. Returns what
    /// this thread does next.
    pub fn sweep(self: &Arc<Self>, pool: &Arc<Pool>) -> Duty {
        let mut added = self.lock().added;
        let (mut in_vain, mut until_door, mut is_calm) = (0, 0, false);
        let (mut tried, mut newcomers) = (None, Vec::new());
        loop {
            let mut circle = self.lock();
            circle.seats.extend(newcomers.drain(..));
            if circle.added != added && circle.threads > self.most_threads {
                // The watcher added a thread while this one was stuck in a handler. This thread
                // keeps the connection that it was stuck with, and leaves.
                circle.threads -= 1;
                return tried.and_then(leave_with).map_or(Duty::Choose, Duty::Serve);
            }
            added = circle.added;
            circle.seats.extend(tried.take());
            let seats = circle.seats.len();
            circle.busy.see_seats(seats);
            circle.tries += 1;
            let seat = circle.seats.pop_front();
            let finds_nothing = seat.is_none() || in_vain > STREAK.min(seats);
            if finds_nothing {
                (in_vain, is_calm) = (0, circle.busy(self.window()) < CALM);
            }
            if seat.is_none() && (is_calm || pool.is_stopping()) && self.leave(pool, &mut circle) {
                return Duty::Choose;
            }
            drop(circle);
            if finds_nothing {
                thread::sleep(NAP);
            }
            if until_door == 0 {
                until_door = seats;
                newcomers = self.accept(pool);
            }
            until_door = until_door.saturating_sub(1);
            let Some(mut seat) = seat else { continue };
            let turn = seat.connection.turn();
            let is_quiet = turn == Turn::Quiet;
            seat.quiet = if is_quiet { seat.quiet + 1 } else { 0 };
            in_vain = if is_quiet { in_vain + 1 } else { 0 };
            let must_leave = turn == Turn::MustWait || is_calm || seat.quiet > PATIENCE;
            tried = match turn {
                Turn::Over => None,
                _ if must_leave => give_back(pool, seat, turn),
                _ => Some(seat),
            };
        }
    }

    /// Accepts clients without waiting. After a stop these are the last ones.
    fn accept(&self, pool: &Arc<Pool>) -> Vec<Seat> {
        let mut newcomers = Vec::new();
        let Ok(mut has_door) = self.has_door.try_lock() else { return newcomers };
        if !*has_door {
            return newcomers;
        }
        let is_stopping = pool.is_stopping();
        while is_stopping || newcomers.len() < GULP {
            let Some(mut connection) = pool.accept_now() else { break };
            if connection.set_may_wait(false).is_ok() {
                newcomers.push(Seat::new(connection));
            }
        }
        if is_stopping {
            pool.shut_door();
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
            circle.busy.end();
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
fn give_back(pool: &Arc<Pool>, mut seat: Seat, turn: Turn) -> Option<Seat> {
    seat.set_pace();
    let Err(mut connection) = pool.take_back(seat.connection) else { return None };
    if turn == Turn::MustWait || connection.answers() == 0 {
        connection.turn_away();
        return None;
    }
    connection.set_may_wait(false).ok().map(|()| Seat::new(connection))
}

/// Takes a connection out of the ring for this thread to serve. `None` if it is over.
fn leave_with(mut seat: Seat) -> Option<Box<Connection>> {
    seat.set_pace();
    seat.connection.set_may_wait(true).ok().map(|()| seat.connection)
}

impl Seat {
    /// Sets when this connection may be offered again.
    fn set_pace(&mut self) {
        let answers = self.connection.answers();
        let pace = &mut self.connection.pace;
        let has_proved = answers - self.answers >= pace.proof;
        pace.proof = if has_proved { PROOF } else { (pace.proof * 2).min(MOST_PROOF) };
        pace.from_answers = answers + pace.proof;
    }
}
