//! Deeper: `carafe routes` lists which function answers which request, and the line that says so.

use super::command_line::{CommandLine, CommandResult, print};
use super::serve;
use carafe::web::route::Route;
use std::collections::BinaryHeap;

/// Prints a line for each route: method, pattern, handler, file and line.
pub fn run(line: &CommandLine) -> CommandResult {
    line.no_word()?;
    let app = serve::unserved();
    let longest = |text: fn(&Route) -> usize| app.routes().iter().map(text).max().unwrap_or(0);
    let wide = longest(|route| route.pattern.text().len());
    let name_wide = longest(|route| route.name.len());
    let routes = app.routes().iter().enumerate();
    let sorted: BinaryHeap<_> = routes.map(|(at, route)| (route.pattern.text(), at)).collect();
    let lines = sorted.into_sorted_vec().into_iter().flat_map(|(pattern, at)| {
        let Route { methods, name, source, .. } = &app.routes()[at];
        let place = format!("{}:{}", source.file(), source.line());
        methods.iter().map(move |method| {
            let method = method.as_str();
            format!("{method:<7} {pattern:<wide$} {name:<name_wide$} {place}\n")
        })
    });
    print(&lines.collect::<String>())
}
