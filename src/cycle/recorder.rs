//! Deeper: recorder, the last 200 cycles.
//!
//! A cycle is given its number when its answer is written, because the answer carries the number in
//! a header. Number 500 takes the place of number 300, which has a lock for itself. So threads that
//! record at the same time do not wait for each other, and the record is in order, whichever thread
//! is faster. It also takes the memory of number 300.
//!
//! Left out: a record that outlasts a restart.

use super::{Cycle, KEPT};
use crate::http::Status;
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A cycle whose answer has been written.
#[derive(Debug)]
pub struct Record {
    /// Its number: 1 for the first since the server started.
    pub number: u64,
    /// When its answer was written, by the wall clock.
    pub ended: SystemTime,
    /// From the first byte of the request to the last byte of the answer's head.
    pub took: Duration,
    /// The status of the answer.
    pub status: Status,
    /// What happened.
    pub cycle: Cycle,
    /// What became of the answer; empty while it is being sent.
    pub sent: OnceLock<Sent>,
}

/// How the sending of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// From the beginning of the cycle to the last byte that left.
    pub after: Duration,
    /// How many bytes of the body left.
    pub body_bytes: u64,
    /// False if the client did not take all of it, or the answer could not be completed.
    pub is_whole: bool,
}

/// The end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectionEnd {
    /// Its number.
    pub connection: u64,
    /// When it ended, by the wall clock.
    pub at: SystemTime,
    /// Who closed it, and why.
    pub by: &'static str,
}

/// What is told of each cycle as it ends.
type Watcher = Box<dyn Fn(&Record) + Send + Sync>;

/// The last cycles, and the count of all.
pub struct Recorder {
    /// The number that was given out last.
    last: AtomicU64,
    /// Number 500 has place 500 modulo [`KEPT`].
    places: [Mutex<Option<Arc<Record>>>; KEPT],
    watcher: OnceLock<Watcher>,
    /// How many threads wait for a cycle. They wait with the lock of `others`.
    waiting: AtomicU64,
    others: Mutex<Others>,
    added: Condvar,
}

/// What is not asked at each request.
#[derive(Default)]
struct Others {
    is_closed: bool,
    /// The ends of the last connections, the newest first.
    ends: VecDeque<ConnectionEnd>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            last: AtomicU64::new(0),
            places: [const { Mutex::new(None) }; KEPT],
            watcher: OnceLock::new(),
            waiting: AtomicU64::new(0),
            others: Mutex::default(),
            added: Condvar::new(),
        }
    }
}

impl Recorder {
    /// The number for a cycle that will be kept.
    pub fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// Shows every cycle to `watcher` as it ends, before its client can know that it has ended. The
    /// first watcher stays.
    pub fn watch(&self, watcher: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Keeps a cycle whose answer was written at this time by the wall clock, and leaves one that
    /// is not kept any more in its place, so that its memory serves for the next. Returns the
    /// record, in which the caller notes when the answer has left.
    pub fn keep(
        &self,
        number: u64,
        status: Status,
        ended: SystemTime,
        cycle: &mut Cycle,
    ) -> Arc<Record> {
        // The last step has just been noted; this saves a look at the clock.
        let took = cycle.steps.last().map_or_else(|| cycle.elapsed(), |step| step.at);
        let record = self.replace(number, |record| {
            mem::swap(&mut record.cycle, cycle);
            (record.number, record.ended, record.took) = (number, ended, took);
            (record.status, record.sent) = (status, OnceLock::new());
        });
        if let Some(watcher) = self.watcher.get() {
            watcher(&record);
        }
        // With the fence in `wait_beyond`: either this sees that somebody waits, or the other sees
        // this cycle.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) > 0 {
            // Under the lock, so that none looks before this and waits after it.
            drop(self.others());
            self.added.notify_all();
        }
        record
    }

    /// Fills the place of this number: the record that is there, unless somebody still reads it, or
    /// a new one.
    fn replace(&self, number: u64, fill: impl FnOnce(&mut Record)) -> Arc<Record> {
        let mut place = self.place(number);
        if let Some(there) = place.as_mut().filter(|there| there.number < number) {
            if let Some(unused) = Arc::get_mut(there) {
                fill(unused);
                return Arc::clone(there);
            }
            *place = None;
        }
        let mut record = Record {
            number,
            ended: UNIX_EPOCH,
            took: Duration::ZERO,
            status: Status::OK,
            cycle: Cycle::default(),
            sent: OnceLock::new(),
        };
        fill(&mut record);
        let record = Arc::new(record);
        // A cycle that took as long as 200 others finds a later one at its place, and is not kept.
        place.get_or_insert_with(|| Arc::clone(&record));
        record
    }

    /// Keeps the end of a connection.
    pub fn connection_ended(&self, connection: u64, by: &'static str) {
        let ends = &mut self.others().ends;
        ends.truncate(KEPT - 1);
        ends.push_front(ConnectionEnd { connection, at: SystemTime::now(), by });
    }

    /// The end of a connection, if it has ended and is among the last.
    pub fn end_of(&self, connection: u64) -> Option<ConnectionEnd> {
        self.others().ends.iter().copied().find(|end| end.connection == connection)
    }

    /// Ends every wait, because the server stops.
    pub fn close(&self) {
        self.others().is_closed = true;
        self.added.notify_all();
    }

    /// True once the server stops.
    pub fn is_closed(&self) -> bool {
        self.others().is_closed
    }

    /// The cycles that are kept, the oldest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        self.above(0).flatten().collect()
    }

    /// The cycle of this number, if it is still kept.
    pub fn get(&self, number: u64) -> Option<Arc<Record>> {
        self.above(number.checked_sub(1)?).next()?.filter(|record| record.number == number)
    }

    /// The newest cycle.
    pub fn newest(&self) -> Option<Arc<Record>> {
        self.all().pop()
    }

    /// Waits until there are cycles with numbers above this one, and gives them back; after `most`,
    /// perhaps none. It stops before a cycle that is not over yet: a reader who went on behind it
    /// would miss it.
    pub fn wait_beyond(&self, number: u64, most: Duration) -> Vec<Arc<Record>> {
        let beyond = || self.above(number).map_while(|record| record).collect::<Vec<_>>();
        self.waiting.fetch_add(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let is_waiting = |others: &mut Others| beyond().is_empty() && !others.is_closed;
        drop(self.added.wait_timeout_while(self.others(), most, is_waiting));
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        beyond()
    }

    /// The cycles above this number, among the last [`KEPT`]; `None` for one that is not over.
    fn above(&self, number: u64) -> impl Iterator<Item = Option<Arc<Record>>> {
        let last = self.last.load(Ordering::SeqCst);
        let first = number.max(last.saturating_sub(KEPT as u64)) + 1;
        let record = |number| self.place(number).clone().filter(|there| there.number == number);
        (first..=last).map(record)
    }

    fn place(&self, number: u64) -> MutexGuard<'_, Option<Arc<Record>>> {
        let place = &self.places[number as usize % KEPT];
        place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn others(&self) -> MutexGuard<'_, Others> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
