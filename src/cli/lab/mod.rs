//! `carafe lab ladder`: the same counter in seven memories, measured.
//!
//! The table of the course says what becomes of a visitor's memory when the server is killed, when
//! another one answers, when the client writes what it likes, when somebody steals it, when it
//! grows, and when it shall end. Here each cell is tried for real: carafes are started, asked,
//! killed and started again, and the word in the cell is what happened.
//!
//! * `bench` starts the programs and ends them: each carafe is this very binary, on a port of its
//!   own.
//! * `visitor` is who asks. `carried` and `kept` are the rungs where the client or the server holds
//!   the memory.
//! * `table` prints.
//!
//! Left out: a browser. Where one would count, curl stands in; without it that cell is not run, and
//! the table says so.

mod bench;
mod carried;
mod kept;
mod table;
mod visitor;

use bench::{Bench, Carafe, Trouble};
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use table::{Cell, Table};
use visitor::Visitor;

/// How the command is used.
pub const USAGE: &str = "carafe lab ladder";

/// What is tried on each rung, in the order of its cells.
const COLUMNS: [&str; 6] =
    ["restart", "second server", "edited by the client", "stolen or replayed", "size", "logout"];

/// One rung of the ladder.
struct Rung {
    name: &'static str,
    /// What the course says of each column, and what tries it.
    cells: [(&'static str, Measure); 6],
}

/// Tries one cell, and gives back the word for what happened.
type Measure = fn(&Bench) -> Result<String, Trouble>;

/// Runs the command with what stands after `lab`: exit code 0, 1 if something was met that the
/// course denies, 2 for words that are not understood, 130 for Ctrl-C. `stops` is given what Ctrl-C
/// shall do.
pub fn run(
    arguments: &[String],
    stops: impl FnOnce(Box<dyn FnOnce() + Send>) -> io::Result<()>,
) -> ExitCode {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words != ["ladder"] {
        let found =
            if words.is_empty() { "nothing".to_owned() } else { format!("{:?}", words.join(" ")) };
        let _ =
            writeln!(io::stderr(), "carafe lab: found {found}, expected ladder\nusage: {USAGE}");
        return ExitCode::from(2);
    }
    let stopped = Arc::new(AtomicBool::new(false));
    let stop = Arc::clone(&stopped);
    let bench = stops(Box::new(move || stop.store(true, Ordering::SeqCst)))
        .map_err(|error| format!("Ctrl-C cannot be heard: {error}"))
        .and_then(|()| Bench::new(stopped));
    match bench {
        Ok(bench) => ladder(&bench),
        Err(why) => {
            let _ = writeln!(io::stderr(), "carafe lab: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Measures rung by rung, and prints each as soon as it is known.
fn ladder(bench: &Bench) -> ExitCode {
    let begun = Instant::now();
    let mut table = Table::new(io::stdout(), &COLUMNS);
    for rung in [
        carried::NOWHERE,
        carried::URL,
        carried::COOKIE,
        carried::SIGNED,
        kept::MEMORY,
        kept::FILE,
        kept::REDIS,
    ] {
        let mut cells = Vec::new();
        for (expected, measure) in rung.cells {
            cells.push(match measure(bench) {
                Ok(met) => Cell::Met(met, expected),
                Err(Trouble::Missing(what)) => Cell::NotRun(what),
                Err(Trouble::Failed(why)) => Cell::Failed(why),
                Err(Trouble::Stopped) => {
                    let _ = writeln!(
                        io::stderr(),
                        "carafe lab: stopped; everything it started has ended"
                    );
                    return ExitCode::from(130);
                }
            });
        }
        table.row(rung.name, cells);
    }
    let holds =
        table.end(&format!("{:.1} s, {} servers", begun.elapsed().as_secs_f64(), bench.started()));
    if holds { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The word, if that is what happened; else what did.
fn met(holds: bool, word: &str, otherwise: String) -> Result<String, Trouble> {
    Ok(if holds { word.to_owned() } else { otherwise })
}

/// A visitor who was here twice, and somebody who holds a copy of all that they hold.
fn visited_twice(carafe: &Carafe, counter: &'static str) -> Result<(Visitor, Visitor), Trouble> {
    let mut visitor = Visitor::new(counter);
    visitor.visit(carafe)?;
    visitor.visit(carafe)?;
    let copy = visitor.clone();
    Ok((visitor, copy))
}

/// The visitor's second count, and the third, before which the server was killed and started again,
/// perhaps with another key.
fn over_restart(
    bench: &Bench,
    arguments: &[&str],
    key: Option<&str>,
    key_then: Option<&str>,
    counter: &'static str,
) -> Result<(i64, i64), Trouble> {
    let carafe = bench.carafe(arguments, key)?;
    let (mut visitor, _) = visited_twice(&carafe, counter)?;
    let before = visitor.count;
    // `kill -9`, no time for a last word.
    drop(carafe);
    Ok((before, visitor.visit(&bench.carafe(arguments, key_then)?)?))
}

/// Arguments and key of a server.
type Settings<'a> = (&'a [&'a str], Option<&'a str>);

/// The visitor's second count at one server, and the third at another that runs beside it.
fn two_servers(
    bench: &Bench,
    here: Settings,
    there: Settings,
    counter: &'static str,
) -> Result<(i64, i64), Trouble> {
    let (here, there) = (bench.carafe(here.0, here.1)?, bench.carafe(there.0, there.1)?);
    let (mut visitor, _) = visited_twice(&here, counter)?;
    Ok((visitor.count, visitor.visit(&there)?))
}

/// The word for the count before and after a restart.
fn kept_or_lost(counts: (i64, i64), kept: &str) -> Result<String, Trouble> {
    match counts {
        (2, 3) => Ok(kept.into()),
        (2, 1) => Ok("lost".into()),
        counts => met(false, "", format!("visits {counts:?}")),
    }
}

/// The word for the count here and there.
fn works_or_unknown(counts: (i64, i64)) -> Result<String, Trouble> {
    match counts {
        (2, 3) => Ok("works".into()),
        (2, 1) => Ok("unknown there".into()),
        counts => met(false, "", format!("visits {counts:?}")),
    }
}
