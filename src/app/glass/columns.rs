//! Deeper: Fits lines, sentences and shell commands into 80 columns.
//!
//! A sentence continues in the next line, below its own beginning. A word or a line of the wire
//! that is too long is broken anywhere, and two dots begin its rest. Control characters and those
//! that are not seen are escaped, as in the log.

use carafe::server::log;

/// The width of a terminal.
pub const COLUMNS: usize = 80;
/// The column where notes begin, if the line before them is short enough.
const NOTES: usize = 36;

/// A line; where it is too long it is broken, and the rest begins with `start` and two dots.
pub fn broken(line: &str, start: &str) -> String {
    let letters: Vec<char> = escaped(line).chars().collect();
    let (first, rest) = letters.split_at(letters.len().min(COLUMNS));
    let mut lines = first.iter().collect::<String>() + "\n";
    let start = format!("{start}..");
    for piece in rest.chunks(room_behind(&start)) {
        lines.extend(start.chars().chain(piece.iter().copied()).chain(['\n']));
    }
    lines
}

/// A line with a note beside it, or below it if there is no room.
pub fn with_note(line: &str, start: &str, note: &str) -> String {
    let line = &escaped(line);
    let (width, room) = (line.chars().count(), COLUMNS.saturating_sub(note.chars().count()));
    if note.is_empty() {
        broken(line, start)
    } else if width < NOTES && NOTES <= room {
        format!("{line:<NOTES$}{note}\n")
    } else if width + 2 <= room {
        format!("{line}  {note}\n")
    } else {
        broken(line, start) + &wrapped("       ", note)
    }
}

/// A sentence after `start`, wrapped between words.
pub fn wrapped(start: &str, sentence: &str) -> String {
    let indent = " ".repeat(start.chars().count());
    let lines = words_in_lines(&escaped(sentence), room_behind(start));
    let text = format!("{start}{}", lines.join(&format!("\n{indent}")));
    text.split('\n').map(|line| broken(line, &indent)).collect()
}

/// How much fits behind a beginning, which a template may choose: at least one letter.
fn room_behind(start: &str) -> usize {
    COLUMNS.saturating_sub(start.chars().count()).max(1)
}

/// A text in lines of at most this width, broken between words. A longer word has its own line.
pub fn words_in_lines(text: &str, width: usize) -> Vec<String> {
    let mut words = text.split(' ');
    let mut lines = vec![words.next().unwrap_or("").to_owned()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push_str(&format!(" {word}"));
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The beginning of a line, with two dots if something is missing.
pub fn cut_line(line: &str, columns: usize) -> String {
    let line = escaped(line);
    match line.chars().count() <= columns {
        true => line,
        false => line.chars().take(columns - 2).chain("..".chars()).collect(),
    }
}

/// A command for a shell over several lines, each but the last with a backslash at its end.
///
/// A word that is longer than a line is broken as well: its quotes end before the backslash, and
/// begin again in the next line.
pub fn folded(command: &str) -> String {
    // After the last word of a line there must be room for a quote, a blank and a backslash.
    const ROOM: usize = COLUMNS - 3;
    let mut out = String::new();
    let (mut column, mut in_quotes, mut is_escaped) = (0, false, false);
    let mut letters = command.chars();
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

/// The text with what is not seen as escapes; a tab stays.
fn escaped(text: &str) -> String {
    text.split('\t').map(log::escaped).collect::<Vec<String>>().join("\t")
}
