//! What happened in one request/response cycle, step by step; the last 200 kept in memory.
//!
//! The two spines of the program hold every value of a cycle anyway: the bytes that arrived, the request, the route, the
//! session before and after, the bytes that left. They note them here, one line a step, and the stages themselves stay
//! ignorant of it.
//!
//! * A step remembers the file and line that took it (`#[track_caller]`), so that a page can lead there.
//! * A detail is a closure that gives values, not text: with recording off nothing is even collected, and nothing is
//!   formatted until someone looks.
//! * Whoever notices something that the client need not see leaves a sentence with [`Cycle::warn`]; the log prints it.
//!
//! # Security
//!
//! Cycles hold cookies and form fields. They stay in memory, cut at [`KEPT_BYTES`] a side, and whoever shows them must
//! mask what is secret and look at who is asking.
//!
//! Left out: keeping them over a restart. They are there to be looked at now.

use crate::http::{Fields, Method, Status};
use crate::place::Place;
use crate::value::Map;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// So many cycles are kept; the oldest leaves first.
pub const KEPT: usize = 200;

/// So many cycles that have left keep their memory for the next ones.
const SPARE: usize = 32;

/// So many bytes of each side are kept; of the rest only the number.
pub const KEPT_BYTES: usize = 8 * 1024;

/// The notes taken during one cycle.
#[derive(Debug)]
pub struct Cycle {
    recording: bool,
    started: Instant,
    steps: Vec<Step>,
    warnings: Vec<String>,
    /// Memory for the next excerpts.
    buffers: Vec<Vec<u8>>,
}

/// One step: what it was, when, and which line took it.
#[derive(Debug)]
pub struct Step {
    /// Named like the chapters: accepted, received, parsed, opened, routed, form, flashed, rendered, stored, saved, sent.
    pub name: &'static str,
    /// Since the cycle began.
    pub at: Duration,
    /// The line that took it.
    pub source: &'static Location<'static>,
    /// The values that the step had in its hands.
    pub detail: Detail,
}

/// The values of a step; whoever shows them makes the text.
#[derive(Debug)]
pub enum Detail {
    /// A connection: its number, which request on it this is, and who is at the other end.
    Connection {
        /// The connection's number since the server started.
        number: u64,
        /// 1 for the first request on it.
        nth: u64,
        /// The client's address.
        peer: SocketAddr,
    },
    /// Bytes as they were on the wire.
    Bytes(Excerpt),
    /// How many bytes the head took, and how many the body, decoded.
    Parsed {
        /// Of the request line, the headers and the empty line.
        head_bytes: usize,
        /// Of the body, without its framing.
        body_bytes: usize,
    },
    /// The route that answers.
    Route {
        /// Its method.
        method: Method,
        /// Its pattern, as it was registered.
        pattern: Arc<str>,
        /// The handler's name.
        handler: Arc<str>,
        /// The line that registered it.
        registered: &'static Location<'static>,
        /// What it captured.
        params: Vec<(String, String)>,
    },
    /// No route answers: those that came near, as method and pattern.
    NoRoute(Vec<(Method, String)>),
    /// The path is known, but not with this method: the routes that it has, as method and pattern.
    WrongMethod(Vec<(Method, String)>),
    /// A file answers: its path below the folder.
    File(String),
    /// The visitor's row as it was found. A stranger has no such step.
    Row {
        /// The cookie that came.
        cookie: Option<String>,
        /// Why it was refused.
        refused: Option<String>,
        /// What the row held; `None`: nobody looked.
        row: Option<Map>,
        /// Where it is kept.
        place: Place,
    },
    /// Decoded fields of a form.
    Fields(Fields),
    /// A message for the next page: category and text.
    Flash(String, String),
    /// Messages shown and taken away.
    Taken(Vec<(String, String)>),
    /// A template and the variables that the handler gave it.
    Template {
        /// The template's name.
        name: String,
        /// The page's variables.
        variables: Map,
    },
    /// The visitor's row as the answer leaves it.
    Change {
        /// The cookie's value from now on; `None` for a stranger.
        cookie: Option<String>,
        /// What the row holds now; `None`: there is none.
        after: Option<Map>,
        /// The line that changed it last; `None`: none did.
        by: Option<&'static Location<'static>>,
        /// Where it is kept.
        place: Place,
    },
    /// Rows beside the visitor's that the handler changed.
    Stored {
        /// Of each: the name of its kind, its key, and false if it was deleted.
        rows: Vec<(&'static str, String, bool)>,
        /// The line that asked for the store last.
        by: &'static Location<'static>,
        /// Where they are kept.
        place: Place,
    },
    /// An error that took the place of an answer: its status, and what the log says of it.
    Failure(Status, String),
}

/// The front of some bytes, and how many there were in all.
#[derive(Debug)]
pub struct Excerpt {
    /// At most [`KEPT_BYTES`] of them.
    pub bytes: Vec<u8>,
    /// All of them; `None` if that is not known, as of a stream.
    pub total: Option<u64>,
}

impl Excerpt {
    /// The front of these bytes.
    pub fn of(bytes: &[u8]) -> Excerpt {
        let mut excerpt = Excerpt { bytes: Vec::new(), total: Some(0) };
        excerpt.extend(bytes);
        excerpt
    }

    /// Adds what came behind it.
    pub fn extend(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.total = self.total.map(|total| total + bytes.len() as u64);
    }
}

impl Default for Cycle {
    fn default() -> Cycle {
        Cycle::begin(false)
    }
}

impl Cycle {
    /// A cycle that begins now; without recording it keeps only warnings.
    pub fn begin(recording: bool) -> Cycle {
        // Room for the usual steps in less than a kilobyte: what is larger, the allocator gives out more slowly.
        let steps = if recording { Vec::with_capacity(7) } else { Vec::new() };
        Cycle { recording, started: Instant::now(), steps, warnings: Vec::new(), buffers: Vec::new() }
    }

    /// A cycle that begins now, in the memory of one that has left the record.
    fn begin_in(mut old: Cycle) -> Cycle {
        for step in old.steps.drain(..) {
            if let Detail::Bytes(Excerpt { mut bytes, .. }) = step.detail {
                bytes.clear();
                old.buffers.push(bytes);
            }
        }
        old.warnings.clear();
        Cycle { recording: true, started: Instant::now(), ..old }
    }

    /// An empty excerpt, to be filled.
    pub fn excerpt(&mut self) -> Excerpt {
        Excerpt { bytes: self.buffers.pop().unwrap_or_default(), total: Some(0) }
    }

    /// Notes a step. The closure is called only when recording.
    #[track_caller]
    pub fn step(&mut self, name: &'static str, detail: impl FnOnce() -> Detail) {
        if self.recording {
            let source = Location::caller();
            // The first step begins the cycle. Each look at the clock is a fair part of what recording costs.
            let at = if self.steps.is_empty() { Duration::ZERO } else { self.started.elapsed() };
            self.steps.push(Step { name, at, source, detail: detail() });
        }
    }

    /// Leaves a sentence for the log.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    /// The sentences so far, in order.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The steps so far, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Since the cycle began.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// True if steps are kept.
    pub fn is_recording(&self) -> bool {
        self.recording
    }

    /// Forgets this cycle: the pages that show cycles are not to fill the list themselves.
    pub fn discard(&mut self) {
        self.recording = false;
        self.steps = Vec::new();
    }
}

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
/// They lie in a ring, cycle N in slot N modulo [`KEPT`], and each slot has a lock of its own: threads whose cycles end at
/// the same time do not wait for one another.
pub struct Recorder {
    last: AtomicU64,
    watcher: OnceLock<Watcher>,
    slots: Box<[Mutex<Option<Arc<Record>>>]>,
    /// How many wait for a cycle to be added. While nobody does, adding one wakes nobody and costs nothing.
    waiting: AtomicUsize,
    gate: Mutex<()>,
    /// Cycles that have left, for their memory: to get it anew for each is the dearest part of recording.
    left: Mutex<Vec<Cycle>>,
    added: Condvar,
    closed: AtomicBool,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            last: AtomicU64::new(0),
            watcher: OnceLock::new(),
            slots: (0..KEPT).map(|_| Mutex::default()).collect(),
            waiting: AtomicUsize::new(0),
            gate: Mutex::new(()),
            left: Mutex::default(),
            added: Condvar::new(),
            closed: AtomicBool::new(false),
        }
    }
}

impl Recorder {
    /// A cycle that begins now and is recorded.
    pub fn begin(&self) -> Cycle {
        let left = lock(&self.left).pop();
        left.map_or_else(|| Cycle::begin(true), Cycle::begin_in)
    }

    /// The number for the next cycle that is kept.
    pub fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Has every cycle shown to `watcher` as it ends, before its client can know that it did. The first watcher stays.
    pub fn watch(&self, watcher: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Keeps a cycle that is over; the oldest leaves if there are too many.
    pub fn keep(&self, number: u64, status: Status, cycle: Cycle) {
        // The last step has just been taken; one look at the clock the fewer.
        let took = cycle.steps.last().map_or_else(|| cycle.started.elapsed(), |step| step.at);
        let record = Arc::new(Record { number, ended: SystemTime::now(), took, status, cycle });
        if let Some(watcher) = self.watcher.get() {
            watcher(&record);
        }
        let mut slot = lock(self.slot(number));
        let leaving = if slot.as_ref().is_none_or(|other| other.number < number) { slot.replace(record) } else { None };
        drop(slot);
        // Either this thread sees that somebody waits, or that one sees the cycle: both put the fence between what they
        // write and what they read.
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) > 0 {
            // Whoever was about to wait holds the gate until it does.
            drop(lock(&self.gate));
            self.added.notify_all();
        }
        // Unless somebody looks at it just now, the oldest is of use once more.
        if let Some(oldest) = leaving.and_then(Arc::into_inner) {
            let mut left = lock(&self.left);
            if left.len() < SPARE {
                left.push(oldest.cycle);
            }
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
        self.numbers().filter_map(|number| self.get(number)).collect()
    }

    /// The cycle of this number, if it is kept still.
    pub fn get(&self, number: u64) -> Option<Arc<Record>> {
        lock(self.slot(number)).as_ref().filter(|record| record.number == number).cloned()
    }

    /// The newest cycle.
    pub fn newest(&self) -> Option<Arc<Record>> {
        self.numbers().rev().find_map(|number| self.get(number))
    }

    /// Waits until there are cycles with numbers above this one, and gives them back; after `most`, perhaps none.
    pub fn wait_beyond(&self, number: u64, most: Duration) -> Vec<Arc<Record>> {
        let gate = lock(&self.gate);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let waited =
            self.added.wait_timeout_while(gate, most, |()| self.beyond(number).is_empty() && !self.is_closed());
        drop(waited);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        self.beyond(number)
    }

    /// The cycles behind this number, up to the first that has its number and is not over yet: it would be missed by
    /// whoever went on behind it.
    fn beyond(&self, number: u64) -> Vec<Arc<Record>> {
        let numbers = self.numbers().filter(|kept| *kept > number);
        // One that another thread has kept waiting for so long will not come.
        let is_lost = |number: u64| self.last.load(Ordering::Relaxed) > number + KEPT as u64 / 2;
        let found = numbers.map(|number| (number, self.get(number)));
        found
            .take_while(|(number, record)| record.is_some() || is_lost(*number))
            .filter_map(|(_, record)| record)
            .collect()
    }

    /// The numbers that may be kept.
    fn numbers(&self) -> RangeInclusive<u64> {
        let last = self.last.load(Ordering::Relaxed);
        (last + 1).saturating_sub(KEPT as u64).max(1)..=last
    }

    fn slot(&self, number: u64) -> &Mutex<Option<Arc<Record>>> {
        &self.slots[(number % KEPT as u64) as usize]
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
