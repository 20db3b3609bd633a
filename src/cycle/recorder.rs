//! Deeper: recorder, the last 200 cycles.
//!
//! A cycle is given its number when its answer is written, because the answer carries the number in
//! a header. The number reserves a place in a queue, and the cycle takes the place when it is over.
//! So the queue is in order, whichever thread is faster. One lock around the queue is enough: it is
//! held for a few instructions, three times for each request.
//!
//! Left out: a record that outlasts a restart.

use super::{Cycle, KEPT};
use crate::http::Status;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

/// A cycle that is over.
#[derive(Debug)]
pub struct Record {
    /// Its number: 1 for the first since the server started.
    pub number: u64,
    /// When it was over, by the wall clock.
    pub ended: SystemTime,
    /// From the first byte of the request to the last byte of the answer's head.
    pub took: Duration,
    /// The status of the answer.
    pub status: Status,
    /// What happened.
    pub cycle: Cycle,
}

/// What is told of each cycle as it ends.
type Watcher = Box<dyn Fn(&Record) + Send + Sync>;

/// The last cycles, and the count of all.
#[derive(Default)]
pub struct Recorder {
    queue: Mutex<Queue>,
    /// Tells the threads that wait for a cycle that there is one.
    added: Condvar,
    watcher: OnceLock<Watcher>,
}

#[derive(Default)]
struct Queue {
    /// The number that was given out last.
    last: u64,
    /// A place for each of the last numbers, the oldest first; empty while its cycle goes on.
    places: VecDeque<Option<Arc<Record>>>,
    /// How many threads wait for a cycle.
    waiting: usize,
    closed: bool,
}

impl Queue {
    /// The number of the first place.
    fn first(&self) -> u64 {
        self.last + 1 - self.places.len() as u64
    }

    /// The places above this number, among the last [`KEPT`].
    fn above(&self, number: u64) -> impl Iterator<Item = Option<Arc<Record>>> {
        let oldest = self.last.saturating_sub(KEPT as u64);
        let passed = (number.max(oldest) + 1).saturating_sub(self.first());
        self.places.iter().skip(passed as usize).cloned()
    }

    /// The cycles above this number, up to the first that is not over yet: a reader who went on
    /// behind it would miss it.
    fn beyond(&self, number: u64) -> Vec<Arc<Record>> {
        self.above(number).map_while(|place| place).collect()
    }
}

impl Recorder {
    /// A cycle that begins now and is recorded, in the memory of one that has left the queue.
    pub fn begin(&self) -> Cycle {
        let mut queue = self.lock();
        let oldest = if queue.places.len() > KEPT { queue.places.pop_front() } else { None };
        drop(queue);
        let unused = oldest.flatten().and_then(Arc::into_inner);
        unused.map_or_else(|| Cycle::begin(true), |record| Cycle::begin_in(record.cycle))
    }

    /// The number for a cycle that will be kept.
    pub fn number(&self) -> u64 {
        let mut queue = self.lock();
        queue.last += 1;
        queue.places.push_back(None);
        queue.last
    }

    /// Shows every cycle to `watcher` as it ends, before its client can know that it has ended. The
    /// first watcher stays.
    pub fn watch(&self, watcher: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Keeps a cycle that is over, as it `ended` by the wall clock.
    pub fn keep(&self, number: u64, status: Status, ended: SystemTime, cycle: Cycle) {
        // The last step has just been noted; this saves a look at the clock.
        let took = cycle.steps.last().map_or_else(|| cycle.elapsed(), |step| step.at);
        let record = Arc::new(Record { number, ended, took, status, cycle });
        if let Some(watcher) = self.watcher.get() {
            watcher(&record);
        }
        let mut queue = self.lock();
        let place = number.checked_sub(queue.first()).map(|place| place as usize);
        if let Some(place) = place.and_then(|place| queue.places.get_mut(place)) {
            *place = Some(record);
        }
        if queue.waiting > 0 {
            self.added.notify_all();
        }
    }

    /// Ends every wait, because the server stops.
    pub fn close(&self) {
        self.lock().closed = true;
        self.added.notify_all();
    }

    /// True once the server stops.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// The cycles that are kept, the oldest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        self.lock().above(0).flatten().collect()
    }

    /// The cycle of this number, if it is still kept.
    pub fn get(&self, number: u64) -> Option<Arc<Record>> {
        self.all().into_iter().find(|record| record.number == number)
    }

    /// The newest cycle.
    pub fn newest(&self) -> Option<Arc<Record>> {
        self.all().pop()
    }

    /// Waits until there are cycles with numbers above this one, and gives them back; after `most`,
    /// perhaps none.
    pub fn wait_beyond(&self, number: u64, most: Duration) -> Vec<Arc<Record>> {
        let mut queue = self.lock();
        queue.waiting += 1;
        let is_waiting = |queue: &mut Queue| queue.beyond(number).is_empty() && !queue.closed;
        let waited = self.added.wait_timeout_while(queue, most, is_waiting);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        queue.waiting -= 1;
        queue.beyond(number)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
