//! The thread pool: workers that wait for connections.
//!
//! Starting a thread costs more than most requests, so workers wait in `accept` before anyone calls.
//!
//! * The worker that takes the last waiting place starts another, up to a cap. So there is always one who waits, and no
//!   connection ever stands behind an idle one.
//! * A worker that finds enough others waiting ends.
//! * At the cap, or when the system gives no more threads or descriptors, the last one waiting answers 503 and waits on.
//!
//! Left out: priorities. Whoever connects first is served first.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// So many workers may wait at once; one more ends. Enough for a browser's burst, little enough to cost nothing.
const SPARE: usize = 64;

/// A worker's stack. Templates are the deepest thing that runs on one, and need less than half of it.
const STACK_BYTES: usize = 256 * 1024;

/// The answer when there is nobody left to answer.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n\
    X-Content-Type-Options: nosniff\r\nContent-Length: 47\r\nRetry-After: 1\r\nConnection: close\r\n\r\n\
    All workers are busy. Try again in one second.\n";

/// Threads that wait for connections, as many as are needed.
pub struct ThreadPool {
    most: usize,
    stopping: Arc<AtomicBool>,
}

/// How many workers there are, and what they do.
#[derive(Default)]
pub struct Alive {
    workers: AtomicUsize,
    waiting: AtomicUsize,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Alive {
    /// How many threads there are.
    pub fn workers(&self) -> usize {
        self.workers.load(Ordering::SeqCst)
    }

    /// How many of them wait in `accept`.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::SeqCst)
    }

    /// Returns when a worker has ended, or after this time.
    pub fn wait_for_change(&self, most: Duration) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_timeout(guard, most));
    }
}

/// What the workers share.
struct Shared<S> {
    listener: TcpListener,
    serve: S,
    most: usize,
    stopping: Arc<AtomicBool>,
    alive: Arc<Alive>,
    /// A descriptor kept back, given up for the moment it takes to answer 503 when there is no other.
    reserve: Mutex<Option<TcpListener>>,
}

impl ThreadPool {
    /// A pool of at most `most` threads, which ends when the flag is set and someone knocks.
    pub fn new(most: usize, stopping: Arc<AtomicBool>) -> ThreadPool {
        ThreadPool { most, stopping }
    }

    /// Serves connections until the pool is told to stop; then returns at once, with a view on the workers that still
    /// have something to do.
    ///
    /// # Errors
    ///
    /// If the first thread cannot be started.
    pub fn run(
        &self,
        listener: TcpListener,
        serve: impl Fn(TcpStream, SocketAddr) + Send + Sync + 'static,
    ) -> io::Result<Arc<Alive>> {
        let alive = Arc::new(Alive::default());
        let reserve = Mutex::new(listener.try_clone().ok());
        let shared = Arc::new(Shared {
            listener,
            serve,
            most: self.most,
            stopping: Arc::clone(&self.stopping),
            alive: Arc::clone(&alive),
            reserve,
        });
        start_worker(&shared)?;
        let mut guard = alive.lock.lock().unwrap_or_else(PoisonError::into_inner);
        while !self.stopping.load(Ordering::SeqCst) {
            guard = alive.changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
        }
        drop(guard);
        Ok(alive)
    }
}

type Serve = dyn Fn(TcpStream, SocketAddr) + Send + Sync;

fn start_worker<S: Fn(TcpStream, SocketAddr) + Send + Sync + 'static>(shared: &Arc<Shared<S>>) -> io::Result<()> {
    // Counted before it runs, so that nobody starts a second one meanwhile.
    shared.alive.workers.fetch_add(1, Ordering::SeqCst);
    shared.alive.waiting.fetch_add(1, Ordering::SeqCst);
    let worker = Arc::clone(shared);
    let started = thread::Builder::new().name("worker".into()).stack_size(STACK_BYTES).spawn(move || work(&worker));
    if started.is_err() {
        shared.alive.workers.fetch_sub(1, Ordering::SeqCst);
        shared.alive.waiting.fetch_sub(1, Ordering::SeqCst);
    }
    started.map(drop)
}

/// A worker's life: wait, take a connection, see that someone else waits, serve it, wait again.
fn work<S: Fn(TcpStream, SocketAddr) + Send + Sync + 'static>(shared: &Arc<Shared<S>>) {
    let alive = &shared.alive;
    loop {
        let accepted = shared.listener.accept();
        if shared.stopping.load(Ordering::SeqCst) {
            alive.waiting.fetch_sub(1, Ordering::SeqCst);
            drain(shared, accepted.ok());
            break;
        }
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                stay_calm(shared, &error);
                continue;
            }
        };
        if alive.waiting.fetch_sub(1, Ordering::SeqCst) == 1 {
            let full = alive.workers() >= shared.most;
            if full || start_worker(shared).is_err() {
                // The last one who waits: it must not leave the door.
                alive.waiting.fetch_add(1, Ordering::SeqCst);
                refuse(stream);
                continue;
            }
        }
        serve_one(&shared.serve, stream, peer);
        if shared.stopping.load(Ordering::SeqCst) {
            break;
        }
        if alive.waiting.fetch_add(1, Ordering::SeqCst) >= SPARE {
            alive.waiting.fetch_sub(1, Ordering::SeqCst);
            break;
        }
    }
    alive.workers.fetch_sub(1, Ordering::SeqCst);
    let _guard = alive.lock.lock().unwrap_or_else(PoisonError::into_inner);
    alive.changed.notify_all();
}

/// Serves a connection; whatever panics in it, the worker lives on.
fn serve_one(serve: &Serve, stream: TcpStream, peer: SocketAddr) {
    let _ = catch_unwind(AssertUnwindSafe(|| serve(stream, peer)));
}

/// After a stop: whoever connected before it is served still, until nobody waits.
fn drain<S: Fn(TcpStream, SocketAddr) + Send + Sync + 'static>(
    shared: &Shared<S>,
    first: Option<(TcpStream, SocketAddr)>,
) {
    {
        let _guard = shared.alive.lock.lock().unwrap_or_else(PoisonError::into_inner);
        shared.alive.changed.notify_all();
    }
    let mut next = first;
    let calm = shared.listener.set_nonblocking(true).is_ok();
    while let Some((stream, peer)) = next {
        let _ = stream.set_nonblocking(false);
        serve_one(&shared.serve, stream, peer);
        next = if calm { shared.listener.accept().ok() } else { None };
    }
}

fn refuse(mut stream: TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
    let _ = stream.write_all(BUSY);
    // A close with unread bytes is a reset, which can overtake the answer. So what has come is read, but nothing is
    // waited for: there is nobody else at the door.
    let _ = stream.shutdown(Shutdown::Write);
    if stream.set_nonblocking(true).is_ok() {
        let mut scrap = [0; 4096];
        for _ in 0..16 {
            if !matches!(stream.read(&mut scrap), Ok(read) if read > 0) {
                break;
            }
        }
    }
}

/// `accept` failed. Out of descriptors: give up the reserve, take the connection, say 503, take the reserve back.
fn stay_calm<S>(shared: &Shared<S>, error: &io::Error) {
    // ENFILE and EMFILE on every Unix: the system's table of open files is full, or this process's.
    if !matches!(error.raw_os_error(), Some(23 | 24)) {
        return;
    }
    let mut reserve = shared.reserve.lock().unwrap_or_else(PoisonError::into_inner);
    drop(reserve.take());
    if let Ok((stream, _)) = shared.listener.accept() {
        refuse(stream);
    }
    *reserve = shared.listener.try_clone().ok();
    // With the reserve gone too there is nothing to do but wait for someone to close.
    if reserve.is_none() {
        thread::sleep(Duration::from_millis(10));
    }
}
