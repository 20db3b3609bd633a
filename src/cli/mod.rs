//! Deeper: The commands of the program: which one is meant, and what its help says.
//!
//! A command is a row of [`COMMANDS`] and a section of the help. Without a command carafe serves.
//!
//! * `serve` starts the server.
//! * `help.txt` is the help, and `command_line` reads the words of every command.
//! * `flags` reads the flags of the server, which `flags.txt` lists; `stores` opens its stores.
//! * `init`, `routes` and `render` are small commands.
//! * `http_client` asks servers, and `page_words` reads their pages.
//! * `scripted_visitor` does the steps of the scripts of `check` and `lab`.

mod check;
mod command_line;
mod flags;
mod http_client;
mod init;
mod lab;
mod page_words;
mod render;
mod routes;
mod scripted_visitor;
mod serve;
mod stores;

use crate::app::program_name;
use carafe::web::template::REFERENCE;
use command_line::{CommandError, CommandLine, CommandResult, flags_of, print, warn, wrong};
use std::ffi::OsStr;
use std::process::ExitCode;
use stores::STORES;

/// The examples of the program, and then a section for each command.
static HELP: &str = include_str!("help.txt");

/// Runs a command with what comes after its name.
type RunCommand = fn(&CommandLine) -> CommandResult;

const COMMANDS: [(&str, RunCommand); 5] = [
    ("check", check::run),
    ("init", init::run),
    ("lab", lab::run),
    ("render", render::run),
    ("routes", routes::run),
];

/// Refuses a word that is not UTF-8, of the command line or of a variable.
pub fn refuse(word: &OsStr) -> ExitCode {
    warn(&format!("carafe: found {word:?}, expected UTF-8"));
    ExitCode::from(2)
}

/// Runs the program with its arguments, and says what went wrong.
pub fn run(arguments: &[String]) -> ExitCode {
    let first = arguments.first().map_or("", String::as_str);
    let command = COMMANDS.iter().find(|(name, _)| *name == first);
    let asks_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let outcome = match (first, command) {
        ("help", _) => help(arguments.get(1).map_or("", String::as_str)),
        _ if asks_help => help(first),
        (_, Some((name, run))) => {
            CommandLine::read(&arguments[1..], usage(name)).and_then(|line| run(&line))
        }
        ("--version" | "-V", _) => print(concat!("carafe ", env!("CARGO_PKG_VERSION"), "\n")),
        _ if first.is_empty() || first.starts_with('-') => {
            flags::read(arguments).and_then(|line| match line.words.first() {
                Some(word) if COMMANDS.iter().any(|(name, _)| name == word) => {
                    wrong(format!("found {word:?} behind a flag, expected a command to come first"))
                }
                _ => serve::run(&line),
            })
        }
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
        Some((name, _)) => format!("carafe {name}: {why}\n{}", as_typed(usage(name)).trim_end()),
        None => format!("carafe: {why}\nSee {} --help.", program_name()),
    });
    ExitCode::from(2)
}

/// Prints the help of the program, of a command, or the reference of the template language.
fn help(subject: &str) -> CommandResult {
    if subject == "templates" {
        return print(REFERENCE);
    }
    if COMMANDS.iter().any(|(name, _)| *name == subject) {
        return print(&as_typed(&format!("carafe {subject}: {}\n", section(subject))));
    }
    if !subject.is_empty() && !subject.starts_with('-') {
        return unknown(subject, "command");
    }
    let (program, _) = HELP.split_once("\n== ").unwrap_or_default();
    let row = |name| format!("  {name:<9} {}", section(name).lines().next().unwrap_or(""));
    let rows: Vec<String> = COMMANDS.iter().map(|(name, _)| row(name)).collect();
    let filled = program.replace("{commands}", &rows.join("\n"));
    let filled = filled.replace("{flags}", flags::TABLE).replace("{stores}", STORES);
    print(&as_typed(&filled))
}

/// The text with the program's name in its commands as this user has to type it.
fn as_typed(text: &str) -> String {
    let name = program_name();
    ["  ", "&& ", "| ", "usage: ", "; ", "\n"].iter().fold(text.to_owned(), |text, front| {
        text.replace(&*format!("{front}carafe"), &format!("{front}{name}"))
    })
}

/// What the help says of a command: what it does in one line, examples, and its usage.
fn section(command: &str) -> &'static str {
    let mut sections = HELP.split("\n== ");
    let found = sections.find_map(|it| it.strip_prefix(command)?.strip_prefix('\n'));
    found.unwrap_or("").trim_end()
}

/// The words and flags that a command knows.
fn usage(command: &str) -> &'static str {
    section(command).rsplit("\n\n").next().unwrap_or("")
}

/// A word that means nothing, with the nearest one that does.
fn unknown(word: &str, expected: &str) -> CommandResult {
    // A bare number is most often meant for a port, as with `python -m http.server 8080`.
    if let Ok(port) = word.parse::<u16>() {
        let hint = format!("did you mean --port {port}?");
        return wrong(format!("found {word:?}, which is no {expected}; {hint}"));
    }
    let names = COMMANDS.iter().map(|(name, _)| *name);
    let flags = flags_of(flags::TABLE).map(|(flag, _)| flag);
    let known = names.chain(["help", "--help", "--version"]).chain(flags);
    command_line::unknown(word, expected, known)
}
