//! Deeper: shell, how a word stands in a command that a reader copies.
//!
//! Pages, errors and the program print commands. What stands in one may have come from anybody: a
//! path, a header, the name of a file. So a shell must take it as one word, and as it is. A letter
//! that shows nothing is written as a number, so that a reader sees it.
//!
//! ```
//! use carafe::web::shell::shell_word;
//!
//! assert_eq!(shell_word("name=Ada"), "name=Ada");
//! assert_eq!(shell_word("it's; reboot"), r"'it'\''s; reboot'");
//! assert_eq!(shell_word("\u{1b}[31m"), r#""$(printf '\033[31m')""#);
//! ```
//!
//! Left out: a word with a line's end as its last letter, which `$( )` would take away.

use crate::server::log::is_unseen;

/// Bytes as one word of a shell: as they are, between single quotes, or made by `printf`.
pub fn shell_word(word: impl AsRef<[u8]>) -> String {
    word_of(word.as_ref())
}

fn word_of(word: &[u8]) -> String {
    match str::from_utf8(word).ok().filter(|text| !text.contains(is_unseen)) {
        Some(text) if !text.is_empty() && text.chars().all(is_plain) => text.to_owned(),
        Some(text) => format!("'{}'", text.replace('\'', "'\\''")),
        None => format!("\"$({})\"", printf(word)),
    }
}

/// A command of every shell that writes these bytes.
pub fn printf(bytes: &[u8]) -> String {
    let written = bytes.iter().enumerate().map(|(at, byte)| match byte {
        // At the front it would begin an option.
        b'-' if at == 0 => "\\055".to_owned(),
        b'\r' => "\\r".to_owned(),
        b'\n' => "\\n".to_owned(),
        b'%' => "%%".to_owned(),
        b'\\' => "\\\\".to_owned(),
        b'\'' => "'\\''".to_owned(),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    });
    format!("printf '{}'", written.collect::<String>())
}

/// True for a letter that means nothing to a shell.
fn is_plain(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "-._/:=@%+,".contains(letter)
}
