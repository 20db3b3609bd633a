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

/// Lines that fit.
#[derive(Default)]
pub struct Columns(String);

impl Columns {
    /// All lines.
    pub fn into_text(self) -> String {
        self.0
    }

    /// Adds a line that is known to fit.
    pub fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    /// Adds a line, and breaks it where it is too long; the rest begins with `start` and two dots.
    pub fn broken(&mut self, line: &str, start: &str) {
        let letters: Vec<char> = escaped(line).chars().collect();
        let (first, rest) = letters.split_at(letters.len().min(COLUMNS));
        self.line(first.iter().collect::<String>());
        let start = format!("{start}..");
        for piece in rest.chunks(COLUMNS - start.chars().count()) {
            self.line(start.chars().chain(piece.iter().copied()).collect::<String>());
        }
    }

    /// Adds a line with a note beside it, or below it if there is no room.
    pub fn with_note(&mut self, line: &str, start: &str, note: &str) {
        let line = &escaped(line);
        let (width, room) = (line.chars().count(), COLUMNS.saturating_sub(note.chars().count()));
        if !note.is_empty() && width < NOTES && NOTES <= room {
            self.line(format!("{line:<NOTES$}{note}"));
        } else if !note.is_empty() && width + 2 <= room {
            self.line(format!("{line}  {note}"));
        } else {
            self.broken(line, start);
            if !note.is_empty() {
                self.wrapped("       ", note);
            }
        }
    }

    /// Adds a sentence after `start`, and wraps it between words.
    pub fn wrapped(&mut self, start: &str, sentence: &str) {
        let indent = " ".repeat(start.chars().count());
        let lines = words_in_lines(&escaped(sentence), COLUMNS - indent.len());
        for (at, line) in lines.iter().enumerate() {
            self.broken(&format!("{}{line}", if at == 0 { start } else { &indent }), &indent);
        }
    }
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
