//! Deeper: Header block: the fields of a whole message, copied at once.
//!
//! The lines of a request are one piece of the bytes that have arrived, and those of an answer one
//! piece of the bytes that leave. To copy them field by field would take ten times as long. For the
//! same reason the memory of an answer's headers is kept for the next answer of the thread.
//!
//! Left out: looking for a field. See `headers`.

use super::ParseError;
use super::headers::{Field, Headers, kind};
use super::parse_error::found;
use std::cell::Cell;

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

thread_local! {
    /// Headers of an answer that has been written: no fields, but their memory.
    static SPARE: Cell<Headers> = const { Cell::new(Headers::new()) };
}

impl Headers {
    /// No fields, in the memory of an answer that has been written.
    pub(super) fn spare() -> Headers {
        SPARE.try_with(Cell::take).unwrap_or_default()
    }

    /// Keeps the memory for the next answer of this thread.
    pub(crate) fn recycle(mut self) {
        self.clear();
        let _ = SPARE.try_with(|spare| spare.set(self));
    }

    /// Frees what [`recycle`](Headers::recycle) has kept.
    pub(crate) fn free_spare() {
        drop(Headers::spare());
    }

    /// Removes all fields, and keeps the memory for the next ones.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.fields.clear();
        self.kinds = 0;
    }

    /// Notes a field of a line, which stands behind `before` other bytes of the lines that
    /// [`take_lines`](Headers::take_lines) will be given.
    #[inline]
    pub(super) fn note(&mut self, line: &[u8], field: &Field, before: usize) {
        self.kinds |= kind(&line[field.name.clone()]);
        self.fields.push(field.behind(before));
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
        for Field { name, value } in std::mem::take(&mut self.fields) {
            let (name, value) = (String::from_utf8_lossy(&lines[name]), &lines[value]);
            let text = String::from_utf8(value.to_vec());
            if text.is_err() && ASCII.iter().any(|it| it.eq_ignore_ascii_case(&name)) {
                return Err(found(&format!("the {name}"), value, "ASCII"));
            }
            let latin = |_| value.iter().map(|&byte| byte as char).collect();
            self.push(&name, &text.unwrap_or_else(latin));
        }
        Ok(())
    }

    /// All fields as they stand on the wire.
    pub(super) fn lines(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Adds the fields of others at the end. What has a field of the same name already keeps it.
    pub fn append_missing(&mut self, others: &Headers) {
        let is_missing = |(name, _): &(&str, &str)| !self.contains(name);
        if !self.may_have(others.kinds) {
            // The usual case is one copy.
            let before = self.text.len();
            self.text.push_str(&others.text);
            self.fields.extend(others.fields.iter().map(|field| field.behind(before)));
            self.kinds |= others.kinds;
        } else {
            let missing: Vec<(&str, &str)> = others.iter().filter(is_missing).collect();
            missing.into_iter().for_each(|(name, value)| self.push(name, value));
        }
    }
}
