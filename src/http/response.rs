//! A response: as a value that a handler makes, and as bytes that the server writes.
//!
//! A handler makes a [`Response`]. The server adds what every message needs, and writes it.
//!
//! Left out: compression, which a proxy can do.

use super::header_block::write_number;
use super::name_filter::NameFilter;
pub use super::response_body::Streamer;
use super::{Body, Framing, Headers, Status};
use crate::json;
use crate::value::Value;
use std::io::{self, Write};

/// What the server answers.
///
/// ```
/// use carafe::{Response, http::Status};
///
/// let response = Response::text("made\n").with_status(Status::CREATED);
/// let response = response.with_header("Location", "/things/1");
/// assert_eq!(response.headers.get("Location"), Some("/things/1"));
/// ```
#[derive(Debug)]
pub struct Response {
    /// What came of the request.
    pub status: Status,
    /// The header fields. The server adds `Content-Length`, `Transfer-Encoding`, `Connection` and
    /// `Date`. If it records cycles (requests with their answers), it adds `Carafe-Cycle`.
    pub headers: Headers,
    /// The content: bytes, or what is read or written while it is sent.
    pub body: Body,
}

impl Response {
    /// An answer without headers or body. Panics as [`with_status`](Response::with_status).
    #[track_caller]
    pub fn new(status: Status) -> Response {
        // `spare`: empty headers, in the memory of an earlier answer, if there is one.
        let ok = Response { status: Status::OK, headers: Headers::spare(), body: Body::Empty };
        ok.with_status(status)
    }

    /// Plain text. A browser shows it as it is, also if it looks like HTML.
    pub fn text(text: impl Into<String>) -> Response {
        Response::of("text/plain; charset=utf-8", Body::Bytes(text.into().into_bytes()))
    }

    /// A page. Text from a client must be escaped; a template does it.
    pub fn html(page: impl Into<String>) -> Response {
        Response::of("text/html; charset=utf-8", Body::Bytes(page.into().into_bytes()))
    }

    /// A value as JSON, with a line end after it.
    pub fn json(value: &Value) -> Response {
        Response::of("application/json", Body::Bytes((json::write(value) + "\n").into_bytes()))
    }

    /// Bytes of any media type.
    pub fn typed(content_type: &str, body: Vec<u8>) -> Response {
        let empty = Response::new(Status::OK).with_header("Content-Type", content_type);
        Response { body: Body::Bytes(body), ..empty }
    }

    /// A body that is written while it is sent: see [`Body::Stream`].
    pub fn stream(
        content_type: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Response {
        Response {
            body: Body::Stream(Box::new(write)),
            ..Response::typed(content_type, Vec::new())
        }
    }

    /// A body with its media type.
    #[inline]
    pub(crate) fn of(content_type: &'static str, body: Body) -> Response {
        let mut headers = Headers::spare();
        headers.push("Content-Type", content_type);
        Response { status: Status::OK, headers, body }
    }

    /// The same response with this status.
    ///
    /// # Panics
    ///
    /// If no answer can have it (RFC 9110 §15): the program's mistake.
    #[track_caller]
    pub fn with_status(mut self, status: Status) -> Response {
        self.status = status.checked();
        self
    }

    /// The same response with this header. It replaces those of the same name. Panics as
    /// [`Headers::append`].
    #[track_caller]
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Response {
        self.headers.set(name, value);
        self
    }
}

/// What the connection adds to the headers of a response.
pub struct Delivery<'a> {
    /// The end of the head: the `Date` header and the empty line, made by [`super::date`].
    pub date_and_end: &'a str,
    /// The value of `Connection`. `None` writes no header: an HTTP/1.1 connection then stays open.
    pub connection: Option<&'static str>,
    /// How the client finds the end of the body.
    pub framing: Framing,
    /// The number under which the request and its answer are recorded, if they are.
    pub cycle_number: Option<u64>,
}

/// The fields that the connection decides. If the handler has set one, it is removed: with two
/// lengths, two programs could read two messages.
const OF_CONNECTION: [&str; 4] = ["Content-Length", "Transfer-Encoding", "Connection", "Date"];

/// Most handlers set none of them, and this says so at once.
const CONNECTION_NAMES: NameFilter = NameFilter::all(&OF_CONNECTION);

/// Appends the status line, the headers and the empty line to `out`.
pub fn write_head(response: &mut Response, delivery: &Delivery, out: &mut Vec<u8>) {
    match response.status.line() {
        Some(line) => out.extend_from_slice(line.as_bytes()),
        None => out.extend_from_slice(format!("HTTP/1.1 {} \r\n", response.status.0).as_bytes()),
    }
    if response.headers.may_have(CONNECTION_NAMES) {
        OF_CONNECTION.iter().for_each(|name| response.headers.remove(name));
    }
    if let Some(number) = delivery.cycle_number {
        write_number(out, "Carafe-Cycle: ", number);
    }
    out.extend_from_slice(response.headers.text.as_bytes());
    match delivery.framing {
        Framing::Length(length) => write_number(out, "Content-Length: ", length),
        Framing::Chunked => out.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
        Framing::None | Framing::Close => {}
    }
    if let Some(word) = delivery.connection {
        out.extend_from_slice(["Connection: ", word, "\r\n"].concat().as_bytes());
    }
    out.extend_from_slice(delivery.date_and_end.as_bytes());
}
