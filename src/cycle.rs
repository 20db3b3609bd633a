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
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// So many cycles are kept; the oldest leaves first.
pub const KEPT: usize = 200;

/// So many shelves hold them: more than threads that run at one time on a small machine.
const SHELVES: usize = 8;

/// So many cycles that have left a shelf keep their memory for the next ones.
const SPARE: usize = 4;

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
        pattern: &'static str,
        /// The handler's name.
        handler: &'static str,
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
            // The first step begins the cycle. Each look at the clock is a fair part of what recording costs.
            let at = if self.steps.is_empty() { Duration::ZERO } else { self.started.elapsed() };
            self.steps.push(Step { name, at, source: Location::caller(), detail: detail() });
        }
    }

    /// Notes a step that was taken in one go with the last one, and so needs no look at the clock.
    #[track_caller]
    pub fn also(&mut self, name: &'static str, detail: impl FnOnce() -> Detail) {
        if self.recording {
            let at = self.steps.last().map_or(Duration::ZERO, |step| step.at);
            self.steps.push(Step { name, at, source: Location::caller(), detail: detail() });
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
/// Threads whose cycles end at the same time must not wait for one another, nor for what another processor has in its
/// cache, which takes longer than all the rest of recording. So each thread puts its cycles on a shelf of its own, takes
/// back from there the memory of one that is too old, and makes the next cycle in it. Whoever looks goes past all shelves.
pub struct Recorder {
    count: Count,
    shelves: Box<[Shelf]>,
    watcher: OnceLock<Watcher>,
    /// How many wait for a cycle to be added. While nobody does, adding one wakes nobody and costs nothing.
    waiting: AtomicUsize,
    gate: Mutex<()>,
    added: Condvar,
    closed: AtomicBool,
}

/// The number of the last cycle. Every thread writes it, so it has a line of the processors' caches to itself.
#[derive(Default)]
#[repr(align(64))]
struct Count(AtomicU64);

/// Some threads' cycles, aligned so that no two shelves share a line of the cache.
#[derive(Default)]
#[repr(align(64))]
struct Shelf(Mutex<Shelved>);

#[derive(Default)]
struct Shelved {
    /// The oldest first.
    records: VecDeque<Arc<Record>>,
    /// Cycles that have left, for their memory.
    left: Vec<Cycle>,
}

impl Default for Recorder {
    fn default() -> Recorder {
        Recorder {
            count: Count::default(),
            shelves: (0..SHELVES).map(|_| Shelf::default()).collect(),
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
        let left = lock(&self.own_shelf().0).left.pop();
        left.map_or_else(|| Cycle::begin(true), Cycle::begin_in)
    }

    /// The number for the next cycle that is kept.
    pub fn number(&self) -> u64 {
        self.count.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Has every cycle shown to `watcher` as it ends, before its client can know that it did. The first watcher stays.
    pub fn watch(&self, watcher: impl Fn(&Record) + Send + Sync + 'static) {
        let _ = self.watcher.set(Box::new(watcher));
    }

    /// Keeps a cycle that is over, as it `ended` by the wall clock. Those that are too old by now leave.
    pub fn keep(&self, number: u64, status: Status, ended: SystemTime, cycle: Cycle) {
        // The last step has just been taken; one look at the clock the fewer.
        let took = cycle.steps.last().map_or_else(|| cycle.started.elapsed(), |step| step.at);
        let record = Arc::new(Record { number, ended, took, status, cycle });
        if let Some(watcher) = self.watcher.get() {
            watcher(&record);
        }
        let mut shelf = lock(&self.own_shelf().0);
        shelf.records.push_back(record);
        while shelf.records.front().is_some_and(|oldest| oldest.number + KEPT as u64 <= number) {
            // Unless somebody looks at it just now, it is of use once more.
            let oldest = shelf.records.pop_front().and_then(Arc::into_inner);
            if shelf.left.len() < SPARE {
                shelf.left.extend(oldest.map(|record| record.cycle));
            }
        }
        drop(shelf);
        // Either this thread sees that somebody waits, or that one sees the cycle: both put the fence between what they
        // write and what they read.
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
        // A shelf whose threads have fallen silent still holds some that are too old.
        let too_old = self.last().saturating_sub(KEPT as u64).max(number);
        let mut found = Vec::new();
        for shelf in &self.shelves {
            found.extend(lock(&shelf.0).records.iter().filter(|record| record.number > too_old).cloned());
        }
        found.sort_by_key(|record| record.number);
        found
    }

    fn last(&self) -> u64 {
        self.count.0.load(Ordering::Relaxed)
    }

    /// The shelf of the thread that asks.
    fn own_shelf(&self) -> &Shelf {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static OWN: usize = NEXT.fetch_add(1, Ordering::Relaxed);
        }
        &self.shelves[OWN.with(|own| own % self.shelves.len())]
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
