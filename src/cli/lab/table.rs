//! The table on the terminal: seven columns in eighty characters, each cell as many lines as it
//! needs.
//!
//! Below it stands what could not be tried, and what turned out otherwise than the course says,
//! each with its reason.

use super::COLUMNS;
use std::io::Write;

/// How wide the columns are; two blanks between them, 80 in all. The longest word fits:
/// `everywhere`.
const WIDTHS: [usize; 7] = [11, 9, 8, 9, 10, 11, 10];

/// What came of one cell.
pub enum Cell {
    /// The word for what happened, and the course's.
    Met(String, &'static str),
    /// It could not be tried: this is missing.
    NotRun(String),
    /// It could not be tried to the end, since something did not work that must.
    Failed(String),
}

/// A table that is printed row by row. Whoever has closed standard output does not want to know.
pub struct Table<W: Write> {
    out: W,
    measured: usize,
    /// The lines for the foot.
    not_run: Vec<String>,
    wrong: Vec<String>,
}

impl<W: Write> Table<W> {
    /// Prints the head.
    pub fn new(out: W, columns: &[&str]) -> Table<W> {
        let mut table = Table { out, measured: 0, not_run: Vec::new(), wrong: Vec::new() };
        let words: Vec<&str> = ["rung, where it lives"].iter().chain(columns).copied().collect();
        table.print(&words);
        let rule: Vec<String> = WIDTHS.iter().map(|width| "-".repeat(*width)).collect();
        let _ = writeln!(table.out, "{}", rule.join("  "));
        table
    }

    /// Prints a rung.
    pub fn row(&mut self, name: &str, cells: Vec<Cell>) {
        let mut words = vec![name.to_owned()];
        let mut missing: Vec<(String, Vec<&str>)> = Vec::new();
        for (column, cell) in COLUMNS.into_iter().zip(cells) {
            words.push(match cell {
                Cell::Met(met, expected) => {
                    self.measured += 1;
                    if met != expected {
                        self.wrong.push(format!(
                            "differs: rung {name}, {column}: met {met:?}, expected {expected:?}"
                        ));
                    }
                    met
                }
                Cell::Failed(why) => {
                    self.wrong.push(format!("failed: rung {name}, {column}: {why}"));
                    "failed".to_owned()
                }
                Cell::NotRun(what) => {
                    match missing.iter_mut().find(|(known, _)| *known == what) {
                        Some((_, columns)) => columns.push(column),
                        None => missing.push((what, vec![column])),
                    }
                    "not run".to_owned()
                }
            });
        }
        for (what, columns) in missing {
            let columns = if columns.len() == COLUMNS.len() {
                "all of it".to_owned()
            } else {
                columns.join(", ")
            };
            self.not_run.push(format!("not run: rung {name}, {columns}: {what}"));
        }
        self.print(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let _ = writeln!(self.out);
        let _ = self.out.flush();
    }

    /// Prints the foot. True if nothing was met that the course denies.
    pub fn end(mut self, spent: &str) -> bool {
        let _ = writeln!(self.out, "{} cells measured ({spent}).", self.measured);
        for line in self.not_run.iter().chain(&self.wrong) {
            let _ = writeln!(self.out, "{line}");
        }
        self.wrong.is_empty()
    }

    fn print(&mut self, words: &[&str]) {
        let cells: Vec<Vec<String>> =
            words.iter().zip(WIDTHS).map(|(text, width)| wrapped(text, width)).collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            let parts = cells.iter().zip(WIDTHS).map(|(cell, width)| {
                format!("{:<width$}", cell.get(line).map_or("", String::as_str))
            });
            let _ = writeln!(self.out, "{}", parts.collect::<Vec<_>>().join("  ").trim_end());
        }
    }
}

/// The text in lines of at most this width, broken between words; a word that is longer still is
/// cut.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut letters: Vec<char> = word.chars().collect();
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last > 0 && last + 1 + letters.len() > width {
            lines.push(String::new());
        } else if last > 0 {
            lines.last_mut().expect("there is one from the start").push(' ');
        }
        while letters.len() > width {
            lines.last_mut().expect("there is one from the start").extend(letters.drain(..width));
            lines.push(String::new());
        }
        lines.last_mut().expect("there is one from the start").extend(letters);
    }
    lines
}
