//! Deeper: What the log and the record say of each request and its answer.
//!
//! A cycle is listed before its answer leaves, so that a client that has the answer finds it. How
//! the answer left is known later: then the line of the log is written, and the record completed.

use super::Connection;
use crate::cycle::{Detail, Record, Sent};
use crate::http::Status;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// What is still to be said of a connection's requests.
#[derive(Default)]
pub(super) struct Report {
    /// The answers that have been written and have not left, in order.
    unsent: VecDeque<Unsent>,
    /// Who closes the connection and why, once that is known.
    pub closed_by: Option<&'static str>,
    /// Why the current request is refused.
    pub refused: Option<String>,
}

/// An answer that has been written and has not left.
struct Unsent {
    status: Status,
    begun: Option<Instant>,
    /// Where its body begins and ends, in bytes of this connection. A stream has no end yet.
    body_start: u64,
    body_end: Option<u64>,
    /// How the log shows the request, and what it shows below.
    line: Option<String>,
    warnings: Vec<String>,
    record: Option<Arc<Record>>,
}

impl Connection {
    pub(super) fn begin_cycle(&mut self) {
        self.buffers.cycle.start(self.serving.recorder.is_some(), self.serving.log.has_all_lines());
        let (number, nth, peer) = (self.number, self.answers + 1, self.peer.ip());
        self.buffers.cycle.also("accepted", || Detail::Connection { number, nth, peer });
    }

    /// Records that the connection has ended, and who closed it.
    pub(super) fn record_end(&self) {
        if let Some(recorder) = &self.serving.recorder {
            let by = self.report.closed_by.unwrap_or("an error on the way");
            recorder.connection_ended(self.number, by);
        }
    }

    /// Records that the current request has arrived.
    pub(super) fn record_received(&mut self, is_parsed: bool) {
        let (buffers, detail) = (&mut *self.buffers, || Detail::Received { is_parsed });
        // The cycle begins when the head has arrived, and only a body is waited for.
        if buffers.request.body.is_empty() {
            buffers.cycle.also("received", detail);
        } else {
            buffers.cycle.step("received", detail);
        }
    }

    /// Keeps the cycle of an answer that was written `at` this time, and notes what is to be said
    /// when it has left. `head` is the place of its head in the output. Its body comes after, and
    /// has no length if it is a stream.
    pub(super) fn record_answer(
        &mut self,
        status: Status,
        head: Range<usize>,
        body_bytes: Option<u64>,
        number: Option<u64>,
        at: SystemTime,
    ) {
        let (log, buffers) = (self.serving.log, &mut *self.buffers);
        let line = log.line_of(&buffers.request, status, self.report.refused.take());
        if line.is_none() && self.serving.recorder.is_none() {
            return;
        }
        let cycle = &mut buffers.cycle;
        let begun = cycle.begun();
        let warnings = line.as_ref().map_or(Vec::new(), |_| cycle.warnings().to_vec());
        let record = self.serving.recorder.as_ref().zip(number).map(|(recorder, number)| {
            cycle.sent.extend(&buffers.output[head.start..]);
            cycle.sent.total = body_bytes.map(|bytes| head.len() as u64 + bytes);
            let is_followed = !buffers.input.is_empty();
            cycle.step("sent", || Detail::Sent { is_followed });
            recorder.keep(number, status, at, cycle)
        });
        cycle.clear();
        let body_start = self.wire.sent_bytes + head.end as u64;
        let body_end = body_bytes.map(|bytes| body_start + bytes);
        let unsent = Unsent { status, begun, body_start, body_end, line, warnings, record };
        self.report.unsent.push_back(unsent);
    }

    /// Says of the answer that is sent as a stream how long its body has become. One that broke off
    /// has no end: then its beginning is counted from here, so that no chunk's frame counts.
    pub(super) fn report_stream(&mut self, bytes: u64, is_whole: bool) {
        let last = self.report.unsent.back_mut();
        // Another answer's, if this one has neither a line nor a record.
        if let Some(unsent) = last.filter(|unsent| unsent.body_end.is_none()) {
            match is_whole {
                true => unsent.body_end = Some(unsent.body_start + bytes),
                false => unsent.body_start = self.wire.sent_bytes - bytes,
            }
        }
    }

    /// Writes the log and completes the records of all answers that have been written, because they
    /// have left or because the connection is over.
    pub(super) fn report_answers(&mut self) {
        if self.report.unsent.is_empty() {
            return;
        }
        let (sent, at) = (self.wire.sent_bytes, Instant::now());
        while let Some(unsent) = self.report.unsent.pop_front() {
            let body_end = unsent.body_end.unwrap_or(u64::MAX);
            let body_bytes = sent.min(body_end).saturating_sub(unsent.body_start);
            let sent = Sent { at, body_bytes, is_whole: sent >= body_end };
            if let Some(line) = unsent.line {
                let after = unsent.begun.map_or(Duration::ZERO, |begun| at - begun);
                self.serving.log.answered(line, unsent.status, after, &sent, &unsent.warnings);
            }
            if let Some(record) = unsent.record {
                let _ = record.sent.set(sent);
            }
        }
    }
}
