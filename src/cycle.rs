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
use crate::value::Map;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// So many cycles are kept; the oldest leaves first.
pub const KEPT: usize = 200;

/// So many bytes of each side are kept; of the rest only the number.
pub const KEPT_BYTES: usize = 8 * 1024;

/// The notes taken during one cycle.
#[derive(Debug)]
pub struct Cycle {
    recording: bool,
    started: Instant,
    steps: Vec<Step>,
    warnings: Vec<String>,
}

/// One step: what it was, when, and which line took it.
#[derive(Debug)]
pub struct Step {
    /// Named like the chapters: accepted, received, parsed, routed, opened, form, flashed, rendered, saved, sent.
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
        pattern: String,
        /// The handler's name.
        handler: String,
        /// The line that registered it.
        registered: &'static Location<'static>,
        /// What it captured.
        params: Vec<(String, String)>,
    },
    /// No route answers: those that came near, as method and pattern.
    NoRoute(Vec<(Method, String)>),
    /// The path is known, with these methods only.
    WrongMethod(Vec<Method>),
    /// A file answers: its path below the folder.
    File(String),
    /// The visitor's row as it was found.
    Row {
        /// The cookie that came; empty for a stranger.
        cookie: Option<String>,
        /// Why it was refused.
        refused: Option<String>,
        /// What the row held.
        row: Option<Map>,
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
    /// The visitor's row before and after.
    Change {
        /// The cookie's value from now on; `None` for a stranger.
        cookie: Option<String>,
        /// What the row held.
        before: Option<Map>,
        /// What it holds now; `None`: there is none.
        after: Option<Map>,
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
        let steps = if recording { Vec::with_capacity(12) } else { Vec::new() };
        Cycle { recording, started: Instant::now(), steps, warnings: Vec::new() }
    }

    /// Notes a step. The closure is called only when recording.
    #[track_caller]
    pub fn step(&mut self, name: &'static str, detail: impl FnOnce() -> Detail) {
        if self.recording {
            let source = Location::caller();
            self.steps.push(Step { name, at: self.started.elapsed(), source, detail: detail() });
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
#[derive(Default)]
pub struct Recorder {
    last: AtomicU64,
    watcher: OnceLock<Watcher>,
    kept: Mutex<VecDeque<Arc<Record>>>,
    added: Condvar,
    closed: AtomicBool,
}

impl Recorder {
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
        let took = cycle.started.elapsed();
        let record = Arc::new(Record { number, ended: SystemTime::now(), took, status, cycle });
        if let Some(watcher) = self.watcher.get() {
            watcher(&record);
        }
        let mut kept = self.lock();
        // Numbers are given before cycles end, so they may come in out of order; the list is by number.
        let at = kept.partition_point(|other| other.number < number);
        kept.insert(at, record);
        let oldest = if kept.len() > KEPT { kept.pop_front() } else { None };
        drop(kept);
        self.added.notify_all();
        // The memory of the oldest is given back after the lock.
        drop(oldest);
    }

    /// Ends every wait: the server stops.
    pub fn close(&self) {
        // Under the lock, so that nobody begins to wait between the two.
        let kept = self.lock();
        self.closed.store(true, Ordering::SeqCst);
        drop(kept);
        self.added.notify_all();
    }

    /// True once the server stops.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The cycles that are kept, the oldest first.
    pub fn all(&self) -> Vec<Arc<Record>> {
        self.lock().iter().cloned().collect()
    }

    /// The cycle of this number, if it is kept still.
    pub fn get(&self, number: u64) -> Option<Arc<Record>> {
        let kept = self.lock();
        kept.binary_search_by_key(&number, |record| record.number).ok().map(|at| Arc::clone(&kept[at]))
    }

    /// The newest cycle.
    pub fn newest(&self) -> Option<Arc<Record>> {
        self.lock().back().cloned()
    }

    /// Waits until there are cycles with numbers above this one, and gives them back; after `most`, perhaps none.
    pub fn wait_beyond(&self, number: u64, most: Duration) -> Vec<Arc<Record>> {
        let newer = |kept: &VecDeque<Arc<Record>>| kept.back().is_some_and(|record| record.number > number);
        let kept = self.lock();
        let waited = self.added.wait_timeout_while(kept, most, |kept| !newer(kept) && !self.is_closed());
        let (kept, _) = waited.unwrap_or_else(PoisonError::into_inner);
        kept.iter().filter(|record| record.number > number).cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Record>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
