//! A cycle for the terminal: the seven parts in at most 80 columns.
//!
//! Nothing is left out that the page or the JSON says: what is too long for a line goes on in the
//! next, behind two dots if it was cut inside. Only [`brief`], for `--show-cycles`, is shorter.
//! Line ends are written `\r\n`, as one would type them.
//!
//! The text is made without colours, and [`painted`] adds them where a person looks: a text that is
//! kept in a file or sent over the wire must not hold a terminal's commands.

use super::annotate::Part;
use super::beside::Beside;
use super::facts::Facts;

const COLUMNS: usize = 80;
/// Where the notes stand, if the line leaves room for them.
const NOTES: usize = 42;
/// So many lines of a body are shown in brief.
const BODY_LINES: usize = 8;

/// Everything.
pub fn whole(facts: &Facts, beside: &Beside, base: &str) -> String {
    let mut out = seven(facts, usize::MAX);
    let step =
        |(name, at, source): &(&str, u128, String)| format!("{name:<9}{at:>7} us   {source}");
    named("steps", &facts.steps.iter().map(step).collect::<Vec<_>>(), &mut out);
    named("ended", &[format!("{}, after {} ms", facts.ended, facts.milliseconds())], &mut out);
    let neighbours = [("before", beside.previous), ("after", beside.next)];
    let neighbours = neighbours
        .iter()
        .filter_map(|(word, number)| Some(format!("#{} {word} this one", (*number)?)));
    let parts = beside.parts.iter().map(|part| format!("#{part}")).collect::<Vec<_>>().join(", ");
    let family = [
        ("the same visitor's", neighbours.collect::<Vec<_>>().join(", ")),
        ("fetched for this page", parts),
        ("fetched for the page", beside.page.map_or(String::new(), |page| format!("#{page}"))),
    ];
    let family = family.iter().filter(|(_, numbers)| !numbers.is_empty());
    let family: Vec<String> =
        family.map(|(whose, numbers)| format!("{whose}: {numbers}")).collect();
    if !family.is_empty() {
        named("others", &family, &mut out);
    }
    match &beside.curl {
        // At the margin, so that it can be copied as it stands.
        Some(curl) => out.extend([format!("   again{}:", beside.hint()), folded(curl)]),
        None => named(
            "again",
            &["no line gives quite this: a part of the request is not kept, or not shown".into()],
            &mut out,
        ),
    }
    out.push(format!("   {base}/cycles/{}", facts.number));
    out.join("\n") + "\n"
}

/// What fits on a screen: without the steps, and with the front of each body.
pub fn brief(facts: &Facts, base: &str) -> String {
    let mut out = seven(facts, BODY_LINES);
    out.push(format!("   {base}/cycles/{}", facts.number));
    out.join("\n") + "\n"
}

/// The seven parts, with so many lines of each body.
fn seven(facts: &Facts, body_lines: usize) -> Vec<String> {
    let mut out = Vec::new();
    let (connection, nth) = facts.connection;
    let left = format!("#{}  conn {connection}, {} request", facts.number, ordinal(nth));
    let right = format!("{:.1} ms   {}", facts.took, facts.source);
    let gap = COLUMNS.saturating_sub(1 + left.chars().count() + right.chars().count()).max(2);
    broken(&format!(" {left}{}{right}", " ".repeat(gap)), " ", &mut out);
    wire(">", &facts.arrived, body_lines, &mut out);
    named("knew", &facts.knew, &mut out);
    let matched: Vec<String> =
        facts.matched.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    named("match", &matched, &mut out);
    let read =
        facts.read.iter().map(|field| match field.decoded.replacen(" = ", "=", 1) == field.raw {
            true => format!("{}: {}", field.from, field.decoded),
            false => format!("{}: {} is {}", field.from, field.raw, field.decoded),
        });
    named("read", &read.collect::<Vec<_>>(), &mut out);
    let changes = facts.changed.iter().map(|change| {
        let source = change.source.as_ref().map_or(String::new(), |source| format!(" ({source})"));
        format!("{} {}: {}{source}", change.sign, change.word, change.what)
    });
    named("change", &changes.collect::<Vec<_>>(), &mut out);
    wire("<", &facts.sent, body_lines, &mut out);
    wrapped("   still knows: ", &facts.knows, &mut out);
    out
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

/// A message: each part on a line of its own, and what it is for beside it, or below it where there
/// is no room.
fn wire(direction: &str, parts: &[Part], body_lines: usize, out: &mut Vec<String>) {
    let start = format!(" {direction} ");
    for part in parts {
        let text = part.text();
        let end = match part.end {
            "CR LF" => "\\r\\n",
            "LF" => "\\n",
            _ => "",
        };
        let mut lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
        let line = format!("{start}{}{end}", lines.next().unwrap_or(""));
        let width = line.chars().count();
        let note = part.note.chars().count();
        if note > 0 && width < NOTES && NOTES + note <= COLUMNS {
            out.push(format!("{line:<NOTES$}{}", part.note));
        } else if note > 0 && width + 2 + note <= COLUMNS {
            out.push(format!("{line}  {}", part.note));
        } else {
            broken(&line, &start, out);
            if note > 0 {
                wrapped("       ", &part.note, out);
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
