//! Deeper: The ladder's table on a terminal: seven columns in eighty characters.
//!
//! A cell has as many lines as it needs. Below the table stands what could not be tried, and what
//! is not as the course says, each with its reason.

use super::bench::Trouble;
use crate::cli::command_line::print;

/// The heads of the columns, and how wide they are; two blanks between them, 80 in all. The longest
/// word fits: `everywhere`.
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
    /// The lines below the table.
    not_run: Vec<String>,
    wrong: Vec<String>,
}

impl LadderTable {
    /// Prints the head.
    pub fn new() -> LadderTable {
        print_cells(&COLUMNS.map(|(head, _)| head));
        print(&format!("{}\n", COLUMNS.map(|(_, width)| "-".repeat(width)).join("  ")));
        LadderTable::default()
    }

    /// Prints a rung: for each cell the words of the course, or what happened instead.
    pub fn row(&mut self, rung: &str, cells: &[(&str, Result<(), Trouble>)]) {
        let mut words = vec![rung];
        for ((expected, outcome), (column, _)) in cells.iter().zip(&COLUMNS[1..]) {
            let place = format!("rung {rung}, {column}");
            words.push(match outcome {
                Ok(()) => expected,
                Err(Trouble::Differs(met)) => {
                    let line = format!("differs: {place}: met {met:?}, expected {expected:?}");
                    self.wrong.push(line);
                    met
                }
                Err(Trouble::Missing(what)) => {
                    self.not_run.push(format!("not run: {place}: {what}"));
                    "not run"
                }
                Err(Trouble::Failed(why)) => {
                    self.wrong.push(format!("failed: {place}: {why}"));
                    "failed"
                }
                Err(Trouble::Stopped) => "stopped",
            });
            self.measured += usize::from(matches!(outcome, Ok(()) | Err(Trouble::Differs(_))));
        }
        print_cells(&words);
        print("\n");
    }

    /// Prints the foot. True if everything that was tried is as the course says.
    pub fn end(self, spent: &str) -> bool {
        print(&format!("{} cells measured ({spent}).\n", self.measured));
        self.not_run.iter().chain(&self.wrong).for_each(|line| print(&format!("{line}\n")));
        self.wrong.is_empty()
    }
}

fn print_cells(words: &[&str]) {
    let cells: Vec<Vec<String>> =
        words.iter().zip(COLUMNS).map(|(text, (_, width))| wrapped(text, width)).collect();
    for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
        let parts = cells.iter().zip(COLUMNS).map(|(cell, (_, width))| {
            format!("{:<width$}", cell.get(line).map_or("", String::as_str))
        });
        print(&format!("{}\n", parts.collect::<Vec<_>>().join("  ").trim_end()));
    }
}

/// The text in lines of at most this width, broken between words. A longer word is cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        for letter in word.chars() {
            if line.chars().count() == width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}
