//! Deeper: The flags of `carafe`, which `flags.txt` lists with their defaults.
//!
//! The help prints `flags.txt` as it stands. A flag has its default, then the value of an
//! environment variable, if the flag has one, and then the value of the command line. The last
//! value counts. A value is text until the program asks for it and says how to read it.

use super::command_line::{CommandError, CommandLine, KnownFlag, without_password, wrong};
use std::time::Duration;

/// A line for each flag: its name, what stands for its value, its default, its explanation, and at
/// the end the environment variable that stands for it.
pub const TABLE: &str = include_str!("flags.txt");

/// The flags of a program that serves, each with its values, oldest first.
pub struct ServeFlags(Vec<GivenValue>);

struct GivenValue {
    flag: &'static str,
    /// The name by which it was given: the flag, or an environment variable.
    name: &'static str,
    value: String,
}

/// Reads a value, or says what is expected.
type ReadValue<T> = fn(&str) -> Result<T, &'static str>;

impl ServeFlags {
    /// The defaults of all flags.
    pub fn defaults() -> ServeFlags {
        let defaults = TABLE.lines().filter_map(|line| {
            let (flag, value) = (known(line).0, line.get(25..36)?.trim().to_owned());
            (!value.is_empty()).then_some(GivenValue { flag, name: flag, value })
        });
        ServeFlags(defaults.collect())
    }

    /// The defaults, the environment, and the command line.
    ///
    /// # Errors
    ///
    /// What is no flag, and the flag that is near.
    pub fn read(arguments: &[String]) -> Result<ServeFlags, CommandError> {
        let mut flags = ServeFlags::defaults();
        for line in TABLE.lines().filter(|line| line.ends_with(')')) {
            let name = line.rsplit_once('(').map_or("", |(_, name)| name.trim_end_matches(')'));
            let value = std::env::var(name).ok();
            flags.0.extend(value.map(|value| GivenValue { flag: known(line).0, name, value }));
        }
        let known: Vec<KnownFlag> = TABLE.lines().map(known).collect();
        let line = CommandLine::read(arguments, &known)?;
        if let Some(word) = line.words.first() {
            let shown = without_password(word);
            return wrong(format!("found {shown:?}, which is no flag or command"));
        }
        let given = line.flags.into_iter();
        flags.0.extend(given.map(|(flag, value)| GivenValue { flag, name: flag, value }));
        Ok(flags)
    }

    /// Every value of a flag.
    ///
    /// # Errors
    ///
    /// What was found and what was expected.
    pub fn all<T>(
        &self,
        flag: &str,
        mut read: impl FnMut(&str) -> Result<T, &'static str>,
    ) -> Result<Vec<T>, CommandError> {
        let values = self.0.iter().filter(|given| given.flag == flag);
        let read = values.map(|GivenValue { name, value, .. }| {
            read(value).or_else(|expected| {
                let shown = without_password(value);
                wrong(format!("{name}: found {shown:?}, expected {expected}"))
            })
        });
        read.collect()
    }

    /// The value of a flag that has a default, or what was found instead.
    pub fn value<T>(&self, flag: &str, read: ReadValue<T>) -> Result<T, CommandError> {
        let last = self.all(flag, read)?.pop();
        last.map_or_else(|| wrong(format!("flags.txt has no default for {flag}")), Ok)
    }

    /// The value of a flag that is a number above 0, or what was found instead.
    pub fn number(&self, flag: &str) -> Result<usize, CommandError> {
        self.value(flag, |text| {
            text.parse().ok().filter(|&number| number > 0).ok_or("a whole number above 0")
        })
    }

    /// The value of a flag that is a time, or what was found instead.
    pub fn time(&self, flag: &str) -> Result<Duration, CommandError> {
        self.value(flag, |text| read_time(text).ok_or("a time such as 90s, 30m or 12h"))
    }

    /// True if a flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.0.iter().any(|given| given.flag == flag)
    }
}

/// The name of each flag.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().map(|line| known(line).0)
}

/// The flag of a line of the table, and what stands for its value.
fn known(line: &'static str) -> KnownFlag {
    let flag = line.get(..25).unwrap_or(line).trim();
    flag.split_once(' ').unwrap_or((flag, ""))
}

/// `90s`, `30m`, `12h`, or seconds alone; at most a year, so that no clock overflows.
fn read_time(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(['s', 'm', 'h']);
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    let seconds = digits.parse::<u64>().ok()?.saturating_mul(factor);
    (1..=365 * 86_400).contains(&seconds).then_some(Duration::from_secs(seconds))
}
