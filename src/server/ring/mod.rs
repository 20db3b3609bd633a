//! Deeper: The ring, in which few threads serve many busy connections.
//!
//! **Why.** With a thread for each connection, each request wakes a sleeping thread. With 64 busy
//! clients a request then costs about 18 µs of two processors, and in the ring about 12.
//!
//! **How.** A worker of the pool offers its connection when it is busy. The threads of the ring, as
//! many as there are processors, take the connection at the front, try it without waiting, and put
//! it back behind the others. A connection that would have to wait goes back to the pool: half a
//! request has arrived, the client does not take its answer, or a file or stream is to be sent. So
//! does one that was quiet for too long. Nothing waits inside the ring but a handler.
//!
//! **A thread that finds nothing lets others run**: a client on the same processor then sends its
//! next requests. If the thread still finds nothing, it sleeps, for as short a time as the system
//! can (60 µs on Linux). To wake up would interrupt that client, so it sleeps only after yielding.
//!
//! **The ring accepts, too**, which saves two changes of threads for a client: while there is a
//! ring the pool lends it the listening socket, and each of its threads looks there once a round,
//! and more often while it finds clients there.
//!
//! **A handler may be slow**, and nothing tells that before. So while there is a ring, one more
//! thread looks every 2 ms whether any connection has been tried. If none has, all threads of the
//! ring are in handlers, and it adds one.
//!
//! Left out: a ring for each thread. Those who share one wait for its lock for some nanoseconds.

mod sweep;

use super::connection::Connection;
use super::pool::{Duty, Pool, Relief};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// With fewer busy connections a thread for each is faster; measured with 4, 8, 16 and 64.
const FEW: usize = 8;

/// A connection is offered at most once in each window of time of this length.
const WINDOW: Duration = Duration::from_millis(20);

/// The ring of a server. While few connections are busy, it is empty and has no thread.
pub(super) struct Ring(Arc<Shared>);

struct Shared {
    circle: Mutex<Circle>,
    /// True while the pool lends the listening socket. A thread holds this lock while it accepts.
    /// Nobody waits for it.
    has_door: Mutex<bool>,
    most_threads: usize,
    started: Instant,
}

/// The connections and threads of the ring. Its lock is never held during a turn.
#[derive(Default)]
struct Circle {
    seats: VecDeque<Seat>,
    threads: usize,
    has_watcher: bool,
    /// How many tries there have been since the start.
    tries: u64,
    /// How many threads the watcher has added since the start.
    added: u64,
    /// The number of the current window of time.
    window: u64,
    /// How many connections were offered in it.
    offers: usize,
    /// The most that were in the ring at one time in it.
    most_seats: usize,
    /// The sum of both for the window before.
    before: usize,
}

impl Circle {
    /// How many connections have been busy lately, in the ring and outside. Counts those that are
    /// just `offered`.
    fn busy(&mut self, window: u64, offered: usize) -> usize {
        // A thread that looked at the clock before another may come here after it.
        if self.window < window {
            let offers = if self.window + 1 == window { self.offers } else { 0 };
            self.before = offers + self.most_seats;
            (self.window, self.offers, self.most_seats) = (window, 0, self.seats.len());
        }
        self.offers += offered;
        self.before.max(self.offers + self.most_seats)
    }
}

/// A connection in the ring.
struct Seat {
    connection: Box<Connection>,
    /// Tries in a row that found nothing.
    quiet: u32,
}

impl Seat {
    fn new(connection: Box<Connection>) -> Seat {
        Seat { connection, quiet: 0 }
    }
}

impl Ring {
    /// A ring without connections.
    pub fn new() -> Ring {
        let most_threads = thread::available_parallelism().map_or(1, usize::from);
        let (circle, has_door) = (Mutex::default(), Mutex::new(false));
        Ring(Arc::new(Shared { circle, has_door, most_threads, started: Instant::now() }))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Circle> {
        self.circle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn window(&self) -> u64 {
        (self.started.elapsed().as_micros() / WINDOW.as_micros()) as u64
    }
}

impl Relief for Ring {
    fn offer(&self, pool: &Arc<Pool>, mut connection: Box<Connection>) -> Option<Box<Connection>> {
        let due = connection.pace.due(connection.answers, || self.0.window());
        let Some(window) = due else { return Some(connection) };
        let mut circle = self.0.lock();
        let is_calm = circle.busy(window, 1) < FEW || pool.is_stopping();
        if is_calm || connection.wire.set_may_wait(false).is_err() {
            return Some(connection);
        }
        circle.seats.push_back(Seat::new(connection));
        // This worker becomes a thread of the ring, if that has too few. So the ring can begin even
        // when the system gives no further thread.
        let joins = circle.threads < self.0.most_threads;
        circle.threads += usize::from(joins);
        self.0.complete(pool, &mut circle);
        drop(circle);
        match joins.then(|| self.0.sweep(pool)) {
            Some(Duty::Serve(connection)) => Some(connection),
            _ => None,
        }
    }
}
