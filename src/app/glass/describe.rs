//! Deeper: Describes a recorded cycle in seven parts, once for page, text and JSON.
//!
//! The description is a [`Map`]. `/cycles/17.json` is this map, and the page (`cycle.html`) and the
//! text (`text.rs`) are printed from it, so that all three say the same. It is made only when
//! somebody looks, and everything in it is masked. Its names:
//!
//! ```text
//! number  ended  milliseconds  connection  request_on_it  request  status  answer  source
//! arrived       1  the bytes that arrived: parts, as annotate.rs describes them
//! knew_before   2  what the server knew of this visitor: sentences
//! matched       3  which route answers: pairs of name and text
//! read          4  each field that was read: name (where it was), raw, decoded
//! changed       5  what changed: sign, word, what, name, source
//! sent          6  the bytes that were sent: parts
//! still_knows   7  what the server knows now: a sentence
//! steps            each step: name, microseconds since the first, source
//! ```
//!
//! Left out: what belongs to a cycle but is not in its record. `related.rs` adds it.

use super::annotate;
use super::answered::{answered_by, matched, place};
use super::changes::changes;
use super::mask::Mask;
use super::message::{Message, readable};
use super::visitor_memory::VisitorMemory;
use carafe::cycle::{Detail, Record, Step};
use carafe::http::{Fields, date};
use carafe::{Map, Value, json};

/// The description of a cycle.
pub fn describe(record: &Record) -> Map {
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
    let row = memory.cookie_words();
    let knew = memory.knew(request.total.unwrap_or(0), request.header("Cookie").is_some());
    let matched = matched(steps, &mask).into_iter();
    let matched = matched.map(|(name, text)| Value::from([name, text]));
    Map::from([
        ("number", record.number.into()),
        ("ended", date::format(record.ended).into()),
        ("milliseconds", Value::Float(record.took.as_micros() as f64 / 1e3)),
        ("connection", connection.into()),
        ("request_on_it", nth.into()),
        ("request", format!("{method} {}", mask.target(target)).into()),
        ("status", record.status.0.into()),
        ("answer", record.status.to_string().into()),
        ("source", answered_by(steps).into()),
        ("arrived", annotate::request(&request, &mask, &row)),
        ("knew_before", printable(knew.into())),
        ("matched", printable(matched.collect())),
        ("read", printable(read(steps, &mask, &request).into())),
        ("changed", printable(changes(&memory).into())),
        ("sent", annotate::response(&response, &mask, record.status, method == "HEAD")),
        ("still_knows", printable(memory.still_knows().into())),
        ("steps", steps.iter().map(step).collect()),
    ])
}

/// The changes in short, for the list of cycles: `+user ~visits`.
pub fn signs(cycle: &Map) -> String {
    let named = maps(cycle, "changed").filter(|change| !text(change, "name").is_empty());
    let signs = named.map(|change| format!("{}{}", text(change, "sign"), text(change, "name")));
    signs.collect::<Vec<_>>().join(" ")
}

/// The text of this name in a description.
pub fn text<'m>(map: &'m Map, name: &str) -> &'m str {
    map.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The number of this name in a description; 0 if there is none.
pub fn number(map: &Map, name: &str) -> i64 {
    map.get(name).and_then(Value::as_int).unwrap_or_default()
}

/// The list of this name in a description.
pub fn list<'m>(map: &'m Map, name: &str) -> &'m [Value] {
    map.get(name).and_then(Value::as_list).unwrap_or_default()
}

/// The maps in the list of this name.
pub fn maps<'m>(map: &'m Map, name: &str) -> impl Iterator<Item = &'m Map> {
    list(map, name).iter().filter_map(Value::as_map)
}

/// Part 4: every field of the query, the form or the JSON, and the cookies, before and after
/// decoding.
fn read(steps: &[Step], mask: &Mask, request: &Message) -> Vec<Value> {
    let mut read = Vec::new();
    let mut field = |name: &str, raw: String, decoded: String| {
        let field = [("name", name.to_owned()), ("raw", raw), ("decoded", decoded)];
        read.push(Map::from(field).into());
    };
    let content = request.content();
    let is_form = steps.iter().any(|step| step.name == "form");
    let form = if is_form { readable(&content, true) } else { String::new() };
    for (from, encoded) in [("query", request.path_and_query().1), ("form", &form)] {
        for pair in encoded.split('&') {
            if let Some((name, value)) = Fields::parse(pair).iter().next() {
                let decoded = format!("{name} = {}", mask.field(name, value));
                field(from, mask.fields(pair), decoded);
            }
        }
    }
    let is_json = request.content_type().starts_with("application/json");
    let json = is_json.then(|| json::parse(&content).ok()).flatten();
    for (name, value) in json.iter().filter_map(Value::as_map).flat_map(Map::iter) {
        let value_text = mask.json(name, value);
        let decoded = value.as_str().map_or(value_text.clone(), |text| mask.field(name, text));
        let raw = format!("{}:{value_text}", json::write(&name.into()));
        field("json", raw, format!("{name} = {decoded}"));
    }
    let cookies = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Cookie"));
    for pair in cookies.flat_map(|(_, value)| value.split(';')) {
        let raw = mask.header("Cookie", pair.trim());
        let decoded = raw.replacen('=', " = ", 1);
        field("cookie", raw, decoded);
    }
    read
}

/// One step: what it was, when, and the line that took it.
fn step(step: &Step) -> Value {
    Map::from([
        ("name", Value::from(step.name)),
        ("microseconds", u64::try_from(step.at.as_micros()).unwrap_or(u64::MAX).into()),
        ("source", place(step.source).into()),
    ])
    .into()
}

/// The value with each text on one line. Decoded fields may contain anything, and a terminal obeys
/// some of it: so the end of a line is written `\n`, and an escape `\u{1b}`.
fn printable(value: Value) -> Value {
    match value {
        Value::List(items) => items.iter().cloned().map(printable).collect(),
        Value::Map(map) => {
            let pairs = map.iter();
            pairs.map(|(name, item)| (name, printable(item.clone()))).collect::<Map>().into()
        }
        other => match other.as_str().filter(|text| text.contains(char::is_control)) {
            Some(text) => readable(text.as_bytes(), false).into(),
            None => other,
        },
    }
}
