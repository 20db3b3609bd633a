//! A cycle, as the checks look at it: what was asked, what was known, what was answered.
//!
//! Nothing is made into text for it. Each question is answered from the values of the record, when
//! it is asked.

use carafe::cycle::{Detail, Record, Step};
use carafe::{Map, Value};

/// One cycle that is over.
pub struct Look<'r> {
    record: &'r Record,
}

impl<'r> Look<'r> {
    /// Looks at a record.
    pub fn at(record: &'r Record) -> Look<'r> {
        Look { record }
    }

    /// The number of the cycle.
    pub fn number(&self) -> u64 {
        self.record.number
    }

    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.record.status.0
    }

    fn steps(&self) -> &'r [Step] {
        self.record.cycle.steps()
    }

    fn find<T>(&self, wanted: impl Fn(&'r Step) -> Option<T>) -> Option<T> {
        self.steps().iter().find_map(wanted)
    }

    /// Where the request ended up: the pattern of a route, the path of a file below `/static/`, or
    /// a status as a word for a request that found neither.
    pub fn place(&self) -> &'r str {
        let place = self.find(|step| match &step.detail {
            Detail::Route { pattern, .. } => Some(*pattern),
            Detail::File(path) => Some(path.as_str()),
            Detail::WrongMethod(_) => Some("405"),
            Detail::NoRoute(_) => Some("404"),
            _ => None,
        });
        place.unwrap_or("")
    }

    /// The bytes of the request, or of the answer, as far as they were kept.
    fn bytes(&self, name: &str) -> &'r [u8] {
        let bytes = self.find(|step| match &step.detail {
            Detail::Bytes(excerpt) if step.name == name => Some(excerpt.bytes.as_slice()),
            _ => None,
        });
        bytes.unwrap_or(&[])
    }

    /// The method and the target: the first two words.
    fn request_line(&self) -> (&'r str, &'r str) {
        let line = self.bytes("received").split(|byte| *byte == b'\r').next().unwrap_or(&[]);
        let mut words = str::from_utf8(line).unwrap_or("").split(' ');
        (words.next().unwrap_or(""), words.next().unwrap_or(""))
    }

    /// The method, as it came.
    pub fn method(&self) -> &'r str {
        self.request_line().0
    }

    /// The target's path, as it came.
    pub fn path(&self) -> &'r str {
        self.request_line().1.split('?').next().unwrap_or("")
    }

    /// The target's query, as it came.
    pub fn query(&self) -> &'r str {
        self.request_line().1.split_once('?').map_or("", |(_, query)| query)
    }

    /// A header of the request.
    pub fn sent_header(&self, name: &str) -> Option<&'r str> {
        header(self.bytes("received"), name)
    }

    /// A header of the answer.
    pub fn answer_header(&self, name: &str) -> Option<&'r str> {
        header(self.bytes("sent"), name)
    }

    /// The body of the answer, as far as it was kept.
    pub fn answer(&self) -> &'r [u8] {
        let bytes = self.bytes("sent");
        bytes
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .map_or(&[], |end| &bytes[end + 4..])
    }

    /// The value of a cookie that came along.
    pub fn cookie(&self, name: &str) -> Option<&'r str> {
        let pairs =
            self.sent_header("Cookie")?.split(';').filter_map(|pair| pair.trim().split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The number of the connection.
    pub fn connection(&self) -> u64 {
        let number = self.find(|step| match step.detail {
            Detail::Connection { number, .. } => Some(number),
            _ => None,
        });
        number.unwrap_or(0)
    }

    /// The session's cookie that came, if it names a row.
    pub fn known_visitor(&self) -> Option<(&'r str, &'r Map)> {
        self.find(|step| match &step.detail {
            Detail::Row { cookie: Some(cookie), refused: None, row: Some(row), .. } => {
                Some((cookie.as_str(), row))
            }
            _ => None,
        })
    }

    /// True if a cookie came that names no row.
    pub fn was_refused(&self) -> bool {
        self.steps().iter().any(|step| matches!(step.detail, Detail::Row { refused: Some(_), .. }))
    }

    /// What this visitor's cookie is from now on.
    pub fn visitor_after(&self) -> Option<&'r str> {
        self.find(|step| match &step.detail {
            Detail::Change { cookie: Some(cookie), .. } => Some(cookie.as_str()),
            _ => None,
        })
    }

    /// True if the answer's text holds these words.
    pub fn says(&self, words: &str) -> bool {
        self.answer().windows(words.len()).any(|window| window == words.as_bytes())
    }

    /// True if the page showed this message and took it away.
    pub fn showed(&self, message: &str) -> bool {
        self.steps().iter().any(
            |step| matches!(&step.detail, Detail::Taken(messages) if messages.iter().any(|(_, text)| text == message)),
        )
    }

    /// What the log says of the failure that took the place of an answer.
    pub fn failure(&self) -> &'r str {
        let failure = self.find(|step| match &step.detail {
            Detail::Failure(_, why) => Some(why.as_str()),
            _ => None,
        });
        failure.unwrap_or("")
    }

    /// The text under this name in the visitor's row, as it was found.
    pub fn row_text(&self, name: &str) -> Option<&'r str> {
        self.known_visitor().and_then(|(_, row)| row.get(name)).and_then(Value::as_str)
    }
}

/// The value of a header in the bytes of a head.
fn header<'b>(bytes: &'b [u8], name: &str) -> Option<&'b str> {
    let mut lines =
        bytes.split(|byte| *byte == b'\n').skip(1).take_while(|line| !matches!(line, [] | [b'\r']));
    lines.find_map(|line| {
        let (known, value) = str::from_utf8(line).ok()?.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}
