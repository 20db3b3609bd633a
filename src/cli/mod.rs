//! Deeper: The commands of the program: which one is meant, and what its help says.
//!
//! A command is a row of [`COMMANDS`] and a section of the help. Without a command carafe serves.
//!
//! * `serve` starts the server.
//! * `help.txt` is the help, and `command_line` reads the words of every command.
//! * `flags` reads the flags of the server, which `flags.txt` lists; `stores` opens its stores.
//! * `init`, `routes` and `render` are small commands.
//! * `http_client` and `cookie_jar` ask servers, for `check` and `lab`.

mod check;
mod command_line;
mod cookie_jar;
mod flags;
mod http_client;
mod init;
mod lab;
mod render;
mod routes;
mod serve;
mod stores;

use crate::app::program_name;
use carafe::web::template::reference;
use command_line::{CommandError, CommandResult, print, warn, wrong};
use std::process::ExitCode;
use stores::STORES;

/// The examples of the program, and then a section for each command.
const HELP: &str = include_str!("help.txt");

/// Runs a command with what stands behind its name.
type RunCommand = fn(&[String]) -> CommandResult;

const COMMANDS: [(&str, RunCommand); 5] = [
    ("check", check::run),
    ("init", init::run),
    ("lab", lab::run),
    ("render", render::run),
    ("routes", routes::run),
];

/// Runs the program with its arguments, and says what went wrong.
pub fn run(arguments: &[String]) -> ExitCode {
    let first = arguments.first().map_or("", String::as_str);
    let command = COMMANDS.iter().find(|(name, _)| *name == first);
    let asks_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let outcome = match (first, command) {
        ("help", _) => help(arguments.get(1).map(String::as_str)),
        _ if asks_help => help(Some(first).filter(|first| !first.starts_with('-'))),
        (_, Some((_, run))) => run(&arguments[1..]),
        ("--version" | "-V", _) => print(concat!("carafe ", env!("CARGO_PKG_VERSION"), "\n")),
        _ if first.is_empty() || first.starts_with('-') => serve::run(arguments),
        _ => unknown(first, "flag or command"),
    };
    let why = match outcome {
        Ok(code) => return code,
        Err(CommandError::Failed(why)) => {
            warn(&why);
            return ExitCode::FAILURE;
        }
        Err(CommandError::Words(why)) => why,
    };
    warn(&match command {
        Some((name, _)) => format!("carafe {name}: {why}\n{}", section(name).1),
        None => format!("carafe: {why}\nSee carafe --help."),
    });
    ExitCode::from(2)
}

/// Prints the help of the program, of a command, or the reference of the template language.
fn help(subject: Option<&str>) -> CommandResult {
    let Some(name) = subject else {
        let examples = HELP.split("\n== ").next().unwrap_or("");
        let rows = COMMANDS.map(|(name, _)| format!("  carafe {name:<9} {}\n", section(name).0));
        let (rows, commands) = (rows.concat(), "Commands; carafe help COMMAND tells more:");
        let templates = "carafe help templates is the reference of the template language.";
        let flags = format!("Flags and their defaults:\n{}STORE is {STORES}.", flags::TABLE);
        let key =
            "CARAFE_SECRET_KEY is the key that signs; without one it is random at each start.";
        let all = format!("{examples}\n{commands}\n{rows}\n{templates}\n\n{flags}\n{key}\n");
        return print(&as_typed(&all));
    };
    if name == "templates" {
        return print(&reference());
    }
    if !COMMANDS.iter().any(|(known, _)| *known == name) {
        return unknown(name, "command");
    }
    let (what, usage, more) = section(name);
    print(&as_typed(&format!("carafe {name}: {what}\n\n{}\n\n{usage}\n", more.trim_end())))
}

/// The text with the program's name in its commands as this user has to type it. A longer name
/// takes its room from the blanks in front of a description, so that the columns stay.
fn as_typed(text: &str) -> String {
    let name = program_name();
    let typed = ["  ", "&& ", "usage: ", "; ", "\n"].iter().fold(text.to_owned(), |text, front| {
        text.replace(&format!("{front}carafe"), &format!("{front}{name}"))
    });
    let lines = text.lines().zip(typed.lines()).map(|(short, long)| {
        let command = long.len() - long.trim_start().len();
        let Some(end) = long[command..].find("  ").map(|at| command + at) else {
            return format!("{long}\n");
        };
        let blanks = long[end..].len() - long[end..].trim_start().len();
        let spared = (long.len() - short.len()).min(blanks - 2);
        format!("{}{}\n", &long[..end], &long[end + spared..])
    });
    lines.collect()
}

/// What the help says of a command: one line, its usage, and more.
fn section(command: &str) -> (&'static str, &'static str, &'static str) {
    let mut sections = HELP.split("\n== ");
    let section = sections.find_map(|section| section.strip_prefix(command)?.strip_prefix('\n'));
    let (what, rest) = section.and_then(|section| section.split_once('\n')).unwrap_or(("", ""));
    let (usage, more) = rest.split_once("\n\n").unwrap_or((rest, ""));
    (what, usage, more)
}

/// A word that means nothing, with the nearest one that does.
fn unknown(word: &str, expected: &str) -> CommandResult {
    // A bare number is most often meant for a port, as with `python -m http.server 8080`.
    if let Ok(port) = word.parse::<u16>() {
        let hint = format!("did you mean --port {port}?");
        return wrong(format!("found {word:?}, which is no {expected}; {hint}"));
    }
    let names = COMMANDS.iter().map(|(name, _)| *name);
    let known = names.chain(["help", "--help", "--version"]).chain(flags::names());
    command_line::unknown(word, expected, known)
}
