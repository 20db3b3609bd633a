//! HTTP messages: the bytes on the wire, and the values that they stand for.
//!
//! Nothing here opens a socket or starts a thread, so each file can be tried without a server.
//!
//! * [`headers`] are the names and values of a message, [`fields`] those of a query or a form.
//! * [`request`] is what comes in; `line`, [`parse`] and [`body`] make it from bytes.
//! * [`cookie`] is a header with a grammar of its own.
//! * [`response`] is what goes out.
//!
//! Deeper:
//!
//! * [`method`], [`status`] and `version` are tables; `bytes` is what names and values are made of.
//!   `name_filter` tells fast that a header is missing, and `header_block` copies many at once.
//! * `percent` decodes what a URL encodes. [`limits`] says how much is too much, and `bodies` how
//!   much all bodies may take together.
//! * `accept` reads which format the client wants; `parse_error` says why a request is refused, and
//!   [`early_refusal`] when.
//! * `target` takes a URL apart, and `expect` says whether a client waits before it sends a body.
//!   [`multipart`] reads a form with files, and `chunked` a body in pieces.
//! * `quoted_cookie` reads a cookie in quotes, `set_cookie` writes one, [`date`] knows dates, and
//!   `cookie_jar` keeps cookies as a browser does.
//! * [`forwarded`] finds the client behind a proxy, [`conditions`] decides what of a file to send,
//!   `response_body` says what can be sent, and `location` writes a URL that leads elsewhere.
//!
//! Left out: HTTP/2 and HTTP/3. A proxy in front of this server speaks them.

mod accept;
pub(crate) mod bodies;
pub mod body;
mod bytes;
mod chunked;
pub mod conditions;
pub mod cookie;
mod cookie_jar;
pub mod date;
pub mod early_refusal;
mod expect;
pub mod fields;
pub mod forwarded;
mod header_block;
pub mod headers;
pub mod limits;
mod line;
mod location;
pub mod method;
pub mod multipart;
mod name_filter;
pub mod parse;
pub(crate) mod parse_error;
mod percent;
mod quoted_cookie;
pub mod request;
pub mod response;
mod response_body;
mod set_cookie;
pub mod status;
pub(crate) mod target;
mod version;

pub use bodies::MemoryCount;
pub use body::{Framing, framing};
pub use bytes::is_token;
pub use chunked::ChunkedBody;
pub use cookie::cookie_value;
pub use cookie_jar::CookieJar;
pub use expect::expects_continue;
pub use fields::Fields;
pub use headers::Headers;
pub use limits::Limits;
pub use method::Method;
pub use parse::parse_head;
pub use parse_error::ParseError;
pub use request::Request;
pub use response::Response;
pub use response_body::Body;
pub use set_cookie::SetCookie;
pub use status::Status;
pub use version::Version;
