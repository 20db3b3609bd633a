//! Deeper: `carafe lab ladder` measures the same counter in seven memories.
//!
//! The course has a table: what happens to a visitor's memory when the server is killed, when
//! another server answers, when the client changes it, when somebody steals it, when it grows, and
//! when it is told to end. Here each cell is tried for real: carafes are started, asked, killed and
//! started again.
//!
//! * `src/app/course/ladder.txt` lists the cells: the words of the course, and the steps.
//! * `experiment` does the steps, with the programs that `bench` starts.
//!
//! Left out: a browser. Where one would count, curl is used; without curl that cell is not run, and
//! the table says so.

mod bench;
mod experiment;

use super::command_line::{CommandError, CommandLine, CommandResult, print, warn, wrong};
use crate::app::course::rungs::{COLUMNS, rungs};
use crate::app::glass::words_in_lines;
use crate::cli::scripted_visitor::Trouble;
use bench::Bench;
use experiment::Experiment;
use std::process::ExitCode;
use std::time::Instant;

/// How wide the columns are, the rung's first; two blanks between them, 80 in all.
const WIDTHS: [usize; 7] = [11, 9, 8, 9, 10, 11, 10];

/// Runs the command: exit code 1 if a cell is not as the course says or nothing can be started, 130
/// after Ctrl-C.
pub fn run(line: &CommandLine) -> CommandResult {
    let name = line.word("ladder")?;
    if name != "ladder" {
        return wrong(format!("found {name:?}, expected ladder"));
    }
    let bench = Bench::new().map_err(|why| CommandError::Failed(format!("carafe lab: {why}")))?;
    let begun = Instant::now();
    print_row(&[&["rung, where it lives"], &COLUMNS[..]].concat())?;
    print(&format!("{}\n", WIDTHS.map(|width| "-".repeat(width)).join("  ")))?;
    let (mut measured, mut is_wrong, mut notes) = (0, false, String::new());
    for rung in rungs() {
        let mut row = vec![rung.title().to_owned()];
        for (cell, column) in rung.cells.iter().zip(COLUMNS) {
            let mut experiment = Experiment::new(&bench, &rung);
            let mut steps = cell.steps.lines().flat_map(|line| line.trim().split(", "));
            let outcome = steps.try_for_each(|step| experiment.step(step));
            if bench.is_stopped() {
                warn("carafe lab: stopped; everything it started has ended");
                return Ok(ExitCode::from(130));
            }
            let (words, kind, why) = match outcome {
                Ok(()) => (cell.words.to_owned(), "", String::new()),
                Err(Trouble::Differs { instead, .. }) => {
                    let why = format!("found {instead:?}, expected {:?}", cell.words);
                    (instead, "differs", why)
                }
                Err(Trouble::Missing(what)) => ("not run".to_owned(), "not run", what),
                Err(Trouble::NoAnswer(no)) => ("failed".to_owned(), "failed", no.why),
                Err(Trouble::Failed(why)) => ("failed".to_owned(), "failed", why),
            };
            measured += usize::from(matches!(kind, "" | "differs"));
            is_wrong |= matches!(kind, "differs" | "failed");
            row.push(words);
            if !kind.is_empty() {
                notes.push_str(&format!("{kind}: rung {}, {column}: {why}\n", rung.title()));
            }
        }
        print_row(&row.iter().map(String::as_str).collect::<Vec<_>>())?;
        print("\n")?;
    }
    let spent = begun.elapsed().as_secs_f64();
    print(&format!("{measured} cells measured ({spent:.1} s).\n{notes}"))?;
    Ok(if is_wrong { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints a row. A cell has as many lines as it needs.
fn print_row(row: &[&str]) -> CommandResult {
    let cells: Vec<_> =
        row.iter().zip(WIDTHS).map(|(text, width)| words_in_lines(text, width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..height {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(WIDTHS) {
            line += &format!("{:<width$}  ", cell.get(at).map_or("", String::as_str));
        }
        print(&format!("{}\n", line.trim_end()))?;
    }
    Ok(ExitCode::SUCCESS)
}
