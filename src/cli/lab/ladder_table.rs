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
        print_cells(&COLUMNS.map(|(head, _)| head.to_owned()));
        print(&format!("{}\n", COLUMNS.map(|(_, width)| "-".repeat(width)).join("  ")));
        LadderTable::default()
    }

    /// Prints a rung: for each cell what the course says, and what happened.
    pub fn row(&mut self, rung: &str, cells: &[(&str, Result<String, Trouble>)]) {
        let mut words = vec![rung.to_owned()];
        let mut missing: Vec<(&str, Vec<&str>)> = Vec::new();
        for ((expected, outcome), (column, _)) in cells.iter().zip(&COLUMNS[1..]) {
            words.push(match outcome {
                Ok(met) | Err(Trouble::Differs(met)) => {
                    self.measured += 1;
                    if met != expected {
                        let what = format!("met {met:?}, expected {expected:?}");
                        self.wrong.push(format!("differs: rung {rung}, {column}: {what}"));
                    }
                    met.clone()
                }
                Err(Trouble::Missing(what)) => {
                    match missing.iter_mut().find(|(known, _)| known == what) {
                        Some((_, columns)) => columns.push(column),
                        None => missing.push((what, vec![column])),
                    }
                    "not run".to_owned()
                }
                Err(Trouble::Failed(why)) => {
                    self.wrong.push(format!("failed: rung {rung}, {column}: {why}"));
                    "failed".to_owned()
                }
                Err(Trouble::Stopped) => "stopped".to_owned(),
            });
        }
        for (what, columns) in missing {
            let all = columns.len() == cells.len();
            let columns = if all { "all of it".to_owned() } else { columns.join(", ") };
            self.not_run.push(format!("not run: rung {rung}, {columns}: {what}"));
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
