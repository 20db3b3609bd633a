//! Deeper: The words and flags of a command line, and how a command ends.
//!
//! The help of a command names its flags, and no others are taken. A value is text until the
//! command asks for it and says how to read it. A command ends with exit code 0; 1 if it could not
//! do what it was told, or if something is missing; 2 if its words are not understood.

use carafe::near;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

/// How a command ends.
pub type CommandResult = Result<ExitCode, CommandError>;

/// Why a command did not do what it was told.
pub enum CommandError {
    /// It does not understand its words: exit code 2, and its usage below the sentence.
    Words(String),
    /// It failed: exit code 1.
    Failed(String),
}

/// The failure of a command that does not understand its words. It never succeeds.
pub fn wrong<T>(why: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::Words(why.into()))
}

/// The flags that a usage names, each with what stands for its value; empty if it takes none.
pub fn flags_of(usage: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let end = |text: &str| text.find([' ', ']', '\n']).unwrap_or(text.len());
    usage.match_indices("--").map(move |(at, _)| {
        let (flag, rest) = usage[at..].split_at(end(&usage[at..]));
        // `--port PORT` takes a value. `--forget [--server URL]` and a flag before a column do not.
        let value = rest.strip_prefix(' ').filter(|value| !value.starts_with([' ', '[', '-']));
        (flag, value.map_or("", |value| &value[..end(value)]))
    })
}

/// A flag with its value.
pub struct GivenFlag {
    pub flag: &'static str,
    /// The name by which it was given: the flag, or an environment variable.
    pub name: &'static str,
    pub value: String,
}

/// What comes after a command's name.
#[derive(Default)]
pub struct CommandLine {
    /// The words that are no flags.
    pub words: Vec<String>,
    /// The flags in their order. The last value of a flag counts.
    pub flags: Vec<GivenFlag>,
}

impl CommandLine {
    /// Reads words, and the flags that a usage names. Both `--port 0` and `--port=0` are usual. An
    /// error names what is not known, and what is near.
    pub fn read(arguments: &[String], usage: &'static str) -> Result<CommandLine, CommandError> {
        let mut line = CommandLine::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if !argument.starts_with('-') {
                line.words.push(argument.clone());
                continue;
            }
            let (name, joined) =
                argument.split_once('=').map_or((&**argument, None), |(name, it)| (name, Some(it)));
            let Some((flag, value)) = flags_of(usage).find(|(flag, _)| *flag == name) else {
                let names = flags_of(usage).map(|(flag, _)| flag);
                return unknown(argument, "flag", names.chain(["--help", "--version"]));
            };
            let value = match (joined, value) {
                (Some(_), "") => {
                    return wrong(format!("found {argument:?}, expected {flag}: it has no value"));
                }
                (Some(joined), _) => joined.to_owned(),
                (None, "") => String::new(),
                (None, value) => match rest.next() {
                    Some(next) => next.clone(),
                    None => return wrong(format!("{flag} needs a value: {flag} {value}")),
                },
            };
            line.flags.push(GivenFlag { flag, name: flag, value });
        }
        Ok(line)
    }

    /// The one word that is no flag.
    pub fn word(&self, expected: &str) -> Result<&str, CommandError> {
        match &self.words[..] {
            [word] if !word.is_empty() => Ok(word),
            [] | [_] => wrong(format!("found nothing, expected {expected}")),
            [.., last] => {
                wrong(format!("found {last:?} as well, expected {expected} and nothing more"))
            }
        }
    }

    /// Refuses words that are no flags.
    pub fn no_word(&self) -> Result<(), CommandError> {
        self.words.first().map_or(Ok(()), |word| {
            wrong(format!("found {:?}, expected nothing more", without_password(word)))
        })
    }

    /// True if a flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.value(flag).is_some()
    }

    /// The value of a flag; the last one, if there are several.
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.flags.iter().rfind(|given| given.flag == flag).map(|given| given.value.as_str())
    }

    /// Every value of a flag, as `read` makes it of the text; or what was found and what was
    /// expected.
    pub fn all<T>(
        &self,
        flag: &str,
        mut read: impl FnMut(&str) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, CommandError> {
        let mut values = Vec::new();
        for GivenFlag { name, value, .. } in self.flags.iter().filter(|given| given.flag == flag) {
            values.push(read(value).or_else(|expected| {
                let found = without_password(value);
                wrong(format!("{name}: found {found:?}, expected {expected}"))
            })?);
        }
        Ok(values)
    }

    /// The value of a flag that has a default, or what was found instead.
    pub fn get<T>(
        &self,
        flag: &str,
        read: impl FnMut(&str) -> Result<T, &'static str>,
    ) -> Result<T, CommandError> {
        self.all(flag, read)?.pop().map_or_else(|| wrong(format!("{flag} has no value")), Ok)
    }

    /// The value of a flag that is a number above 0, or what was found instead.
    pub fn number(&self, flag: &str) -> Result<usize, CommandError> {
        let above_0 = |text: &str| text.parse().ok().filter(|&number| number > 0);
        self.get(flag, |text| above_0(text).ok_or("a whole number above 0"))
    }

    /// The value of a flag that is a time, or what was found instead: `90s`, `30m`, `12h`, or
    /// seconds alone; at most a year, so that no clock overflows.
    pub fn time(&self, flag: &str) -> Result<Duration, CommandError> {
        let seconds = |text: &str| {
            let digits = text.trim_end_matches(['s', 'm', 'h']);
            let factor = match &text[digits.len()..] {
                "" | "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => return None,
            };
            let seconds = digits.parse::<u64>().ok()?.saturating_mul(factor);
            (1..=365 * 86_400).contains(&seconds).then_some(Duration::from_secs(seconds))
        };
        self.get(flag, |text| seconds(text).ok_or("a time such as 90s, 30m or 12h"))
    }
}

/// The failure of a word that means nothing, with the nearest one that does.
pub fn unknown<'a, T>(
    word: &str,
    expected: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Result<T, CommandError> {
    let name = word.split('=').next().unwrap_or(word);
    let near = near::nearest(name, known);
    let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
    wrong(format!("found {:?}, which is no {expected}{hint}", without_password(word)))
}

/// An argument as it may be shown: what stands before the last `@` of a URL is a name and a
/// password.
fn without_password(argument: &str) -> String {
    argument.rfind('@').map_or(argument.to_owned(), |at| format!("…{}", &argument[at..]))
}

/// Prints, and ends the command well. It is no failure if standard output is closed: the reader has
/// read enough.
pub fn print(text: &str) -> CommandResult {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CommandError::Failed(format!("carafe: cannot write to standard output: {error}")))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Prints a line to standard error, which may be closed, too.
pub fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
