//! Deeper: `carafe render` prints one template with JSON data.
//!
//! It tries a template without a server, and compares with another Jinja. The page's bytes and
//! nothing else go to standard output; warnings and errors, as FILE:LINE:COLUMN, to standard error.
//!
//! Left out: writing to a file. The shell does that: `carafe render hello.html > hello.out`.

use super::command_line::{CommandError, CommandLine, CommandResult, print, warn};
use carafe::web::template::{Globals, Templates};
use carafe::{Map, Value, json};
use std::fs::File;
use std::io::{self, Read};

/// What a page gets where no application runs: URLs of static files, and no messages.
struct WithoutApplication;

impl Globals for WithoutApplication {
    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        let endpoint = arguments.first().and_then(Value::as_str);
        let file = named.get("filename").and_then(Value::as_str);
        let why = "no application runs here: url_for knows 'static' with filename= only";
        Some(match (name, endpoint, file) {
            ("get_flashed_messages", _, _) => Ok(Vec::<Value>::new().into()),
            ("url_for", Some("static"), Some(file)) => Ok(format!("/static/{file}").into()),
            ("url_for", _, _) => Err(why.into()),
            _ => return None,
        })
    }

    fn names(&self) -> &[&str] {
        &["url_for", "get_flashed_messages"]
    }
}

/// Runs the command with what stands behind `render`.
///
/// # Errors
///
/// Words that are not understood, and a page that cannot be made.
pub fn run(arguments: &[String]) -> CommandResult {
    let known = [("--templates", "DIR"), ("--data", "FILE.json")];
    let line = CommandLine::read(arguments, &known)?;
    let template = line.word("the name of one template")?;
    let data = line.value("--data").map_or(Ok(Map::new()), read_data);
    let templates = Templates::from_dir(line.value("--templates").unwrap_or("templates"));
    let page = templates
        .render(template, &data.map_err(CommandError::Failed)?, &WithoutApplication)
        .map_err(|error| CommandError::Failed(error.to_string()))?;
    page.warnings.iter().for_each(|warning| warn(warning));
    print(&page.text)
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
