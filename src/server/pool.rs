//! The thread pool: each connection has a thread of its own.
//!
//! A thread of the pool is called a worker. It accepts a client, serves it, and accepts again:
//!
//! ```text
//! Accept: waits for a client ──────────> Serve: waits for its request, answers, waits again
//!    ^                                      │
//!    └──────────────────────────────────────┘ the connection is over
//! ```
//!
//! While a worker serves, `read` blocks it. So a request is a straight line through the program,
//! and an idle or slow client holds up no other. (If many clients are busy, the `ring`, a deeper
//! chapter, takes some of their connections over. For the pool it is the **relief**.)
//!
//! Starting a thread costs more than most requests (67 µs), so a few workers that are done with
//! their clients stay and wait in `accept`. A worker that has a client, and sees that no other
//! worker waits, first starts another thread. If the system gives no thread, the worker tells the
//! client that the server is full, and accepts again.

mod ending;
mod relief;

pub(super) use relief::Relief;

use super::connection::{Connection, Turn};
use super::door::Door;
use super::serving::Serving;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// At most this many workers wait in `accept`; a further one ends. They are enough for most bursts
/// of clients.
const MOST_ACCEPTING: usize = 8;

/// The stack of a worker: twice what the deepest template needs. What is unused takes no memory.
const STACK_BYTES: usize = 1024 * 1024;

/// The threads of a server, and its listening socket.
pub(super) struct Pool {
    pub door: Door,
    serving: Arc<Serving>,
    /// May take a busy connection from its worker. The pool is complete without it.
    relief: Box<dyn Relief>,
    staff: Mutex<Staff>,
}

/// How many workers do what.
struct Staff {
    workers: usize,
    /// Workers in `accept`, about to call it, or just back from it.
    accepting: usize,
    /// At most this many wait there: 0 while the relief accepts, and at the end of the server.
    most_accepting: usize,
}

/// What a worker does next. Between two connections it must choose.
pub(super) enum Duty {
    Accept,
    Serve(Box<Connection>),
    /// It accepts again, or ends if enough others wait.
    Choose,
    End,
}

impl Pool {
    /// A pool that serves the clients of this listener.
    pub fn new(listener: TcpListener, serving: Arc<Serving>, relief: Box<dyn Relief>) -> Arc<Pool> {
        let staff = Staff { workers: 0, accepting: 0, most_accepting: MOST_ACCEPTING };
        let (door, staff) = (Door::new(listener), Mutex::new(staff));
        Arc::new(Pool { door, serving, relief, staff })
    }

    /// Starts the first worker. The workers start all others.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        self.lock().accepting += 1;
        self.start_thread(|_| Duty::Accept)
    }

    /// True once the server has been stopped.
    pub fn is_stopping(&self) -> bool {
        self.serving.is_stopping()
    }

    fn lock(&self) -> MutexGuard<'_, Staff> {
        self.staff.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a worker.
    fn work(self: &Arc<Self>, mut duty: Duty) {
        loop {
            duty = match duty {
                Duty::Accept => self.accept(),
                Duty::Serve(connection) => self.serve(connection),
                Duty::Choose => self.choose(),
                Duty::End => break,
            };
        }
        self.lock().workers -= 1;
    }

    /// Waits for a client. A worker that has got one, and sees that no other waits, starts another.
    fn accept(self: &Arc<Self>) -> Duty {
        let accepted = self.door.accept();
        if self.is_stopping() {
            self.lock().accepting -= 1;
            // Those who connected before the stop are still answered.
            self.drain(accepted);
            return Duty::End;
        }
        let connection = accepted.and_then(|client| self.welcome(client));
        let mut staff = self.lock();
        let Some(mut connection) = connection else {
            staff.accepting -= 1;
            return Duty::Choose;
        };
        let must_start_another = staff.accepting == 1 && staff.most_accepting > 0;
        if !must_start_another {
            staff.accepting -= 1;
            return Duty::Serve(connection);
        }
        drop(staff);
        // The new worker takes the place of this one in `accepting`, which stays as it is.
        if self.start_thread(|_| Duty::Accept).is_err() {
            connection.end_as_full();
            return Duty::Accept;
        }
        // The server may be busy: no worker was left that waited. The relief may help.
        connection.pace.offer_soon();
        Duty::Serve(connection)
    }

    /// Serves one connection until it is over, or the relief takes it. With few busy connections
    /// the relief gives each back at once. To drop a connection closes it.
    fn serve(self: &Arc<Self>, mut connection: Box<Connection>) -> Duty {
        loop {
            match self.relief.offer(self, connection) {
                Some(not_taken) => connection = not_taken,
                None => return Duty::Choose,
            }
            // In this thread it may wait. So its turn ends with answers, or it is over.
            if connection.wire.set_may_wait(true).is_err() || connection.turn() != Turn::Answered {
                return Duty::Choose;
            }
        }
    }

    /// What a worker without a connection does. After a stop it accepts, too, until one worker has
    /// emptied the queue: a client that connected before the stop may still wait there.
    fn choose(&self) -> Duty {
        let mut staff = self.lock();
        if staff.accepting >= staff.most_accepting {
            return Duty::End;
        }
        staff.accepting += 1;
        Duty::Accept
    }

    /// The connection of a client; `None` if it is over already.
    pub fn welcome(&self, (stream, peer): (TcpStream, SocketAddr)) -> Option<Box<Connection>> {
        Connection::new(&self.serving, stream, peer).map(Box::new)
    }

    /// Starts a thread. It does `job` first. Then it is a worker with the duty that `job` gives.
    ///
    /// # Errors
    ///
    /// If the system gives no thread.
    pub fn start_thread(
        self: &Arc<Self>,
        job: impl FnOnce(&Arc<Pool>) -> Duty + Send + 'static,
    ) -> io::Result<()> {
        let pool = Arc::clone(self);
        let thread = thread::Builder::new().name("worker".into()).stack_size(STACK_BYTES);
        let life = move || pool.work(job(&pool));
        // Counted under the lock, so that the new thread cannot end before it is counted.
        let mut staff = self.lock();
        thread.spawn(life).map(|_| staff.workers += 1)
    }
}
