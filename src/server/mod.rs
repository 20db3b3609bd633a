//! The server: bind, run, stop; and the one door to whatever answers.
//!
//! Part II of the book: sockets and threads. The server knows no routes, no sessions and no
//! templates: it turns bytes into a [`Request`], hands it to a [`Service`], and writes the
//! [`Response`].
//!
//! * `pool` decides which thread takes which connection.
//! * `connection` is one connection's life: read, parse, answer, write, again; with `input`, the
//!   bytes that have arrived, `wire`, the socket, `bodies`, what all of them may hold, and `open`,
//!   the table that lets a stop find it.
//! * `log` is the line that each answer leaves on standard error.
//!
//! Left out: TLS. A proxy in front speaks it.

mod bodies;
mod connection;
mod input;
pub mod log;
mod open;
mod pool;
mod wire;

use crate::cycle::{Cycle, Recorder};
use crate::http::forwarded::Proxies;
use crate::http::{Limits, Request, Response};
use bodies::Bodies;
use connection::Serving;
use log::Log;
use open::Connections;
use pool::ThreadPool;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Whatever answers requests: the border between server and framework (what Python calls WSGI).
pub trait Service: Send + Sync + 'static {
    /// Answers one request. Called by many threads at once. A panic becomes a 500.
    fn call(&self, request: Request, cycle: &mut Cycle) -> Response;
}

impl<F: Fn(Request) -> Response + Send + Sync + 'static> Service for F {
    fn call(&self, request: Request, _: &mut Cycle) -> Response {
        self(request)
    }
}

/// A server that is bound to an address and not yet running.
pub struct Server {
    listener: TcpListener,
    limits: Limits,
    proxies: Proxies,
    workers: usize,
    log: Log,
    recorder: Option<Arc<Recorder>>,
    stop_time: Duration,
    stopper: Stopper,
}

impl Server {
    /// Takes an address; port 0 means any free one. From now on the system lets clients wait.
    ///
    /// # Errors
    ///
    /// If the port is taken, or the address is not this machine's.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        let stopper = Stopper {
            stopping: Arc::default(),
            told: Arc::default(),
            address: listener.local_addr()?,
        };
        Ok(Server {
            listener,
            limits: Limits::default(),
            proxies: Proxies::default(),
            workers: 12_000,
            log: Log::Off,
            recorder: None,
            stop_time: Duration::from_secs(5),
            stopper,
        })
    }

    /// How many threads, and so connections, there are at most. Defaults to 12,000.
    pub fn workers(mut self, most: usize) -> Server {
        self.workers = most.max(1);
        self
    }

    /// How much a client may send, and how long it may take.
    pub fn limits(mut self, limits: Limits) -> Server {
        self.limits = limits;
        self
    }

    /// Believes these proxies when they say who asks. Defaults to none.
    ///
    /// # Security
    ///
    /// Close [`App::inside`](crate::App::inside) then: it is meant for whoever sits at this
    /// machine, not at the proxy.
    pub fn proxies(mut self, proxies: Proxies) -> Server {
        self.proxies = proxies;
        self
    }

    /// What is written of each answer. Defaults to nothing.
    pub fn log(mut self, log: Log) -> Server {
        self.log = log;
        self
    }

    /// Keeps the last cycles here. Defaults to keeping none, which costs nothing.
    pub fn recorder(mut self, recorder: Arc<Recorder>) -> Server {
        self.recorder = Some(recorder);
        self
    }

    /// How long answers under way may take after a stop. Defaults to 5 s.
    pub fn stop_time(mut self, time: Duration) -> Server {
        self.stop_time = time;
        self
    }

    /// The address that was taken, with the true port.
    ///
    /// # Errors
    ///
    /// If the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle that stops the server from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Serves until it is stopped; then lets answers under way finish, for
    /// [`stop_time`](Server::stop_time) at most.
    ///
    /// # Errors
    ///
    /// If not even one thread can be started.
    pub fn run(self, service: impl Service) -> io::Result<()> {
        let connections = Arc::new(Connections::default());
        let recorder = self.recorder.clone();
        let serving = Arc::new(Serving {
            service,
            bodies: Bodies::at_most(self.limits.bodies_bytes),
            limits: self.limits,
            proxies: self.proxies,
            log: self.log,
            recorder: self.recorder,
            stopping: Arc::clone(&self.stopper.stopping),
            connections: Arc::clone(&connections),
        });
        let stopping = Arc::clone(&self.stopper.stopping);
        let welcome = move |stream, peer, settle| serving.welcome(stream, peer, settle);
        let pool = ThreadPool::new(self.listener, self.workers, stopping, welcome);
        pool.start()?;
        self.stopper.wait();
        if let Some(recorder) = recorder {
            recorder.close();
        }
        // Stopped. Every worker that still waits needs a knock; idle connections are woken by
        // closing their reading half.
        let end = Instant::now() + self.stop_time;
        while pool.workers() > 0 && Instant::now() < end {
            if pool.dismiss() > 0 {
                self.stopper.knock();
            }
            connections.wake_idle();
            pool.wait_for_change(Duration::from_millis(5));
        }
        Ok(())
    }
}

/// Stops a server: a flag, and a knock on the port so that someone looks at the flag.
#[derive(Clone, Debug)]
pub struct Stopper {
    stopping: Arc<AtomicBool>,
    /// Wakes [`Server::run`]. Not the knock's affair: there are networks in which nobody can knock,
    /// such as a container's whose loopback is down.
    told: Arc<(Mutex<()>, Condvar)>,
    address: SocketAddr,
}

impl Stopper {
    /// No connection is taken from now on; [`Server::run`] returns once the answers under way are
    /// written.
    pub fn stop(&self) {
        // Under the lock, so that nobody begins to wait between the two.
        let guard = self.told.0.lock().unwrap_or_else(PoisonError::into_inner);
        self.stopping.store(true, Ordering::SeqCst);
        drop(guard);
        self.told.1.notify_all();
        self.knock();
    }

    /// Returns when the server has been stopped.
    fn wait(&self) {
        let guard = self.told.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.told.1.wait_while(guard, |()| !self.stopping.load(Ordering::SeqCst)));
    }

    fn knock(&self) {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() {
                [127, 0, 0, 1].into()
            } else {
                std::net::Ipv6Addr::LOCALHOST.into()
            });
        }
        // Refused means that nobody listens any more, which is as good.
        let _ = TcpStream::connect_timeout(&address, Duration::from_millis(200));
    }
}
