//! Deeper: The flags of `carafe`, which `flags.txt` lists with their defaults.
//!
//! The help prints `flags.txt` as it stands. A flag has its default, then the value of an
//! environment variable, if the flag has one, and then the value of the command line. The last
//! value counts.

use super::command_line::{CommandError, CommandLine, GivenFlag, KnownFlag, unknown};

/// A line for each flag: its name, what stands for its value, its default, its explanation, and at
/// the end the environment variable that stands for it.
pub const TABLE: &str = include_str!("flags.txt");

/// The name of a flag ends before this column, and its default before that one.
const COLUMNS: (usize, usize) = (25, 36);

/// The flags of a program that serves: the defaults, the environment, and the command line.
///
/// # Errors
///
/// What is no flag, and the flag that is near.
pub fn read(arguments: &[String]) -> Result<CommandLine, CommandError> {
    let known: Vec<KnownFlag> = TABLE.lines().map(known).collect();
    let mut line = CommandLine::read(arguments, &known)?;
    if let Some(word) = line.words.first() {
        return unknown(word, "flag or command", []);
    }
    let flags = known.iter().map(|(flag, _)| *flag).zip(TABLE.lines());
    let defaults = flags.clone().filter_map(|(flag, row)| {
        let value = row.get(COLUMNS.0..COLUMNS.1)?.trim().to_owned();
        (!value.is_empty()).then_some(GivenFlag { flag, name: flag, value })
    });
    let environment = flags.filter_map(|(flag, row)| {
        let name = row.strip_suffix(')')?.rsplit_once('(')?.1;
        Some(GivenFlag { flag, name, value: std::env::var(name).ok()? })
    });
    let before: Vec<GivenFlag> = defaults.chain(environment).collect();
    line.flags.splice(..0, before);
    Ok(line)
}

/// The name of each flag.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.lines().map(|row| known(row).0)
}

/// The flag of a line of the table, and what stands for its value.
fn known(row: &'static str) -> KnownFlag {
    let flag = row.get(..COLUMNS.0).unwrap_or(row).trim();
    flag.split_once(' ').unwrap_or((flag, ""))
}
