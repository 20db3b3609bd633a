//! Deeper: The bytes of which names, values and targets are made.
//!
//! A head is checked byte by byte, so each set of bytes is a table, which the compiler computes.
//! Left out are letters beyond ASCII: in a value they may be any bytes above 127.

use super::percent::spelt;
use std::borrow::Cow;

/// `tchar`: the visible characters of ASCII except those that separate (RFC 9110 §5.6.2).
static TOKEN_BYTES: [bool; 256] = with_alphanumeric(b"!#$%&'*+-.^_`|~");

/// What RFC 3986 §2 allows in a path, and ``^ ` { | }``, which browsers do not encode. `?` and `%`
/// are also allowed in a target, but mean something.
static PATH_BYTES: [bool; 256] = with_alphanumeric(b"-._~:/[]@!$&'()*+,;=^`{|}");

/// The bytes of a host's name (RFC 3986 §3.2.2), besides `%` and two hex digits.
static HOST_BYTES: [bool; 256] = with_alphanumeric(b"-._~!$&'()*+,;=");

/// The table of the letters and digits of ASCII and these bytes.
const fn with_alphanumeric(mut others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    while let [other, rest @ ..] = others {
        table[*other as usize] = true;
        others = rest;
    }
    table
}

/// `token = 1*tchar` (RFC 9110 §5.6.2): what names of methods, headers and cookies are.
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && token_length(bytes) == bytes.len()
}

/// How many bytes at the front are right. Eight at a time and without a branch for each: that is
/// twice as fast.
#[inline]
fn length_while(bytes: &[u8], is_right: impl Fn(u8) -> bool) -> usize {
    let are_right = |eight: &&[u8; 8]| eight.iter().fold(true, |all, byte| all & is_right(*byte));
    let many = bytes.as_chunks().0.iter().take_while(are_right).count() * 8;
    many + bytes[many..].iter().take_while(|byte| is_right(**byte)).count()
}

/// How many bytes at the front can belong to a token.
#[inline]
pub(super) fn token_length(bytes: &[u8]) -> usize {
    length_while(bytes, |byte| TOKEN_BYTES[usize::from(byte)])
}

/// How many bytes stand before the first one that is `end`; all, if none is.
#[inline]
pub(super) fn length_before(bytes: &[u8], end: u8) -> usize {
    length_while(bytes, |byte| byte != end)
}

/// True if each of these bytes stands for itself in a path.
pub(super) fn is_plain_path(path: &[u8]) -> bool {
    path.iter().all(|&byte| PATH_BYTES[usize::from(byte)])
}

/// Where the first byte stands that must not stand in a target. Browsers do not encode a backslash
/// in a query; in a path they read it as a slash.
pub(super) fn wrong_in_target(target: &[u8]) -> Option<usize> {
    let mut is_query = false;
    target.iter().position(|&byte| {
        is_query |= byte == b'?';
        let is_plain = PATH_BYTES[usize::from(byte)] || matches!(byte, b'?' | b'%');
        !(is_plain || is_query && byte == b'\\')
    })
}

/// `reg-name = *( unreserved / pct-encoded / sub-delims )` (RFC 3986 §3.2.2), and not empty.
pub(super) fn is_host_name(name: &[u8]) -> bool {
    let is_plain = |byte: u8| HOST_BYTES[usize::from(byte)];
    let is_right = |(byte, written): (u8, &[u8])| written.len() == 3 || is_plain(byte);
    // Most names hold no code.
    !name.is_empty() && (name.iter().copied().all(is_plain) || spelt(name).all(is_right))
}

/// How many bytes stand before the quote that ends a `quoted-string`: a `\` makes the next byte a
/// plain one (RFC 9110 §5.6.4).
pub(super) fn quoted_length(inside: &[u8]) -> Option<usize> {
    let mut is_escaped = false;
    inside.iter().position(|&byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        is_end
    })
}

/// Where the first control character of ASCII stands; a tab is none here. "Field values containing
/// CR, LF, or NUL characters are invalid and dangerous" (RFC 9110 §5.5), and its grammar excludes
/// the others.
///
/// Eight bytes are tested together, as one number: a subtraction needs the highest bit of a byte
/// that is less than 32, or is 127, and so marks it. Only the first mark is sure, because a
/// subtraction borrows from the next byte.
pub(super) fn first_control(bytes: &[u8]) -> Option<usize> {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    let is_control = |byte: u8| byte.is_ascii_control() && byte != b'\t';
    let mut at = 0;
    while let Some(eight) = bytes[at..].first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let is_del = eight ^ each(127);
        let marks = eight.wrapping_sub(each(32)) & !eight | is_del.wrapping_sub(each(1)) & !is_del;
        let marks = marks & each(128);
        at += marks.trailing_zeros() as usize / 8; // 8, if there is no mark.
        if marks != 0 {
            if is_control(bytes[at]) {
                return Some(at);
            }
            at += 1; // A tab, which is no control character here.
        }
    }
    Some(at + bytes[at..].iter().position(|&byte| is_control(byte))?)
}

/// The text with a space for each control character of ASCII; a tab stays.
pub(super) fn without_controls(text: &str) -> Cow<'_, str> {
    let is_control = |letter: char| letter.is_ascii_control() && letter != '\t';
    let found = first_control(text.as_bytes());
    found.map_or(text.into(), |_| text.replace(is_control, " ").into())
}
