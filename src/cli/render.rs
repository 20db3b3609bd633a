//! `carafe render`: one template with JSON data, on stdout.
//!
//! For trying a template without a server, and for comparing with another Jinja. The page's bytes
//! and nothing else go to stdout; warnings and errors, as FILE:LINE:COLUMN, to stderr.
//!
//! Left out: writing to a file. The shell does that: `carafe render hello.html > hello.out`.

use carafe::near::nearest;
use carafe::web::template::{Globals, Templates};
use carafe::{Map, Value, json};
use std::io::{Read, Write};
use std::process::ExitCode;

/// How the command is used.
pub const USAGE: &str = "carafe render TEMPLATE [--templates DIR] [--data FILE.json|-]";

const FLAGS: [&str; 2] = ["--templates", "--data"];

/// What a page gets when no application runs: addresses of static files, and no messages.
pub struct NoApplication;

impl Globals for NoApplication {
    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        match (
            name,
            arguments.first().and_then(Value::as_str),
            named.get("filename").and_then(Value::as_str),
        ) {
            ("get_flashed_messages", _, _) => Some(Ok(Vec::<Value>::new().into())),
            ("url_for", Some("static"), Some(file)) => Some(Ok(format!("/static/{file}").into())),
            ("url_for", _, _) => Some(Err(
                "no application runs here: url_for knows 'static' with filename= only".into(),
            )),
            _ => None,
        }
    }

    fn names(&self) -> &[&str] {
        &["url_for", "get_flashed_messages"]
    }
}

/// What was asked for.
struct Request {
    template: String,
    templates: String,
    data: Option<String>,
}

/// Runs the command with what stands after `render`: exit code 0, 1 for a page that cannot be made,
/// 2 for flags that are not understood.
pub fn run(arguments: &[String], globals: &dyn Globals) -> ExitCode {
    let request = match read_arguments(arguments) {
        Ok(request) => request,
        Err(message) => {
            complain(&format!("{message}\nusage: {USAGE}"));
            return ExitCode::from(2);
        }
    };
    match render(&request, globals) {
        Ok(page) => {
            // Nobody may be left to read it: `carafe render page.html | head`.
            let mut stdout = std::io::stdout().lock();
            let _ = stdout.write_all(page.as_bytes()).and_then(|()| stdout.flush());
            ExitCode::SUCCESS
        }
        Err(message) => {
            complain(&message);
            ExitCode::FAILURE
        }
    }
}

fn read_arguments(arguments: &[String]) -> Result<Request, String> {
    let mut request =
        Request { template: String::new(), templates: "templates".to_owned(), data: None };
    let mut template = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if !argument.starts_with("--") {
            if template.replace(argument.clone()).is_some() {
                return Err(format!("found a second template, {argument}, expected one"));
            }
            continue;
        }
        let (flag, joined) = argument
            .split_once('=')
            .map_or((&**argument, None), |(flag, value)| (flag, Some(value)));
        if !FLAGS.contains(&flag) {
            let hint =
                nearest(flag, FLAGS).map(|near| format!("; there is {near}")).unwrap_or_default();
            return Err(format!("unknown flag {flag}{hint}"));
        }
        let value = joined.map(str::to_owned).or_else(|| rest.next().cloned());
        let value = value.ok_or_else(|| format!("{flag} needs a value"))?;
        match flag {
            "--templates" => request.templates = value,
            _ => request.data = Some(value),
        }
    }
    request.template = template.ok_or("found no name of a template")?;
    Ok(request)
}

fn render(request: &Request, globals: &dyn Globals) -> Result<String, String> {
    let variables = match &request.data {
        Some(file) => read_data(file)?,
        None => Map::new(),
    };
    let templates = Templates::from_dir(&request.templates);
    let page = templates
        .render(&request.template, &variables, globals)
        .map_err(|error| error.to_string())?;
    for warning in &page.warnings {
        complain(warning);
    }
    Ok(page.text)
}

/// The names and values of a JSON file, or of stdin for `-`.
fn read_data(file: &str) -> Result<Map, String> {
    let mut bytes = Vec::new();
    // One byte more than JSON may have is enough to be refused.
    let most = json::LONGEST as u64 + 1;
    let read = match file {
        "-" => std::io::stdin().lock().take(most).read_to_end(&mut bytes),
        _ => std::fs::File::open(file).and_then(|opened| opened.take(most).read_to_end(&mut bytes)),
    };
    read.map_err(|error| format!("cannot read {file}: {error}"))?;
    match json::parse(&bytes).map_err(|error| format!("{file}:{error}"))? {
        Value::Map(map) => Ok(map),
        _ => Err(format!(
            "{file}:1:1: found a value, expected an object with the names that the template knows"
        )),
    }
}

/// Writes a line to stderr, which may be closed.
fn complain(message: &str) {
    let _ = writeln!(std::io::stderr(), "{message}");
}
