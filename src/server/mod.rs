//! The server: sockets, threads, and the border to the service that answers requests.
//!
//! Part II of the book. The server knows no routes, no sessions and no templates: it turns bytes
//! into a [`Request`](crate::http::Request), hands it to a [`Service`], and writes the
//! [`Response`](crate::Response).
//!
//! * `serving` is what all connections share, with the [`Service`].
//! * `input` is the bytes that have arrived, and `connection` the life of one connection.
//! * `pool` is the threads, one for each connection.
//!
//! Deeper:
//!
//! * `door` is the listening socket, and `bodies` a bound for all bodies.
//! * `wire` is the socket of a connection, and `open` the table in which a stop finds it.
//! * `stopper` ends a server from another thread.
//! * `log` writes a line for each answer, and `gauge` counts connections and threads.
//! * `ring` is a second way to serve, for many busy connections.
//!
//! Left out: TLS. A proxy in front speaks it.

mod bodies;
mod connection;
mod door;
mod gauge;
mod input;
pub mod log;
mod open;
mod pool;
mod ring;
mod serving;
mod stopper;
mod wire;

pub use gauge::{GaugeReading, ServerGauge};
pub use serving::Service;
pub use stopper::Stopper;

use crate::cycle::Recorder;
use crate::http::Limits;
use crate::http::forwarded::Proxies;
use bodies::Bodies;
use log::Log;
use open::Connections;
use pool::Pool;
use ring::Ring;
use serving::Serving;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// A server that is bound to an address and not yet running.
///
/// ```
/// use carafe::{App, Server};
///
/// let server = Server::bind("127.0.0.1:0")?.quiet();
/// println!("http://{}", server.local_addr()?);
/// let stopper = server.stopper();
/// std::thread::spawn(move || stopper.stop()); // another thread ends it
/// server.run(App::new())?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Server {
    listener: TcpListener,
    limits: Limits,
    proxies: Proxies,
    workers: usize,
    log: Log,
    recorder: Option<Arc<Recorder>>,
    stop_time: Duration,
    is_quiet: bool,
    stopper: Stopper,
    gauge: ServerGauge,
}

impl Server {
    /// Takes an address; port 0 means any free port. From now on the system lets clients connect
    /// and wait.
    ///
    /// # Errors
    ///
    /// If the port is taken, or the address is not this machine's.
    pub fn bind(address: impl ToSocketAddrs) -> io::Result<Server> {
        let listener = TcpListener::bind(address)?;
        let stopper = Stopper::new(listener.local_addr()?);
        Ok(Server {
            listener,
            limits: Limits::default(),
            proxies: Proxies::default(),
            workers: 12_000,
            log: Log::Off,
            recorder: None,
            stop_time: Duration::from_secs(5),
            is_quiet: false,
            stopper,
            gauge: ServerGauge::default(),
        })
    }

    /// Sets how many connections are served at a time, each by a worker of its own. Further clients
    /// get a 503. Defaults to 12,000.
    pub fn workers(mut self, most: usize) -> Server {
        self.workers = most.max(1);
        self
    }

    /// Sets how much a client may send, and how long it may take.
    pub fn limits(mut self, limits: Limits) -> Server {
        self.limits = limits;
        self
    }

    /// Sets the proxies that are believed when they name the client. Defaults to none.
    ///
    /// # Security
    ///
    /// Close [`App::inside`](crate::App::inside) then: it is meant for visitors on this machine,
    /// and behind a proxy on this machine every visitor seems to be one.
    pub fn proxies(mut self, proxies: Proxies) -> Server {
        self.proxies = proxies;
        self
    }

    /// Sets what is logged of each answer. Defaults to nothing.
    pub fn log(mut self, log: Log) -> Server {
        self.log = log;
        self
    }

    /// Sets where the last cycles are kept. Defaults to nowhere, which costs nothing.
    pub fn recorder(mut self, recorder: Arc<Recorder>) -> Server {
        self.recorder = Some(recorder);
        self
    }

    /// Sets how long unfinished answers may take after a stop. Defaults to 5 s.
    pub fn stop_time(mut self, time: Duration) -> Server {
        self.stop_time = time;
        self
    }

    /// Does not print on standard error where it serves.
    pub fn quiet(mut self) -> Server {
        self.is_quiet = true;
        self
    }

    /// The address that was taken, with the port that was chosen for port 0.
    ///
    /// # Errors
    ///
    /// If the system does not tell it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle that tells how many connections and threads there are.
    pub fn gauge(&self) -> ServerGauge {
        self.gauge.clone()
    }

    /// A handle that stops the server from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Serves until the server is stopped. Then lets unfinished answers finish, for at most
    /// [`stop_time`](Server::stop_time).
    ///
    /// # Errors
    ///
    /// If the system gives not even one thread.
    pub fn run(self, service: impl Service) -> io::Result<()> {
        service.start();
        let serving = Arc::new(Serving {
            service: Box::new(service),
            bodies: Bodies::at_most(self.limits.bodies_bytes),
            limits: self.limits,
            proxies: self.proxies,
            log: self.log,
            recorder: self.recorder,
            stopping: Arc::clone(&self.stopper.stopping),
            connections: Connections::at_most(self.workers),
            streams: AtomicUsize::new(0),
        });
        let pool = Pool::new(self.listener, Arc::clone(&serving), Box::new(Ring::new()));
        self.gauge.show(&pool);
        pool.start()?;
        if !self.is_quiet {
            // A program goes on if nobody can read this.
            let _ = writeln!(io::stderr(), "serving on http://{}", self.stopper.address);
        }
        self.stopper.wait();
        if let Some(recorder) = &serving.recorder {
            recorder.close();
        }
        // A worker that waits in `accept` notices the stop when a client connects. One that waits
        // for a request notices it when the reading half of its connection is shut. A stream ends
        // at its next piece, which may be long in coming, so nobody waits for it.
        let end = Instant::now() + self.stop_time;
        let at_work = || pool.workers() > serving.streams.load(Ordering::SeqCst);
        while at_work() && Instant::now() < end {
            if pool.accepting() > 0 {
                self.stopper.knock();
            }
            serving.connections.wake_idle();
            pool.wait_for_end(Duration::from_millis(5));
        }
        Ok(())
    }
}
