//! What happened in one request/response cycle, beside the answer itself.
//!
//! The server makes one for each request and hands it down; whoever notices something that the client need not see (a
//! name that a template did not know, a path that tried to leave the folder) leaves a sentence here, and the log prints
//! it under the request's line.

/// The notes taken during one cycle.
#[derive(Debug, Default)]
pub struct Cycle {
    warnings: Vec<String>,
}

impl Cycle {
    /// Leaves a sentence for the log.
    pub fn warn(&mut self, sentence: impl Into<String>) {
        self.warnings.push(sentence.into());
    }

    /// The sentences so far, in order.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
