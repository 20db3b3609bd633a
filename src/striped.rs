//! Lock striping: the same thing several times, each under a lock of its own, so that threads
//! seldom meet.
//!
//! What one thread has just written lies in the cache of its processor. When another thread needs
//! it there is a detour, of up to a hundred nanoseconds, and that is so for a free lock and for a
//! count of readers, too. So what every request writes to is kept several times, and each thread
//! goes to the same one every time: to its own stripe.
//!
//! Left out: more stripes on a larger machine. Threads that share one are not wrong, only slower.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many stripes there are: more than threads that run at one time on a small machine.
const STRIPES: usize = 8;

/// A value for each of a few groups of threads.
#[derive(Debug)]
pub struct Striped<T>(Box<[Stripe<T>]>);

/// Aligned so that no two stripes share a line of a processor's cache.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Stripe<T>(Mutex<T>);

impl<T: Default> Default for Striped<T> {
    fn default() -> Striped<T> {
        Striped((0..STRIPES).map(|_| Stripe::default()).collect())
    }
}

impl<T> Striped<T> {
    /// The value of the thread that asks.
    pub fn own(&self) -> MutexGuard<'_, T> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        lock(&self.0[OWN.with(|own| own % STRIPES)])
    }

    /// All values, one after the other.
    pub fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        self.0.iter().map(lock)
    }
}

fn lock<T>(stripe: &Stripe<T>) -> MutexGuard<'_, T> {
    stripe.0.lock().unwrap_or_else(PoisonError::into_inner)
}
