//! Deeper: A cycle that has ended, as the course reads it.
//!
//! The record of a cycle is a list of steps. The checks of the lessons and the shop's count of
//! cycles ask short questions about it: which method, which status, which cookie? One pass over
//! the steps answers most of them, without a copy, because the checks look at every cycle.

use carafe::Map;
use carafe::cycle::{Detail, Record};
use std::net::IpAddr;

/// The parts of a record that the course asks about.
#[derive(Default)]
pub struct FinishedCycle<'r> {
    pub number: u64,
    pub status: u16,
    /// Where the request ended, see [`place_of`].
    pub place: &'r str,
    pub method: &'r str,
    /// The target as it was sent, in two parts.
    pub path: &'r str,
    pub query: &'r str,
    /// The number of the connection, and the client's address.
    pub connection: Option<(u64, IpAddr)>,
    /// The session's cookie that was sent.
    pub sent_cookie: Option<&'r str>,
    /// True if that cookie leads to no row.
    pub is_refused: bool,
    /// The visitor's row, if that cookie leads to one.
    pub row: Option<&'r Map>,
    /// The session's cookie from this cycle on, and the row that the answer leaves.
    pub cookie_after: Option<&'r str>,
    pub row_after: Option<&'r Map>,
    /// The flashed messages that the page showed, each behind its category.
    pub shown: &'r [(String, String)],
    /// What the log says of an error.
    pub failure: &'r str,
    /// The bytes of the request and of the answer, as far as they were recorded.
    received: &'r [u8],
    sent: &'r [u8],
}

impl<'r> FinishedCycle<'r> {
    /// Reads a record.
    pub fn of(record: &'r Record) -> FinishedCycle<'r> {
        let (number, status, place) = (record.number, record.status.0, place_of(record));
        let mut it = FinishedCycle { number, status, place, ..FinishedCycle::default() };
        for step in record.cycle.steps() {
            match &step.detail {
                Detail::Connection { number, peer, .. } => {
                    it.connection = Some((*number, peer.ip()))
                }
                Detail::Bytes(excerpt) if step.name == "received" => it.received = &excerpt.bytes,
                Detail::Bytes(excerpt) if step.name == "sent" => it.sent = &excerpt.bytes,
                Detail::Row { cookie, refused, row, .. } => {
                    it.sent_cookie = cookie.as_deref();
                    it.is_refused = refused.is_some();
                    it.row = row.as_ref().filter(|_| cookie.is_some() && refused.is_none());
                }
                Detail::Change { cookie, after, .. } => {
                    it.cookie_after = cookie.as_deref();
                    // A store that keeps nothing gives no cookie for the row.
                    it.row_after = after.as_ref().filter(|_| cookie.is_some());
                }
                Detail::Taken(messages) => it.shown = messages,
                Detail::Failure(_, why) => it.failure = why,
                _ => {}
            }
        }
        let line = it.received.split(|byte| *byte == b'\r').next().unwrap_or(&[]);
        let mut words = str::from_utf8(line).unwrap_or("").split(' ');
        it.method = words.next().unwrap_or("");
        let target = words.next().unwrap_or("");
        (it.path, it.query) = target.split_once('?').unwrap_or((target, ""));
        it
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&'r str> {
        header_in(self.received, name)
    }

    /// A header of the answer.
    pub fn answer_header(&self, name: &str) -> Option<&'r str> {
        header_in(self.sent, name)
    }

    /// A cookie of the request.
    pub fn cookie(&self, name: &str) -> Option<&'r str> {
        let pairs = self.header("Cookie")?.split(';');
        pairs.filter_map(|pair| pair.trim().split_once('=')).find(|it| it.0 == name).map(|it| it.1)
    }

    /// True if the body of the answer holds these words, as far as it was recorded.
    pub fn says(&self, words: &str) -> bool {
        let at = self.sent.windows(4).position(|window| window == b"\r\n\r\n");
        let body = at.map_or(&[][..], |at| &self.sent[at..]);
        body.windows(words.len().max(1)).any(|window| window == words.as_bytes())
    }
}

/// Where the request of a record ended: the pattern of a route; the path of a file below
/// `/static/`; or `no-route` or `no-method` if there was neither.
pub fn place_of(record: &Record) -> &str {
    let place = record.cycle.steps().iter().find_map(|step| match &step.detail {
        Detail::Route { pattern, .. } => Some(&**pattern),
        Detail::File(path) => Some(path.as_str()),
        Detail::WrongMethod(_) => Some("no-method"),
        Detail::NoRoute(_) => Some("no-route"),
        _ => None,
    });
    place.unwrap_or("")
}

/// The value of a header in the bytes of a message.
fn header_in<'b>(bytes: &'b [u8], name: &str) -> Option<&'b str> {
    // The first line is no header, and an empty line ends the head.
    let lines = bytes.split(|byte| *byte == b'\n').skip(1);
    lines.take_while(|line| !matches!(line, [] | [b'\r'])).find_map(|line| {
        let (known, value) = str::from_utf8(line).ok()?.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
