//! From bytes to a request head.
//!
//! A head is a request line, header fields, and an empty line, each ended by CR LF. The parser looks at all bytes that
//! have arrived so far: too few is not an error but `Ok(None)`, "not yet", and the caller reads on and asks again.
//!
//! RFC 9112 leaves a recipient some choices (a bare LF as a line end, a folded line). This one always takes the strict
//! side: what two readers could understand in two ways is refused.
//!
//! Left out: the body, which has a grammar of its own (`body.rs`).

use super::{Fields, Headers, Limits, Method, ParseError, Request, Version};

/// Reads the head of a request from the front of `bytes`.
///
/// Returns the request, its body still empty, and how many bytes its head took; or `None` if the head is not complete.
///
/// # Errors
///
/// [`ParseError`] as soon as the bytes cannot become a request that this server takes, whatever follows them.
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
    // RFC 9112 §2.2: "a server ... SHOULD ignore at least one empty line (CRLF) received prior to the request-line".
    while bytes[lines.at..].starts_with(b"\r\n") {
        lines.at += 2;
        within(lines.at, limits)?;
    }
    let start = lines.at;
    check_first_byte(&bytes[start..])?;
    let line = lines.next()?;
    let line_bytes = line.map_or(bytes.len() - start, <[u8]>::len);
    // The target may use its limit up; the method, the version and two spaces come on top.
    if line_bytes > limits.target_bytes + 64 {
        return Err(ParseError::TargetTooLong(limits.target_bytes));
    }
    let Some(line) = line else { return within(bytes.len(), limits).map(|()| None) };
    let (method, target, version) = parse_request_line(line, limits)?;

    let mut headers = Headers::new();
    loop {
        let line = lines.next()?;
        within(if line.is_some() { lines.at } else { bytes.len() }, limits)?;
        let Some(line) = line else { return Ok(None) };
        if line.is_empty() {
            break;
        }
        if headers.len() == limits.headers {
            return Err(ParseError::TooManyHeaders(limits.headers));
        }
        let (name, value) = parse_field(line)?;
        headers.append(name, value);
    }
    let request = assemble(method, target, version, headers)?;
    Ok(Some((request, lines.at)))
}

fn within(head_bytes: usize, limits: &Limits) -> Result<(), ParseError> {
    if head_bytes > limits.head_bytes { Err(ParseError::HeadTooLong(limits.head_bytes)) } else { Ok(()) }
}

/// Hands out the lines that are complete, without their ends.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The next line; `None` if its end has not arrived.
    fn next(&mut self) -> Result<Option<&'a [u8]>, ParseError> {
        let rest = &self.bytes[self.at..];
        let Some(end) = rest.iter().position(|&byte| byte == b'\r' || byte == b'\n') else { return Ok(None) };
        match (rest[end], rest.get(end + 1)) {
            (b'\r', Some(b'\n')) => {
                self.at += end + 2;
                Ok(Some(&rest[..end]))
            }
            (b'\r', None) => Ok(None),
            // RFC 9112 §2.2: "A recipient of such a bare CR MUST consider that element to be invalid".
            (b'\r', Some(_)) => Err(malformed("found a CR that no LF follows, expected CR LF at the end of a line")),
            // RFC 9112 §2.2: "a recipient MAY recognize a single LF as a line terminator". This one does not: a proxy in
            // front that does would see another message.
            _ => Err(malformed("found a LF without a CR before it, expected CR LF at the end of a line")),
        }
    }
}

/// Refuses at once what can never become a request line, so that nobody waits for the end of a line that has none.
fn check_first_byte(bytes: &[u8]) -> Result<(), ParseError> {
    match bytes.first() {
        // A TLS record of type 22, a ClientHello.
        Some(0x16) => Err(malformed("found the start of a TLS handshake, expected HTTP: use http://, not https://")),
        Some(&byte) if byte != b'\r' && !is_token_byte(byte) => {
            Err(malformed(format!("found {} at the start of the request, expected a method", shown(&[byte]))))
        }
        _ => Ok(()),
    }
}

/// `request-line = method SP request-target SP HTTP-version` (RFC 9112 §3)
fn parse_request_line<'a>(line: &'a [u8], limits: &Limits) -> Result<(Method, &'a str, Version), ParseError> {
    let mut parts = line.split(|&byte| byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        let found = shown(line);
        return Err(malformed(format!(
            "found the request line {found}, expected a method, a target and a version with one space between"
        )));
    };
    if method.is_empty() || !method.iter().all(|&byte| is_token_byte(byte)) {
        return Err(malformed(format!("found the method {}, expected letters", shown(method))));
    }
    if target.len() > limits.target_bytes {
        return Err(ParseError::TargetTooLong(limits.target_bytes));
    }
    let version = parse_version(version)?;
    let target = check_target(target)?;
    let method = str::from_utf8(method).expect("tokens are ASCII");
    Ok((Method::from_word(method), target, version))
}

/// `HTTP-version = "HTTP/" DIGIT "." DIGIT` (RFC 9112 §2.3)
fn parse_version(version: &[u8]) -> Result<Version, ParseError> {
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        // RFC 9110 §2.5: a minor version higher than ours is answered as the highest that we know.
        [b'H', b'T', b'T', b'P', b'/', b'1', b'.', b'2'..=b'9'] => Ok(Version::Http11),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
            Err(ParseError::Version(String::from_utf8_lossy(version).into_owned()))
        }
        _ => Err(malformed(format!("found the version {}, expected HTTP/1.1", shown(version)))),
    }
}

/// Lets through what RFC 3986 allows in a URL, and `^ ` { | }`, which browsers write without encoding.
fn check_target(target: &[u8]) -> Result<&str, ParseError> {
    let wrong =
        target.iter().find(|&&byte| !byte.is_ascii_graphic() || matches!(byte, b'"' | b'#' | b'<' | b'>' | b'\\'));
    if let Some(&byte) = wrong {
        return Err(malformed(format!("found {} in the request target, expected it as %{byte:02X}", shown(&[byte]))));
    }
    Ok(str::from_utf8(target).expect("visible ASCII is UTF-8"))
}

/// `field-line = field-name ":" OWS field-value OWS` (RFC 9112 §5)
pub(super) fn parse_field(line: &[u8]) -> Result<(&str, String), ParseError> {
    // RFC 9112 §5.2: "A server that receives an obs-fold in a request message ... MUST either reject the message ..."
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Err(malformed(format!(
            "found a line that starts with white space: {}, expected a header field",
            shown(line)
        )));
    }
    let Some(colon) = line.iter().position(|&byte| byte == b':') else {
        return Err(malformed(format!("found the line {}, expected a header field with a colon", shown(line))));
    };
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    // RFC 9112 §5.1: "No whitespace is allowed between the field name and colon"; else 400. A space is no token byte.
    if name.is_empty() || !name.iter().all(|&byte| is_token_byte(byte)) {
        return Err(malformed(format!(
            "found the header name {}, expected letters, digits and hyphens, then the colon",
            shown(name)
        )));
    }
    let name = str::from_utf8(name).expect("tokens are ASCII");
    // RFC 9110 §5.5: "Field values containing CR, LF, or NUL characters are invalid and dangerous"; the other control
    // characters are no part of the grammar either, but for the tab.
    if let Some(&byte) = value.iter().find(|&&byte| byte != b'\t' && byte.is_ascii_control()) {
        return Err(malformed(format!("found {} in the value of {name}, expected text", shown(&[byte]))));
    }
    // What is not UTF-8 is read as ISO-8859-1, one byte one character, so that nothing is lost (RFC 9110 §5.5).
    let value = match str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) => value.iter().map(|&byte| byte as char).collect(),
    };
    Ok((name, value))
}

/// Puts the request together, and checks what concerns more than one line of it.
fn assemble(method: Method, target: &str, version: Version, mut headers: Headers) -> Result<Request, ParseError> {
    check_host(&headers, version)?;
    let (authority, rest) = split_target(&method, target)?;
    // RFC 9112 §3.2.2: "the origin server MUST ignore the received Host header field (if any) and instead replace it".
    if let Some(authority) = authority {
        headers.set("Host", authority);
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    check_percents(path)?;
    Ok(Request {
        path: path.to_owned(),
        query: Fields::parse(query),
        target: target.to_owned(),
        method,
        version,
        headers,
        body: Vec::new(),
        peer: None,
    })
}

/// RFC 9112 §3.2: "A server MUST respond with a 400 ... to any HTTP/1.1 request message that lacks a Host header field
/// and to any request message that contains more than one Host header field line or ... an invalid field value."
fn check_host(headers: &Headers, version: Version) -> Result<(), ParseError> {
    let mut hosts = headers.get_all("Host");
    match (hosts.next(), hosts.next()) {
        (None, _) if version == Version::Http10 => Ok(()),
        (None, _) => Err(malformed("found no Host header, expected one: HTTP/1.1 requires it")),
        (Some(_), Some(_)) => Err(malformed("found more than one Host header, expected one")),
        (Some(host), None) if is_authority(host) => Ok(()),
        (Some(host), None) => {
            Err(malformed(format!("found Host: {}, expected a host and perhaps :port", shown(host.as_bytes()))))
        }
    }
}

/// The target's authority, if it names one, and its path with the query (RFC 9112 §3.2, all forms but CONNECT's).
fn split_target<'a>(method: &Method, target: &'a str) -> Result<(Option<&'a str>, &'a str), ParseError> {
    let expected = "expected a path that starts with /, or an http:// URL";
    if target.starts_with('/') || (target == "*" && *method == Method::Options) {
        return Ok((None, target));
    }
    if matches!(method, Method::Other(word) if word == "CONNECT") {
        return if is_authority(target) { Ok((None, target)) } else { Err(malformed("CONNECT needs host:port")) };
    }
    let after_scheme = ["http://", "https://"].iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    });
    let Some(rest) = after_scheme else {
        return Err(malformed(format!("found the target {}, {expected}", shown(target.as_bytes()))));
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if !is_authority(authority) {
        return Err(malformed(format!("found the host {}, {expected}", shown(authority.as_bytes()))));
    }
    match path {
        // RFC 9112 §3.2.4: OPTIONS for a URL without path and query means the server as a whole.
        "" if *method == Method::Options => Ok((Some(authority), "*")),
        "" => Ok((Some(authority), "/")),
        _ if path.starts_with('/') => Ok((Some(authority), path)),
        _ => Err(malformed(format!("found the target {}, expected a / before the ?", shown(target.as_bytes())))),
    }
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), where the host is a name, an IPv4 address or an IPv6 address in brackets.
///
/// An empty host is refused (RFC 9110 §4.2.1), and so is a user's name before an `@` (§4.2.4).
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(inside) => match inside.split_once(']') {
            Some((address, port)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("[]", port),
            _ => return false,
        },
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=%".contains(&byte);
    let port_fits = match port.strip_prefix(':') {
        Some(digits) => {
            digits.is_empty() || digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        }
        None => port.is_empty(),
    };
    port_fits && (host == "[]" || (!host.is_empty() && host.bytes().all(is_name_byte) && check_percents(host).is_ok()))
}

/// `pct-encoded = "%" HEXDIG HEXDIG` (RFC 3986 §2.1); a `%` with anything else behind it is refused.
fn check_percents(text: &str) -> Result<(), ParseError> {
    for (at, _) in text.match_indices('%') {
        let digits = text.as_bytes().get(at + 1..at + 3);
        if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
            let found = shown(&text.as_bytes()[at..text.len().min(at + 3)]);
            return Err(malformed(format!(
                "found {found} in the path, expected two hex digits after the %; a % itself is %25"
            )));
        }
    }
    Ok(())
}

/// `tchar` (RFC 9110 §5.6.2): what names of methods and headers are made of.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn malformed(what: impl Into<String>) -> ParseError {
    ParseError::Malformed(what.into())
}

/// What a client sent, safe to print and short: `"GET\x00"`.
pub(super) fn shown(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(60)];
    format!("\"{}\"{}", cut.escape_ascii(), if cut.len() < bytes.len() { "..." } else { "" })
}
