//! Deeper: Prints the description of a cycle for the terminal, in at most 80 columns.
//!
//! ```text
//!  #17  conn 9, 2nd request            1.2 ms   src/app/course/formtest.rs:24
//!  > POST /process HTTP/1.1\r\n       method, target, version (RFC 9112 §3)
//!  > \r\n                             empty line: headers end here (RFC 9112 §2.1)
//!  > name=A                           body: 6 bytes, as Content-Length said
//!    knew    no cookie: a stranger
//!    match   route: POST /process -> process
//!    read    form: name = A
//!    change  + flash put: 'need valid name' (message)
//!  < HTTP/1.1 303 See Other\r\n       status: go and GET another page (RFC 9110 §15.4.4)
//!    still knows: row 7f3a.. (1 flash). Nothing else about this visitor.
//! ```
//!
//! The text says all that the page and the JSON say, but for the end of a long page. [`brief`], for
//! `--show-cycles`, leaves more out. Line ends are written `\r\n`, as a person would type them.
//!
//! The text is made without colours, and [`painted`] adds them for a terminal: a text that is kept
//! in a file or sent over the network must not contain a terminal's commands.

use super::columns::{COLUMNS, Columns, folded};
use super::describe::CycleDescription;
use super::part_line::PartLine;
use super::related::in_words;
use carafe::http::date;
use carafe::{Map, Value};

/// This many lines of a page are shown; by [`brief`], of every body.
const BODY_LINES: usize = 12;

/// Everything about a cycle. `map` is its description with what belongs to it.
pub fn whole(cycle: &CycleDescription, map: &Map, base: &str) -> String {
    let mut out = seven(cycle, usize::MAX);
    out.named("steps", cycle.part("steps").iter().map(sentence));
    let ended = date::format(cycle.facts.record.ended);
    out.named("ended", [format!("{ended}, after {} ms", cycle.milliseconds())]);
    let others = in_words(map);
    if !others.is_empty() {
        out.named("others", others);
    }
    match map.get("curl").and_then(Value::as_str) {
        None => {
            let why = "no line sends exactly this: a part of the request is not kept, or is hidden";
            out.named("again", [why.to_owned()]);
        }
        Some(curl) => {
            let is_masked = map.get("masked") == Some(&Value::Bool(true));
            let hint = if is_masked { "; put your own value for the four dots" } else { "" };
            // At the margin, so that it can be copied as it is.
            out.line(format!("   again{hint}:\n{}", folded(curl)));
        }
    }
    finished(cycle, base, out)
}

/// As much as fits on a screen: without the steps, and with the first lines of each body.
pub fn brief(cycle: &CycleDescription, base: &str) -> String {
    finished(cycle, base, seven(cycle, BODY_LINES))
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
fn seven(cycle: &CycleDescription, body_lines: usize) -> Columns {
    let mut out = Columns::default();
    let (number, (connection, nth)) = (cycle.facts.record.number, cycle.facts.connection);
    let left = format!(" #{number}  conn {connection}, {} request", ordinal(nth));
    let right = format!("{:.1} ms   {}", cycle.milliseconds(), cycle.source);
    let gap = COLUMNS.saturating_sub(left.chars().count() + right.chars().count()).max(2);
    out.broken(&format!("{left}{}{right}", " ".repeat(gap)), " ");
    wire(">", cycle.part("arrived"), body_lines, &mut out);
    for (label, part) in
        [("knew", "knew_before"), ("match", "matched"), ("read", "read"), ("change", "changed")]
    {
        out.named(label, cycle.part(part).iter().map(sentence));
    }
    wire("<", cycle.part("sent"), body_lines, &mut out);
    for line in cycle.part("still_knows") {
        out.wrapped("   still knows: ", &line.text);
    }
    out
}

/// A line that is not on the wire: `+ added: user = 'Ada' (src/…:24)`, `query: a=%20 is a =  `.
fn sentence(line: &PartLine) -> String {
    let PartLine { name, sign, text, note, source, .. } = line;
    let start = format!("{sign}{}{name}", if sign.is_empty() { "" } else { " " });
    let start = if start.is_empty() { start } else { start + ": " };
    let end = if source.is_empty() { String::new() } else { format!(" ({source})") };
    match &**note {
        "" => format!("{start}{text}{end}"),
        // A field that was not encoded is told once.
        decoded if decoded.replacen(" = ", "=", 1) == *text => format!("{start}{decoded}{end}"),
        decoded => format!("{start}{text} is {decoded}{end}"),
    }
}

/// A message: each line with its note.
fn wire(direction: &str, lines: &[PartLine], body_lines: usize, out: &mut Columns) {
    let start = format!(" {direction} ");
    for PartLine { name, text, end, note, .. } in lines {
        let end = match *end {
            "CR LF" => "\\r\\n",
            "LF" => "\\n",
            _ => "",
        };
        let mut texts = text.strip_suffix('\n').unwrap_or(text).split('\n');
        let first = format!("{start}{}{end}", texts.next().unwrap_or(""));
        out.with_note(&first, &start, note);
        let rest: Vec<&str> = texts.collect();
        let most = if name == "page" { BODY_LINES } else { body_lines };
        let shown = rest.len().min(most - 1);
        rest[..shown].iter().for_each(|line| out.broken(&format!("{start}{line}"), &start));
        if rest.len() > shown {
            out.line(format!("{start}.. {} more lines", rest.len() - shown));
        }
    }
}

fn finished(cycle: &CycleDescription, base: &str, out: Columns) -> String {
    format!("{}   {base}/cycles/{}\n", out.into_text(), cycle.facts.record.number)
}

/// 1st, 2nd, 3rd, 11th.
pub fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
