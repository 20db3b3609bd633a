//! Deeper: Early refusal: what cannot become a request is refused before its line ends.
//!
//! The end of such a line may never arrive: a client that speaks TLS waits for an answer to its
//! first bytes. But a head is not parsed anew for each byte that arrives: what cannot end it or
//! make it wrong is only collected.
//!
//! Left out: the other lines of a head, whose only limit is that of the whole head.

use super::bytes::{first_control, token_length};
use super::line::line_at;
use super::parse_error::{head_too_long, malformed, target_too_long, unexpected};
use super::target::{after_scheme, split_before};
use super::{Limits, Method, ParseError, Status};

/// The request line, which has a limit of its own. `None` if its end has not arrived.
pub(super) fn request_line<'a>(
    bytes: &'a [u8],
    limits: &Limits,
) -> Result<Option<&'a [u8]>, ParseError> {
    // The number of a TLS record that holds a ClientHello.
    if let [0x16, ..] = bytes {
        return Err(malformed("found the start of TLS, expected HTTP: use http://, not https://"));
    }
    let most = longest_line(limits);
    line_at(bytes, 0, 0, most.min(limits.head_bytes), || {
        let is_of_line = most < limits.head_bytes;
        if is_of_line { line_too_long(&bytes[..most], limits) } else { head_too_long(limits) }
    })
}

/// The limit of the target is for the target alone: 64 bytes more are for the rest of the line.
fn longest_line(limits: &Limits) -> usize {
    limits.target_bytes.saturating_add(64)
}

/// False if a head that was not complete before its last `count` bytes is still neither complete
/// nor wrong: no line ends in them, they hold no control character, and pass no limit.
pub fn needs_parsing(head: &[u8], count: usize, limits: &Limits) -> bool {
    let before = head.len() - count;
    let passed = |most: usize| (before..head.len()).contains(&most);
    // After a CR, any byte decides.
    let has_control = first_control(&head[before.saturating_sub(1)..]).is_some();
    count > 0 && (has_control || passed(longest_line(limits)) || passed(limits.head_bytes))
}

/// The method and the path at the beginning of a request line that was refused, as they came. The
/// path is empty if there are no such words.
pub(crate) fn first_words(bytes: &[u8]) -> (Method, String) {
    let mut lines = bytes.trim_ascii_start().split(u8::is_ascii_control);
    let mut words = lines.next().unwrap_or_default().split(|byte| *byte == b' ');
    let method = words.next().and_then(Method::from_bytes);
    let target = words.next().and_then(|word| str::from_utf8(word).ok());
    let path = target.map(|target| split_before(target, b'?').0);
    // In a URL, the path comes after the host.
    let path = path.map(|path| match after_scheme(path) {
        Some(url) => &url[url.find('/').filter(|host| *host > 0).unwrap_or(url.len())..],
        None => path,
    });
    let path = path.filter(|path| method.is_some() && path.starts_with('/')).unwrap_or_default();
    (method.unwrap_or_default(), path.to_owned())
}

/// Says which part of a request line is too long.
fn line_too_long(line: &[u8], limits: &Limits) -> ParseError {
    let method = &line[..token_length(line)];
    if !matches!(line.get(method.len()), None | Some(b' ')) {
        unexpected("the method", &line[..=method.len()], "a word such as GET")
    } else if method.len() > Method::LONGEST {
        // RFC 9112 §3: "A server that receives a method longer than any that it implements SHOULD
        // respond with a 501".
        let message = "the method is longer than any that this server knows";
        ParseError::new(Status::NOT_IMPLEMENTED, message)
    } else {
        target_too_long(limits)
    }
}
