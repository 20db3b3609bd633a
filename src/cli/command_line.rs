//! Deeper: The words of a command line, and how a command ends.
//!
//! Every command reads its words and flags here, so all of them say the same of a mistyped flag. A
//! command ends with exit code 0; 1 if it could not do what it was told, or if something is
//! missing; 2 if its words are not understood.

use carafe::near;
use std::io::{self, Write};
use std::process::ExitCode;

/// How a command ends.
pub type CommandResult = Result<ExitCode, CommandError>;

/// Why a command did not do what it was told.
pub enum CommandError {
    /// It does not understand its words: exit code 2, and its usage below the sentence.
    Words(String),
    /// It failed: exit code 1.
    Failed(String),
}

/// The failure of a command that does not understand its words.
///
/// # Errors
///
/// Always.
pub fn wrong<T>(why: impl Into<String>) -> Result<T, CommandError> {
    Err(CommandError::Words(why.into()))
}

/// A flag, and what stands in the usage for its value; empty if it takes none.
pub type KnownFlag = (&'static str, &'static str);

/// What stands behind a command's name.
#[derive(Default)]
pub struct CommandLine {
    /// The words that are no flags.
    pub words: Vec<String>,
    /// The flags in their order, each with its value.
    pub flags: Vec<(&'static str, String)>,
}

impl CommandLine {
    /// Reads words and flags. Both `--port 0` and `--port=0` are usual.
    ///
    /// # Errors
    ///
    /// A flag that is not known, and the one that is near; a value too many or too few.
    pub fn read(arguments: &[String], known: &[KnownFlag]) -> Result<CommandLine, CommandError> {
        let mut line = CommandLine::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            if !argument.starts_with('-') {
                line.words.push(argument.clone());
                continue;
            }
            let (name, joined) =
                argument.split_once('=').map_or((&**argument, None), |(name, it)| (name, Some(it)));
            let Some(&(flag, value)) = known.iter().find(|(flag, _)| *flag == name) else {
                let names = known.iter().map(|(flag, _)| *flag);
                let hint = hint(name, names.chain(["--help", "--version"]));
                let shown = without_password(argument);
                return wrong(format!("found {shown:?}, which is no flag or command{hint}"));
            };
            let given = match joined {
                Some(_) if value.is_empty() => {
                    return wrong(format!("found {argument:?}, expected {flag}: it has no value"));
                }
                Some(joined) => Some(joined.to_owned()),
                None if value.is_empty() => Some(String::new()),
                None => rest.next().cloned(),
            };
            match given {
                Some(given) => line.flags.push((flag, given)),
                None => return wrong(format!("{flag} needs a value: {flag} {value}")),
            }
        }
        Ok(line)
    }

    /// The value of a flag; the last one, if it was given twice.
    pub fn value(&self, flag: &str) -> Option<&str> {
        self.flags.iter().rfind(|(name, _)| *name == flag).map(|(_, value)| value.as_str())
    }

    /// The one word that is no flag.
    ///
    /// # Errors
    ///
    /// No word, an empty one, or more than one.
    pub fn word(&self, expected: &str) -> Result<&str, CommandError> {
        match &self.words[..] {
            [word] if !word.is_empty() => Ok(word),
            [] | [_] => wrong(format!("found nothing, expected {expected}")),
            [.., last] => wrong(format!("found {last:?}, too, expected {expected}")),
        }
    }
}

/// `; did you mean routes?`, if one of the candidates is near.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    near::nearest(word, candidates).map_or(String::new(), |near| format!("; did you mean {near}?"))
}

/// An argument as it may be shown: what stands before the last `@` of a URL is a name and a
/// password.
pub fn without_password(argument: &str) -> String {
    argument.rfind('@').map_or(argument.to_owned(), |at| format!("…{}", &argument[at..]))
}

/// Prints. It is no failure if standard output is closed: the reader has read enough.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Prints a line to standard error, which may be closed, too.
pub fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
