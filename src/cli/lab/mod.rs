//! Deeper: `carafe lab ladder` measures the same counter in seven memories.
//!
//! The course has a table: what happens to a visitor's memory when the server is killed, when
//! another server answers, when the client changes it, when somebody steals it, when it grows, and
//! when it shall end. Here each cell is tried for real: carafes are started, asked, killed and
//! started again.
//!
//! * `ladder.txt` lists the cells: the words of the course, and the steps that prove them.
//! * `experiment` does the steps, with the programs that `bench` starts. `measures` finds sizes.
//! * `ladder_table` prints.
//!
//! Left out: a browser. Where one would count, curl is used; without curl that cell is not run, and
//! the table says so.

mod bench;
mod experiment;
mod ladder_table;
mod measures;

use super::command_line::{CommandError, CommandResult, warn, wrong};
use bench::{Bench, Trouble};
use carafe::signal;
use experiment::Experiment;
use ladder_table::LadderTable;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const LADDER: &str = include_str!("ladder.txt");

/// Runs the command with what stands behind `lab`: exit code 1 if a cell is not as the course says,
/// 130 after Ctrl-C.
///
/// # Errors
///
/// Words that are not understood, and a machine on which nothing can be started.
pub fn run(arguments: &[String]) -> CommandResult {
    if arguments != ["ladder"] {
        let words = arguments.join(" ");
        let found = if words.is_empty() { "nothing".to_owned() } else { format!("{words:?}") };
        return wrong(format!("found {found}, expected ladder"));
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    signal::on_stop_signal(move || stop.store(true, Ordering::SeqCst))
        .map_err(|error| format!("Ctrl-C cannot be heard: {error}"))
        .and_then(|()| Bench::new(stopped))
        .map(|bench| ladder(&bench))
        .map_err(|why| CommandError::Failed(format!("carafe lab: {why}")))
}

/// Tries rung by rung, and prints each as soon as it is known.
fn ladder(bench: &Bench) -> ExitCode {
    let begun = Instant::now();
    let mut table = LadderTable::new();
    // The cells of each rung: the words of the course, and the steps.
    let mut rungs: Vec<Vec<(&str, &str)>> = Vec::new();
    for rung in LADDER.split("\nrung ").skip(1) {
        let mut parts = rung.split("\ncell ");
        let mut head = parts.next().unwrap_or("").lines();
        let name = head.next().unwrap_or("");
        let (counter, arguments) = (head.next().unwrap_or(""), head.next().unwrap_or(""));
        let settings =
            (counter.trim_start_matches("counter "), arguments.trim_start_matches("arguments "));
        let cells =
            parts.map(|cell| cell.trim_end().split_once('\n').unwrap_or((cell.trim_end(), "")));
        rungs.push(cells.collect());
        let known = &rungs[rungs.len() - 1];
        let mut row = Vec::new();
        for column in 0..6 {
            let (words, steps) = known[column.min(known.len() - 1)];
            let steps = if words == "as 4" { rungs[4][column].1 } else { steps };
            let outcome = Experiment::run(bench, settings, steps, words);
            if let Err(Trouble::Stopped) = outcome {
                warn("carafe lab: stopped; everything it started has ended");
                return ExitCode::from(130);
            }
            row.push((words, outcome));
        }
        table.row(name, &row);
    }
    let spent = begun.elapsed().as_secs_f64();
    let holds = table.end(&format!("{spent:.1} s, {} servers", bench.started()));
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
