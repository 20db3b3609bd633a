//! Who answered, and what it read: parts 3 and 4 of a cycle.

use super::facts::place;
use super::mask::Mask;
use super::message::{Message, readable};
use super::source;
use carafe::cycle::{Detail, Step};
use carafe::http::{Fields, Method};
use carafe::{Value, json};
use std::panic::Location;

/// One line: what it is called, and what it says.
pub type Fact = (String, String);

/// A field that was read: where from, as it came, and decoded.
pub struct Field {
    /// query, form, json or cookie.
    pub from: &'static str,
    /// `q=tea+%26+milk`
    pub raw: String,
    /// `q = tea & milk`
    pub decoded: String,
}

/// Part 3: the route, or those that came near, or the file.
pub fn matched(steps: &[Step], mask: &Mask) -> Vec<Fact> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = Vec::new();
    // A handler may say 404, too. Then it was asked, and which others came near does not matter.
    let mut was_found = false;
    for step in steps {
        match &step.detail {
            Detail::Route { method, pattern, handler, registered, params } => {
                was_found = true;
                facts.push(fact("route", format!("{method} {pattern} -> {handler}")));
                facts.extend(
                    params
                        .iter()
                        .map(|(name, value)| fact(name, format!("{:?}", mask.field(name, value)))),
                );
                facts.push(fact("registered", place(registered)));
                facts.extend(written(handler, registered).map(|written| fact("handler", written)));
            }
            Detail::File(path) => {
                was_found = true;
                facts.push(fact("file", mask.text(path)));
            }
            Detail::NoRoute(_) if was_found => {}
            Detail::NoRoute(near) if near.is_empty() => {
                facts.push(fact("nothing", "no route came near".into()))
            }
            Detail::NoRoute(near) => {
                facts.push(fact("nothing", format!("these came near: {}", lines(near))))
            }
            Detail::WrongMethod(known) => {
                facts.push(fact(
                    "path only",
                    format!("this path has other methods: {}", lines(known)),
                ));
            }
            Detail::Failure(status, why) => {
                facts.push(fact("failed", format!("{status}: {}", mask.text(why))))
            }
            _ => {}
        }
    }
    facts
}

/// Where a handler is written, which the compiler does not tell: the source is looked through for
/// its name.
fn written(handler: &str, registered: &Location) -> Option<String> {
    let file = registered.file().replace('\\', "/");
    let line = source::line_of(&file, handler)?;
    Some(format!("{file}:{line}"))
}

fn lines(routes: &[(Method, String)]) -> String {
    let lines: Vec<String> =
        routes.iter().map(|(method, pattern)| format!("{method} {pattern}")).collect();
    lines.join(", ")
}

/// The line that answered. That is the handler's: where it made the page, else where it changed the
/// session, else the last of it that is known, else its first, else the one that registered it.
/// Where no handler was asked, it is the framework's.
pub fn answered_by(steps: &[Step]) -> String {
    let ours = |place: &String| place.starts_with("src/app/");
    let rendered = steps
        .iter()
        .rev()
        .filter(|step| step.name == "rendered")
        .map(|step| place(step.source))
        .find(ours);
    let changed = || {
        let by = steps
            .iter()
            .rev()
            .find_map(|step| if let Detail::Change { by, .. } = step.detail { by } else { None });
        by.map(place).filter(ours)
    };
    let read = || {
        let named = |step: &&Step| matches!(step.name, "form" | "flashed");
        steps.iter().rev().filter(named).map(|step| place(step.source)).find(ours)
    };
    let of_route = || {
        steps.iter().find_map(|step| match &step.detail {
            Detail::Route { handler, registered, .. } => {
                Some(written(handler, registered).unwrap_or_else(|| place(registered)))
            }
            _ => None,
        })
    };
    let framework = || {
        let step = steps.iter().rev().find(|step| matches!(step.name, "failed" | "routed"));
        step.or(steps.last()).map(|step| place(step.source))
    };
    rendered.or_else(changed).or_else(read).or_else(of_route).or_else(framework).unwrap_or_default()
}

/// Part 4: every field of the query, the form or the JSON, and the cookies, before and after
/// decoding.
pub fn read(steps: &[Step], mask: &Mask, request: &Message) -> Vec<Field> {
    let mut read = Vec::new();
    let mut pairs = |from, text: &str| {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let decoded = Fields::parse(pair);
            let Some((name, value)) = decoded.iter().next() else { continue };
            let decoded = format!("{name} = {}", mask.field(name, value));
            read.push(Field { from, raw: mask.fields(pair), decoded });
        }
    };
    pairs("query", request.query());
    if steps.iter().any(|step| step.name == "form") {
        pairs("form", &readable(&request.content(), true));
    }
    let as_json = request
        .content_type()
        .starts_with("application/json")
        .then(|| json::parse(&request.content()));
    if let Some(Ok(Value::Map(map))) = as_json {
        for (name, value) in map.iter() {
            let value = mask.named(name, value);
            let decoded = value.as_str().map_or_else(|| json::write(&value), str::to_owned);
            let raw = format!("{}:{}", json::write(&name.into()), json::write(&value));
            read.push(Field { from: "json", raw, decoded: format!("{name} = {decoded}") });
        }
    }
    let cookies = request.headers().filter(|(name, _)| name.eq_ignore_ascii_case("Cookie"));
    for pair in cookies.flat_map(|(_, value)| value.split(';')) {
        let raw = mask.header("Cookie", pair.trim());
        let decoded = raw.replacen('=', " = ", 1);
        read.push(Field { from: "cookie", raw, decoded });
    }
    read
}
