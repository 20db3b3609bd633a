//! What happened in one request/response cycle, step by step; the last 200 kept in memory.
//!
//! The two spines of the program hold every value of a cycle anyway: the bytes that arrived, the
//! request, the route, the session before and after, the bytes that left. They note them here, one
//! line a step, and the stages themselves stay ignorant of it.
//!
//! * A step remembers the file and line that took it (`#[track_caller]`), so that a page can lead
//!   there.
//! * A detail is a closure that gives values, not text: with recording off nothing is even
//!   collected, and nothing is formatted until someone looks.
//! * Whoever notices something that the client need not see leaves a sentence with [`Cycle::warn`];
//!   the log prints it.
//!
//! # Security
//!
//! Cycles hold cookies and form fields. They stay in memory, cut at [`KEPT_BYTES`] a side, and
//! whoever shows them must mask what is secret and look at who is asking.
//!
//! Left out: where they are kept. That is the [`Recorder`]'s affair.

mod recorder;
mod store_place;

pub use recorder::{Record, Recorder};
pub use store_place::StorePlace;

use crate::http::{Fields, Method, Status};
use crate::value::Map;
use std::net::SocketAddr;
use std::panic::Location;
use std::time::{Duration, Instant};

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
    /// Memory for the next excerpts.
    buffers: Vec<Vec<u8>>,
}

/// One step: what it was, when, and which line took it.
#[derive(Debug)]
pub struct Step {
    /// Named like the chapters: accepted, received, parsed, opened, routed, form, flashed,
    /// rendered, stored, saved, sent.
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
        place: StorePlace,
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
        place: StorePlace,
    },
    /// Rows beside the visitor's that the handler changed.
    Stored {
        /// Of each: the name of its kind, its key, and false if it was deleted.
        rows: Vec<(&'static str, String, bool)>,
        /// The line that asked for the store last.
        by: &'static Location<'static>,
        /// Where they are kept.
        place: StorePlace,
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
        // Room for the usual steps in less than a kilobyte: what is larger, the allocator gives out
        // more slowly.
        let steps = if recording { Vec::with_capacity(7) } else { Vec::new() };
        Cycle {
            recording,
            started: Instant::now(),
            steps,
            warnings: Vec::new(),
            buffers: Vec::new(),
        }
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
            // The first step begins the cycle. Each look at the clock is a fair part of what
            // recording costs.
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

    /// Notes a step that was taken earlier, at its place among the others.
    #[track_caller]
    pub fn step_at(&mut self, name: &'static str, when: Instant, detail: Detail) {
        if self.recording {
            let at = when.saturating_duration_since(self.started);
            let place = self.steps.partition_point(|step| step.at <= at);
            self.steps.insert(place, Step { name, at, source: Location::caller(), detail });
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
