//! Deeper: `carafe routes` lists which function answers which request, and the line that says so.

use super::command_line::{CommandResult, print, wrong};
use super::serve;
use crate::app::course::lessons::Ticks;
use carafe::server::ServerGauge;
use carafe::web::route::Route;
use std::path::Path;
use std::sync::Arc;

/// Prints a line for each route: method, pattern, handler, file and line.
///
/// # Errors
///
/// Words that are not understood; a list that cannot be written.
pub fn run(arguments: &[String]) -> CommandResult {
    if let [first, ..] = arguments {
        return wrong(format!("found {first:?}, expected nothing more"));
    }
    let (app, _) = serve::application(
        Path::new("."),
        Some(Arc::default()),
        ServerGauge::default(),
        Ticks::default(),
    );
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
