//! What an HTTP message is: bytes on the wire, and the values they stand for.
//!
//! Part I of the book. Nothing here opens a socket or starts a thread: bytes go in, values come
//! out, and the other way round. That is why each of these files can be tried with a few lines and
//! no server.
//!
//! In reading order: [`Method`] and [`Status`] are the two small vocabularies; [`Headers`] and
//! [`Fields`] the two kinds of named text; [`Limits`] says how much is too much; [`Request`] is
//! what comes in, [`parse_head`] and [`body`] turn bytes into it, [`error`] says why they would
//! not; [`cookie`] and [`date`] are the two headers with a grammar of their own; [`forwarded`] says
//! who asks, behind a proxy; [`conditions`] decides whether the client has it already; [`Response`]
//! is what goes out.
//!
//! Left out: HTTP/2 and HTTP/3, which carry the same messages in another wrapping. A proxy in front
//! speaks them.

pub mod body;
pub mod conditions;
pub mod cookie;
pub mod date;
pub mod error;
pub mod fields;
pub mod forwarded;
pub mod headers;
pub mod limits;
pub mod method;
pub mod parse;
pub mod request;
pub mod response;
pub mod status;
mod target;

pub use body::{ChunkedBody, Framing, expects_continue, framing};
pub use cookie::{SetCookie, cookie_value};
pub use error::ParseError;
pub use fields::Fields;
pub use headers::Headers;
pub use limits::Limits;
pub use method::Method;
pub use parse::parse_head;
pub use request::{Request, Version};
pub use response::{Body, Response};
pub use status::Status;
