//! From bytes to a request head.
//!
//! A head is a request line, header fields, and an empty line, each ended by CR LF:
//!
//! ```text
//! GET /hello HTTP/1.1 CR LF       method SP target SP version
//! Host: localhost:8000 CR LF      name ":" value
//! CR LF                           here the head ends, and a body may begin
//! ```
//!
//! The parser looks at all bytes that have arrived so far: too few is not an error but `Ok(None)`,
//! "not yet", and the caller reads on and asks again. It decides line by line, and what it decides
//! about a line depends on nothing behind that line. So it is the same whether a request came in
//! one piece or byte by byte.
//!
//! RFC 9112 leaves a recipient some choices (a bare LF as a line end, a folded line). This one
//! always takes the strict side: what two readers could understand in two ways is refused.
//!
//! Left out: the target's own grammar (`target.rs`), and the body, which has one too (`body.rs`).

use super::error::{malformed, shown};
use super::headers::is_control;
use super::target::{Target, is_authority, parse_target};
use super::{Fields, Headers, Limits, Method, ParseError, Request, Version};
use std::borrow::Cow;

/// Reads the head of a request from the front of `bytes`.
///
/// Returns the request, its body still empty, and how many bytes its head took; or `None` if the
/// head is not complete.
///
/// # Errors
///
/// [`ParseError`] as soon as a line cannot be part of a request that this server takes, whatever
/// follows it.
///
/// ```
/// use carafe::http::{Limits, parse_head};
///
/// let bytes = b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
/// let (request, used) = parse_head(bytes, &Limits::default()).unwrap().expect("the head is complete");
/// assert_eq!((request.path.as_str(), used), ("/hello", bytes.len()));
/// assert!(parse_head(&bytes[..20], &Limits::default()).unwrap().is_none());
/// ```
pub fn parse_head(bytes: &[u8], limits: &Limits) -> Result<Option<(Request, usize)>, ParseError> {
    let mut lines = Lines { bytes, at: 0 };
    let head_too_long = ParseError::HeadTooLong(limits.head_bytes);
    // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to
    // the request-line".
    while bytes[lines.at..].starts_with(b"\r\n") {
        lines.at += 2;
        if lines.at > limits.head_bytes {
            return Err(head_too_long);
        }
    }
    check_first_byte(&bytes[lines.at..])?;
    // The target may use its limit up; the method, the version and two spaces come on top.
    let line_limit = lines.at.saturating_add(limits.target_bytes).saturating_add(64);
    let line = if line_limit < limits.head_bytes {
        let start = lines.at;
        lines.next(line_limit, &ParseError::TargetTooLong(limits.target_bytes)).map_err(
            |error| match error {
                ParseError::TargetTooLong(_) => too_long(&bytes[start..line_limit], error),
                other => other,
            },
        )?
    } else {
        lines.next(limits.head_bytes, &head_too_long)?
    };
    let Some(line) = line else { return Ok(None) };
    let line = parse_request_line(line, limits)?;

    let mut headers = Headers::with_room(bytes.len() - lines.at);
    loop {
        let Some(field) = lines.next(limits.head_bytes, &head_too_long)? else { return Ok(None) };
        if field.is_empty() {
            break;
        }
        if headers.len() == limits.headers {
            return Err(ParseError::TooManyHeaders(limits.headers));
        }
        let text = text_of(field);
        let (name, value) = parse_field(&text)?;
        headers.append(name, value);
    }
    check_host(&headers, line.version)?;
    Ok(Some((assemble(line, headers), lines.at)))
}

/// Hands out the lines that are complete, without their ends.
pub(super) struct Lines<'a> {
    pub bytes: &'a [u8],
    /// Where the next line starts.
    pub at: usize,
}

impl<'a> Lines<'a> {
    /// The next line; `None` if its end has not arrived.
    ///
    /// # Errors
    ///
    /// `too_long`, if the line does not end within the first `most` bytes of all. What lies behind
    /// them is not looked at, so that the outcome does not depend on how much of it has arrived.
    pub fn next(
        &mut self,
        most: usize,
        too_long: &ParseError,
    ) -> Result<Option<&'a [u8]>, ParseError> {
        let rest = &self.bytes[self.at..self.bytes.len().min(most)];
        let Some(end) = rest.iter().position(|&byte| byte == b'\n') else {
            return if self.bytes.len() > most { Err(too_long.clone()) } else { Ok(None) };
        };
        // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator". This one
        // does not: a proxy in front that reads it otherwise would see another message. A CR
        // elsewhere in the line breaks its grammar.
        let Some(line) = rest[..end].strip_suffix(b"\r") else {
            return Err(malformed(
                "found a LF without a CR before it, expected CR LF at the end of a line",
            ));
        };
        self.at += end + 1;
        Ok(Some(line))
    }
}

/// Refuses at once what can never become a request line, so that nobody waits for the end of a line
/// that has none.
fn check_first_byte(bytes: &[u8]) -> Result<(), ParseError> {
    match bytes.first() {
        // A TLS record of type 22, a ClientHello.
        Some(0x16) => Err(malformed(
            "found the start of a TLS handshake, expected HTTP: use http://, not https://",
        )),
        Some(&byte) if byte != b'\r' && !is_token_byte(byte) => Err(malformed(format!(
            "found {} at the start of the request, expected a method",
            shown(&[byte])
        ))),
        _ => Ok(()),
    }
}

/// Whose fault it is that a line is too long: the target's, unless the method has outgrown all that
/// are known.
fn too_long(line: &[u8], target_too_long: ParseError) -> ParseError {
    let word = line.split(|&byte| byte == b' ').next().unwrap_or(line);
    match token(word) {
        None => malformed(format!("found the method {}, expected letters", shown(word))),
        // RFC 9112 §3: "A server that receives a method longer than any that it implements SHOULD
        // respond with a 501".
        Some(method) if method.len() > Method::LONGEST => ParseError::MethodTooLong,
        Some(_) => target_too_long,
    }
}

/// The first line of a request, in its parts.
struct RequestLine<'a> {
    method: Method,
    /// The target as it was written.
    written: &'a str,
    target: Target<'a>,
    version: Version,
}

/// `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3)
fn parse_request_line<'a>(line: &'a [u8], limits: &Limits) -> Result<RequestLine<'a>, ParseError> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        let found = shown(line);
        return Err(malformed(format!(
            "found the request line {found}, expected a method, a target and a version with one space between"
        )));
    };
    let Some(method) = token(method) else {
        return Err(malformed(format!("found the method {}, expected letters", shown(method))));
    };
    if target.len() > limits.target_bytes {
        return Err(ParseError::TargetTooLong(limits.target_bytes));
    }
    let version = parse_version(version)?;
    let Ok(written) = str::from_utf8(target) else {
        return Err(malformed(format!(
            "found the target {}, expected ASCII, the rest as %41",
            shown(target)
        )));
    };
    let method = Method::from_word(method);
    let target = parse_target(written, &method)?;
    Ok(RequestLine { method, written, target, version })
}

/// `HTTP-version = "HTTP/" DIGIT "." DIGIT` (RFC 9112 §2.3)
fn parse_version(version: &[u8]) -> Result<Version, ParseError> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        // RFC 9110 §6.2: a minor version higher than ours is answered as the highest that we know.
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Err(ParseError::Version(String::from_utf8_lossy(version).into_owned()))
        }
        _ => Err(malformed(format!("found the version {}, expected HTTP/1.1", shown(version)))),
    }
}

/// A line as text. What is not UTF-8 is read as ISO-8859-1, one byte one character, so that nothing
/// is lost (RFC 9110 §5.5).
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
        let found = shown(line.as_bytes());
        return Err(malformed(format!(
            "found a line that starts with white space: {found}, expected a header field"
        )));
    }
    // RFC 9112 §5.1: "No whitespace is allowed between the field name and colon"; else 400.
    let name_bytes = line.bytes().take_while(|&byte| is_token_byte(byte)).count();
    let (name, rest) = line.split_at(name_bytes);
    let Some(value) = rest.strip_prefix(':').filter(|_| !name.is_empty()) else {
        let found = shown(line.as_bytes());
        return Err(malformed(format!(
            "found the line {found}, expected the name of a header and right behind it a colon"
        )));
    };
    // Trimming comes after this: it would hide some. (Not `any`, for the sake of speed: see
    // `Headers::has_control`.)
    if value.bytes().fold(false, |found, byte| found | is_control(byte)) {
        let found = shown(value.as_bytes());
        return Err(malformed(format!(
            "found a control character in the value of {name}: {found}, expected text"
        )));
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
        (Some(host), None) => Err(malformed(format!(
            "found Host: {}, expected a host and perhaps :port",
            shown(host.as_bytes())
        ))),
    }
}

fn assemble(line: RequestLine, mut headers: Headers) -> Request {
    // RFC 9112 §3.2.2: "the origin server MUST ignore the received Host header field (if any) and
    // instead use the host information of the request-target".
    if let Some(authority) = line.target.authority {
        headers.set("Host", authority);
    }
    Request {
        method: line.method,
        target: line.written.to_owned(),
        path: line.target.path.to_owned(),
        query: Fields::parse(line.target.query),
        version: line.version,
        headers,
        body: Vec::new(),
        peer: None,
        secure: false,
    }
}

/// `token = 1*tchar` (RFC 9110 §5.6.2): what methods and header names are.
fn token(bytes: &[u8]) -> Option<&str> {
    let is_token = !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte));
    if is_token { str::from_utf8(bytes).ok() } else { None }
}

/// `tchar`: the visible characters of ASCII but for those that separate.
fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES[usize::from(byte)]
}

/// For each byte whether it is a `tchar`, worked out while compiling: the parser asks for every
/// byte of every name.
static TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let others = b"!#$%&'*+-.^_`|~";
    let mut at = 0;
    while at < others.len() {
        table[others[at] as usize] = true;
        at += 1;
    }
    table
};
