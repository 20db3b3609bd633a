//! Deeper: The relief, which serves busy connections in another way than by a thread for each.
//!
//! A worker offers its connection to the relief before each turn. The pool is complete without it,
//! and the `ring` is one.

use super::{Duty, MOST_ACCEPTING, Pool};
use crate::server::connection::Connection;
use std::sync::{Arc, Mutex, PoisonError};

/// Serves busy connections in another way than by a thread for each.
pub(in crate::server) trait Relief: Send + Sync {
    /// Offers a connection. If it is returned, the worker goes on to serve it. After `None` the
    /// relief has it. The calling thread may have worked for the relief meanwhile.
    fn offer(&self, pool: &Arc<Pool>, connection: Box<Connection>) -> Option<Box<Connection>>;
}

/// What a relief needs of the pool.
impl Pool {
    /// Takes a connection back and gives it a thread of its own.
    ///
    /// # Errors
    ///
    /// If the system gives no thread. Then the connection is returned.
    pub fn take_back(self: &Arc<Self>, connection: Box<Connection>) -> Result<(), Box<Connection>> {
        // A thread that cannot be started drops its job. So the connection is not in the job, but
        // in a place from which the job takes it.
        let place = Arc::new(Mutex::new(Some(connection)));
        let own_place = Arc::clone(&place);
        let job = move |_: &Arc<Pool>| take(&own_place).map_or(Duty::Choose, Duty::Serve);
        match self.start_thread(job) {
            Ok(()) => Ok(()),
            Err(_) => take(&place).map_or(Ok(()), Err),
        }
    }

    /// Lets the relief accept. A worker that is blocked in `accept` may still take one client; no
    /// worker calls `accept` after that. False if the system refuses it.
    pub fn lend_door(&self) -> bool {
        let mut staff = self.lock();
        let is_lent = self.door.set_may_wait(false).is_ok();
        staff.most_accepting = if is_lent { 0 } else { MOST_ACCEPTING };
        is_lent
    }

    /// Ends what [`lend_door`](Pool::lend_door) began. The caller must become a worker next, which
    /// accepts if nobody else does.
    pub fn take_back_door(&self) {
        let mut staff = self.lock();
        // After a stop the door does not wait again: nobody would wake a worker there.
        if !self.is_stopping() {
            let _ = self.door.set_may_wait(true);
        }
        staff.most_accepting = MOST_ACCEPTING;
    }
}

fn take(place: &Mutex<Option<Box<Connection>>>) -> Option<Box<Connection>> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}
