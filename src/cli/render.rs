//! Deeper: `carafe render` prints one template with JSON data.
//!
//! It tries a template without a server, and compares with another Jinja. The page is made by the
//! same application that `carafe` serves, as the answer to a visitor's first `GET /`: `url_for`
//! knows all routes, the session is empty, no message waits.
//!
//! The page's bytes and nothing else go to standard output; warnings and errors, as
//! FILE:LINE:COLUMN, to standard error.
//!
//! Left out: writing to a file. The shell does that: `carafe render hello.html > hello.out`.

use super::command_line::{CommandError, CommandLine, CommandResult, print, warn};
use super::serve;
use crate::app::assets::MARK;
use crate::app::prose;
use carafe::web::client::Client;
use carafe::{Map, Response, json};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// Runs the command.
pub fn run(line: &CommandLine) -> CommandResult {
    let template = line.word("the name of one template")?.to_owned();
    let data = line.value("--data").map_or(Ok(Map::new()), read_data);
    let data = data.map_err(CommandError::Failed)?;
    let mut app = serve::unserved();
    // A folder `templates` may be that of another Jinja. carafe's own pages are not in it.
    let folder = line.value("--templates").map(Path::new);
    let has_it = |folder: &&Path| [MARK, &*template].iter().any(|name| folder.join(name).is_file());
    let folder = folder.or(Some(Path::new("templates")).filter(has_it));
    app.templates(prose::templates(folder));
    app.before(move |ctx| ctx.render(&template, data.clone()).map(Some));
    app.on_error(|_, error| Some(Response::text(error.to_string()).with_status(error.status())));
    let answer = Client::new(&app).get("/");
    if answer.status() != 200 {
        return Err(CommandError::Failed(answer.text()));
    }
    answer.warnings.iter().for_each(|warning| warn(warning));
    print(&answer.text())
}

/// The names and values of a JSON file, or of standard input for `-`.
fn read_data(file: &str) -> Result<Map, String> {
    let mut bytes = Vec::new();
    // One byte more than JSON may have is enough to be refused.
    let most = json::LONGEST as u64 + 1;
    let read = match file {
        "-" => io::stdin().lock().take(most).read_to_end(&mut bytes),
        _ => File::open(file).and_then(|opened| opened.take(most).read_to_end(&mut bytes)),
    };
    read.map_err(|error| format!("cannot read {file}: {error}"))?;
    let value = json::parse(&bytes).map_err(|error| format!("{file}:{error}"))?;
    value.as_map().cloned().ok_or_else(|| {
        format!("{file}:1:1: found a value, expected an object with the names of the template")
    })
}
