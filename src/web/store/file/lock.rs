//! The lock between processes that share a file.
//!
//! It is held for microseconds, so whoever finds it taken tries again for a while. A process that
//! stands still with the lock in its hands (stopped by a debugger, or by a disk that hangs) would
//! make everybody wait that long, one behind the other. So one of them finds out, and until the
//! lock is got again the others hardly wait.
//!
//! Left out: taking the lock from whoever stands still. It may go on at any moment, in the middle
//! of its line.

use super::super::StoreError;
use super::failed;
use std::fs::{File, TryLockError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for another process to give the lock back.
const PATIENCE: Duration = Duration::from_millis(900);

/// How long, after somebody has waited in vain.
const NO_PATIENCE: Duration = Duration::from_millis(10);

/// The lock of a journal. It lies on a file beside it, since the journal is replaced now and then,
/// and a lock with it.
pub struct Lock {
    file: File,
    /// True if the last who tried has waited in vain.
    is_stuck: AtomicBool,
}

impl Lock {
    /// The lock on this file, not taken.
    pub fn on(file: File) -> Lock {
        Lock { file, is_stuck: AtomicBool::new(false) }
    }

    /// Waits for the lock, and takes it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unreachable`], if another process does not give it back.
    pub fn take(&self) -> Result<Locked<'_>, StoreError> {
        let patience = if self.is_stuck.load(Ordering::Relaxed) { NO_PATIENCE } else { PATIENCE };
        let end = Instant::now() + patience;
        loop {
            match self.file.try_lock() {
                Ok(()) => {
                    self.is_stuck.store(false, Ordering::Relaxed);
                    return Ok(Locked(&self.file));
                }
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) if Instant::now() > end => {
                    self.is_stuck.store(true, Ordering::Relaxed);
                    return Err(StoreError::Unreachable(
                        "another process holds the file's lock and does not move".into(),
                    ));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_micros(50)),
            }
        }
    }
}

/// The lock is held until this is dropped.
pub struct Locked<'a>(&'a File);

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}
