//! Deeper: Describes a recorded cycle in seven parts, once for page, text and JSON.
//!
//! The description is made only when somebody looks, and everything in it is masked. It is a few
//! facts and a list of parts; a part is a list of [`PartLine`]s:
//!
//! ```text
//! arrived       1  the bytes that arrived, line by line
//! knew_before   2  what the server knew of this visitor
//! matched       3  which route answers
//! read          4  each field that was read: as it arrived, and decoded
//! changed       5  what changed
//! sent          6  the bytes that were sent, line by line
//! still_knows   7  what the server knows now
//! steps            each step, when it was taken, and by which line
//! ```
//!
//! Left out: what belongs to a cycle but is not in its record. `related.rs` adds it.

use super::answered::{answered_by, matched};
use super::changes::changes;
use super::mask::Mask;
use super::message::{Message, readable};
use super::part_line::PartLine;
use super::visitor_memory::VisitorMemory;
use super::wire_lines;
use carafe::cycle::{Detail, Record, Step};
use carafe::http::{Fields, date};
use carafe::{Map, Value, json};

/// The description of a cycle.
pub struct CycleDescription<'r> {
    pub record: &'r Record,
    /// The number of its connection.
    pub connection: u64,
    /// 1 for the first request on it.
    pub nth: u64,
    /// `GET /hello`
    pub request: String,
    /// The line of source that answered.
    pub source: String,
    /// The seven parts and the steps, each with its name in the JSON.
    pub parts: [(&'static str, Vec<PartLine>); 8],
}

impl<'r> CycleDescription<'r> {
    /// Describes a record.
    pub fn of(record: &'r Record) -> CycleDescription<'r> {
        let (request, response) = (Message::of(record, "received"), Message::of(record, "sent"));
        let mask = Mask::of(record, &request);
        let memory = VisitorMemory::of(&record.cycle, &mask);
        let steps = record.cycle.steps();
        let (method, target) = request.asked();
        let connection = steps.iter().find_map(|step| match step.detail {
            Detail::Connection { number, nth, .. } => Some((number, nth)),
            _ => None,
        });
        let (connection, nth) = connection.unwrap_or((0, 0));
        let (knew, cookie) = memory.knew(request.total.unwrap_or(0), request.has("Cookie"));
        let is_head = method == "HEAD";
        let sent = wire_lines::of_response(&response, &mask, record.status, is_head);
        let parts = [
            ("arrived", wire_lines::of_request(&request, &mask, &cookie)),
            ("knew_before", knew),
            ("matched", matched(steps, &mask)),
            ("read", read(steps, &mask, &request)),
            ("changed", changes(&record.cycle, &memory)),
            ("sent", sent),
            ("still_knows", vec![memory.still_knows()]),
            ("steps", steps.iter().map(step).collect()),
        ];
        let request = format!("{method} {}", mask.target(target));
        CycleDescription { record, connection, nth, request, source: answered_by(steps), parts }
    }

    /// The lines of the part of this name.
    pub fn part(&self, name: &str) -> &[PartLine] {
        self.parts.iter().find(|(known, _)| *known == name).map_or(&[], |(_, lines)| lines)
    }

    /// How long it took.
    pub fn milliseconds(&self) -> f64 {
        self.record.took.as_micros() as f64 / 1e3
    }

    /// The changes in a few words, for the list of cycles.
    pub fn changed_words(&self) -> String {
        let changes = self.part("changed").iter().filter(|line| !line.short.is_empty());
        changes.map(|line| line.short.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// The description as page and JSON have it.
    pub fn to_map(&self) -> Map {
        let facts = Map::from([
            ("number", Value::from(self.record.number)),
            ("ended", date::format(self.record.ended).into()),
            ("milliseconds", self.milliseconds().into()),
            ("connection", self.connection.into()),
            ("request_on_it", self.nth.into()),
            ("request", self.request.as_str().into()),
            ("status", self.record.status.0.into()),
            ("answer", self.record.status.to_string().into()),
            ("source", self.source.as_str().into()),
        ]);
        let mut map = facts;
        for (name, lines) in &self.parts {
            map.insert(*name, lines.iter().collect::<Value>());
        }
        map
    }
}

/// Part 4: every field of the query, the form or the JSON, and the cookies, before and after
/// decoding.
fn read(steps: &[Step], mask: &Mask, request: &Message) -> Vec<PartLine> {
    let mut read = Vec::new();
    let mut field = |name: &str, raw: &str, decoded: String| {
        read.push(PartLine::new(name, raw).note(decoded));
    };
    let content = request.content();
    let is_form = steps.iter().any(|step| step.name == "form");
    let form = if is_form { readable(&content, true) } else { String::new() };
    for (from, encoded) in [("query", request.path_and_query().1), ("form", &form)] {
        for pair in encoded.split('&') {
            if let Some((name, value)) = Fields::parse(pair).iter().next() {
                let decoded = format!("{name} = {}", mask.field(name, value));
                field(from, &mask.fields(pair), decoded);
            }
        }
    }
    let is_json = request.header("Content-Type").starts_with("application/json");
    let json = is_json.then(|| json::parse(&content).ok()).flatten();
    for (name, value) in json.iter().filter_map(Value::as_map).flat_map(Map::iter) {
        let value_text = mask.json(name, value);
        let decoded = value.as_str().map_or(value_text.clone(), |text| mask.field(name, text));
        let raw = format!("{}:{value_text}", json::write(&name.into()));
        field("json", &raw, format!("{name} = {decoded}"));
    }
    let cookies = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Cookie"));
    for pair in cookies.flat_map(|(_, value)| value.split(';')) {
        let raw = mask.header("Cookie", pair.trim());
        field("cookie", &raw, raw.replacen('=', " = ", 1));
    }
    read
}

/// One step: what it was, how long after the first, and the line that took it.
fn step(step: &Step) -> PartLine {
    PartLine::new(step.name, format!("{} us", step.at.as_micros())).at(Some(step.source))
}
