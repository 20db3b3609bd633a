//! The record: the last 200 cycles, for whoever looks.
//!
//! Everybody writes here all the time and hardly anybody reads, so it is made for those who write;
//! whoever looks takes the trouble of putting the list together.
//!
//! Left out: keeping it over a restart. It is there to be looked at now.

use super::{Cycle, KEPT};
use crate::http::Status;
use crate::striped::Striped;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

/// Of the cycles that leave a shelf so many stay in reserve, for their memory.
const SPARE: usize = 32;

/// A cycle that is over.
#[derive(Debug)]
pub struct Record {
    /// Its number: 1 for the first since the server started.
    pub number: u64,
    /// When it was over, by the wall clock.
    pub ended: SystemTime,
    /// From the first byte of the request to the last of the answer's head.
    pub took: Duration,
    /// The status of the answer.
    pub status: Status,
    /// What happened.
    pub cycle: Cycle,
}

/// What is told of each cycle as it ends.
type Watcher = Box<dyn Fn(&Record) + Send + Sync>;

/// The last cycles, and the count of all.
///
/// Threads whose cycles end at the same time must not wait for one another, nor for what another
/// processor has in its cache, which takes longer than all the rest of recording. So each thread
/// puts its cycles on a shelf of its own, takes back from there the memory of one that is too old,
/// and makes the next cycle in it. Whoever looks goes past all shelves.
pub struct Recorder {
    count: Count,
    shelves: Striped<Shelf>,
    watcher: OnceLock<Watcher>,
    /// How many wait for a cycle to be added. While nobody does, adding one wakes nobody and costs
    /// nothing.
    waiting: AtomicUsize,
    gate: Mutex<()>,
    added: Condvar,
    closed: AtomicBool,
}

/// The number of the last cycle. Every thread writes it, so it has a line of the processors' caches
/// to itself.
#[derive(Default)]
#[repr(align(64))]
struct Count(AtomicU64);

/// Some threads' cycles.
#[derive(Default)]
struct Shelf {
    /// The oldest first.
    records: VecDeque<Arc<Record>>,
    /// Cycles that have left, for their memory.
    left: Vec<Cycle>,
}

impl Shelf {
    /// Takes away what is too old once there is a cycle of this number.
    fn clear_old(&mut self, newest: u64) {
        while self.records.front().is_some_and(|oldest| oldest.number + KEPT as u64 <= newest) {
            // Unless somebody looks at it just now, it is of use once more.
            let oldest = self.records.pop_front().and_then(Arc::into_inner);
            if self.left.len() < SPARE {
                self.left.extend(oldest.map(|record| record.cycle));
            }
        }
    }
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            count: Count::default(),
            shelves: Striped::default(),
            watcher: OnceLock::new(),
            waiting: AtomicUsize::new(0),
            gate: Mutex::new(()),
            added: Condvar::new(),
            closed: AtomicBool::new(false),
        }
    }
}

impl Recorder {
    /// A cycle that begins now and is recorded.
    pub fn begin(&self) -> Cycle {
        let left = self.shelves.own().left.pop();
        left.map_or_else(|| Cycle::begin(true), Cycle::begin_in)
    }

    /// The number for the next cycle that is kept.
    pub fn number(&self) -> u64 {
        self.count.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Has every cycle shown to `watcher` as it ends, before its client can know that it did. The
    /// first watcher stays.
    pub fn watch(&self, watcher: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Keeps a cycle that is over, as it `ended` by the wall clock. Those that are too old by now
    /// leave.
    pub fn keep(&self, number: u64, status: Status, ended: SystemTime, cycle: Cycle) {
        // The last step has just been taken; one look at the clock the fewer.
        let took = cycle.steps.last().map_or_else(|| cycle.started.elapsed(), |step| step.at);
        let record = Arc::new(Record { number, ended, took, status, cycle });
        if let Some(watcher) = self.watcher.get() {
            watcher(&record);
        }
        let mut shelf = self.shelves.own();
        shelf.records.push_back(record);
        shelf.clear_old(number);
        drop(shelf);
        if number.is_multiple_of(KEPT as u64) {
            // What is on the shelves of threads that have fallen silent is cleared by the others,
            // now and then.
            self.shelves.all().for_each(|mut shelf| shelf.clear_old(number));
        }
        // Either this thread sees that somebody waits, or that one sees the cycle: both put the
        // fence between what they write and what they read.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) > 0 {
            // Whoever was about to wait holds the gate until it does.
            drop(lock(&self.gate));
            self.added.notify_all();
        }
    }

    /// Ends every wait: the server stops.
    pub fn close(&self) {
        // Through the gate, so that nobody begins to wait between the two.
        let gate = lock(&self.gate);
        self.closed.store(true, Ordering::SeqCst);
        drop(gate);
        self.added.notify_all();
    }

    /// True once the server stops.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The cycles that are kept, the oldest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        self.above(0)
    }

    /// The cycle of this number, if it is kept still.
    pub fn get(&self, number: u64) -> Option<Arc<Record>> {
        self.above(number.checked_sub(1)?).into_iter().find(|record| record.number == number)
    }

    /// The newest cycle.
    pub fn newest(&self) -> Option<Arc<Record>> {
        self.all().pop()
    }

    /// Waits until there are cycles with numbers above this one, and gives them back; after `most`,
    /// perhaps none.
    pub fn wait_beyond(&self, number: u64, most: Duration) -> Vec<Arc<Record>> {
        let gate = lock(&self.gate);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let waited = self.added.wait_timeout_while(gate, most, |()| {
            self.beyond(number).is_empty() && !self.is_closed()
        });
        drop(waited);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.beyond(number)
    }

    /// The cycles behind this number, up to the first that has its number and is not over yet: it
    /// would be missed by whoever went on behind it.
    fn beyond(&self, number: u64) -> Vec<Arc<Record>> {
        let mut found = self.above(number);
        // One that another thread has kept waiting for so long will not come.
        let waited_for = self.last().saturating_sub(KEPT as u64 / 2);
        let mut before = number.max(waited_for);
        let gap = found.iter().position(|record| {
            let follows = record.number <= before + 1;
            before = before.max(record.number);
            !follows
        });
        found.truncate(gap.unwrap_or(found.len()));
        found
    }

    /// The cycles that are kept and have a higher number than this, the oldest first.
    fn above(&self, number: u64) -> Vec<Arc<Record>> {
        // A shelf whose threads have fallen silent may still hold some that are too old.
        let too_old = self.last().saturating_sub(KEPT as u64).max(number);
        let mut found = Vec::new();
        for shelf in self.shelves.all() {
            found.extend(shelf.records.iter().filter(|record| record.number > too_old).cloned());
        }
        found.sort_by_key(|record| record.number);
        found
    }

    fn last(&self) -> u64 {
        self.count.0.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
