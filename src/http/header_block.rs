//! Deeper: Header block: the fields of a whole message, copied at once.
//!
//! To copy the lines of a message field by field would take ten times as long. Nor are they freed:
//! an answer's headers take the memory of the answer before.
//!
//! Elsewhere: looking for a field, in `headers`.

use super::bytes::token_length;
use super::name_filter::NameFilter;
use super::parse_error::unexpected;
use super::{Headers, ParseError};
use crate::json::write_digits;
use std::cell::Cell;
use std::fmt;
use std::mem::replace;

/// Names of fields whose values are ASCII and decide how a request is understood.
const ASCII: [&str; 7] = [
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Expect",
    "Content-Type",
    "Content-Encoding",
    "Origin",
];

/// Most answers have shorter headers.
const KEPT_BYTES: usize = 4096;

thread_local! {
    /// Headers of an answer that has been written: no fields, but their memory.
    static SPARE: Cell<Headers> = const { Cell::new(Headers::new()) };
}

impl Headers {
    /// No fields, in the memory of an answer that has been written.
    pub(super) fn spare() -> Headers {
        SPARE.try_with(Cell::take).unwrap_or_default()
    }

    /// Keeps the memory for the next answer of this thread, unless it is much.
    pub(crate) fn recycle(mut self) {
        self.clear();
        if self.text.capacity() <= KEPT_BYTES {
            let _ = SPARE.try_with(|spare| spare.set(self));
        }
    }

    /// Frees what [`recycle`](Headers::recycle) has kept.
    pub(crate) fn free_spare() {
        drop(Headers::spare());
    }

    /// Removes all fields, and keeps the memory for the next ones.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.names = NameFilter::new();
    }

    /// Takes the lines of the fields that were noted. A value that is not UTF-8 is read as
    /// ISO-8859-1 (RFC 9110 §5.5).
    ///
    /// # Errors
    ///
    /// If such a value decides how the request is understood, as that of `Host` does.
    pub(super) fn take_lines(&mut self, lines: &[u8]) -> Result<(), ParseError> {
        if let Ok(text) = str::from_utf8(lines) {
            self.text.push_str(text);
            return Ok(());
        }
        let ends = std::mem::take(self).ends;
        for line in ends.iter().scan(0, |start, &end| Some(&lines[replace(start, end)..end])) {
            let (name, value) = line.split_at(token_length(line));
            let (name, value) = (String::from_utf8_lossy(name), value[1..].trim_ascii());
            let text = String::from_utf8(value.to_vec());
            if text.is_err() && ASCII.iter().any(|it| it.eq_ignore_ascii_case(&name)) {
                return Err(unexpected(&format!("the {name}"), value, "ASCII"));
            }
            let latin = |_| value.iter().map(|&byte| byte as char).collect();
            self.push(&name, &text.unwrap_or_else(latin));
        }
        Ok(())
    }

    /// Adds the fields of others at the end. What has a field of the same name already keeps it.
    pub fn append_missing(&mut self, others: &Headers) {
        let is_missing = |(name, _): &(&str, &str)| !self.contains(name);
        if !self.may_have(others.names) {
            // The usual case is one copy.
            let before = self.text.len();
            self.text.push_str(&others.text);
            self.ends.extend(others.ends.iter().map(|end| before + end));
            self.names.add(others.names);
        } else {
            let missing: Vec<(&str, &str)> = others.iter().filter(is_missing).collect();
            missing.into_iter().for_each(|(name, value)| self.push(name, value));
        }
    }
}

/// The copy takes the memory of an answer that has been written.
impl Clone for Headers {
    fn clone(&self) -> Headers {
        let mut copy = Headers::spare();
        copy.text.push_str(&self.text);
        copy.ends.extend_from_slice(&self.ends);
        Headers { names: self.names, ..copy }
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}

/// Appends a field with a number in decimal digits.
pub(super) fn write_number(out: &mut Vec<u8>, name: &str, number: u64) {
    out.extend_from_slice(name.as_bytes());
    write_digits(number, |digits| out.extend_from_slice(digits));
    out.extend_from_slice(b"\r\n");
}
