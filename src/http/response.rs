//! A response: as a value that a handler makes, and as bytes that the server writes.
//!
//! A handler makes a [`Response`]. The server adds what every message needs, and writes it.
//!
//! Left out: compression. A proxy in front of this server can do it.

use super::fields::percent_encode;
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
    /// What came of the request.
    pub status: Status,
    /// The header fields. The server adds `Content-Length`, `Transfer-Encoding`, `Connection` and
    /// `Date`.
    pub headers: Headers,
    /// The content.
    pub body: Body,
}

/// Writes a body piece by piece; each piece is sent at once. A write fails when the client is gone.
pub type Streamer = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// The content of a response.
pub enum Body {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(Vec<u8>),
    /// A part of bytes that several answers share.
    Shared(Arc<[u8]>, Range<usize>),
    /// A part of a file, which is read while it is sent.
    File {
        /// The open file.
        file: File,
        /// The first byte, and the byte behind the last one.
        range: Range<u64>,
    },
    /// A body of unknown length that is written while it is sent: in chunks, or for HTTP/1.0 until
    /// the connection closes.
    Stream(Streamer),
}

impl Body {
    /// The length in bytes, if it is known before the body is sent.
    pub fn len(&self) -> Option<u64> {
        match self {
            Body::Empty => Some(0),
            Body::Bytes(bytes) => Some(bytes.len() as u64),
            Body::Shared(_, part) => Some(part.len() as u64),
            Body::File { range, .. } => Some(range.end - range.start),
            Body::Stream(_) => None,
        }
    }

    /// True if the length is known to be 0.
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

    /// Plain text. A browser shows it as it is, also if it looks like HTML.
    pub fn text(text: impl Into<String>) -> Response {
        Response::typed("text/plain; charset=utf-8", text.into().into_bytes())
    }

    /// A page.
    ///
    /// # Security
    ///
    /// Text from a client must be escaped. A template does it.
    pub fn html(page: impl Into<String>) -> Response {
        Response::typed("text/html; charset=utf-8", page.into().into_bytes())
    }

    /// JSON that is already text.
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
        let mut response = Response::typed(content_type, Vec::new());
        response.body = Body::Stream(Box::new(write));
        response
    }

    /// `303 See Other`: the client shall GET this location, whatever its method was.
    ///
    /// It is the answer to a POST of a form: a reload then repeats the GET and not the POST.
    ///
    /// # Security
    ///
    /// A location that starts with a slash stays on this site. One with a scheme can lead to
    /// another site, so do not take it from a visitor.
    ///
    /// ```
    /// let redirect = carafe::Response::redirect;
    /// let location = |wanted| redirect(wanted).headers.get("Location").unwrap().to_owned();
    /// assert_eq!(location("/shop?q=a%20b"), "/shop?q=a%20b");
    /// assert_eq!(location("//evil.example"), "/evil.example");
    /// assert_eq!(location("/a\r\nSet-Cookie: x"), "/a%0D%0ASet-Cookie:%20x");
    /// ```
    pub fn redirect(location: &str) -> Response {
        Response::redirect_with(Status::SEE_OTHER, location)
    }

    /// A redirect with another status, such as 308, which repeats the method and the body.
    pub fn redirect_with(status: Status, location: &str) -> Response {
        let location = url_of(location);
        let text = format!("{status}: see {location}\n");
        Response::text(text).with_status(status).with_header("Location", location)
    }

    /// The same response with this status.
    pub fn with_status(mut self, status: Status) -> Response {
        self.status = status;
        self
    }

    /// The same response with this header. It replaces those of the same name.
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Response {
        self.headers.set(name, value);
        self
    }

    /// Asks the client to remember a cookie.
    pub fn set_cookie(&mut self, cookie: &SetCookie) {
        self.headers.append("Set-Cookie", cookie.to_string());
    }
}

/// A location as a URL (RFC 3986 §2): other bytes are percent-encoded.
///
/// Browsers read `\` as `/`, skip tabs and line ends, and read `//host` as the address of another
/// host. So only one slash stays in front.
fn url_of(location: &str) -> String {
    let path = location.trim_start_matches(['/', '\\']);
    let slash = if path.len() < location.len() { "/" } else { "" };
    slash.to_owned() + &percent_encode(path, "!\"#$%&'()*+,-./:;<=>?@[]^_`{|}~")
}

/// What the connection adds to the headers of a response.
pub struct Delivery<'a> {
    /// The date in the format of HTTP.
    pub date: &'a str,
    /// The value of `Connection`. `None` writes no header: an HTTP/1.1 connection then stays open.
    pub connection: Option<&'static str>,
    /// How the client finds the end of the body.
    pub framing: BodyFraming,
    /// The number of the recorded cycle, if it is recorded.
    pub cycle: Option<u64>,
}

/// How the client finds the end of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFraming {
    /// The status says that there is no body and no length: 1xx, 204 and 304.
    None,
    /// The body has this length.
    Length(u64),
    /// The last chunk has length 0.
    Chunked,
    /// The connection closes behind the body (HTTP/1.0).
    Close,
}

/// Appends the status line, the headers and the empty line to `out`.
///
/// # Security
///
/// With a CR or LF in a header an attacker could write another header. So each control character
/// becomes a space (RFC 9110 §5.5). A header that the server adds itself is left out.
pub fn write_head(response: &Response, delivery: &Delivery, out: &mut Vec<u8>) {
    out.extend_from_slice(b"HTTP/1.1 ");
    write_number(out, u64::from(response.status.0));
    out.push(b' ');
    out.extend_from_slice(response.status.reason().as_bytes());
    out.extend_from_slice(b"\r\n");
    let has_control = response.headers.has_control();
    for (name, value) in response.headers.iter().filter(|(name, _)| !is_of_server(name)) {
        if has_control {
            write_field(out, &without_control(name), &without_control(value));
        } else {
            write_field(out, name, value);
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

/// True for the fields that [`write_head`] adds.
fn is_of_server(name: &str) -> bool {
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
    let is_control = |letter: char| letter.is_ascii() && is_control(letter as u8);
    text.replace(is_control, " ")
}

/// Appends a number in decimal digits. (`write!` would take twice the time, 20 ns.)
fn write_number(out: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20]; // Enough for u64::MAX.
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
