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

use super::headers::{is_control, is_token, is_token_byte};
use super::parse_error::{found, head_too_long, malformed, target_too_long, too_many_headers};
use super::target::{is_authority, parse_target};
use super::{Fields, Headers, Limits, Method, ParseError, Request, Status, Version};
use std::borrow::Cow;

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
    let mut lines = Lines { bytes, at: 0 };
    // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to
    // the request-line".
    while bytes[lines.at..].starts_with(b"\r\n") {
        lines.at += 2;
        if lines.at > limits.head_bytes {
            return Err(head_too_long(limits));
        }
    }
    let start = lines.at;
    check_first_byte(&bytes[start..])?;
    // The limit of the target is for the target alone: 64 bytes more are for the rest of the line.
    let line_limit = start.saturating_add(limits.target_bytes).saturating_add(64);
    let line = lines.next(line_limit.min(limits.head_bytes), || {
        if line_limit < limits.head_bytes {
            line_too_long(&bytes[start..line_limit], limits)
        } else {
            head_too_long(limits)
        }
    })?;
    let Some(line) = line else { return Ok(None) };
    let (method, written, version) = parse_request_line(line, limits)?;
    let target = parse_target(written, &method)?;

    let mut headers = Headers::with_room(bytes.len() - lines.at);
    loop {
        let Some(field) = lines.next(limits.head_bytes, || head_too_long(limits))? else {
            return Ok(None);
        };
        if field.is_empty() {
            break;
        }
        if headers.len() == limits.headers {
            return Err(too_many_headers(limits));
        }
        let text = text_of(field);
        let (name, value) = parse_field(&text)?;
        headers.append(name, value);
    }
    check_host(&headers, version)?;
    // RFC 9112 §3.2.2: "the origin server MUST ignore the received Host header field (if any) and
    // instead use the host information of the request-target".
    if let Some(authority) = target.authority {
        headers.set("Host", authority);
    }
    let request = Request {
        method,
        target: written.to_owned(),
        path: target.path.to_owned(),
        query: Fields::parse(target.query),
        version,
        headers,
        body: Vec::new(),
        peer: None,
        secure: false,
    };
    Ok(Some((request, lines.at)))
}

/// Gives the complete lines one by one, without their ends.
pub(super) struct Lines<'a> {
    pub bytes: &'a [u8],
    /// Where the next line starts.
    pub at: usize,
}

impl<'a> Lines<'a> {
    /// The next line. `None` if its end has not arrived.
    ///
    /// # Errors
    ///
    /// `too_long`, if the line does not end within the first `most` bytes. Later bytes do not
    /// count, so the result does not depend on how many have arrived.
    pub fn next(
        &mut self,
        most: usize,
        too_long: impl FnOnce() -> ParseError,
    ) -> Result<Option<&'a [u8]>, ParseError> {
        let rest = &self.bytes[self.at..self.bytes.len().min(most)];
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            return if self.bytes.len() > most { Err(too_long()) } else { Ok(None) };
        };
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator". This one
        // does not, since a proxy in front may read another message there.
        let Some(line) = rest[..end].strip_suffix(b"\r") else {
            return Err(malformed("found a LF without a CR before it, expected CR LF"));
        };
        self.at += end + 1;
        Ok(Some(line))
    }
}

/// Refuses at once what cannot become a request line: its end may never arrive.
fn check_first_byte(bytes: &[u8]) -> Result<(), ParseError> {
    match bytes.first() {
        // The number of a TLS record that holds a ClientHello.
        Some(0x16) => {
            Err(malformed("found the start of TLS, expected HTTP: use http://, not https://"))
        }
        Some(&byte) if byte != b'\r' && !is_token_byte(byte) => {
            Err(found("the first byte", &[byte], "a method"))
        }
        _ => Ok(()),
    }
}

/// Says which part of a request line is too long.
fn line_too_long(line: &[u8], limits: &Limits) -> ParseError {
    let method = line.split(|&byte| byte == b' ').next().unwrap_or(line);
    if !is_token(method) {
        found("the method", method, "letters")
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
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(found("the request line", line, "a method, a target and a version"));
    };
    let Some(word) = str::from_utf8(method).ok().filter(|_| is_token(method)) else {
        return Err(found("the method", method, "letters"));
    };
    if target.len() > limits.target_bytes {
        return Err(target_too_long(limits));
    }
    let version = parse_version(version)?;
    let Ok(target) = str::from_utf8(target) else {
        return Err(found("the target", target, "ASCII, and other bytes as %41"));
    };
    Ok((Method::from_word(word), target, version))
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

/// A line as text. If it is not UTF-8, each byte is a character of ISO-8859-1 (RFC 9110 §5.5).
pub(super) fn text_of(line: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(line.iter().map(|&byte| byte as char).collect()),
    }
}

/// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 §5)
pub(super) fn parse_field(line: &str) -> Result<(&str, &str), ParseError> {
    // RFC 9112 §5.2: "A server that receives an obs-fold in a request message ... MUST either
    // reject the message ..."
    if line.starts_with([' ', '\t']) {
        return Err(found("the line", line.as_bytes(), "a header field without blanks before it"));
    }
    // RFC 9112 §5.1: "No whitespace is allowed between the field name and colon"; else 400.
    let name_bytes = line.bytes().take_while(|&byte| is_token_byte(byte)).count();
    let (name, rest) = line.split_at(name_bytes);
    let Some(value) = rest.strip_prefix(':').filter(|_| !name.is_empty()) else {
        return Err(found("the line", line.as_bytes(), "the name of a header and then a colon"));
    };
    // Trimming would remove some of them. (`any` is slower: see `Headers::has_control`.)
    if value.bytes().fold(false, |found, byte| found | is_control(byte)) {
        return Err(found("a control character in", value.as_bytes(), "text"));
    }
    Ok((name, value.trim_ascii()))
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
