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

use super::command_line::{CommandError, CommandLine, CommandResult, warn, wrong};
use bench::Bench;
use experiment::Experiment;
use ladder_table::LadderTable;
use std::process::ExitCode;
use std::time::Instant;

const LADDER: &str = include_str!("ladder.txt");

/// Runs the command with what stands behind `lab`: exit code 1 if a cell is not as the course says
/// or nothing can be started, 130 after Ctrl-C.
pub fn run(arguments: &[String]) -> CommandResult {
    let line = CommandLine::read(arguments, &[])?;
    let name = line.word("ladder")?;
    if name != "ladder" {
        return wrong(format!("found {name:?}, expected ladder"));
    }
    let bench = Bench::new().map_err(|why| CommandError::Failed(format!("carafe lab: {why}")))?;
    let begun = Instant::now();
    let mut table = LadderTable::new();
    let mut rung_4 = Vec::new();
    for rung in LADDER.split("\nrung ").skip(1) {
        let mut parts = rung.trim_end().split("\ncell ");
        let head = parts.next().unwrap_or("");
        let setting = |name| head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("");
        // The words of the course, and the steps.
        let cells: Vec<(&str, &str)> =
            parts.map(|cell| cell.trim_end().split_once('\n').unwrap_or((cell, ""))).collect();
        let mut row = Vec::new();
        for column in 0..6 {
            let (words, steps) = cells[column.min(cells.len() - 1)];
            let steps: &str = if words == "as 4" { rung_4[column] } else { steps };
            let mut experiment =
                Experiment::new(&bench, setting("counter "), setting("arguments "));
            let mut steps = steps.lines().flat_map(|line| line.trim().split(", "));
            row.push((words, steps.try_for_each(|step| experiment.step(&bench, step))));
        }
        if bench.is_stopped() {
            warn("carafe lab: stopped; everything it started has ended");
            return Ok(ExitCode::from(130));
        }
        if head.starts_with("4 ") {
            rung_4 = cells.iter().map(|(_, steps)| *steps).collect();
        }
        table.row(head.lines().next().unwrap_or(""), row);
    }
    let (spent, servers) = (begun.elapsed().as_secs_f64(), bench.started.get());
    let holds = table.end(&format!("{spent:.1} s, {servers} servers"));
    Ok(if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
