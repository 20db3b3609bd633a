//! The head of a request: from bytes to a value.
//!
//! A head is a request line, header fields and an empty line. Each ends with CR LF:
//!
//! ```text
//! GET /hello HTTP/1.1 CR LF       method SP target SP version
//! Host: localhost:8000 CR LF      name ":" value
//! CR LF                           here the head ends, and a body may begin
//! ```
//!
//! The parser decides line by line, and no decision depends on a later line. So the result is the
//! same for one piece and for single bytes. Where RFC 9112 leaves a choice (a bare LF, a folded
//! line), the parser refuses what two programs could read in two ways.
//!
//! Left out: the grammar of the target (`target.rs`) and of the body (`body.rs`).

use super::bytes::{first_control, is_token, token_length};
use super::parse_error::{
    found, head_too_long, malformed, target_too_long, too_many_fields, too_many_headers,
};
use super::target::{is_authority, parse_target, split_before};
use super::{Fields, Headers, Limits, Method, ParseError, Request, Status, Version};
use std::ops::Range;

/// Reads the head of a request from the front of `bytes`.
///
/// Returns the request with an empty body, and the length of its head in bytes; `None` if the head
/// is not complete. Then the caller reads more bytes and asks again.
///
/// # Errors
///
/// [`ParseError`], as soon as one line makes a right request impossible.
///
/// ```
/// use carafe::http::{Limits, parse_head};
///
/// let (bytes, limits) = (b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", Limits::default());
/// let (request, used) = parse_head(bytes, &limits).unwrap().expect("the head is complete");
/// assert_eq!((request.path.as_str(), used), ("/hello", bytes.len()));
/// assert!(parse_head(&bytes[..20], &limits).unwrap().is_none());
/// ```
pub fn parse_head(bytes: &[u8], limits: &Limits) -> Result<Option<(Request, usize)>, ParseError> {
    let mut request = Request::default();
    Ok(read_head(bytes, limits, &mut request)?.map(|used| (request, used)))
}

/// The same into a request that has been answered, whose memory is used again. After an error, or
/// if the head is not complete, an empty path means that the request line was not understood.
pub(crate) fn read_head(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
) -> Result<Option<usize>, ParseError> {
    request.path.clear();
    // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to
    // the request-line".
    let start = bytes.chunks_exact(2).take_while(|line| line == b"\r\n").count() * 2;
    if start > limits.head_bytes {
        return Err(head_too_long(limits));
    }
    let Some(line) = request_line(bytes, start, limits)? else { return Ok(None) };
    let (method, written, version) = parse_request_line(line, limits)?;
    let target = parse_target(written, &method)?;
    (request.method, request.version) = (method, version);
    written.clone_into(&mut request.target);
    target.path.as_ref().clone_into(&mut request.path);
    request.body.clear();
    let query = Fields::parse_at_most(target.query, limits.fields);
    request.query = query.ok_or_else(|| too_many_fields(limits))?;

    let headers = &mut request.headers;
    headers.clear();
    let first = start + line.len() + 2;
    let mut at = first;
    loop {
        let line = line_at(bytes, at, limits.head_bytes, || head_too_long(limits))?;
        let Some(line) = line else { return Ok(None) };
        if line.is_empty() {
            break;
        }
        if headers.len() == limits.headers {
            return Err(too_many_headers(limits));
        }
        let (name_bytes, value) = parse_field(line)?;
        let start = at - first;
        headers.note(start, name_bytes, start + value.start..start + value.end);
        at += line.len() + 2;
    }
    headers.take_lines(&bytes[first..at]);
    check_host(headers, version)?;
    // RFC 9112 §3.2.2: "the origin server MUST ignore the received Host header field (if any) and
    // instead use the host information of the request-target".
    if let Some(authority) = target.authority {
        headers.set("Host", authority);
    }
    Ok(Some(at + 2))
}

/// The line that starts at `at`, without its CR LF. `None` if its end has not arrived.
///
/// # Errors
///
/// What cannot become a line, as soon as it is seen; and `too_long`, if the line does not end
/// within the first `most` bytes. Later bytes do not count, so the result does not depend on how
/// many have arrived.
pub(super) fn line_at(
    bytes: &[u8],
    at: usize,
    most: usize,
    too_long: impl FnOnce() -> ParseError,
) -> Result<Option<&[u8]>, ParseError> {
    let seen = &bytes[at..bytes.len().min(most)];
    let line_bytes = first_control(seen).unwrap_or(seen.len());
    match seen.split_at(line_bytes) {
        (line, [b'\r', b'\n', ..]) => Ok(Some(line)),
        (_, [] | [b'\r']) if bytes.len() > most => Err(too_long()),
        (_, [] | [b'\r']) => Ok(None),
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator". This one
        // does not, since a proxy in front may read another message there.
        (_, [b'\n', ..]) => Err(malformed("found a LF without a CR before it, expected CR LF")),
        (_, [b'\r', ..]) => Err(malformed("found a CR without a LF behind it, expected CR LF")),
        _ => Err(found("a control character in", &seen[..=line_bytes], "text")),
    }
}

/// The request line, which has a limit of its own.
fn request_line<'a>(
    bytes: &'a [u8],
    start: usize,
    limits: &Limits,
) -> Result<Option<&'a [u8]>, ParseError> {
    // What cannot become a request line is refused at once: its end may never arrive.
    match bytes[start..] {
        // The number of a TLS record that holds a ClientHello.
        [0x16, ..] => {
            let message = "found the start of TLS, expected HTTP: use http://, not https://";
            return Err(malformed(message));
        }
        [byte, ..] if byte != b'\r' && !is_token(&[byte]) => {
            return Err(found("the first byte", &[byte], "a method"));
        }
        _ => {}
    }
    // The limit of the target is for the target alone: 64 bytes more are for the rest of the line.
    let most = start.saturating_add(limits.target_bytes).saturating_add(64);
    line_at(bytes, start, most.min(limits.head_bytes), || {
        let is_of_line = most < limits.head_bytes;
        if is_of_line { line_too_long(&bytes[start..most], limits) } else { head_too_long(limits) }
    })
}

/// Says which part of a request line is too long.
fn line_too_long(line: &[u8], limits: &Limits) -> ParseError {
    let method = &line[..token_length(line)];
    if !matches!(line.get(method.len()), None | Some(b' ')) {
        found("the method", &line[..=method.len()], "letters")
    } else if method.len() > Method::LONGEST {
        // RFC 9112 §3: "A server that receives a method longer than any that it implements SHOULD
        // respond with a 501".
        let message = "the method is longer than any that this server knows";
        ParseError::new(Status::NOT_IMPLEMENTED, message)
    } else {
        target_too_long(limits)
    }
}

/// `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3)
fn parse_request_line<'a>(
    line: &'a [u8],
    limits: &Limits,
) -> Result<(Method, &'a str, Version), ParseError> {
    let Ok(text) = str::from_utf8(line) else {
        return Err(found("the request line", line, "ASCII, and other bytes as %41"));
    };
    let (method, rest) = split_before(text, b' ');
    let (target, version) = split_before(rest.get(1..).unwrap_or(""), b' ');
    if !is_token(method.as_bytes()) {
        return Err(found("the method", method.as_bytes(), "letters"));
    }
    let Some(version) = version.strip_prefix(' ').filter(|version| !version.contains(' ')) else {
        return Err(found("the request line", line, "a method, a target and a version"));
    };
    if target.len() > limits.target_bytes {
        return Err(target_too_long(limits));
    }
    Ok((Method::from_word(method), target, parse_version(version.as_bytes())?))
}

/// `HTTP-version = "HTTP/" DIGIT "." DIGIT` (RFC 9112 §2.3)
fn parse_version(version: &[u8]) -> Result<Version, ParseError> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        // RFC 9110 §6.2: a higher minor version is answered as the highest that the server knows.
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            let met = version.escape_ascii();
            let message = format!("found version {met}, expected HTTP/1.1 or HTTP/1.0");
            Err(ParseError::new(Status::VERSION_NOT_SUPPORTED, message))
        }
        _ => Err(found("the version", version, "HTTP/1.1")),
    }
}

/// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 §5)
///
/// Returns the length of the name, and where the value stands.
pub(super) fn parse_field(line: &[u8]) -> Result<(usize, Range<usize>), ParseError> {
    // RFC 9112 §5.2: "A server that receives an obs-fold in a request message ... MUST either
    // reject the message ..."
    if let [b' ' | b'\t', ..] = line {
        return Err(found("the line", line, "a header field without blanks before it"));
    }
    // RFC 9112 §5.1: "No whitespace is allowed between the field name and colon"; else 400.
    let name_bytes = token_length(line);
    let Some(b':') = line.get(name_bytes).filter(|_| name_bytes > 0) else {
        return Err(found("the line", line, "the name of a header and then a colon"));
    };
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let value = &line[name_bytes + 1..];
    let start = value.iter().position(|byte| !is_blank(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    Ok((name_bytes, name_bytes + 1 + start..name_bytes + 1 + end))
}

/// RFC 9112 §3.2: "A server MUST respond with a 400 ... to any HTTP/1.1 request message that lacks
/// a Host header field and to any request message that contains more than one Host header field
/// line or ... an invalid field value."
fn check_host(headers: &Headers, version: Version) -> Result<(), ParseError> {
    let mut hosts = headers.get_all("Host");
    match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::Http10 => Ok(()),
        (None, _) => Err(malformed("found no Host header, expected one: HTTP/1.1 requires it")),
        (Some(_), Some(_)) => Err(malformed("found more than one Host header, expected one")),
        (Some(host), None) if is_authority(host) => Ok(()),
        (Some(host), None) => Err(found("the Host", host.as_bytes(), "a host, perhaps with :port")),
    }
}
