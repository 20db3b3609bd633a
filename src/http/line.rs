//! A line of a message: where it ends, and whether it is a header field.
//!
//! Left out: lines that end with a bare LF, and lines that go on in the next one. RFC 9112 allows
//! to refuse them; two programs could read them in two ways.

use super::ParseError;
use super::bytes::first_control;
use super::parse_error::{malformed, unexpected_line};

/// The line that begins at `start`, without its CR LF. `None` if its end has not arrived. Among
/// the first `checked` bytes of the line there is no control character: the caller has looked.
///
/// # Errors
///
/// A byte that no line may hold; and `too_long`, if the line does not end within the first
/// `most_bytes` of `bytes`. So the result does not depend on how many bytes have arrived.
#[inline]
pub(super) fn line_at(
    bytes: &[u8],
    start: usize,
    checked: usize,
    most_bytes: usize,
    too_long: impl FnOnce() -> ParseError,
) -> Result<Option<&[u8]>, ParseError> {
    let arrived = &bytes[start..bytes.len().min(most_bytes)];
    let line_bytes =
        first_control(&arrived[checked..]).map_or(arrived.len(), |more| checked + more);
    match arrived.split_at(line_bytes) {
        (line, [b'\r', b'\n', ..]) => Ok(Some(line)),
        // The end is not among these bytes: either the line is too long, or it has not arrived.
        (_, [] | [b'\r']) if bytes.len() > most_bytes => Err(too_long()),
        (_, [] | [b'\r']) => Ok(None),
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator". This one
        // refuses it: a proxy in front may see the end of the line elsewhere.
        (_, [b'\n', ..]) => Err(malformed("found a LF without a CR before it, expected CR LF")),
        (_, [b'\r', ..]) => Err(malformed("found a CR without a LF after it, expected CR LF")),
        _ => Err(unexpected_line("a control character in", &arrived[..=line_bytes], "text")),
    }
}

/// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 §5). The name is the longest token
/// at the front of the line. Behind the colon, any text is right: `line_at` has refused the rest.
#[inline]
pub(super) fn check_field(line: &[u8], name_bytes: usize) -> Result<(), ParseError> {
    if name_bytes > 0 && line.get(name_bytes) == Some(&b':') {
        return Ok(());
    }
    // RFC 9112 §5.2: a server that receives an obs-fold "MUST either reject the message ..."
    if let [b' ' | b'\t', ..] = line {
        return Err(malformed("found a line that begins with a blank, expected a header field"));
    }
    // §5.1: "No whitespace is allowed between the field name and colon"; else 400.
    Err(unexpected_line("the line", line, "the name of a header and then a colon"))
}
