//! Deeper: recorder, the last 200 cycles.
//!
//! A cycle is given its number when its answer is written, because the answer carries the number in
//! a header. Each number has one place: number 500 takes that of number 300, and its memory. So the
//! record is in order, whichever thread is faster.
//!
//! Left out: a record that outlasts a restart.

use super::{Cycle, KEPT};
use crate::http::Status;
use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A cycle whose answer has been written.
#[derive(Debug)]
pub struct Record {
    /// Its number: 1 for the first since the server started.
    pub number: u64,
    /// When its answer was written, by the wall clock.
    pub written: SystemTime,
    /// The status of the answer.
    pub status: Status,
    /// What happened.
    pub cycle: Box<Cycle>,
    /// What became of the answer; nothing while it is being sent.
    pub sent: OnceLock<Sent>,
}

impl Default for Record {
    fn default() -> Record {
        let (cycle, sent) = (Box::default(), OnceLock::new());
        Record { number: 0, written: UNIX_EPOCH, status: Status::OK, cycle, sent }
    }
}

impl Record {
    /// From the end of the request's head to the last byte of the answer that left; while the
    /// answer is being sent, to the last byte of its head.
    pub fn took(&self) -> Duration {
        self.sent.get().map_or_else(|| self.head_took(), |sent| self.cycle.until(sent.at))
    }

    fn head_took(&self) -> Duration {
        self.cycle.steps().last().map_or(Duration::ZERO, |step| self.cycle.until(step.at))
    }

    /// When the head of the request had arrived, by the wall clock.
    pub fn begun(&self) -> SystemTime {
        self.written.checked_sub(self.head_took()).unwrap_or(self.written)
    }
}

/// How the sending of an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When the last byte left.
    pub at: Instant,
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
type OnCycle = Box<dyn Fn(&Record) + Send + Sync>;

/// The last cycles, and the count of all.
#[derive(Default)]
pub struct Recorder {
    /// The number that was given out last.
    last: AtomicU64,
    kept: Mutex<Kept>,
    /// Notified when a cycle has been added, if a thread waits for one.
    added: Condvar,
    on_cycle: OnceLock<OnCycle>,
}

struct Kept {
    /// Number 500 has place 500 modulo [`KEPT`].
    places: [Option<Arc<Record>>; KEPT],
    /// The largest number among them.
    newest: u64,
    /// The ends of the last connections, the newest first.
    closings: VecDeque<ConnectionEnd>,
    waiting: usize,
    is_closed: bool,
}

impl Default for Kept {
    fn default() -> Kept {
        let (places, closings) = ([const { None }; KEPT], VecDeque::new());
        Kept { places, newest: 0, closings, waiting: 0, is_closed: false }
    }
}

impl Kept {
    /// The cycles above this number; `None` for one that is not over.
    fn above(&self, number: u64) -> impl Iterator<Item = Option<&Arc<Record>>> {
        let first = number.max(self.newest.saturating_sub(KEPT as u64)) + 1;
        (first..=self.newest).map(|number| {
            self.places[number as usize % KEPT].as_ref().filter(|there| there.number == number)
        })
    }

    fn place(&mut self, number: u64) -> &mut Option<Arc<Record>> {
        &mut self.places[number as usize % KEPT]
    }
}

impl Recorder {
    /// The number for a cycle that will be kept.
    pub fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Calls this with every cycle as it ends, before its client can know that it has ended. The
    /// first one stays.
    pub fn on_cycle(&self, on_cycle: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.on_cycle.set(Box::new(on_cycle));
    }

    /// Keeps a cycle whose answer was written at this time by the wall clock, and puts one that is
    /// not kept any more into `cycle`, so that its memory is used again. Returns the record, in
    /// which the caller notes when the answer has left.
    pub fn keep(
        &self,
        number: u64,
        status: Status,
        written: SystemTime,
        cycle: &mut Box<Cycle>,
    ) -> Arc<Record> {
        // The lock is held to take the old record out, and to put it back, and not between.
        let old = self.lock().place(number).take_if(|there| there.number < number);
        let mut record = old.unwrap_or_default();
        if let Some(unused) = Arc::get_mut(&mut record) {
            mem::swap(&mut unused.cycle, cycle);
            (unused.number, unused.written, unused.status) = (number, written, status);
            unused.sent = OnceLock::new();
        } else {
            // Somebody still reads the old one.
            let (cycle, sent) = (mem::take(cycle), OnceLock::new());
            record = Arc::new(Record { number, written, status, cycle, sent });
        }
        let mut kept = self.lock();
        kept.newest = kept.newest.max(number);
        // A cycle that took as long as 200 others finds a later one at its place, and is not kept.
        // Or it was faster than the later one, which then takes its place.
        let place = kept.place(number);
        if place.as_ref().is_none_or(|there| there.number < number) {
            *place = Some(Arc::clone(&record));
        }
        let is_awaited = kept.waiting > 0;
        drop(kept);
        if let Some(on_cycle) = self.on_cycle.get() {
            on_cycle(&record);
        }
        if is_awaited {
            self.added.notify_all();
        }
        record
    }

    /// Keeps the end of a connection.
    pub fn connection_ended(&self, connection: u64, by: &'static str) {
        let closings = &mut self.lock().closings;
        closings.truncate(KEPT - 1);
        closings.push_front(ConnectionEnd { connection, at: SystemTime::now(), by });
    }

    /// The end of a connection, if it has ended and is among the last.
    pub fn end_of(&self, connection: u64) -> Option<ConnectionEnd> {
        self.lock().closings.iter().copied().find(|end| end.connection == connection)
    }

    /// Ends every wait, because the server stops.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.added.notify_all();
    }

    /// True once the server stops.
    pub fn is_closed(&self) -> bool {
        self.lock().is_closed
    }

    /// The cycles that are kept, the oldest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        self.lock().above(0).flatten().cloned().collect()
    }

    /// The cycle of this number, if it is still kept.
    pub fn get(&self, number: u64) -> Option<Arc<Record>> {
        self.lock().above(number.checked_sub(1)?).next()?.filter(|it| it.number == number).cloned()
    }

    /// The newest cycle before one that is not over yet.
    pub fn newest(&self) -> Option<Arc<Record>> {
        self.lock().above(0).map_while(|record| record.cloned()).last()
    }

    /// Waits until there are cycles with numbers above this one, and gives them back; after `most`,
    /// perhaps none. It stops before a cycle that is not over yet: a reader who went on after it
    /// would miss it.
    pub fn wait_beyond(&self, number: u64, most: Duration) -> Vec<Arc<Record>> {
        let mut kept = self.lock();
        kept.waiting += 1;
        let none_yet =
            |kept: &mut Kept| !kept.is_closed && kept.above(number).next().flatten().is_none();
        let waited = self.added.wait_timeout_while(kept, most, none_yet);
        let (mut kept, _) = waited.unwrap_or_else(PoisonError::into_inner);
        kept.waiting -= 1;
        kept.above(number).map_while(|record| record.cloned()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
