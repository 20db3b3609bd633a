//! Deeper: A cycle that has ended, as the course reads it.
//!
//! The record of a cycle is a list of steps. The checks of the lessons, and the shop's count of
//! cycles, ask short questions about it: which method, which status, which cookie? Here the steps
//! are read once, into fields with those answers.

use carafe::cycle::{Detail, Record};
use carafe::http::{Limits, Request, parse_head};
use carafe::{Map, Value};
use std::net::IpAddr;

/// The answers to those questions.
pub struct FinishedCycle<'r> {
    /// The number of the cycle.
    pub number: u64,
    /// The status of the answer.
    pub status: u16,
    /// See [`place_of`].
    pub place: &'r str,
    /// The head of the request. Its `body` is empty, and its `peer` is not known.
    pub request: Request,
    /// The number of the connection.
    pub connection: u64,
    /// The address at the other end of the connection.
    pub address: Option<IpAddr>,
    /// The session's cookie that the client sent.
    pub cookie_sent: Option<&'r str>,
    /// The session's cookie from this cycle on.
    pub cookie_after: Option<&'r str>,
    /// True if the cookie that was sent leads to no row.
    pub was_refused: bool,
    /// What the log says of an error.
    pub failure: &'r str,
    /// The visitor's row, as it was found.
    row: Option<&'r Map>,
    /// The flashed messages that the page showed: category and text.
    flashes: &'r [(String, String)],
    /// The first bytes of the answer, head and body.
    answer: &'r [u8],
}

impl<'r> FinishedCycle<'r> {
    /// Reads a record. `None` if no whole head of a request was received.
    pub fn of(record: &'r Record) -> Option<FinishedCycle<'r>> {
        let steps = record.cycle.steps();
        let received = steps.iter().find_map(|step| match &step.detail {
            Detail::Bytes(excerpt) if step.name == "received" => Some(excerpt),
            _ => None,
        })?;
        let (request, _) = parse_head(&received.bytes, &Limits::default()).ok()??;
        let mut cycle = FinishedCycle {
            number: record.number,
            status: record.status.0,
            place: place_of(record),
            request,
            connection: 0,
            address: None,
            cookie_sent: None,
            cookie_after: None,
            was_refused: false,
            failure: "",
            row: None,
            flashes: &[],
            answer: &[],
        };
        for step in steps {
            match &step.detail {
                Detail::Connection { number, peer, .. } => {
                    (cycle.connection, cycle.address) = (*number, Some(peer.ip()));
                }
                Detail::Row { cookie, refused, row, .. } => {
                    (cycle.cookie_sent, cycle.row) = (cookie.as_deref(), row.as_ref());
                    cycle.was_refused = refused.is_some();
                }
                Detail::Change { cookie, .. } => cycle.cookie_after = cookie.as_deref(),
                Detail::Taken(flashes) => cycle.flashes = flashes,
                Detail::Failure(_, why) => cycle.failure = why,
                Detail::Bytes(excerpt) if step.name == "sent" => cycle.answer = &excerpt.bytes,
                _ => {}
            }
        }
        Some(cycle)
    }

    /// True for this method and this status.
    pub fn is(&self, method: &str, status: u16) -> bool {
        self.request.method.as_str() == method && self.status == status
    }

    /// The query, as it was sent.
    pub fn query(&self) -> &str {
        self.request.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The session's cookie and the visitor's row, if the cookie leads to one.
    pub fn known_visitor(&self) -> Option<(&'r str, &'r Map)> {
        self.cookie_sent.zip(self.row).filter(|_| !self.was_refused)
    }

    /// The text under this name in the visitor's row, as it was found.
    pub fn row_text(&self, name: &str) -> Option<&'r str> {
        self.known_visitor().and_then(|(_, row)| row.get(name)).and_then(Value::as_str)
    }

    /// True if the page showed this flashed message.
    pub fn showed(&self, message: &str) -> bool {
        self.flashes.iter().any(|(_, text)| text == message)
    }

    /// The head of the answer and its body, as far as they were recorded.
    fn answer_parts(&self) -> (&'r [u8], &'r [u8]) {
        let end = self.answer.windows(4).position(|window| window == b"\r\n\r\n");
        end.map_or((self.answer, &[]), |end| (&self.answer[..end], &self.answer[end + 4..]))
    }

    /// A header of the answer.
    pub fn answer_header(&self, name: &str) -> Option<&'r str> {
        let lines = self.answer_parts().0.split(|byte| *byte == b'\n').skip(1);
        lines
            .filter_map(|line| str::from_utf8(line).ok()?.split_once(':'))
            .find_map(|(known, value)| known.eq_ignore_ascii_case(name).then(|| value.trim()))
    }

    /// True if the body of the answer holds these words.
    pub fn says(&self, words: &str) -> bool {
        let body = self.answer_parts().1;
        !words.is_empty() && body.windows(words.len()).any(|window| window == words.as_bytes())
    }
}

/// Where a request ended: the pattern of a route; the path of a file below `/static/`; or `404` or
/// `405` if there was neither.
pub fn place_of(record: &Record) -> &str {
    let place = record.cycle.steps().iter().find_map(|step| match &step.detail {
        Detail::Route { pattern, .. } => Some(*pattern),
        Detail::File(path) => Some(path.as_str()),
        Detail::WrongMethod(_) => Some("405"),
        Detail::NoRoute(_) => Some("404"),
        _ => None,
    });
    place.unwrap_or("")
}
