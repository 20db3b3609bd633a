//! `carafe routes`: who answers what, and the line that says so.

use super::serve::{self, Settings};
use super::state::Where;
use carafe::web::router::Route;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

/// How the command is used.
pub const USAGE: &str = "carafe routes";

/// Prints a line for each route: method, pattern, handler, file and line.
pub fn run(arguments: &[String]) -> ExitCode {
    if let [first, ..] = arguments {
        let _ = writeln!(io::stderr(), "carafe routes: found {first:?}, expected nothing more");
        return ExitCode::from(2);
    }
    let memory = Where::Memory.open(&[]).expect("memory is there");
    let (app, _) = serve::build(&Settings::default(), memory, Some(Arc::default()));
    let text: String = app.routes().iter().map(line).collect();
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn line(route: &Route) -> String {
    let Route { method, name, source, .. } = route;
    let pattern = route.pattern.to_string();
    format!("{:<7} {pattern:<20} {name:<16} {}:{}\n", method.as_str(), source.file(), source.line())
}
