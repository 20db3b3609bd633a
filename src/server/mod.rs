//! The server: sockets, threads, and the border to the service that answers requests.
//!
//! The server knows no routes, no sessions and no templates: it turns bytes
//! into a [`Request`](crate::http::Request), hands it to a [`Service`], and writes the
//! [`Response`](crate::Response). A [`Cycle`](crate::cycle::Cycle) is the record of one request and
//! its answer, for the page `/cycles`; the server fills it in on the way.
//!
//! * `serving` is what all connections use together, also the [`Service`].
//! * `input` is the bytes that have arrived, and `wire` the socket from which they come.
//! * `connection` is the life of one connection.
//! * `pool` is the threads, one for each connection.
//!
//! Deeper:
//!
//! * `options` sets what a server allows and where it logs.
//! * `closure` makes a service of a function, and `door` is the listening socket.
//! * `linger` closes a connection slowly, and `open` is the table in which a stop finds each.
//! * `stopper` ends a server from another thread.
//! * `log` writes a line for each answer, and `gauge` counts connections and threads.
//! * `pace` says when a busy connection goes to the `ring`, where a few threads serve many.
//!
//! Left out: TLS. A proxy in front speaks it.

mod closure;
mod connection;
mod door;
mod gauge;
mod input;
mod linger;
pub mod log;
mod open;
mod options;
mod pace;
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
use crate::http::bodies::Bodies;
use crate::http::forwarded::Proxies;
use log::Log;
use open::Connections;
use pool::Pool;
use ring::Ring;
use serving::Serving;
use std::io::{self, Write};
use std::net::{TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

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
    /// At most this many clients are connected; one more gets a 503.
    most_connections: usize,
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
            most_connections: 12_000,
            log: Log::default(),
            recorder: None,
            stop_time: Duration::from_secs(5),
            is_quiet: false,
            stopper,
            gauge: ServerGauge::default(),
        })
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
            connections: Connections::at_most(self.most_connections),
            streams: AtomicUsize::new(0),
        });
        let pool = Pool::new(self.listener, Arc::clone(&serving), Box::new(Ring::new()));
        self.gauge.show(&pool);
        pool.start()?;
        if !self.is_quiet {
            // If standard error is closed, nobody reads this, and the server runs all the same.
            let (address, prefix) = (self.stopper.address, serving.service.path_prefix());
            let _ = writeln!(io::stderr(), "serving on http://{address}{prefix}");
        }
        self.stopper.wait();
        // Unfinished answers still have some time.
        pool.end(&self.stopper, self.stop_time);
        Ok(())
    }
}
