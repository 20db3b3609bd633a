//! A cycle for the terminal: the seven parts in at most 80 columns.
//!
//! The text is made without colours, and [`painted`] adds them where a person looks: a text that is kept in a file or sent
//! over the wire must not hold a terminal's commands.

use super::annotate::Part;
use super::facts::Facts;

const COLUMNS: usize = 80;
/// Where the notes stand, if the line leaves room for them.
const NOTES: usize = 46;
/// So many lines of a body are shown; the page and the JSON have all that was kept.
const BODY_LINES: usize = 8;

/// The whole cycle; with `steps`, also which line took each of them.
pub fn cycle(facts: &Facts, base: &str, steps: bool) -> String {
    let mut out = Vec::new();
    let (connection, nth) = facts.connection;
    let left = format!("#{}  conn {connection}, {} request", facts.number, ordinal(nth));
    let right = format!("{:.1} ms   {}", facts.took, facts.source);
    let gap = COLUMNS.saturating_sub(1 + left.chars().count() + right.chars().count()).max(2);
    out.push(cut(&format!(" {left}{}{right}", " ".repeat(gap)), COLUMNS));
    wire(">", &facts.arrived, &mut out);
    named("knew", &facts.knew, &mut out);
    let matched: Vec<String> = facts.matched.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    named("match", &matched, &mut out);
    let read = facts.read.iter().map(|field| match field.decoded.replacen(" = ", "=", 1) == field.raw {
        true => format!("{}: {}", field.from, field.decoded),
        false => format!("{}: {} is {}", field.from, field.raw, field.decoded),
    });
    named("read", &read.collect::<Vec<_>>(), &mut out);
    let changes = facts.changed.iter().map(|change| format!("{} {}: {}", change.sign, change.word, change.what));
    let changes: Vec<String> = changes.collect();
    named("change", &changes, &mut out);
    wire("<", &facts.sent, &mut out);
    wrapped("   still knows: ", &facts.knows, &mut out);
    if steps {
        let step = |(name, at, source): &(&str, u128, String)| format!("{name:<9}{at:>7} us   {source}");
        named("steps", &facts.steps.iter().map(step).collect::<Vec<_>>(), &mut out);
    }
    out.push(format!("   {base}/cycles/{}", facts.number));
    out.join("\n") + "\n"
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

/// One line for the list.
pub fn line(facts: &Facts, is_sub: bool) -> String {
    let indent = if is_sub { "  " } else { "" };
    let left = format!("#{:<5} {} {indent}{}", facts.number, facts.status, facts.request);
    let source = facts.source.trim_start_matches("src/");
    let width = COLUMNS - 12 - source.chars().count().min(30);
    cut(&format!("{:<width$} {:>6.1} ms  {source}", cut(&left, width), facts.took), COLUMNS) + "\n"
}

fn wire(direction: &str, parts: &[Part], out: &mut Vec<String>) {
    for part in parts {
        let text = part.text();
        let mut lines = text.lines();
        let first = lines.next().unwrap_or("");
        let line = format!(" {direction} {first}");
        let width = line.chars().count();
        if part.note.is_empty() {
            out.push(cut(&line, COLUMNS));
        } else if width < NOTES && NOTES + part.note.chars().count() <= COLUMNS {
            out.push(format!("{line:<NOTES$}{}", part.note));
        } else if width + 2 + part.note.chars().count() <= COLUMNS {
            out.push(format!("{line}  {}", part.note));
        } else {
            out.push(cut(&line, COLUMNS));
            wrapped("       ", &part.note, out);
        }
        let rest: Vec<&str> = lines.collect();
        for line in rest.iter().take(BODY_LINES - 1) {
            out.push(cut(&format!(" {direction} {line}"), COLUMNS));
        }
        if rest.len() > BODY_LINES - 1 {
            out.push(format!(" {direction} .. {} more lines", rest.len() - (BODY_LINES - 1)));
        }
    }
}

fn named(name: &str, lines: &[String], out: &mut Vec<String>) {
    if lines.is_empty() {
        out.push(format!("   {name:<7} nothing"));
    }
    for (at, line) in lines.iter().enumerate() {
        let name = if at == 0 { name } else { "" };
        wrapped(&format!("   {name:<7} "), line, out);
    }
}

/// A line that goes on below its own beginning.
fn wrapped(start: &str, text: &str, out: &mut Vec<String>) {
    let indent = " ".repeat(start.chars().count().min(16));
    let mut line = start.to_owned();
    let mut is_empty = true;
    for word in text.split(' ') {
        let fits = line.chars().count() + usize::from(!is_empty) + word.chars().count() <= COLUMNS;
        if !fits && !is_empty {
            out.push(cut(&std::mem::replace(&mut line, indent.clone()), COLUMNS));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push(cut(&line, COLUMNS));
}

fn cut(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    line.chars().take(columns - 2).chain("..".chars()).collect()
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
