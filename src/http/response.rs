//! A response as a value, and as bytes.
//!
//! A handler makes a [`Response`]; the server adds what every message needs (the date, the length,
//! whether the connection stays) and writes head and body.
//!
//! Left out: compression on the fly. A proxy in front does it.

use super::headers::is_control;
use super::{Headers, SetCookie, Status};
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

/// What the server answers.
#[derive(Debug)]
pub struct Response {
    /// The outcome.
    pub status: Status,
    /// The header fields. `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the
    /// server's to add.
    pub headers: Headers,
    /// What is delivered.
    pub body: Body,
}

/// Writes a body piece by piece; each piece leaves at once. Ends when it returns, or with the
/// client.
pub type Streamer = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// What is delivered: bytes in memory, a part of a file, or whatever is still to come.
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of bytes that other answers deliver too.
    Shared(Arc<[u8]>, Range<usize>),
    /// These bytes of a file, read as they are sent, so that a file of any size takes the same
    /// memory.
    File {
        /// The file, open.
        file: File,
        /// From which byte, and before which.
        range: Range<u64>,
    },
    /// A body of unknown length, written while it is sent: chunked, or until the connection closes
    /// for HTTP/1.0.
    Stream(Streamer),
}

impl Body {
    /// How many bytes it has, if that is known before it is sent.
    pub fn len(&self) -> Option<u64> {
        match self {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Shared(_, part) => Some(part.len() as u64),
            Body::File { range, .. } => Some(range.end - range.start),
            Body::Stream(_) => None,
        }
    }

    /// True if it is known to have no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Bytes(bytes) => write!(out, "Bytes({})", bytes.escape_ascii()),
            Body::Shared(bytes, part) => {
                write!(out, "Shared({})", bytes[part.clone()].escape_ascii())
            }
            Body::Empty => out.write_str("Empty"),
            Body::File { range, .. } => write!(out, "File({range:?})"),
            Body::Stream(_) => out.write_str("Stream"),
        }
    }
}

impl Response {
    /// An answer without headers or body.
    pub fn new(status: Status) -> Response {
        Response { status, headers: Headers::new(), body: Body::Empty }
    }

    /// Plain text, which a browser shows as it is, whatever it holds.
    pub fn text(text: impl Into<String>) -> Response {
        Response::typed("text/plain; charset=utf-8", text.into().into_bytes())
    }

    /// A page.
    ///
    /// # Security
    ///
    /// What came from a client must have been escaped; a template does it.
    pub fn html(page: impl Into<String>) -> Response {
        Response::typed("text/html; charset=utf-8", page.into().into_bytes())
    }

    /// JSON, already written as text.
    pub fn json(text: impl Into<String>) -> Response {
        Response::typed("application/json", text.into().into_bytes())
    }

    /// Bytes of any media type.
    pub fn typed(content_type: &str, body: Vec<u8>) -> Response {
        let mut response = Response::new(Status::OK);
        response.headers.append("Content-Type", content_type);
        response.body = Body::Bytes(body);
        response
    }

    /// A body that is written while it is sent: see [`Body::Stream`].
    pub fn stream(
        content_type: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Response {
        let mut response = Response::new(Status::OK);
        response.headers.append("Content-Type", content_type);
        response.body = Body::Stream(Box::new(write));
        response
    }

    /// `303 See Other`: the client shall GET this location, whatever its method was.
    ///
    /// This is what follows a form that was posted: a reload then repeats the GET, not the POST.
    ///
    /// # Security
    ///
    /// A location that starts with a slash stays on this site: `//evil.example` becomes
    /// `/evil.example`. One that names its scheme leads wherever it says, so take none of those
    /// from a visitor.
    ///
    /// ```
    /// let location = |wanted| carafe::Response::redirect(wanted).headers.get("Location").unwrap().to_owned();
    /// assert_eq!(location("/shop?q=a%20b"), "/shop?q=a%20b");
    /// assert_eq!(location("//evil.example"), "/evil.example");
    /// assert_eq!(location("/a\r\nSet-Cookie: x"), "/a%0D%0ASet-Cookie:%20x");
    /// ```
    pub fn redirect(location: &str) -> Response {
        Response::redirect_with(Status::SEE_OTHER, location)
    }

    /// A redirect with another status, such as `308 Permanent Redirect`, which repeats the method
    /// and the body.
    pub fn redirect_with(status: Status, location: &str) -> Response {
        let location = url_of(location);
        let text = format!("{status}: see {location}\n");
        Response::text(text).with_status(status).with_header("Location", location)
    }

    /// The same with another status.
    pub fn with_status(mut self, status: Status) -> Response {
        self.status = status;
        self
    }

    /// The same with this header, in place of one of the same name.
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Response {
        self.headers.set(name, value);
        self
    }

    /// Asks the client to remember a cookie.
    pub fn set_cookie(&mut self, cookie: &SetCookie) {
        self.headers.append("Set-Cookie", cookie.to_string());
    }
}

/// A location as a URL (RFC 3986 §2): what cannot stand in one is percent-encoded.
///
/// Browsers take `\` for `/`, read over tabs and line ends, and understand `//host` as an address
/// of its own. So of the slashes in front one is left.
fn url_of(location: &str) -> String {
    let path = location.trim_start_matches(['/', '\\']);
    let mut url = String::with_capacity(location.len());
    if path.len() < location.len() {
        url.push('/');
    }
    for byte in path.bytes() {
        if byte.is_ascii_graphic() && byte != b'\\' {
            url.push(byte as char);
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
    url
}

/// What the connection adds to a response's own headers.
pub struct Delivery<'a> {
    /// The date in HTTP's format.
    pub date: &'a str,
    /// Whether the connection stays open behind this answer; `None` says nothing, which for
    /// HTTP/1.1 means yes.
    pub connection: Option<&'static str>,
    /// How the client finds the end of the body.
    pub framing: BodyFraming,
    /// Under which number the cycle is recorded, if it is.
    pub cycle: Option<u64>,
}

/// How the client finds the end of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// By the status: 1xx, 204 and 304 have no body and no length.
    None,
    /// By its length.
    Length(u64),
    /// By the chunk of length 0.
    Chunked,
    /// By the end of the connection (HTTP/1.0).
    Close,
}

/// Appends the status line, the headers and the empty line to `out`.
///
/// # Security
///
/// A CR or LF in a header's name or value would end the header and start another one of an
/// attacker's choice; here each control character becomes a space (RFC 9110 §5.5), so that no
/// handler needs to think of it. And a handler's own `Content-Length` would be a second one, so
/// those that are the server's to add are passed over.
pub fn write_head(response: &Response, delivery: &Delivery, out: &mut Vec<u8>) {
    out.extend_from_slice(b"HTTP/1.1 ");
    write_number(out, u64::from(response.status.0));
    out.push(b' ');
    out.extend_from_slice(response.status.reason().as_bytes());
    out.extend_from_slice(b"\r\n");
    let is_harmless = !response.headers.has_control();
    for (name, value) in response.headers.iter().filter(|(name, _)| !is_the_servers(name)) {
        if is_harmless {
            write_field(out, name, value);
        } else {
            write_field(out, &without_control(name), &without_control(value));
        }
    }
    if let Some(number) = delivery.cycle {
        write_number_field(out, "Carafe-Cycle", number);
    }
    match delivery.framing {
        BodyFraming::Length(length) => write_number_field(out, "Content-Length", length),
        BodyFraming::Chunked => write_field(out, "Transfer-Encoding", "chunked"),
        BodyFraming::None | BodyFraming::Close => {}
    }
    if let Some(connection) = delivery.connection {
        write_field(out, "Connection", connection);
    }
    write_field(out, "Date", delivery.date);
    out.extend_from_slice(b"\r\n");
}

/// True for the fields that [`write_head`] writes by itself.
fn is_the_servers(name: &str) -> bool {
    ["Content-Length", "Transfer-Encoding", "Connection", "Date", "Carafe-Cycle"]
        .iter()
        .any(|own| own.eq_ignore_ascii_case(name))
}

fn write_field(out: &mut Vec<u8>, name: &str, value: &str) {
    for piece in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(piece.as_bytes());
    }
}

fn write_number_field(out: &mut Vec<u8>, name: &str, number: u64) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    write_number(out, number);
    out.extend_from_slice(b"\r\n");
}

/// The same text, with a space for each control character.
fn without_control(text: &str) -> String {
    text.chars()
        .map(
            |character| {
                if character.is_ascii() && is_control(character as u8) { ' ' } else { character }
            },
        )
        .collect()
}

/// Appends a number in decimal digits. (`write!` does it too, in twice the time: 20 ns, not 10.)
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20]; // enough for u64::MAX
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
}
