//! Deeper: `carafe routes` lists which function answers which request, and the line that says so.

use super::command_line::{CommandLine, CommandResult, print};
use super::serve;
use carafe::web::route::Route;

/// Prints a line for each route: method, pattern, handler, file and line.
pub fn run(line: &CommandLine) -> CommandResult {
    line.no_word()?;
    let app = serve::unserved();
    let longest = |text: fn(&Route) -> usize| app.routes().iter().map(text).max().unwrap_or(0);
    let wide = longest(|route| route.pattern.text().len());
    let name_wide = longest(|route| route.name.len());
    let mut routes: Vec<&Route> = app.routes().iter().collect();
    routes.sort_by_key(|route| route.pattern.text());
    let lines = routes.into_iter().flat_map(|Route { methods, pattern, name, source, .. }| {
        let (pattern, place) = (pattern.text(), format!("{}:{}", source.file(), source.line()));
        methods.iter().map(move |method| {
            let method = method.as_str();
            format!("{method:<7} {pattern:<wide$} {name:<name_wide$} {place}\n")
        })
    });
    print(&lines.collect::<String>())
}
