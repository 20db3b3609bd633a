//! The cover: flags, build the App, start the Server.

mod app;
mod cli;
mod signal;

use carafe::near;
use carafe::server::log::Log;
use cli::serve::{self, Settings};
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

/// A flag of `carafe`: its name, its value, what it does.
const FLAGS: &[(&str, &str, &str)] = &[
    ("--host", "ADDRESS", "where to listen; defaults to 127.0.0.1, this machine alone (CARAFE_HOST)"),
    ("--port", "PORT", "defaults to 8000; 0 takes any free one (CARAFE_PORT)"),
    ("--dir", "DIR", "serve the templates/ and www/ of this folder"),
    ("--session-ttl", "TIME", "a session ends so long after its last use; 90s, 30m, 12h; defaults to 30m"),
    ("--session-cap", "NUMBER", "so many sessions at most; defaults to 100000"),
    ("--workers", "NUMBER", "so many threads, and connections, at most; defaults to 12000"),
    ("--log", "FORM", "line, common or off; defaults to line"),
];

const COMMANDS: &[(&str, &str)] = &[
    ("init DIR", "write templates/ and www/ into a folder, to edit them"),
    ("routes", "list method, pattern, handler and the line that registers it"),
    ("render TEMPLATE", "print one page; --templates DIR, --data FILE.json"),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some("init") => cli::init::run(&arguments[1..]),
        Some("render") => cli::render::run(&arguments[1..], &cli::render::NoApplication),
        Some("routes") if arguments.len() == 1 => routes(),
        Some("--help" | "-h" | "help") => say(&help()),
        Some("--version" | "-V") => say(&format!("carafe {}\n", env!("CARGO_PKG_VERSION"))),
        _ => match read_settings(&arguments) {
            Ok(settings) => serve::run(&settings, signal::stops),
            Err(why) => {
                let _ = writeln!(io::stderr(), "carafe: {why}\nSee carafe --help.");
                ExitCode::from(2)
            }
        },
    }
}

fn say(text: &str) -> ExitCode {
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

fn routes() -> ExitCode {
    let (app, _) = serve::build(&Settings::default());
    let line = |route: &carafe::web::router::Route| {
        let (pattern, name) = (route.pattern.to_string(), &route.name);
        format!(
            "{:<7} {pattern:<20} {name:<16} {}:{}\n",
            route.method.as_str(),
            route.source.file(),
            route.source.line()
        )
    };
    say(&app.routes().iter().map(line).collect::<String>())
}

fn help() -> String {
    let mut text = String::from(
        "carafe: a web server of clear glass\n\n    carafe                        serve on http://127.0.0.1:8000\n    carafe --port 0               on any free port\n    carafe init mysite && carafe --dir mysite\n\nFlags:\n",
    );
    for (name, value, what) in FLAGS {
        text.push_str(&format!("  {:<23} {what}\n", format!("{name} {value}")));
    }
    text.push_str("\nCommands:\n");
    for (usage, what) in COMMANDS {
        text.push_str(&format!("  {usage:<23} {what}\n"));
    }
    text
}

/// The settings from the environment, then from the flags.
fn read_settings(arguments: &[String]) -> Result<Settings, String> {
    let mut settings = Settings::default();
    for (variable, flag) in [("CARAFE_HOST", "--host"), ("CARAFE_PORT", "--port")] {
        if let Ok(value) = std::env::var(variable) {
            set(&mut settings, flag, &value).map_err(|why| format!("{variable}: {why}"))?;
        }
    }
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let (flag, inline) = match argument.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (argument.as_str(), None),
        };
        if !FLAGS.iter().any(|(name, _, _)| *name == flag) {
            let known =
                FLAGS.iter().map(|(name, _, _)| *name).chain(["init", "routes", "render", "--help", "--version"]);
            let hint = near::nearest(flag, known).map_or(String::new(), |near| format!("; did you mean {near}?"));
            return Err(format!("found {argument:?}, which is no flag or command{hint}"));
        }
        let value = inline.or_else(|| rest.next().map(String::as_str));
        set(&mut settings, flag, value.ok_or_else(|| format!("{flag} needs a value"))?)?;
    }
    Ok(settings)
}

fn set(settings: &mut Settings, flag: &str, value: &str) -> Result<(), String> {
    let wrong = |expected: &str| format!("{flag}: found {value:?}, expected {expected}");
    let count = || value.parse().ok().filter(|&number| number > 0).ok_or_else(|| wrong("a number above 0"));
    match flag {
        "--host" => settings.host = value.trim_matches(['[', ']']).to_owned(),
        "--port" => settings.port = value.parse().map_err(|_| wrong("a port from 0 to 65535"))?,
        "--dir" => settings.dir = Some(value.into()),
        "--session-ttl" => {
            settings.session_ttl = parse_time(value).ok_or_else(|| wrong("a time such as 90s, 30m or 12h"))?
        }
        "--session-cap" => settings.session_cap = count()?,
        "--workers" => settings.workers = count()?,
        "--log" => {
            settings.log = match value {
                "line" => Log::Line,
                "common" => Log::Common,
                "off" => Log::Off,
                _ => return Err(wrong("line, common or off")),
            }
        }
        _ => return Err(wrong("a known flag")),
    }
    Ok(())
}

/// `90s`, `30m`, `12h`, or seconds alone.
fn parse_time(text: &str) -> Option<Duration> {
    let (digits, unit) = match text.strip_suffix(['s', 'm', 'h']) {
        Some(digits) => (digits, &text[digits.len()..]),
        None => (text, "s"),
    };
    let seconds = digits.parse::<u64>().ok().filter(|&number| number > 0)?;
    let factor = match unit {
        "h" => 3600,
        "m" => 60,
        _ => 1,
    };
    seconds.checked_mul(factor).map(Duration::from_secs)
}
