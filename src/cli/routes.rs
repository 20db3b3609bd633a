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
    // The longest of each column makes it as wide as it is.
    let longest = |text: fn(&Route) -> usize| app.routes().iter().map(text).max().unwrap_or(0);
    let (pattern, name) =
        (longest(|route| route.pattern.text().len()), longest(|route| route.name.len()));
    let text: String = app.routes().iter().map(|route| line(route, pattern, name)).collect();
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn line(route: &Route, pattern_width: usize, name_width: usize) -> String {
    let Route { method, name, source, .. } = route;
    let (method, pattern, place) =
        (method.as_str(), route.pattern.text(), format!("{}:{}", source.file(), source.line()));
    format!("{method:<7} {pattern:<pattern_width$} {name:<name_width$} {place}\n")
}
