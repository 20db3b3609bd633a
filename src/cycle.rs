//! Deeper: Cycle: what happened between a request and its answer, step by step.
//!
//! Each stage of a request notes here in one line what it holds: the bytes that arrived, the route,
//! the session before and after, the bytes that left.
//!
//! * A step remembers the file and line that noted it (`#[track_caller]`), so that a page can link
//!   to the line.
//! * A detail is a closure that gives values, not text. Without recording it is not even called,
//!   and text is made when somebody looks.
//!
//! # Security
//!
//! Cycles hold cookies and form fields. They stay in memory, so each detail is cut (`cut`). A page
//! that shows them must mask what is secret, and check who asks.
//!
//! Left out: where the last cycles are kept, see [`Recorder`].

mod cut;
mod detail;
mod recorder;

pub use detail::{Detail, Excerpt, KEPT_BYTES, StorePlace, StoredRow};
pub use recorder::{ConnectionEnd, Record, Recorder, Sent};

use std::panic::Location;
use std::time::{Duration, Instant};

/// How many cycles are kept. The oldest leaves first.
pub const KEPT: usize = 200;

/// The notes taken during one cycle.
#[derive(Debug, Default)]
pub struct Cycle {
    is_recording: bool,
    /// When it began; `None` between two requests, and if nobody asks for times.
    begun: Option<Instant>,
    steps: Vec<Step>,
    warnings: Vec<String>,
    /// The bytes of the request.
    pub received: Excerpt,
    /// The bytes of the answer.
    pub sent: Excerpt,
}

/// One step: what it was, when, and which line noted it.
#[derive(Debug)]
pub struct Step {
    /// accepted, received, routed, opened, form, flashed, noted, rendered, failed, stored, saved or
    /// sent.
    pub name: &'static str,
    /// When it was noted.
    pub at: Instant,
    /// The line that noted it.
    pub source: &'static Location<'static>,
    /// The values of this step.
    pub detail: Detail,
}

impl Cycle {
    /// Begins. Without recording, only warnings are kept, and the time only if this `is_timed`.
    #[inline]
    pub fn start(&mut self, is_recording: bool, is_timed: bool) {
        self.is_recording = is_recording;
        self.begun = (is_recording || is_timed).then(Instant::now);
        self.warnings.clear();
    }

    /// Forgets its beginning, steps and bytes, and keeps the memory for the next cycle.
    pub fn clear(&mut self) {
        self.begun = None;
        self.steps.clear();
        self.received.clear();
        self.sent.clear();
    }

    /// Notes a step. The closure is called only when recording.
    #[track_caller]
    #[inline]
    pub fn step(&mut self, name: &'static str, detail: impl FnOnce() -> Detail) {
        if self.is_recording {
            self.push(name, Instant::now(), detail());
        }
    }

    /// Notes a step of the same moment as the last one, or as the beginning. A look at the clock is
    /// a fair part of what recording costs.
    #[track_caller]
    #[inline]
    pub fn also(&mut self, name: &'static str, detail: impl FnOnce() -> Detail) {
        if self.is_recording
            && let Some(last) = self.steps.last().map(|step| step.at).or(self.begun)
        {
            self.push(name, last, detail());
        }
    }

    /// Notes a step of an earlier moment, at its place among the others.
    #[track_caller]
    pub fn step_at(&mut self, name: &'static str, at: Instant, detail: Detail) {
        if self.is_recording {
            let place = self.steps.partition_point(|step| step.at <= at);
            self.push(name, at, detail);
            self.steps[place..].rotate_right(1);
        }
    }

    /// Inlined, so that a step is made at its place in the list: it is too large to be moved there.
    #[track_caller]
    #[inline(always)]
    fn push(&mut self, name: &'static str, at: Instant, mut detail: Detail) {
        detail.cut();
        self.steps.push(Step { name, at, source: Location::caller(), detail });
    }

    /// Adds a line to the log that the client does not see.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    /// The sentences for the log so far, in order.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The steps so far, in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// When the cycle began.
    pub fn begun(&self) -> Option<Instant> {
        self.begun
    }

    /// The time from the beginning to this moment.
    pub fn until(&self, moment: Instant) -> Duration {
        self.begun.map_or(Duration::ZERO, |begun| moment.saturating_duration_since(begun))
    }

    /// True if steps are kept.
    pub fn is_recording(&self) -> bool {
        self.is_recording
    }

    /// Forgets this cycle, so that the pages that show cycles do not fill the list themselves.
    pub fn discard(&mut self) {
        self.is_recording = false;
        self.steps.clear();
    }
}
