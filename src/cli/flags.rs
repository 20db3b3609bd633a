//! Deeper: The flags of `carafe`, which `flags.txt` lists with their defaults.
//!
//! The help prints `flags.txt` as it stands. A flag has its default, then the value of an
//! environment variable, if the flag has one, and then the value of the command line. The last
//! value counts.

use super::command_line::{CommandError, CommandLine, GivenFlag, flags_of};

/// A line for each flag: its name, what stands for its value, its default, its explanation, and at
/// the end the environment variable that stands for it.
pub static TABLE: &str = include_str!("flags.txt");

/// The columns of the default.
const DEFAULT: std::ops::Range<usize> = 25..36;

/// The flags of a program that serves: the defaults, the environment, and the command line.
pub fn read(arguments: &[String]) -> Result<CommandLine, CommandError> {
    let line = CommandLine::read(arguments, TABLE)?;
    let rows = || TABLE.lines().filter_map(|row| Some((flags_of(row).next()?.0, row)));
    let defaults = rows().filter_map(|(flag, row)| {
        let value = row.get(DEFAULT)?.trim().to_owned();
        (!value.is_empty()).then_some(GivenFlag { flag, name: flag, value })
    });
    let environment = rows().filter_map(|(flag, row)| {
        let name = row.strip_suffix(')')?.rsplit_once('(')?.1;
        Some(GivenFlag { flag, name, value: std::env::var(name).ok()? })
    });
    Ok(CommandLine { flags: defaults.chain(environment).chain(line.flags).collect(), ..line })
}
