//! Tests of `src/http`, a file for each of its files: bytes in, values out, no sockets.

mod body;
mod conditions;
mod cookie;
mod cookie_jar;
mod date;
mod fields;
mod forwarded;
mod headers;
mod limits;
mod method;
mod multipart;
mod parse;
mod parse_error;
mod reader;
mod request;
mod response;
mod status;
mod target;
mod wire;

use carafe::http::{Limits, ParseError, Request};
use reader::parse_head;

/// The request that these bytes are the head of, all of them.
fn parsed(bytes: impl AsRef<[u8]>) -> Request {
    let bytes = bytes.as_ref();
    let (request, used) = parse_head(bytes, &Limits::default())
        .unwrap_or_else(|error| panic!("{}: {error}", bytes.escape_ascii()))
        .unwrap_or_else(|| panic!("{}: not yet", bytes.escape_ascii()));
    assert_eq!(used, bytes.len(), "{}", bytes.escape_ascii());
    request
}

/// Why these bytes are refused.
fn refused(bytes: impl AsRef<[u8]>) -> ParseError {
    let bytes = bytes.as_ref();
    match parse_head(bytes, &Limits::default()) {
        Err(error) => error,
        Ok(outcome) => panic!("{}: {outcome:?}", bytes.escape_ascii()),
    }
}
