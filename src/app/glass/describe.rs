//! Deeper: Describes a recorded cycle in seven parts, once for page, text and JSON.
//!
//! The description is made only when somebody looks, and everything in it is masked. It is a few
//! facts and these parts; a part is a list of [`PartLine`]s:
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
//! Left out: what belongs to a cycle but is not in its record, which `asker` adds; and the handlers
//! of other programs, whose source is not inside this binary.

use super::asker::visitor;
use super::cycle_facts::CycleFacts;
use super::mask::{Mask, hide_unclear};
use super::message::Message;
use super::part_line::{PartLine, place};
use super::source_pages::line_of;
use super::visitor_memory::{changes, knew, still_knows};
use super::wire_lines;
use carafe::cycle::{Detail, Record, Step};
use carafe::http::{Fields, Method, date, multipart};
use carafe::{Map, Value};
use std::panic::Location;

/// The description of a cycle.
pub struct CycleDescription<'r> {
    /// What the record says; the request is masked.
    pub facts: CycleFacts<'r>,
    mask: Mask,
    /// The line of source that answered.
    pub source: String,
}

impl<'r> CycleDescription<'r> {
    /// Describes a record.
    pub fn of(record: &'r Record) -> CycleDescription<'r> {
        let mut facts = CycleFacts::of(record);
        let mask = Mask::of(&facts);
        mask.apply(&mut facts.request);
        if !facts.is_parsed {
            hide_unclear(&mut facts.request);
        }
        CycleDescription { facts, mask, source: answered_by(record.cycle.steps()) }
    }

    /// Method and target: `GET /hello`.
    pub fn asked(&self) -> String {
        let (method, target) = self.facts.request.asked();
        format!("{method} {target}")
    }

    /// The changes in a few words, for the list of cycles.
    pub fn changed_words(&self) -> String {
        let changes = changes(&self.facts, &self.mask).into_iter().map(|line| line.short);
        changes.filter(|short| !short.is_empty()).collect::<Vec<_>>().join(", ")
    }

    /// The description as page and JSON have it.
    pub fn to_map(&self) -> Map {
        let CycleDescription { facts, mask, .. } = self;
        let (record, steps) = (facts.record, facts.record.cycle.steps());
        let (knew, cookie) = knew(facts, mask);
        let mut response = Message::of(&record.cycle.sent);
        mask.apply(&mut response);
        let is_head = facts.request.asked().0 == "HEAD";
        let mut sent = wire_lines::of_response(&response, record.status, is_head);
        sent.push(PartLine::new("left", "").note(&left(record)));
        let lines = |lines: Vec<PartLine>| lines.iter().collect::<Value>();
        Map::from([
            ("number", Value::from(record.number)),
            ("ended", date::format(record.begun() + record.took()).into()),
            ("milliseconds", milliseconds(record).into()),
            ("connection", facts.connection.0.into()),
            ("request_on_it", facts.connection.1.into()),
            ("nth", ordinal(facts.connection.1).into()),
            ("request", self.asked().into()),
            ("status", record.status.0.into()),
            ("answer", record.status.to_string().into()),
            ("source", self.source.as_str().into()),
            ("visitor", visitor(facts).into()),
            ("arrived", lines(wire_lines::of_request(&facts.request, &cookie))),
            ("knew_before", lines(knew)),
            ("matched", lines(matched(steps, mask))),
            ("read", lines(read(steps, mask, &facts.request))),
            ("changed", lines(changes(facts, mask))),
            ("sent", lines(sent)),
            ("still_knows", lines(vec![still_knows(facts, mask)])),
            ("steps", lines(steps.iter().map(|it| step(it, record)).collect())),
        ])
    }
}

/// 1st, 2nd, 3rd, 11th.
fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// Part 3: the route with what it captured, or the file, or the routes with a similar path.
fn matched(steps: &[Step], mask: &Mask) -> Vec<PartLine> {
    let mut lines = Vec::new();
    let mut tell = |name: &str, text: String| lines.push(PartLine::new(name, &text));
    for step in steps {
        match &step.detail {
            Detail::Route { method, pattern, handler, registered, params } => {
                tell("route", format!("{method} {pattern} -> {handler}"));
                for (name, value) in params {
                    tell(name, format!("{:?}", mask.field(name, value)));
                }
                tell("registered", place(registered));
                written(handler, registered).into_iter().for_each(|line| tell("handler", line));
            }
            Detail::File(path) => tell("file", mask.text(path)),
            Detail::NoRoute(near) if near.is_empty() => {
                tell("nothing", "no route came near".to_owned());
            }
            Detail::NoRoute(near) => tell("nothing", format!("these came near: {}", listed(near))),
            Detail::WrongMethod(known) => {
                tell("path only", format!("this path has other methods: {}", listed(known)));
            }
            Detail::Failure(status, why) => {
                tell("failed", format!("{status}: {}", mask.text(why)));
            }
            _ => {}
        }
    }
    lines
}

/// The lines of source that are a right answer to "which line answered this cycle?": the lines of
/// the handler, and the line that registered it.
pub fn right_lines(record: &Record) -> Vec<String> {
    let steps = record.cycle.steps();
    of_route(steps).chain([answered_by(steps)]).collect()
}

/// The line where the handler of the route is written, and the line that registered it.
fn of_route(steps: &[Step]) -> impl Iterator<Item = String> {
    let lines = steps.iter().map(|step| match &step.detail {
        Detail::Route { handler, registered, .. } => {
            [written(handler, registered), Some(place(registered))]
        }
        _ => [None, None],
    });
    lines.flatten().flatten()
}

/// The line that answered. It is the handler's: where it made the page, or where it changed the
/// session, or the last line of it that a step names, or its first line. If no handler was asked,
/// it is the framework's.
fn answered_by(steps: &[Step]) -> String {
    let last = |names: &'static [&'static str]| {
        let steps = steps.iter().rev().filter(|step| names.contains(&step.name));
        steps.map(|step| place(step.source))
    };
    let changed = steps.iter().rev().filter_map(|step| match step.detail {
        Detail::Change { by, .. } => by.map(place),
        _ => None,
    });
    let lines = last(&["rendered"]).chain(changed).chain(last(&["form", "flashed"]));
    let in_handler = lines.filter(|line| line.starts_with("src/app/"));
    let end = steps.last().map(|step| place(step.source));
    let by_route = of_route(steps).chain(last(&["failed", "routed"])).chain(end);
    in_handler.chain(by_route).next().unwrap_or_default()
}

/// The line where a handler is written. The compiler does not tell it, so the source is searched
/// for the handler's name.
fn written(handler: &str, registered: &Location) -> Option<String> {
    let file = registered.file().replace('\\', "/");
    let line = line_of(&file, handler)?;
    Some(format!("{file}:{line}"))
}

/// `GET /profile, POST /profile`
fn listed(routes: &[(Method, String)]) -> String {
    let lines = routes.iter().map(|(method, pattern)| format!("{method} {pattern}"));
    lines.collect::<Vec<_>>().join(", ")
}

/// Part 4: every field of the query and of the form, and the cookies, before and after decoding.
fn read(steps: &[Step], mask: &Mask, request: &Message) -> Vec<PartLine> {
    let mut read = Vec::new();
    let (content, kind) = (request.content(), request.text_of("Content-Type"));
    let is_form = steps.iter().any(|step| matches!(step.detail, Detail::Form));
    let is_upload = multipart::boundary(kind).is_some();
    let form = if is_form && !is_upload { &*content } else { "" };
    for (from, encoded) in [("query", request.path_and_query().1), ("form", form)] {
        for pair in encoded.split('&') {
            if let Some((name, value)) = Fields::parse(pair).iter().next() {
                let decoded = format!("{name} = {}", mask.text(value));
                read.push(PartLine::new(from, pair).note(&decoded));
            }
        }
    }
    // The parts of an upload are not encoded.
    let parts = is_form.then(|| multipart::parse(kind, &request.content_bytes()).ok()).flatten();
    for (name, value) in parts.iter().flat_map(|parts| parts.fields.iter()) {
        let decoded = format!("{name} = {}", mask.field(name, value));
        read.push(PartLine::new("form", name).note(&decoded));
    }
    read.extend(request.cookies().map(|(pair, name, value)| {
        let decoded = format!("{name} = {value}");
        PartLine::new("cookie", pair.trim_end_matches(';').trim()).note(&decoded)
    }));
    read
}

/// How long a cycle took.
pub fn milliseconds(record: &Record) -> f64 {
    record.took().as_micros() as f64 / 1e3
}

/// What has really left.
fn left(record: &Record) -> String {
    let Some(sent) = record.sent.get() else {
        return "sending: the last byte has not left yet".to_owned();
    };
    let after = milliseconds(record);
    let bytes = sent.body_bytes;
    match sent.is_whole {
        true => format!("the last byte left after {after:?} ms, with {bytes} bytes of the body"),
        false => format!("broken off after {after:?} ms: only {bytes} bytes of the body left"),
    }
}

/// One step: what it was, how long after the beginning, and the line that took it.
fn step(step: &Step, record: &Record) -> PartLine {
    let after = match step.detail {
        // Only its head was written then.
        Detail::Sent { .. } => record.sent.get().map(|sent| record.cycle.until(sent.at)),
        _ => Some(record.cycle.until(step.at)),
    };
    let after = after.map_or("not yet".to_owned(), |after| format!("{} us", after.as_micros()));
    PartLine::new(step.name, &after).at(Some(step.source))
}
