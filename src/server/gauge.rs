//! Deeper: A gauge, which tells what a running server is doing.
//!
//! Left out: a history of these numbers.

use super::pool::Pool;
use std::sync::{Arc, OnceLock, Weak};

/// Tells how many connections and threads a server has. Made by
/// [`Server::gauge`](super::Server::gauge).
#[derive(Clone, Default)]
pub struct ServerGauge(Arc<OnceLock<Weak<Pool>>>);

/// What a gauge shows at one moment.
#[derive(Clone, Copy, Debug)]
pub struct GaugeReading {
    /// Connections that are open.
    pub connections: usize,
    /// Threads that serve, or wait for a client to connect.
    pub threads: usize,
}

impl ServerGauge {
    pub(super) fn show(&self, pool: &Arc<Pool>) {
        let _ = self.0.set(Arc::downgrade(pool));
    }

    /// What the server is doing now; `None` if it does not run.
    pub fn read(&self) -> Option<GaugeReading> {
        let pool = self.0.get()?.upgrade()?;
        Some(GaugeReading { connections: pool.connections(), threads: pool.workers() })
    }
}
