//! What `--help` prints: of the program, and of each subcommand.
//!
//! Examples come first, since an example is what most people look for. The flags of the server
//! stand in the table that parses them (`flags.rs`); the subcommands stand here, and what is near
//! to a mistyped one is looked up here, too.

use super::{check, flags, init, lab, render, routes};
use carafe::near;

/// A subcommand: its name, how it is written and what that does, and what one should know before
/// one tries it.
struct Command {
    name: &'static str,
    usage: &'static str,
    what: &'static str,
    /// Shown by `carafe help NAME` alone: examples, then what is worth a sentence.
    more: &'static str,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "check",
        usage: check::USAGE,
        what: "tell what is missing: of a lesson, or of a server of yours",
        more: "    carafe check                     every lesson, as the carafe on port 8000 has seen it
    carafe check 7                   what of lesson 7 it has seen, and what not yet
    carafe check 7 --server http://127.0.0.1:8001
    carafe check --suite notes --url http://127.0.0.1:5001
                                     hold any server, in any language, to the notes' app

Exit code 0 if nothing is missing, else 1. The suite asks only /hello, /hello/NAME,
/formtest, /process, /static/css/my-style-sheet.css, /sessions, /getsession and
/dropsession. Of each claim that does not hold it prints what was sent, what came
and what was expected.
",
    },
    Command {
        name: "init",
        usage: init::USAGE,
        what: "write templates/ and www/ into a folder, to edit them",
        more: "    carafe init mysite               writes mysite/templates/ and mysite/www/
    carafe --dir mysite              serves them; an edited file is seen at the next request

DIR is made if it is not there. A file that exists is never overwritten.
",
    },
    Command {
        name: "lab",
        usage: lab::USAGE,
        what: "measure where a visitor's memory can live, in seven ways",
        more: "    carafe lab ladder                takes some seconds; starts servers of its own

Exit code 0 if every cell that could be measured is as the course says, else 1. For
rung 6 it needs redis-server, for one cell curl; what is missing is named.
",
    },
    Command {
        name: "routes",
        usage: routes::USAGE,
        what: "list who answers what, with file and line",
        more: "    carafe routes                    method, pattern, handler, file:line
    carafe routes | grep POST
",
    },
    Command {
        name: "render",
        usage: render::USAGE,
        what: "print one page, made from a template and JSON",
        more: "    carafe render hello.html --data ada.json
    echo '{\"name\": \"Ada\"}' | carafe render hello.html --data -

Standard output gets the page's bytes and nothing else; standard error gets warnings
and errors, as FILE:LINE:COLUMN. Templates are looked for in templates/, or where
--templates says.
",
    },
];

const EXAMPLES: &str = "\
carafe: a web server of clear glass

    carafe                                     serve on http://127.0.0.1:8000
    carafe --port 0                            on any free port
    carafe init mysite && carafe --dir mysite  serve pages of your own
    carafe routes                              who answers what
    carafe check 1                             what the running carafe saw of lesson 1
";

/// What to print if these arguments ask for help: anywhere a `--help` or `-h`, or `help` as the
/// first word.
///
/// # Errors
///
/// A sentence, for `help` about something that there is not.
pub fn asked(arguments: &[String]) -> Option<Result<String, String>> {
    let first = arguments.first()?.as_str();
    let has_flag = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let subject = match first {
        "help" => arguments.get(1).map(String::as_str),
        _ if !has_flag => return None,
        _ => Some(first).filter(|first| !first.starts_with('-')),
    };
    let Some(subject) = subject else { return Some(Ok(of_the_program())) };
    let known = COMMANDS.iter().find(|command| command.name == subject);
    Some(
        known
            .map(of)
            .ok_or_else(|| format!("found {subject:?}, which is no command{}", hint(subject))),
    )
}

/// `; did you mean routes?`, if a command or a flag is near.
pub fn hint(word: &str) -> String {
    let commands =
        COMMANDS.iter().map(|command| command.name).chain(["help", "--help", "--version"]);
    // A bare number is most often meant for a port; `python -m http.server 8080` is used to it.
    if word.parse::<u16>().is_ok() {
        return format!("; did you mean --port {word}?");
    }
    near::nearest(word, flags::names().chain(commands))
        .map_or(String::new(), |near| format!("; did you mean {near}?"))
}

fn of(command: &Command) -> String {
    let Command { name, usage, what, more } = command;
    let usage = usage.replace('\n', "\n       ");
    format!("carafe {name}: {what}\n\n{more}\nusage: {usage}\n")
}

fn of_the_program() -> String {
    let mut text = format!("{EXAMPLES}\nFlags and their defaults:\n{}", flags::help());
    text.push_str("\nCommands; carafe help COMMAND tells more:\n");
    for command in COMMANDS {
        text.push_str(&format!("  {:<22} {}\n", command.name, command.what));
    }
    text
}
