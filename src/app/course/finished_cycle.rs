//! Deeper: A cycle that has ended, as the course reads it.
//!
//! The record of a cycle is a list of steps. The checks of the lessons, and the shop's count of
//! cycles, ask short questions about it: which method, which status, which cookie? Each question
//! is answered from the record when it is asked, without a copy, because the checks look at every
//! cycle.

use carafe::cycle::{Detail, Record, Step};
use carafe::{Map, Value};
use std::net::IpAddr;

/// The record of the cycle.
pub struct FinishedCycle<'r>(pub &'r Record);

impl<'r> FinishedCycle<'r> {
    /// The number of the cycle.
    pub fn number(&self) -> u64 {
        self.0.number
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.0.status.0
    }

    /// The first answer that a step gives.
    fn find<T>(&self, answer: impl Fn(&'r Step) -> Option<T>) -> Option<T> {
        self.0.cycle.steps().iter().find_map(answer)
    }

    /// Where the request ended: the pattern of a route; the path of a file below `/static/`; or
    /// `no-route` or `no-method` if there was neither.
    pub fn place(&self) -> &'r str {
        let place = self.find(|step| match &step.detail {
            Detail::Route { pattern, .. } => Some(*pattern),
            Detail::File(path) => Some(path.as_str()),
            Detail::WrongMethod(_) => Some("no-method"),
            Detail::NoRoute(_) => Some("no-route"),
            _ => None,
        });
        place.unwrap_or("")
    }

    /// The bytes that were `received` or `sent`, as far as they were recorded.
    fn bytes(&self, name: &str) -> &'r [u8] {
        let bytes = self.find(|step| match &step.detail {
            Detail::Bytes(excerpt) if step.name == name => Some(excerpt.bytes.as_slice()),
            _ => None,
        });
        bytes.unwrap_or(&[])
    }

    /// A word of the request line: 0 is the method, 1 the target.
    fn word(&self, at: usize) -> &'r str {
        let line = self.bytes("received").split(|byte| *byte == b'\r').next().unwrap_or(&[]);
        str::from_utf8(line).unwrap_or("").split(' ').nth(at).unwrap_or("")
    }

    /// The method.
    pub fn method(&self) -> &'r str {
        self.word(0)
    }

    /// The path of the target, as it was sent.
    pub fn path(&self) -> &'r str {
        self.word(1).split('?').next().unwrap_or("")
    }

    /// The query of the target, as it was sent.
    pub fn query(&self) -> &'r str {
        self.word(1).split_once('?').map_or("", |(_, query)| query)
    }

    /// A header of the request.
    pub fn header(&self, name: &str) -> Option<&'r str> {
        header_in(self.bytes("received"), name)
    }

    /// A header of the answer.
    pub fn answer_header(&self, name: &str) -> Option<&'r str> {
        header_in(self.bytes("sent"), name)
    }

    /// A cookie of the request.
    pub fn cookie(&self, name: &str) -> Option<&'r str> {
        let mut cookies =
            self.header("Cookie")?.split(';').filter_map(|it| it.trim().split_once('='));
        cookies.find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The number of the connection, and the address at its other end.
    pub fn connection(&self) -> Option<(u64, IpAddr)> {
        self.find(|step| match step.detail {
            Detail::Connection { number, peer, .. } => Some((number, peer.ip())),
            _ => None,
        })
    }

    /// The session's cookie that was sent, and the session's cookie from this cycle on.
    pub fn session_cookies(&self) -> [Option<&'r str>; 2] {
        let sent = self.find(|step| match &step.detail {
            Detail::Row { cookie, .. } => cookie.as_deref(),
            _ => None,
        });
        let after = self.find(|step| match &step.detail {
            Detail::Change { cookie, .. } => cookie.as_deref(),
            _ => None,
        });
        [sent, after]
    }

    /// The session's cookie that was sent and the visitor's row, if the cookie leads to one.
    pub fn known_visitor(&self) -> Option<(&'r str, &'r Map)> {
        self.find(|step| match &step.detail {
            Detail::Row { cookie: Some(cookie), refused: None, row: Some(row), .. } => {
                Some((cookie.as_str(), row))
            }
            _ => None,
        })
    }

    /// True if the session's cookie that was sent leads to no row.
    pub fn was_refused(&self) -> bool {
        self.find(|step| matches!(step.detail, Detail::Row { refused: Some(_), .. }).then_some(()))
            .is_some()
    }

    /// The text under this name in the visitor's row, as it was found.
    pub fn row_text(&self, name: &str) -> Option<&'r str> {
        self.known_visitor().and_then(|(_, row)| row.get(name)).and_then(Value::as_str)
    }

    /// True if the page showed this flashed message.
    pub fn showed(&self, message: &str) -> bool {
        let showed = self.find(|step| match &step.detail {
            Detail::Taken(flashes) => flashes.iter().find(|(_, text)| text == message),
            _ => None,
        });
        showed.is_some()
    }

    /// What the log says of an error. Empty if there was none.
    pub fn failure(&self) -> &'r str {
        let failure = self.find(|step| match &step.detail {
            Detail::Failure(_, why) => Some(why.as_str()),
            _ => None,
        });
        failure.unwrap_or("")
    }

    /// True if the body of the answer holds these words, as far as it was recorded.
    pub fn says(&self, words: &str) -> bool {
        let sent = self.bytes("sent");
        let body = sent.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(sent.len());
        sent[body..].windows(words.len()).any(|window| window == words.as_bytes())
    }
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
