//! The thread pool: which thread takes which connection.
//!
//! A worker always has one of four duties, and goes from one to the next:
//!
//! ```text
//! Accept: waits for a client ─────> Stay: serves one connection, and waits for it
//!    ^                                │ ^                    │
//!    │            it is over          │ │ it grew quiet      │ it is hot
//!    ├────────────────────────────────┘ │                    v
//! Wait: has nothing to do           Sweep: serves all connections in the ring
//! ```
//!
//! **A thread per connection** is where it starts. A worker that stays with a connection blocks in
//! `read`, so a request is a straight line through the program, nobody ever stands behind an idle
//! or a slow client, and with nothing to do nothing happens: no poll, no timer. Starting a thread
//! costs more than most requests (67 µs), so workers wait in `accept` before anyone calls; the one
//! that takes the last place at the door sees to another, up to a cap.
//!
//! **When that stops being enough**: each request wakes a sleeping thread, and the processor goes
//! back and forth between client and worker. With 64 busy clients on two processors a request then
//! costs about 18 µs; nginx, which takes many requests each time it wakes, needs about 10.
//!
//! **What was done about it**: connections that are hot, when there are many, meet in the [ring],
//! where a few workers try one after the other without blocking. That takes about 12 µs. A
//! connection that grows quiet, or is in the midst of a request, gets a thread to itself again; so
//! what is polled is polled only while it pays.
//!
//! * `door`: accepting, and turning away when there is no room.
//! * `ring`: the sweep. `deputy`: what keeps a slow handler from holding it up.
//!
//! Left out: priorities. Whoever connects first is served first.

mod deputy;
mod door;
mod ring;

pub(super) use door::BUSY;
use ring::Ring;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// So many workers wait at the door: enough that a burst of clients seldom finds the last place
/// taken.
const DOOR: usize = 8;

/// So many workers may have nothing to do; one more ends.
const SPARE: usize = 32;

/// A worker's stack. Templates are the deepest thing that runs on one, and need less than half of
/// it.
const STACK_BYTES: usize = 256 * 1024;

/// What the pool asks of a connection.
pub trait Guest: Send + 'static {
    /// Answers all requests that have arrived. A guest that blocks waits for the first of them.
    fn turn(&mut self) -> Turn;

    /// Whether it waits where nothing has arrived, or says at once that it is quiet. New guests
    /// wait.
    ///
    /// # Errors
    ///
    /// If the system would not have it.
    fn set_blocking(&mut self, blocking: bool) -> io::Result<()>;

    /// Says to the client that there is nobody to wait for it, before the guest is dropped.
    fn send_away(&mut self);

    /// True if it waits. A guest that began to wait in the midst of a turn has called [`Settle`]
    /// before.
    fn is_blocking(&self) -> bool;
}

/// What came of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Something was answered, and nothing of another request has arrived.
    Answered,
    /// Nothing had arrived, and the guest does not wait.
    Quiet,
    /// The connection has ended.
    Over,
}

/// Says to the pool that this worker is about to wait for this guest alone, so that somebody else
/// sweeps the ring. An error if there is nobody else.
pub type Settle = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// What makes a guest of a client; `None` if the client has gone already.
type Welcome<G> = Box<dyn Fn(TcpStream, SocketAddr, Settle) -> Option<G> + Send + Sync>;

/// A connection, and what the pool remembers of it.
struct Seat<G> {
    guest: G,
    /// Turns with an answer since it came to where it sits.
    answered: u32,
    /// Turns without one, in a row, and after how many it leaves the ring.
    in_vain: u32,
    patience: u32,
    /// After how many answers it counts as hot.
    proof: u32,
    /// When it was last counted as busy.
    window: u64,
}

/// What a worker does next.
enum Duty<G> {
    Accept,
    Stay(Box<Seat<G>>),
    Sweep,
    Wait,
    End,
}

/// Who does what. It is under one lock, which is held for a look or a step, never while a guest has
/// its turn.
struct Floor<G> {
    workers: usize,
    /// Workers in `accept`, or on the way there.
    at_the_door: usize,
    /// Workers with nothing to do, and the duties that have been called out to them.
    waiting: usize,
    calls: Vec<Duty<G>>,
    /// Open connections.
    guests: usize,
    ring: Ring<G>,
}

/// Threads and connections.
pub struct ThreadPool<G> {
    listener: TcpListener,
    welcome: Welcome<G>,
    /// How many connections there may be, and a thread more.
    most: usize,
    /// How many workers sweep: as many as can run at one time.
    most_sweepers: usize,
    stopping: Arc<AtomicBool>,
    settle: Settle,
    floor: Mutex<Floor<G>>,
    /// Wakes workers that wait.
    called: Condvar,
    /// Wakes whoever waits for workers to end.
    ended: Condvar,
    /// A descriptor kept back, given up for the moment it takes to answer 503 when there is no
    /// other.
    reserve: Mutex<Option<TcpListener>>,
    started: Instant,
    /// How often the ring had to be taken over from sweepers that were stuck.
    takeovers: AtomicU64,
}

impl<G: Guest> ThreadPool<G> {
    /// A pool for at most `most - 1` connections, which ends when the flag is set and someone
    /// knocks.
    pub fn new(
        listener: TcpListener,
        most: usize,
        stopping: Arc<AtomicBool>,
        welcome: impl Fn(TcpStream, SocketAddr, Settle) -> Option<G> + Send + Sync + 'static,
    ) -> Arc<ThreadPool<G>> {
        Arc::new_cyclic(|pool: &Weak<ThreadPool<G>>| {
            let pool = Weak::clone(pool);
            let settle = move || match pool.upgrade() {
                Some(pool) if !pool.leave_ring() => {
                    Err(io::Error::other("no thread is left to sweep"))
                }
                _ => Ok(()),
            };
            let (ring, calls) = (Ring::new(), Vec::new());
            ThreadPool {
                reserve: Mutex::new(listener.try_clone().ok()),
                listener,
                welcome: Box::new(welcome),
                most,
                most_sweepers: thread::available_parallelism().map_or(1, usize::from),
                stopping,
                settle: Arc::new(settle),
                floor: Mutex::new(Floor {
                    workers: 0,
                    at_the_door: 0,
                    waiting: 0,
                    calls,
                    guests: 0,
                    ring,
                }),
                called: Condvar::new(),
                ended: Condvar::new(),
                started: Instant::now(),
                takeovers: AtomicU64::new(0),
            }
        })
    }

    /// Sends the first worker to the door; from then on they see to it themselves that somebody
    /// stands there.
    ///
    /// # Errors
    ///
    /// If not even one thread can be started.
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        let mut floor = self.lock();
        floor.at_the_door += 1;
        self.start_worker(&mut floor, Duty::Accept)
    }

    /// How many threads there are.
    pub fn workers(&self) -> usize {
        self.lock().workers
    }

    /// After a stop: ends those who have nothing to do. Gives back how many stand at the door; each
    /// needs a knock.
    pub fn dismiss(&self) -> usize {
        let floor = self.lock();
        self.called.notify_all();
        floor.at_the_door
    }

    /// Returns when a worker has ended, or after this time.
    pub fn wait_for_change(&self, most: Duration) {
        drop(self.ended.wait_timeout(self.lock(), most));
    }

    fn lock(&self) -> MutexGuard<'_, Floor<G>> {
        self.floor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// A worker's life.
    fn work(self: &Arc<Self>, mut duty: Duty<G>) {
        loop {
            duty = match duty {
                Duty::Accept => self.accept(),
                Duty::Stay(seat) => self.stay(seat),
                Duty::Sweep => self.sweep(),
                Duty::Wait => self.wait(),
                Duty::End => break,
            };
        }
        self.lock().workers -= 1;
        self.ended.notify_all();
    }

    /// Serves one connection until it is over, or hot enough for the ring.
    fn stay(self: &Arc<Self>, mut seat: Box<Seat<G>>) -> Duty<G> {
        seat.answered = 0;
        while turn(&mut seat.guest) == Turn::Answered {
            seat.note(Turn::Answered);
            self.count_busy(&mut seat);
            if seat.answered >= seat.proof {
                match self.enter_ring(seat) {
                    Ok(duty) => return duty,
                    Err(not_yet) => seat = not_yet,
                }
            }
        }
        drop(seat);
        self.part()
    }

    /// A connection is over; what its worker does next.
    fn part(&self) -> Duty<G> {
        let mut floor = self.lock();
        floor.guests -= 1;
        self.next_duty(&mut floor)
    }

    /// What a worker without a connection does: wait at the door, wait for anything else, or end.
    fn next_duty(&self, floor: &mut Floor<G>) -> Duty<G> {
        if self.is_stopping() {
            Duty::End
        } else if floor.at_the_door < DOOR && !floor.ring.has_door {
            floor.at_the_door += 1;
            Duty::Accept
        } else if floor.waiting < SPARE {
            Duty::Wait
        } else {
            Duty::End
        }
    }

    /// Finds somebody for a duty: who waits, or else a new thread. False if there can be none.
    fn call(self: &Arc<Self>, floor: &mut Floor<G>, duty: Duty<G>) -> bool {
        if floor.waiting > floor.calls.len() {
            floor.calls.push(duty);
            self.called.notify_one();
            true
        } else {
            self.start_worker(floor, duty).is_ok()
        }
    }

    fn start_worker(self: &Arc<Self>, floor: &mut Floor<G>, duty: Duty<G>) -> io::Result<()> {
        let pool = Arc::clone(self);
        let thread = thread::Builder::new().name("worker".into()).stack_size(STACK_BYTES);
        // Counted under the lock, so that nobody starts a second one meanwhile.
        thread.spawn(move || pool.work(duty)).map(|_| floor.workers += 1)
    }
}

/// A guest's turn; whatever panics in it, the worker lives on.
fn turn(guest: &mut impl Guest) -> Turn {
    catch_unwind(AssertUnwindSafe(|| guest.turn())).unwrap_or(Turn::Over)
}
