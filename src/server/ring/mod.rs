//! Deeper: The ring, in which few threads serve many busy connections.
//!
//! **Why.** With a thread for each connection, each request wakes a sleeping thread, and the
//! processor changes between client and worker for each. With 64 busy clients on two processors a
//! request then costs about 18 µs; nginx, which finds many requests each time it wakes, needs about
//! 10. In the ring a request costs about 12.
//!
//! **How.** A worker of the pool whose connection is busy offers it to the ring. The threads of the
//! ring, as many as there are processors, take the connection at the front, try it without waiting,
//! and put it back behind the others. A try that finds nothing costs a third of a microsecond. A
//! connection that would have to wait goes back to the pool: because half a request has arrived,
//! because the client does not take its answer, or because a file or stream is to be sent. So does
//! a connection that was quiet for too long. Nothing waits inside the ring but a handler.
//!
//! **A thread that finds nothing sleeps**, for as short a time as the system can (60 µs on Linux).
//! A thread that never sleeps is interrupted by each client that its answers wake. After the sleep
//! many requests have arrived, and while they are answered more arrive. The connection at the front
//! was tried the longest ago. So when some in a row have nothing, the others hardly have.
//!
//! **The ring accepts, too.** If many clients connect at a time, it costs a change of threads to
//! accept a client and another to wait for its request. So while there is a ring the pool lends it
//! the listening socket, and each thread of the ring looks for new clients once a round.
//!
//! **A handler may be slow**, and nothing tells that before. So while there is a ring, one thread
//! more looks every 2 ms whether any connection has been tried. If none has, all threads of the
//! ring are in handlers, and it starts one more.
//!
//! Left out: more than one ring. Two threads that share one wait for each other's lock for a few
//! nanoseconds.

mod busy;
mod sweep;

use super::connection::{Connection, Turn};
use super::pool::{Duty, Pool, Relief};
use busy::BusyCount;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// With fewer busy connections a thread for each is faster; measured with 4, 8, 16 and 64.
const FEW: usize = 8;

/// With fewer busy connections the ring ends. This is less than [`FEW`], so that the ring does not
/// begin and end all the time.
const CALM: usize = 6;

/// A connection is offered at most once in each window of time of this length.
const WINDOW: Duration = Duration::from_millis(20);

/// After so many tries in a row that found nothing, a thread sleeps. In a smaller ring it sleeps
/// when it has tried all.
const STREAK: usize = 16;

/// Less than any system can sleep, so: as short as it can.
const NAP: Duration = Duration::from_micros(1);

/// A connection that was quiet in so many tries in a row goes back to the pool: after 6 ms or more.
const PATIENCE: u32 = 100;

/// A connection is offered after so many answers. If it goes back before it has given that many in
/// the ring, it is asked for twice as many the next time.
const PROOF: u64 = 8;

/// The most answers that are asked for.
const MOST_PROOF: u64 = 1024;

/// A thread accepts at most this many clients in one go: the others in the ring wait meanwhile.
const GULP: usize = 16;

/// How often the watcher looks.
const WATCH: Duration = Duration::from_millis(2);

/// The ring of a server. It is empty, and has no thread, while few connections are busy.
pub(super) struct Ring(Arc<Shared>);

/// What the threads of the ring share.
struct Shared {
    circle: Mutex<Circle>,
    /// True while the listening socket is lent to the ring. Its lock is held while a thread
    /// accepts, and is never waited for.
    has_door: Mutex<bool>,
    most_threads: usize,
    started: Instant,
}

/// The connections in the ring, and the threads that try them. The lock is held for a look, never
/// during a turn.
#[derive(Default)]
struct Circle {
    seats: VecDeque<Seat>,
    threads: usize,
    has_watcher: bool,
    /// How many tries there have been.
    tries: u64,
    /// How many threads the watcher has added since the start.
    added: u64,
    busy: BusyCount,
}

impl Circle {
    /// How many connections have been busy lately, in the ring and outside.
    fn busy(&mut self, window: u64) -> usize {
        self.busy.lately(window, self.seats.len())
    }
}

/// A connection in the ring.
struct Seat {
    connection: Box<Connection>,
    /// How many answers it had given when it came.
    answers: u64,
    /// Tries in a row that found nothing.
    quiet: u32,
}

impl Seat {
    fn new(connection: Box<Connection>) -> Seat {
        Seat { answers: connection.answers(), connection, quiet: 0 }
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

    /// The number of the current window of time.
    fn window(&self) -> u64 {
        (self.started.elapsed().as_micros() / WINDOW.as_micros()) as u64
    }
}

impl Relief for Ring {
    fn offer(&self, pool: &Arc<Pool>, mut connection: Box<Connection>) -> Option<Box<Connection>> {
        if connection.answers() < connection.pace.from_answers {
            return Some(connection);
        }
        let window = self.0.window();
        if connection.pace.window == window {
            return Some(connection);
        }
        connection.pace.window = window;
        let mut circle = self.0.lock();
        circle.busy.count_offer(window);
        let is_calm = circle.busy(window) < FEW || pool.is_stopping();
        if is_calm || connection.set_may_wait(false).is_err() {
            return Some(connection);
        }
        circle.seats.push_back(Seat::new(connection));
        // This worker becomes a thread of the ring, if that has too few. So the ring can begin even
        // when the system gives no thread more.
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
