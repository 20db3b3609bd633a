//! Deeper: Prints the description of a cycle for the terminal, in at most 80 columns.
//!
//! ```text
//!  #17  conn 9, 2nd request            1.2 ms   src/app/course/formtest.rs:24
//!  > POST /process HTTP/1.1\r\n             method, target, version
//!  > \r\n                                   empty line: headers end here
//!  > name=A                                 body: 6 bytes, as Content-Length said
//!    knew    no cookie: a stranger
//!    match   route: POST /process -> process
//!    read    form: name = A
//!    change  + flash put: 'need valid name' (message)
//!  < HTTP/1.1 303 See Other\r\n             status: go and GET another page
//!    still knows: row 7f3a.. (1 flash). Nothing else about this visitor.
//! ```
//!
//! The text says all that the page and the JSON say. Only [`brief`], for `--show-cycles`, leaves
//! something out. Line ends are written `\r\n`, as a person would type them.
//!
//! The text is made without colours, and [`painted`] adds them for a terminal: a text that is kept
//! in a file or sent over the network must not contain a terminal's commands.

use super::columns::{COLUMNS, Columns, cut, folded};
use super::describe::{list, maps, number, text};
use carafe::{Map, Value};

/// This many lines of a body are shown by [`brief`].
const BODY_LINES: usize = 8;

/// Everything: a description, with its related cycles.
pub fn whole(cycle: &Map, base: &str) -> String {
    let mut out = seven(cycle, usize::MAX);
    out.named(
        "steps",
        maps(cycle, "steps").map(|step| {
            let (name, at) = (text(step, "name"), number(step, "microseconds"));
            format!("{name:<9}{at:>7} us   {}", text(step, "source"))
        }),
    );
    let ended = format!("{}, after {} ms", text(cycle, "ended"), milliseconds(cycle));
    out.named("ended", [ended]);
    let parts = list(cycle, "parts").iter().filter_map(Value::as_int);
    let mut others: Vec<_> = parts.map(|part| format!("#{part} fetched for this page")).collect();
    for (name, words) in [
        ("previous", "the same visitor, before"),
        ("next", "the same visitor, after"),
        ("page", "the page that it was fetched for"),
    ] {
        others.extend(cycle.get(name).and_then(Value::as_int).map(|at| format!("#{at} {words}")));
    }
    if !others.is_empty() {
        out.named("others", others);
    }
    if text(cycle, "curl").is_empty() {
        let why = "no line sends exactly this: a part of the request is not kept, or is hidden";
        out.named("again", [why.to_owned()]);
    } else {
        let is_masked = cycle.get("masked") == Some(&Value::Bool(true));
        let hint = if is_masked { "; put your own value for the four dots" } else { "" };
        // At the margin, so that it can be copied as it is.
        out.line(format!("   again{hint}:\n{}", folded(text(cycle, "curl"))));
    }
    finished(cycle, base, out)
}

/// As much as fits on a screen: without the steps, and with the first lines of each body.
pub fn brief(cycle: &Map, base: &str) -> String {
    finished(cycle, base, seven(cycle, BODY_LINES))
}

/// One line for the list, from one of its rows.
pub fn line(row: &Map) -> String {
    let indent = if number(row, "page") > 0 { "  " } else { "" };
    let (status, request) = (number(row, "status"), text(row, "request"));
    let left = format!("#{:<5} {status} {indent}{request}", number(row, "number"));
    let source = text(row, "source").trim_start_matches("src/");
    let width = COLUMNS - 12 - source.chars().count().min(30);
    let (left, time) = (cut(&left, width), milliseconds(row));
    cut(&format!("{left:<width$} {time:>6.1} ms  {source}"), COLUMNS) + "\n"
}

/// The text of a cycle with quiet colours: which way the bytes went, and what changed.
pub fn painted(text: &str) -> String {
    let paint = |line: &str| {
        let (start, rest) = line.split_at_checked(11).unwrap_or((line, ""));
        let sign = rest.get(..2).filter(|_| matches!(start.trim(), "change" | "")).unwrap_or("");
        match (start.get(..2).unwrap_or(""), sign) {
            (" #", _) => format!("\x1b[1m{line}\x1b[0m"),
            (" >", _) => format!(" \x1b[36m>\x1b[0m{}", &line[2..]),
            (" <", _) => format!(" \x1b[35m<\x1b[0m{}", &line[2..]),
            (_, "+ ") => format!("{start}\x1b[32m{rest}\x1b[0m"),
            (_, "~ ") => format!("{start}\x1b[33m{rest}\x1b[0m"),
            (_, "- ") => format!("{start}\x1b[31m{rest}\x1b[0m"),
            _ => line.to_owned(),
        }
    };
    text.lines().map(|line| paint(line) + "\n").collect()
}

/// The seven parts, with at most this many lines of each body.
fn seven(cycle: &Map, body_lines: usize) -> Columns {
    let mut out = Columns::default();
    let (connection, nth) = (number(cycle, "connection"), ordinal(number(cycle, "request_on_it")));
    let left = format!(" #{}  conn {connection}, {nth} request", number(cycle, "number"));
    let right = format!("{:.1} ms   {}", milliseconds(cycle), text(cycle, "source"));
    let gap = COLUMNS.saturating_sub(left.chars().count() + right.chars().count()).max(2);
    out.broken(&format!("{left}{}{right}", " ".repeat(gap)), " ");
    wire(">", cycle, "arrived", body_lines, &mut out);
    let knew = list(cycle, "knew_before").iter().filter_map(Value::as_str);
    out.named("knew", knew.map(str::to_owned));
    let matched = list(cycle, "matched").iter().filter_map(Value::as_list);
    out.named(
        "match",
        matched.filter_map(|pair| Some(format!("{}: {}", pair[0].as_str()?, pair[1].as_str()?))),
    );
    out.named(
        "read",
        maps(cycle, "read").map(|field| {
            let (from, raw) = (text(field, "name"), text(field, "raw"));
            match text(field, "decoded") {
                decoded if decoded.replacen(" = ", "=", 1) == raw => format!("{from}: {decoded}"),
                decoded => format!("{from}: {raw} is {decoded}"),
            }
        }),
    );
    out.named(
        "change",
        maps(cycle, "changed").map(|change| {
            let (sign, word, what) =
                (text(change, "sign"), text(change, "word"), text(change, "what"));
            match text(change, "source") {
                "" => format!("{sign} {word}: {what}"),
                source => format!("{sign} {word}: {what} ({source})"),
            }
        }),
    );
    wire("<", cycle, "sent", body_lines, &mut out);
    out.wrapped("   still knows: ", text(cycle, "still_knows"));
    out
}

/// A message: each part on a line of its own, with its note.
fn wire(direction: &str, cycle: &Map, name: &str, body_lines: usize, out: &mut Columns) {
    let start = format!(" {direction} ");
    for part in maps(cycle, name) {
        let end = text(part, "end").replace("CR", "\\r").replace("LF", "\\n").replace(' ', "");
        let content = text(part, "text");
        let mut lines = content.strip_suffix('\n').unwrap_or(content).split('\n');
        let first = format!("{start}{}{end}", lines.next().unwrap_or(""));
        out.with_note(&first, &start, text(part, "note"));
        let rest: Vec<&str> = lines.collect();
        let shown = rest.len().min(body_lines - 1);
        rest[..shown].iter().for_each(|line| out.broken(&format!("{start}{line}"), &start));
        if rest.len() > shown {
            out.line(format!("{start}.. {} more lines", rest.len() - shown));
        }
    }
}

fn finished(cycle: &Map, base: &str, out: Columns) -> String {
    format!("{}   {base}/cycles/{}\n", out.into_text(), number(cycle, "number"))
}

fn milliseconds(cycle: &Map) -> f64 {
    cycle.get("milliseconds").and_then(Value::as_float).unwrap_or_default()
}

/// 1st, 2nd, 3rd, 11th.
pub fn ordinal(number: i64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
