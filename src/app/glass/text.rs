//! Deeper: Prints the description of a cycle for the terminal, in at most 80 columns.
//!
//! The text says all that the page and the JSON say. What is too long for a line continues in the
//! next line; two dots show that a word was cut. Only [`brief`], for `--show-cycles`, leaves
//! something out. Line ends are written `\r\n`, as a person would type them.
//!
//! The text is made without colours, and [`painted`] adds them for a terminal: a text that is kept
//! in a file or sent over the network must not contain a terminal's commands.

use super::describe::{list, text};
use carafe::{Map, Value};

const COLUMNS: usize = 80;
/// The column where notes begin, if the line is short enough.
const NOTES: usize = 42;
/// The lines of a body that [`brief`] shows.
const BODY_LINES: usize = 8;

/// Everything: a description, with its related cycles.
pub fn whole(cycle: &Map, base: &str) -> String {
    let mut out = seven(cycle, usize::MAX);
    let steps = lines(cycle, "steps", |step| {
        let (name, at) = (text(step, "name"), number(step, "microseconds"));
        format!("{name:<9}{at:>7} us   {}", text(step, "source"))
    });
    named("steps", &steps, &mut out);
    let ended = format!("{}, after {} ms", text(cycle, "ended"), milliseconds(cycle));
    named("ended", &[ended], &mut out);
    let one = |name, words| cycle.get(name)?.as_int().map(|number| format!("#{number}{words}"));
    let visitor = [one("previous", " before this one"), one("next", " after this one")];
    let parts = list(cycle, "parts").iter().filter_map(Value::as_int);
    let others = [
        ("the same visitor's", visitor.into_iter().flatten().collect()),
        ("fetched for this page", parts.map(|part| format!("#{part}")).collect()),
        ("fetched for the page", one("page", "").into_iter().collect::<Vec<_>>()),
    ];
    let others = others.iter().filter(|(_, numbers)| !numbers.is_empty());
    let others: Vec<String> =
        others.map(|(whose, numbers)| format!("{whose}: {}", numbers.join(", "))).collect();
    if !others.is_empty() {
        named("others", &others, &mut out);
    }
    if text(cycle, "curl").is_empty() {
        let why = "no line gives quite this: a part of the request is not kept, or not shown";
        named("again", &[why.to_owned()], &mut out);
    } else {
        let is_masked = cycle.get("masked") == Some(&Value::Bool(true));
        let hint = if is_masked { ", with your own value for each four dots" } else { "" };
        // At the margin, so that it can be copied as it is.
        out.extend([format!("   again{hint}:"), folded(text(cycle, "curl"))]);
    }
    finished(cycle, base, &out)
}

/// As much as fits on a screen: without the steps, and with the first lines of each body.
pub fn brief(cycle: &Map, base: &str) -> String {
    finished(cycle, base, &seven(cycle, BODY_LINES))
}

fn finished(cycle: &Map, base: &str, lines: &[String]) -> String {
    format!("{}\n   {base}/cycles/{}\n", lines.join("\n"), number(cycle, "number"))
}

/// The seven parts, with at most this many lines of each body.
fn seven(cycle: &Map, body_lines: usize) -> Vec<String> {
    let mut out = Vec::new();
    let (connection, nth) = (number(cycle, "connection"), ordinal(number(cycle, "request_on_it")));
    let left = format!(" #{}  conn {connection}, {nth} request", number(cycle, "number"));
    let right = format!("{:.1} ms   {}", milliseconds(cycle), text(cycle, "source"));
    let gap = COLUMNS.saturating_sub(left.chars().count() + right.chars().count()).max(2);
    broken(&format!("{left}{}{right}", " ".repeat(gap)), " ", &mut out);
    wire(">", list(cycle, "arrived"), body_lines, &mut out);
    let knew = list(cycle, "knew_before").iter().filter_map(Value::as_str);
    named("knew", &knew.map(str::to_owned).collect::<Vec<_>>(), &mut out);
    let matched = list(cycle, "matched").iter().filter_map(Value::as_list);
    let matched =
        matched.map(|pair| pair.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(": "));
    named("match", &matched.collect::<Vec<_>>(), &mut out);
    let read = lines(cycle, "read", |field| {
        let (from, raw, decoded) =
            (text(field, "name"), text(field, "raw"), text(field, "decoded"));
        match decoded.replacen(" = ", "=", 1) == raw {
            true => format!("{from}: {decoded}"),
            false => format!("{from}: {raw} is {decoded}"),
        }
    });
    named("read", &read, &mut out);
    let changes = lines(cycle, "changed", |change| {
        let (sign, word, what) = (text(change, "sign"), text(change, "word"), text(change, "what"));
        match text(change, "source") {
            "" => format!("{sign} {word}: {what}"),
            source => format!("{sign} {word}: {what} ({source})"),
        }
    });
    named("change", &changes, &mut out);
    wire("<", list(cycle, "sent"), body_lines, &mut out);
    wrapped("   still knows: ", text(cycle, "still_knows"), &mut out);
    out
}

fn number(map: &Map, name: &str) -> i64 {
    map.get(name).and_then(Value::as_int).unwrap_or_default()
}

fn milliseconds(cycle: &Map) -> f64 {
    cycle.get("milliseconds").and_then(Value::as_float).unwrap_or_default()
}

/// A line for each map of a list.
fn lines(cycle: &Map, name: &str, line: impl Fn(&Map) -> String) -> Vec<String> {
    list(cycle, name).iter().filter_map(Value::as_map).map(line).collect()
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

/// One line for the list, from one of its rows.
pub fn line(row: &Map) -> String {
    let indent =
        if row.get("page").is_some_and(|page| page.as_int().is_some()) { "  " } else { "" };
    let (status, request) = (number(row, "status"), text(row, "request"));
    let left = format!("#{:<5} {status} {indent}{request}", number(row, "number"));
    let source = text(row, "source").trim_start_matches("src/");
    let width = COLUMNS - 12 - source.chars().count().min(30);
    let (left, time) = (cut(&left, width), milliseconds(row));
    cut(&format!("{left:<width$} {time:>6.1} ms  {source}"), COLUMNS) + "\n"
}

/// A message: each part on a line of its own, and what it is for beside it, or below it where there
/// is no room.
fn wire(direction: &str, parts: &[Value], body_lines: usize, out: &mut Vec<String>) {
    let start = format!(" {direction} ");
    for part in parts.iter().filter_map(Value::as_map) {
        let (content, why) = (text(part, "text"), text(part, "note"));
        let end = text(part, "end").replace("CR LF", "\\r\\n").replace("LF", "\\n");
        let mut lines = content.strip_suffix('\n').unwrap_or(content).split('\n');
        let line = format!("{start}{}{end}", lines.next().unwrap_or(""));
        let width = line.chars().count();
        let note = why.chars().count();
        if note > 0 && width < NOTES && NOTES + note <= COLUMNS {
            out.push(format!("{line:<NOTES$}{why}"));
        } else if note > 0 && width + 2 + note <= COLUMNS {
            out.push(format!("{line}  {why}"));
        } else {
            broken(&line, &start, out);
            if note > 0 {
                wrapped("       ", why, out);
            }
        }
        let rest: Vec<&str> = lines.collect();
        let shown = rest.len().min(body_lines - 1);
        rest[..shown].iter().for_each(|line| broken(&format!("{start}{line}"), &start, out));
        if rest.len() > shown {
            out.push(format!("{start}.. {} more lines", rest.len() - shown));
        }
    }
}

/// A line of the wire, which goes on behind two dots if it is too long.
fn broken(line: &str, start: &str, out: &mut Vec<String>) {
    let letters: Vec<char> = line.chars().collect();
    let (first, mut rest) = letters.split_at(letters.len().min(COLUMNS));
    out.push(first.iter().collect());
    let start = format!("{start}..");
    while !rest.is_empty() {
        let (next, behind) = rest.split_at(rest.len().min(COLUMNS - start.chars().count()));
        out.push(start.chars().chain(next.iter().copied()).collect());
        rest = behind;
    }
}

/// Some sentences, the first of them behind a name.
fn named(name: &str, lines: &[String], out: &mut Vec<String>) {
    if lines.is_empty() {
        out.push(format!("   {name:<7} nothing"));
    }
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        wrapped(&format!("   {name:<7} "), line, out);
    }
}

/// A sentence that goes on below its own beginning.
fn wrapped(start: &str, text: &str, out: &mut Vec<String>) {
    let indent = " ".repeat(start.chars().count().min(16));
    let mut line = start.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let fits = line.chars().count() + usize::from(!is_empty) + word.chars().count() <= COLUMNS;
        if !fits && !is_empty {
            broken(&std::mem::replace(&mut line, indent.clone()), &indent, out);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    broken(&line, &indent, out);
}

/// A command for a shell over several lines, each but the last with a backslash at its end. A word
/// that is longer than a line is cut there, too: out of its quotes, over the end of the line, and
/// into them again.
fn folded(command: &str) -> String {
    let mut out = String::new();
    let (mut column, mut in_quotes, mut is_escaped) = (0, false, false);
    let mut letters = command.chars();
    // Behind the last word of each line there must be room for a quote, a blank and a backslash.
    const ROOM: usize = COLUMNS - 3;
    while let Some(letter) = letters.next() {
        if letter == ' ' && !in_quotes && column > 0 {
            let word = letters.clone().take_while(|letter| *letter != ' ').count();
            if column + 1 + word > ROOM && word < ROOM {
                out.push_str(" \\\n");
                column = 0;
                continue;
            }
        }
        if column >= ROOM && !is_escaped {
            out.push_str(if in_quotes { "'\\\n'" } else { "\\\n" });
            column = usize::from(in_quotes);
        }
        out.push(letter);
        column = if letter == '\n' { 0 } else { column + 1 };
        in_quotes ^= letter == '\'' && !is_escaped;
        is_escaped = letter == '\\' && !in_quotes && !is_escaped;
    }
    out
}

fn cut(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    line.chars().take(columns - 2).chain("..".chars()).collect()
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
