//! Deeper: `carafe lab ladder` measures the same counter in seven memories.
//!
//! The course has a table: what happens to a visitor's memory when the server is killed, when
//! another server answers, when the client changes it, when somebody steals it, when it grows, and
//! when it shall end. Here each cell is tried for real: carafes are started, asked, killed and
//! started again.
//!
//! * `ladder.txt` lists the cells: the words of the course, and the steps that prove them.
//! * `experiment` does the steps, with the programs that `bench` starts.
//! * `ladder_table` prints.
//!
//! Left out: a browser. Where one would count, curl is used; without curl that cell is not run, and
//! the table says so.

mod bench;
mod experiment;
mod ladder_table;

use super::command_line::{CommandError, CommandResult, warn, wrong};
use bench::{Bench, Trouble};
use experiment::Experiment;
use ladder_table::LadderTable;
use std::process::ExitCode;
use std::sync::atomic::Ordering;
use std::time::Instant;

const LADDER: &str = include_str!("ladder.txt");

/// Runs the command with what stands behind `lab`: exit code 1 if a cell is not as the course says
/// or nothing can be started, 130 after Ctrl-C.
pub fn run(arguments: &[String]) -> CommandResult {
    if arguments != ["ladder"] {
        let words = arguments.join(" ");
        let found = if words.is_empty() { "nothing".to_owned() } else { format!("{words:?}") };
        return wrong(format!("found {found}, expected ladder"));
    }
    let bench = Bench::new().map_err(|why| CommandError::Failed(format!("carafe lab: {why}")))?;
    let begun = Instant::now();
    let mut table = LadderTable::new();
    let mut rung_4 = Vec::new();
    for rung in LADDER.split("\nrung ").skip(1) {
        let mut parts = rung.trim_end().split("\ncell ");
        let head = parts.next().unwrap_or("");
        // The words of the course, and the steps.
        let cells = parts.map(|cell| cell.trim_end().split_once('\n').unwrap_or((cell, "")));
        let cells: Vec<(&str, &str)> = cells.collect();
        if head.starts_with("4 ") {
            rung_4 = cells.clone();
        }
        let mut row = Vec::new();
        for column in 0..6 {
            let (words, steps) = cells[column.min(cells.len() - 1)];
            let steps = if words == "as 4" { rung_4[column].1 } else { steps };
            let outcome = try_cell(&bench, head, steps);
            if let Err(Trouble::Stopped) = outcome {
                warn("carafe lab: stopped; everything it started has ended");
                return Ok(ExitCode::from(130));
            }
            row.push((words, outcome));
        }
        table.row(head.lines().next().unwrap_or(""), &row);
    }
    let (spent, servers) = (begun.elapsed().as_secs_f64(), bench.started.get());
    let holds = table.end(&format!("{spent:.1} s, {servers} servers"));
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Does the steps of a cell, in the order of the file.
fn try_cell(bench: &Bench, rung: &str, steps: &str) -> Result<(), Trouble> {
    let setting = |name| rung.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("");
    let mut experiment = Experiment::new(bench, setting("counter "), setting("arguments "));
    for step in steps.lines().flat_map(|line| line.split(", ")) {
        if bench.stopped.load(Ordering::SeqCst) {
            return Err(Trouble::Stopped);
        }
        experiment.step(bench, step.trim())?;
    }
    Ok(())
}
