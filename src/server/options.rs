//! Deeper: Options: what a server allows, whom it believes, and what it tells.
//!
//! Elsewhere: options of the application, in `settings` of `web`.

use super::log::Log;
use super::{Server, ServerGauge, Stopper};
use crate::cycle::Recorder;
use crate::http::Limits;
use crate::http::forwarded::Proxies;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The longest time that can be added to any `Instant`: 34 years.
const LONGEST: Duration = Duration::from_secs(1 << 30);

impl Server {
    /// Sets how many connections there may be at a time. Further clients get a 503. Defaults to
    /// 12,000.
    pub fn workers(mut self, most: usize) -> Server {
        self.most_connections = most.max(1);
        self
    }

    /// Sets how much a client may send, and how long it may take: from a millisecond to 34 years.
    pub fn limits(mut self, limits: Limits) -> Server {
        let bounded = |time: Duration| time.clamp(Duration::from_millis(1), LONGEST);
        self.limits = Limits {
            idle_time: bounded(limits.idle_time),
            head_time: bounded(limits.head_time),
            body_time: bounded(limits.body_time),
            write_time: bounded(limits.write_time),
            ..limits
        };
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

    /// Sets what is logged of the answers. Defaults to [`Log::Failures`].
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

    /// A handle that tells how many connections and threads there are.
    pub fn gauge(&self) -> ServerGauge {
        self.gauge.clone()
    }

    /// The address that was taken, with the port that was chosen for port 0.
    ///
    /// # Errors
    ///
    /// If the system does not tell it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// A handle that stops the server from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}
