//! What a recorded cycle says, in seven parts: the facts that the page, the text and the JSON have in common.

use super::annotate::{self, Message, Part};
use super::mask::{Mask, cut};
use carafe::cycle::{Detail, Record, Step};
use carafe::http::date;
use carafe::{Map, Value, json};
use std::panic::Location;

/// Under this name the flashed messages stand in a row, as Flask has it.
const FLASHES: &str = "_flashes";

/// One line of a part: what it is called, and what it says.
pub type Fact = (String, String);

/// A value that changed: the sign, the word, and what.
pub struct Change {
    /// `+`, `~` or `-`.
    pub sign: &'static str,
    /// added, changed or removed.
    pub word: &'static str,
    /// `user = 'Anthony'`
    pub what: String,
}

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
    /// The line of source that answered: `src/app/formtest.rs:24`.
    pub source: String,
    /// 1. The bytes that arrived.
    pub arrived: Vec<Part>,
    /// 2. What the server knew before.
    pub knew: Vec<String>,
    /// 3. Which route matched.
    pub matched: Vec<Fact>,
    /// 4. What was read: a heading, then each field raw and decoded.
    pub read: Vec<(String, String, String)>,
    /// 5. What changed.
    pub changed: Vec<Change>,
    /// 6. The bytes that left.
    pub sent: Vec<Part>,
    /// 7. What the server still knows.
    pub knows: String,
    /// Each step with its time in microseconds and the line that took it.
    pub steps: Vec<(&'static str, u128, String)>,
    /// A curl line that asks the same.
    pub curl: String,
    /// What the browser needs to send it again; `None` if something was masked or cut.
    pub again: Option<(String, String, String, String)>,
    /// Who asked: the id of the visitor's row, whole. Never shown.
    pub visitor: Option<String>,
    /// The path of the page that this request belongs to, if it says so.
    pub referer: Option<String>,
    /// The path that was asked for, without the query.
    pub path: String,
}

/// `src/app/hello.rs:24`, whatever the separator of the machine that built it.
pub fn place(location: &Location) -> String {
    format!("{}:{}", location.file().replace('\\', "/"), location.line())
}

impl Facts {
    /// Reads a record.
    pub fn of(record: &Record) -> Facts {
        let mask = Mask::of(record);
        let steps = record.cycle.steps();
        let (row, refused) = row_words(steps);
        let body_bytes = steps.iter().find_map(|step| match step.detail {
            Detail::Parsed { body_bytes, .. } => Some(body_bytes),
            _ => None,
        });
        let bytes = |name: &str| {
            steps.iter().find(|step| step.name == name).and_then(|step| match &step.detail {
                Detail::Bytes(excerpt) => Some(excerpt),
                _ => None,
            })
        };
        let request = bytes("received").map(|excerpt| annotate::request(excerpt, &mask, &row, body_bytes));
        let response = bytes("sent").map(|excerpt| annotate::response(excerpt, &mask, record.status));
        let line = request.as_ref().map_or("", |request| request.start_line.as_str());
        let (method, target) = words_of(line);
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
            source: source_of(steps),
            knew: knew(steps, &row, refused.as_deref(), request.as_ref()),
            matched: matched(steps, &mask),
            read: read(steps, &mask, request.as_ref()),
            changed: changed(steps, &mask),
            knows: knows(steps),
            steps: steps.iter().map(|step| (step.name, step.at.as_micros(), place(step.source))).collect(),
            curl: request.as_ref().map_or(String::new(), |request| curl_line(request, &mask)),
            again: request.as_ref().and_then(|request| again(request, &mask)),
            visitor: visitor(steps),
            referer: request.as_ref().and_then(|request| request.header("Referer")).and_then(path_of_url),
            path: target.split('?').next().unwrap_or("").to_owned(),
            arrived: request.map_or(Vec::new(), |request| request.parts),
            sent: response.map_or(Vec::new(), |response| response.parts),
        }
    }

    /// The facts as values: what the template prints and the JSON says.
    pub fn to_map(&self) -> Map {
        let parts = |parts: &[Part]| -> Value {
            let part = |part: &Part| {
                Map::from([("text", part.text.as_str()), ("end", part.end), ("note", part.note.as_str())]).into()
            };
            Value::List(parts.iter().map(part).collect())
        };
        let matched = self.matched.iter().map(|(name, value)| pair(name, value)).collect();
        let read = self.read.iter().map(|(name, raw, decoded)| {
            Map::from([("name", name.as_str()), ("raw", raw), ("decoded", decoded)]).into()
        });
        let changed = self.changed.iter().map(|change| {
            Map::from([("sign", change.sign), ("word", change.word), ("what", change.what.as_str())]).into()
        });
        let steps = self.steps.iter().map(|(name, at, source)| {
            let at = i64::try_from(*at).unwrap_or(i64::MAX);
            Map::from([("name", Value::from(*name)), ("microseconds", at.into()), ("source", source.as_str().into())])
                .into()
        });
        Map::from([
            ("number", whole(self.number)),
            ("ended", self.ended.as_str().into()),
            ("milliseconds", Value::Float((self.took * 1000.0).round() / 1000.0)),
            ("connection", whole(self.connection.0)),
            ("request_on_it", whole(self.connection.1)),
            ("request", self.request.as_str().into()),
            ("status", self.status.into()),
            ("source", self.source.as_str().into()),
            ("arrived", parts(&self.arrived)),
            ("knew_before", self.knew.iter().map(|line| line.as_str().into()).collect::<Vec<Value>>().into()),
            ("matched", Value::List(matched)),
            ("read", Value::List(read.collect())),
            ("changed", Value::List(changed.collect())),
            ("sent", parts(&self.sent)),
            ("still_knows", self.knows.as_str().into()),
            ("steps", Value::List(steps.collect())),
            ("curl", self.curl.as_str().into()),
        ])
    }
}

fn whole(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn pair(name: &str, value: &str) -> Value {
    Value::List(vec![name.into(), value.into()])
}

fn words_of(line: &str) -> (&str, &str) {
    let mut words = line.split(' ');
    (words.next().unwrap_or(""), words.next().unwrap_or(""))
}

/// The path of `http://host/path?query`.
fn path_of_url(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let path = &rest[rest.find('/')?..];
    Some(path.split('?').next().unwrap_or(path).to_owned())
}

/// The line that answered: the last that the handler's own steps name, else the one that registered the route.
fn source_of(steps: &[Step]) -> String {
    let route = steps.iter().find_map(|step| match &step.detail {
        Detail::Route { registered, .. } => Some(place(registered)),
        _ => None,
    });
    let handler = steps.iter().rev().find(|step| matches!(step.name, "form" | "rendered" | "flashed"));
    let handler = handler.map(|step| place(step.source)).filter(|place| place.starts_with("src/app/"));
    let framework = steps.iter().rev().find(|step| matches!(step.name, "failed" | "routed"));
    handler.or(route).or_else(|| framework.map(|step| place(step.source))).unwrap_or_default()
}

/// What the cookie that came names, and why it was refused.
fn row_words(steps: &[Step]) -> (String, Option<String>) {
    let opened = steps.iter().find_map(|step| match &step.detail {
        Detail::Row { cookie: Some(cookie), refused, row } => Some((cookie, refused, row)),
        _ => None,
    });
    match opened {
        Some((cookie, Some(why), _)) => (
            format!("names row {}, refused", cut(cookie)),
            Some(format!("your cookie names row {}, but {why}", cut(cookie))),
        ),
        Some((cookie, None, Some(row))) => {
            let count = row.iter().filter(|(name, _)| *name != FLASHES).count();
            let values = if count == 1 { "1 value".to_owned() } else { format!("{count} values") };
            (format!("names row {} ({values}: {})", cut(cookie), names_of(row)), None)
        }
        _ => (String::new(), None),
    }
}

fn knew(steps: &[Step], row: &str, refused: Option<&str>, request: Option<&Message>) -> Vec<String> {
    let bytes = steps.iter().find_map(|step| match &step.detail {
        Detail::Bytes(excerpt) if step.name == "received" => excerpt.total,
        _ => None,
    });
    let nothing = format!("nothing but these {} bytes", bytes.unwrap_or(0));
    if let Some(refused) = refused {
        let jars = "localhost and 127.0.0.1 are two jars; a restart or /forget empties the table";
        return vec![refused.to_owned(), format!("({jars})"), format!("so: {nothing}")];
    }
    if row.is_empty() {
        let cookie = request.is_some_and(|request| request.header("Cookie").is_some());
        let stranger = if cookie { "no cookie of this server: a stranger" } else { "no cookie: a stranger" };
        return vec![stranger.to_owned(), nothing];
    }
    let before = steps.iter().find_map(|step| match &step.detail {
        Detail::Row { row: Some(row), .. } => Some(row),
        _ => None,
    });
    let mut known = vec![format!("the cookie {row}")];
    if let Some(before) = before {
        known.extend(before.iter().map(|(name, value)| format!("{name} = {}", shown(name, value))));
    }
    known
}

fn matched(steps: &[Step], mask: &Mask) -> Vec<Fact> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = Vec::new();
    for step in steps {
        match &step.detail {
            Detail::Route { method, pattern, handler, registered, params } => {
                facts.push(fact("route", format!("{method} {pattern} -> {handler}")));
                facts.extend(params.iter().map(|(name, value)| fact(name, format!("{:?}", mask.field(name, value)))));
                facts.push(fact("registered", place(registered)));
            }
            Detail::File(path) => facts.push(fact("file", mask.text(path))),
            Detail::NoRoute(near) if near.is_empty() => facts.push(fact("nothing", "no route came near".into())),
            Detail::NoRoute(near) => {
                let near: Vec<String> = near.iter().map(|(method, pattern)| format!("{method} {pattern}")).collect();
                facts.push(fact("nothing", format!("these came near: {}", near.join(", "))));
            }
            Detail::WrongMethod(allow) => {
                let allow: Vec<&str> = allow.iter().map(|method| method.as_str()).collect();
                facts.push(fact("path only", format!("this path answers {}", allow.join(", "))));
            }
            Detail::Failure(status, why) => facts.push(fact("failed", format!("{status}: {}", mask.text(why)))),
            _ => {}
        }
    }
    facts
}

fn read(steps: &[Step], mask: &Mask, request: Option<&Message>) -> Vec<(String, String, String)> {
    let mut read = Vec::new();
    let Some(request) = request else { return read };
    let mut pairs = |what: &str, text: &str| {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let decoded = carafe::http::Fields::parse(pair);
            let Some((name, value)) = decoded.iter().next() else { continue };
            let value = mask.field(name, value);
            read.push((what.to_owned(), mask.fields(pair), format!("{name} = {value}")));
        }
    };
    if let Some((_, query)) = words_of(&request.start_line).1.split_once('?') {
        pairs("query", query);
    }
    if steps.iter().any(|step| step.name == "form") && request.header("Transfer-Encoding").is_none() {
        pairs("form", &request.body);
    }
    let cookies = request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("Cookie"));
    for pair in cookies.flat_map(|(_, value)| value.split(';')) {
        let masked = mask.header("Cookie", pair.trim());
        let decoded = masked.replacen('=', " = ", 1);
        read.push(("cookie".to_owned(), masked, decoded));
    }
    read
}

fn changed(steps: &[Step], mask: &Mask) -> Vec<Change> {
    let mut changes = Vec::new();
    for step in steps {
        match &step.detail {
            Detail::Change { before, after, .. } => {
                let nothing = Map::new();
                compare(before.as_ref().unwrap_or(&nothing), after.as_ref().unwrap_or(&nothing), &mut changes);
            }
            Detail::Flash(category, message) => {
                changes.push(Change { sign: "+", word: "flash put", what: format!("'{message}' ({category})") });
            }
            Detail::Taken(messages) => changes.extend(messages.iter().map(|(_, message)| Change {
                sign: "-",
                word: "flash taken",
                what: format!("'{message}', shown on this page"),
            })),
            Detail::Template { name, variables } => {
                let variables = mask.map(variables);
                let names: Vec<String> =
                    variables.iter().map(|(name, value)| format!("{name} = {}", shown(name, value))).collect();
                let with = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
                changes.push(Change { sign: "=", word: "rendered", what: format!("{name}{with}") });
            }
            _ => {}
        }
    }
    changes
}

fn compare(before: &Map, after: &Map, changes: &mut Vec<Change>) {
    for (name, value) in after.iter().filter(|(name, _)| *name != FLASHES) {
        match before.get(name) {
            None => changes.push(Change { sign: "+", word: "added", what: format!("{name} = {}", shown(name, value)) }),
            Some(old) if old != value => {
                let what = format!("{name}: {} -> {}", shown(name, old), shown(name, value));
                changes.push(Change { sign: "~", word: "changed", what });
            }
            Some(_) => {}
        }
    }
    for (name, value) in before.iter().filter(|(name, _)| *name != FLASHES && after.get(name).is_none()) {
        changes.push(Change { sign: "-", word: "removed", what: format!("{name} = {}", shown(name, value)) });
    }
}

/// A value of a row in one short line, masked if its name is like a password's.
fn shown(name: &str, value: &Value) -> String {
    let text = match value {
        _ if super::mask::is_secret(name) => "....".to_owned(),
        Value::Str(text) => format!("'{text}'"),
        other => json::write(other),
    };
    if text.chars().count() > 200 { text.chars().take(200).chain("..".chars()).collect() } else { text }
}

fn knows(steps: &[Step]) -> String {
    let last = steps.iter().rev().find_map(|step| match &step.detail {
        Detail::Change { cookie: Some(cookie), after: Some(after), .. } => Some((cookie, after)),
        _ => None,
    });
    let looked = steps.iter().find_map(|step| match &step.detail {
        Detail::Row { cookie: Some(cookie), refused: None, row: Some(row) } => Some((cookie, row)),
        _ => None,
    });
    let changed = steps.iter().any(|step| matches!(step.detail, Detail::Change { after: Some(_), .. }));
    let Some((cookie, row)) = last.or(if changed { None } else { looked }) else {
        return "nothing about this visitor: no row, no name.".to_owned();
    };
    format!("row {} ({}). Nothing else about this visitor.", cut(cookie), names_of(row))
}

/// The names in a row, the flashed messages as a count: `user, 1 flash`.
fn names_of(row: &Map) -> String {
    let mut names: Vec<&str> = row.iter().map(|(name, _)| name).filter(|name| *name != FLASHES).collect();
    let flashes = match row.get(FLASHES).and_then(Value::as_list).map_or(0, <[Value]>::len) {
        0 => String::new(),
        1 => "1 flash".into(),
        more => format!("{more} flashes"),
    };
    if !flashes.is_empty() {
        names.push(&flashes);
    }
    if names.is_empty() { "empty".to_owned() } else { names.join(", ") }
}

fn visitor(steps: &[Step]) -> Option<String> {
    let after = steps.iter().rev().find_map(|step| match &step.detail {
        Detail::Change { cookie, .. } => cookie.clone(),
        _ => None,
    });
    after.or_else(|| {
        steps.iter().find_map(|step| match &step.detail {
            Detail::Row { cookie, refused: None, .. } => cookie.clone(),
            _ => None,
        })
    })
}

/// The request as a curl line. Cookies come from a jar, so that nothing secret is copied.
fn curl_line(request: &Message, mask: &Mask) -> String {
    let (method, target) = words_of(&request.start_line);
    let mut line = String::from("curl -i -g --path-as-is");
    let default = if request.body.is_empty() { "GET" } else { "POST" };
    match method {
        "HEAD" => line.push_str(" -I"),
        _ if method == default => {}
        _ => line.push_str(&format!(" -X {}", quoted(method))),
    }
    if request.start_line.ends_with("HTTP/1.0") {
        line.push_str(" -0");
    }
    for (name, value) in &request.headers {
        match name.to_ascii_lowercase().as_str() {
            "cookie" => line.push_str(" -b j"),
            // curl sends these itself, or the server would answer the browser rather than curl for no reason.
            "host"
            | "user-agent"
            | "content-length"
            | "connection"
            | "accept-encoding"
            | "accept-language"
            | "expect"
            | "upgrade-insecure-requests"
            | "cache-control"
            | "pragma"
            | "transfer-encoding" => {}
            "accept" if value == "*/*" => {}
            "content-type" if value == "application/x-www-form-urlencoded" => {}
            other if other.starts_with("sec-") || other.starts_with("priority") => {}
            _ => line.push_str(&format!(" -H {}", quoted(&format!("{name}: {}", mask.header(name, value))))),
        }
    }
    if !request.body.is_empty() {
        let body = mask.body(request.header("Content-Type").unwrap_or(""), &request.body);
        line.push_str(&format!(" --data-raw {}", quoted(&body)));
    }
    let host = request.header("Host").unwrap_or("127.0.0.1");
    let url =
        if target.starts_with('/') { format!("http://{host}{}", mask.target(target)) } else { mask.target(target) };
    format!("{line} {}", quoted(&url))
}

/// A word as a shell takes it: as it is, or between single quotes.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~/:=@%+,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Method, target, content type and body for the browser to send; `None` where the record does not hold them whole.
fn again(request: &Message, mask: &Mask) -> Option<(String, String, String, String)> {
    let (method, target) = words_of(&request.start_line);
    let content_type = request.header("Content-Type").unwrap_or("");
    let body = mask.body(content_type, &request.body);
    let whole = !request.is_cut && body == request.body && mask.target(target) == target && target.starts_with('/');
    whole.then(|| (method.to_owned(), target.to_owned(), content_type.to_owned(), body))
}
