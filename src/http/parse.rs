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
//! The parser decides line by line, and no decision depends on a later line. So it does not matter
//! whether the bytes arrive at once or one by one.
//!
//! Elsewhere: the grammar of the target (`target.rs`) and of the body (`body.rs`).

use super::bytes::token_length;
use super::early_refusal::request_line;
use super::line::{check_field, line_at};
use super::name_filter::NameFilter;
use super::parse_error::{
    head_too_long, malformed, target_too_long, too_many_fields, too_many_headers, unexpected,
    unexpected_line,
};
use super::target::{is_authority, parse_target};
use super::{Headers, Limits, Method, ParseError, Request, Status, Version};

/// Reads the head of a request from the front of `bytes` into `request`, whose memory is reused.
///
/// Returns the length of the head in bytes; `None` if the head is not complete. Then the caller
/// reads more bytes and asks again.
///
/// # Errors
///
/// [`ParseError`], as soon as one line makes a right request impossible; for a wrong `Host`, after
/// the last line. If the first line was not understood, `request.path` is empty after the error.
///
/// ```
/// use carafe::http::{Limits, Request, parse_head};
///
/// let (bytes, limits) = (b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", Limits::default());
/// let mut request = Request::default();
/// assert_eq!(parse_head(bytes, &limits, &mut request), Ok(Some(bytes.len())));
/// assert_eq!(request.path, "/hello");
/// assert_eq!(parse_head(&bytes[..20], &limits, &mut request), Ok(None));
/// ```
pub fn parse_head(
    bytes: &[u8],
    limits: &Limits,
    request: &mut Request,
) -> Result<Option<usize>, ParseError> {
    // The request before may be another visitor's. So its path and headers are removed first.
    request.path.clear();
    request.headers.clear();
    (request.peer, request.secure) = (None, false);
    // The first line has a limit of its own, and what cannot become one is refused at once.
    let Some(line) = request_line(bytes, limits)? else { return Ok(None) };
    let (method, target, version) = split_request_line(line, limits)?;
    // The target is a path and a query, or a URL with a host before them.
    let target = parse_target(target, &method)?;
    (request.method, request.version) = (method, version);
    target.written.clone_into(&mut request.target);
    target.path.as_ref().clone_into(&mut request.path);
    request.body.clear();
    request.memory.clear();
    if !request.query.read(target.query, limits.fields) {
        return Err(too_many_fields(limits));
    }

    let headers = &mut request.headers;
    let first = line.len() + 2;
    let noted = note_headers(bytes, first, limits, headers);
    let Ok(Some(end)) = noted else {
        // The head is wrong, or not complete: forget the ends of lines that were noted.
        headers.clear();
        return noted;
    };
    // `headers` knows where the lines end, and now gets their text. One copy of all the lines is
    // faster than one of each.
    headers.take_lines(&bytes[first..end])?;
    check_host(headers, version)?;
    // RFC 9112 §3.2.2: "the origin server MUST ignore the received Host header field (if any) and
    // instead use the host information of the request-target".
    if let Some(authority) = target.authority {
        headers.set("Host", authority);
    }
    Ok(Some(end + 2))
}

/// Notes the name and the end of each field from `first` on. Returns where the empty line after
/// them begins; `None` if it has not arrived.
fn note_headers(
    bytes: &[u8],
    first: usize,
    limits: &Limits,
    headers: &mut Headers,
) -> Result<Option<usize>, ParseError> {
    let mut line_start = first;
    loop {
        let arrived = &bytes[line_start..bytes.len().min(limits.head_bytes)];
        if let [b'\r', b'\n', ..] = arrived {
            return Ok(Some(line_start));
        }
        let name_bytes = token_length(arrived);
        let too_long = || head_too_long(limits);
        let line = line_at(bytes, line_start, name_bytes, limits.head_bytes, too_long)?;
        let Some(line) = line else { return Ok(None) };
        if headers.ends.len() == limits.headers {
            return Err(too_many_headers(limits));
        }
        check_field(line, name_bytes)?;
        line_start += line.len() + 2;
        headers.note(NameFilter::of(&line[..name_bytes]), line_start - first);
    }
}

/// `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3)
fn split_request_line<'a>(
    line: &'a [u8],
    limits: &Limits,
) -> Result<(Method, &'a [u8], Version), ParseError> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let word = words.next().unwrap_or_default();
    let Some(method) = Method::from_bytes(word) else {
        return Err(unexpected_line("the method", word, "a word such as GET"));
    };
    let (Some(target), Some(version)) = (words.next(), words.next()) else {
        return Err(unexpected_line("the request line", line, "a method, a target and a version"));
    };
    if target.len() > limits.target_bytes {
        return Err(target_too_long(limits));
    }
    Ok((method, target, parse_version(version)?))
}

/// `HTTP-version = "HTTP/" DIGIT "." DIGIT` (RFC 9112 §2.3)
fn parse_version(version: &[u8]) -> Result<Version, ParseError> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        // RFC 9110 §6.2: a higher minor version is answered as the highest that the server knows.
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            let found = version.escape_ascii();
            let message = format!("found version {found}, expected HTTP/1.1 or HTTP/1.0");
            Err(ParseError::new(Status::VERSION_NOT_SUPPORTED, message))
        }
        _ => Err(unexpected("the version", version, "HTTP/1.1")),
    }
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
        (Some(host), None) => {
            Err(unexpected("the Host", host.as_bytes(), "a host, perhaps with :port"))
        }
    }
}
