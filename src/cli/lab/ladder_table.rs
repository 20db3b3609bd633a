//! Deeper: The ladder's table on a terminal: seven columns in eighty characters.
//!
//! A cell has as many lines as it needs. Below the table stands what could not be tried, and what
//! is not as the course says, each with its reason.

use super::bench::Trouble;
use crate::cli::command_line::print;

/// The heads of the columns, and how wide they are; two blanks between them, 80 in all.
const COLUMNS: [(&str, usize); 7] = [
    ("rung, where it lives", 11),
    ("restart", 9),
    ("second server", 8),
    ("edited by the client", 9),
    ("stolen or replayed", 10),
    ("size", 11),
    ("logout", 10),
];

/// A table that is printed row by row.
#[derive(Default)]
pub struct LadderTable {
    measured: usize,
    is_wrong: bool,
    /// The lines below the table.
    notes: String,
}

impl LadderTable {
    /// Prints the head.
    pub fn new() -> LadderTable {
        print_cells(&COLUMNS.map(|(head, _)| head.to_owned()));
        print(&format!("{}\n", COLUMNS.map(|(_, width)| "-".repeat(width)).join("  ")));
        LadderTable::default()
    }

    /// Prints a rung: for each cell the words of the course, or what happened instead.
    pub fn row(&mut self, rung: &str, cells: Vec<(&str, Result<(), Trouble>)>) {
        let mut words = vec![rung.to_owned()];
        for ((expected, outcome), (column, _)) in cells.into_iter().zip(&COLUMNS[1..]) {
            self.measured += usize::from(matches!(outcome, Ok(()) | Err(Trouble::Differs(_))));
            self.is_wrong |= matches!(outcome, Err(Trouble::Differs(_) | Trouble::Failed(_)));
            let (word, title, why) = match outcome {
                Ok(()) => {
                    words.push(expected.to_owned());
                    continue;
                }
                Err(Trouble::Differs(met)) => {
                    let why = format!("met {met:?}, expected {expected:?}");
                    (met, "differs", why)
                }
                Err(Trouble::Missing(what)) => ("not run".into(), "not run", what),
                Err(Trouble::Failed(why)) => ("failed".into(), "failed", why),
            };
            words.push(word);
            self.notes.push_str(&format!("{title}: rung {rung}, {column}: {why}\n"));
        }
        print_cells(&words);
        print("\n");
    }

    /// Prints the foot. True if everything that was tried is as the course says.
    pub fn end(self, spent: &str) -> bool {
        print(&format!("{} cells measured ({spent}).\n{}", self.measured, self.notes));
        !self.is_wrong
    }
}

fn print_cells(words: &[String]) {
    let cells: Vec<Vec<String>> =
        words.iter().zip(COLUMNS).map(|(text, (_, width))| wrapped(text, width)).collect();
    for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let parts = cells.iter().zip(COLUMNS).map(|(cell, (_, width))| {
            format!("{:<width$}", cell.get(line).map_or("", String::as_str))
        });
        print(&format!("{}\n", parts.collect::<Vec<_>>().join("  ").trim_end()));
    }
}

/// The text in lines of at most this width, broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push_str(&format!(" {word}"));
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
