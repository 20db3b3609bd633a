//! What a recorded cycle says, in seven parts: the facts that the page, the text and the JSON have
//! in common.

use super::annotate::{self, Part};
use super::changed::Change;
use super::mask::Mask;
use super::matched::{self, Fact, Field};
use super::memory::Memory;
use super::message::{Message, readable};
use carafe::cycle::{Detail, Excerpt, Record, Step};
use carafe::http::date;
use carafe::{Map, Value};
use std::panic::Location;

/// A cycle as it is shown.
pub struct Facts {
    /// Its number.
    pub number: u64,
    /// When it was over.
    pub ended: String,
    /// How long it took, in milliseconds.
    pub took: f64,
    /// The connection's number, and which request on it this was.
    pub connection: (u64, u64),
    /// The method and target, masked.
    pub request: String,
    /// The status code.
    pub status: u16,
    /// And its words: `303 See Other`.
    pub answer: String,
    /// The line of source that answered: `src/app/course/formtest.rs:24`.
    pub source: String,
    /// 1. The bytes that arrived.
    pub arrived: Vec<Part>,
    /// 2. What the server knew before.
    pub knew: Vec<String>,
    /// 3. Which route matched.
    pub matched: Vec<Fact>,
    /// 4. What was read.
    pub read: Vec<Field>,
    /// 5. What changed.
    pub changed: Vec<Change>,
    /// 6. The bytes that left.
    pub sent: Vec<Part>,
    /// 7. What the server still knows.
    pub knows: String,
    /// Each step with its time in microseconds and the line that took it.
    pub steps: Vec<(&'static str, u128, String)>,
    /// The path of the page that this request belongs to, if it says so.
    pub referer: Option<String>,
    /// The path that was asked for, without the query.
    pub path: String,
}

/// `src/app/course/hello.rs:24`, whatever the separator of the machine that built it.
pub fn place(location: &Location) -> String {
    format!("{}:{}", location.file().replace('\\', "/"), location.line())
}

/// The bytes of a step of this name.
pub fn bytes<'r>(record: &'r Record, name: &str) -> Option<&'r Excerpt> {
    record.cycle.steps().iter().find(|step| step.name == name).and_then(|step| match &step.detail {
        Detail::Bytes(excerpt) => Some(excerpt),
        _ => None,
    })
}

impl Facts {
    /// Reads a record.
    pub fn of(record: &Record) -> Facts {
        let nothing = Excerpt::of(&[]);
        let received = bytes(record, "received").unwrap_or(&nothing);
        let left = bytes(record, "sent").unwrap_or(&nothing);
        let (request, response) = (Message::of(received), Message::of(left));
        let mask = Mask::of(record, &request);
        let memory = Memory::of(&record.cycle, &mask);
        let steps = record.cycle.steps();
        let (method, target) = request.asked();
        let (read, changed) =
            (matched::read(steps, &mask, &request).into_iter(), memory.changed().into_iter());
        let connection = steps.iter().find_map(|step| match step.detail {
            Detail::Connection { number, nth, .. } => Some((number, nth)),
            _ => None,
        });
        Facts {
            number: record.number,
            ended: date::format(record.ended),
            took: record.took.as_secs_f64() * 1e3,
            connection: connection.unwrap_or((0, 0)),
            request: format!("{method} {}", mask.target(target)),
            status: record.status.0,
            answer: record.status.to_string(),
            source: matched::answered_by(steps),
            arrived: annotate::request(&request, received, &mask, &memory.cookie_words()),
            knew: memory
                .knew(received.total.unwrap_or(0), request.header("Cookie").is_some())
                .into_iter()
                .map(plain)
                .collect(),
            matched: matched::matched(steps, &mask)
                .into_iter()
                .map(|(name, value)| (name, plain(value)))
                .collect(),
            read: read
                .map(|field| Field {
                    raw: plain(field.raw),
                    decoded: plain(field.decoded),
                    ..field
                })
                .collect(),
            changed: changed.map(|change| Change { what: plain(change.what), ..change }).collect(),
            sent: annotate::response(&response, left, &mask, record.status, method == "HEAD"),
            knows: plain(memory.still_knows()),
            steps: steps.iter().map(step_line).collect(),
            referer: request.header("Referer").and_then(path_of_url),
            path: target.split('?').next().unwrap_or("").to_owned(),
        }
    }

    /// How long it took, to the microsecond.
    pub fn milliseconds(&self) -> f64 {
        (self.took * 1000.0).round() / 1000.0
    }

    /// The facts as values: what the template prints and the JSON says.
    pub fn to_map(&self) -> Map {
        let list = |values: &mut dyn Iterator<Item = Map>| values.collect::<Value>();
        let pair = |(name, value): &Fact| Value::from([name.as_str(), value.as_str()]);
        Map::from([
            ("number", whole(self.number)),
            ("ended", self.ended.as_str().into()),
            ("milliseconds", Value::Float(self.milliseconds())),
            ("connection", whole(self.connection.0)),
            ("request_on_it", whole(self.connection.1)),
            ("request", self.request.as_str().into()),
            ("status", self.status.into()),
            ("answer", self.answer.as_str().into()),
            ("source", self.source.as_str().into()),
            ("arrived", list(&mut self.arrived.iter().map(part))),
            (
                "knew_before",
                self.knew.iter().map(|line| line.as_str().into()).collect::<Vec<Value>>().into(),
            ),
            ("matched", self.matched.iter().map(pair).collect()),
            ("read", list(&mut self.read.iter().map(field))),
            ("changed", list(&mut self.changed.iter().map(change))),
            ("sent", list(&mut self.sent.iter().map(part))),
            ("still_knows", self.knows.as_str().into()),
            ("steps", list(&mut self.steps.iter().map(step))),
        ])
    }

    /// The changes in a few signs, for the list: `+user ~visits`.
    pub fn signs(&self) -> String {
        let signs = self
            .changed
            .iter()
            .filter_map(|change| Some(format!("{}{}", change.sign, change.short.as_ref()?)));
        signs.collect::<Vec<_>>().join(" ")
    }
}

fn part(part: &Part) -> Map {
    let pieces = part.pieces.iter().filter(|(_, text)| !text.is_empty());
    let pieces = pieces.map(|(name, text)| Value::from([*name, text.as_str()]));
    Map::from([
        ("name", part.name.into()),
        ("text", part.text().into()),
        ("pieces", pieces.collect::<Value>()),
        ("end", part.end.into()),
        ("note", part.note.as_str().into()),
    ])
}

fn field(field: &Field) -> Map {
    Map::from([
        ("name", field.from),
        ("raw", field.raw.as_str()),
        ("decoded", field.decoded.as_str()),
    ])
}

fn change(change: &Change) -> Map {
    Map::from([
        ("sign", Value::from(change.sign)),
        ("word", change.word.into()),
        ("what", change.what.as_str().into()),
        ("source", change.source.clone().into()),
    ])
}

fn step((name, at, source): &(&'static str, u128, String)) -> Map {
    let at = i64::try_from(*at).unwrap_or(i64::MAX);
    Map::from([
        ("name", Value::from(*name)),
        ("microseconds", at.into()),
        ("source", source.as_str().into()),
    ])
}

fn step_line(step: &Step) -> (&'static str, u128, String) {
    (step.name, step.at.as_micros(), place(step.source))
}

/// A sentence on one line. What came decoded may hold anything, and a terminal obeys some of it: so
/// a line's end or an escape is written as `\n` and `\u{1b}`.
fn plain(sentence: String) -> String {
    if sentence.contains(char::is_control) {
        readable(sentence.as_bytes(), false)
    } else {
        sentence
    }
}

/// A number as a value.
pub fn whole(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The path of `http://host/path?query`.
fn path_of_url(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let path = &rest[rest.find('/')?..];
    Some(path.split('?').next().unwrap_or(path).to_owned())
}
