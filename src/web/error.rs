//! Error: how a handler may fail, and what the client is told.
//!
//! A handler returns `Err`, and one place makes the answer: the hooks of the program (`on_error`),
//! or else the page of `error_page.rs`.
//!
//! The operator `?` works in a handler on every [`std::error::Error`] that borrows nothing. What
//! failed is then a 500: the log has its text and the line of the `?`, and the client is told only
//! the status. For others, such as `lock()`, a text or a `Box<dyn Error>`, write
//! `.map_err(|error| Error::Failed(error.to_string()))?`. This type is no `std::error::Error`
//! itself. Otherwise it would have two conversions into itself, and Rust forbids that.

use crate::http::{Headers, ParseError, Status};
use std::fmt;

/// Why there is no ordinary answer.
///
/// ```
/// # use carafe::{Context, Error};
/// fn item(ctx: &mut Context) -> Result<String, Error> {
///     let id: i64 = ctx.param("id").parse()?; // not a number: 500, and a line in the log
///     if id > 9 { Err(Error::NotFound) } else { Ok(format!("item {id}")) }
/// }
/// ```
#[derive(Debug)]
pub enum Error {
    /// There is no such thing. 404.
    NotFound,
    /// The request cannot be understood; the sentence says what was found and what was expected.
    /// 400.
    BadRequest(String),
    /// The request is understood and not allowed. 403.
    Forbidden(String),
    /// Any other status, with a sentence and headers of its own.
    Status(Status, String, Headers),
    /// A store could not do what it was asked, and this is for the log. The status is the store's.
    Store(Status, String),
    /// The message itself is refused, with the status of this error. Every client may read why.
    Refused(ParseError),
    /// The program failed, and this is for its log. 500.
    Failed(String),
}

impl Error {
    /// Flask's `abort`: this status, and a sentence. With a status from 500 on the sentence is for
    /// the log, and for clients that may look inside. Panics as [`Status::checked`].
    #[track_caller]
    pub fn abort(status: Status, why: impl Into<String>) -> Error {
        Error::Status(status.checked(), why.into(), Headers::new())
    }

    /// The same with a header field. Panics also as [`Headers::append`].
    #[track_caller]
    pub fn with_header(status: Status, why: impl Into<String>, name: &str, value: &str) -> Error {
        let mut headers = Headers::new();
        headers.append(name, value);
        Error::Status(status.checked(), why.into(), headers)
    }

    /// The status of the answer.
    pub fn status(&self) -> Status {
        match self {
            Error::NotFound => Status::NOT_FOUND,
            Error::BadRequest(_) => Status::BAD_REQUEST,
            Error::Forbidden(_) => Status::FORBIDDEN,
            Error::Status(status, _, _) | Error::Store(status, _) => *status,
            Error::Refused(error) => error.status(),
            Error::Failed(_) => Status::INTERNAL_SERVER_ERROR,
        }
    }

    /// What every client may read: empty for a failure of the server or of a store.
    pub fn public(&self) -> &str {
        match self {
            Error::NotFound => "there is nothing of this name",
            Error::BadRequest(why) | Error::Forbidden(why) => why,
            Error::Status(status, why, _) if status.0 < 500 => why,
            Error::Refused(error) => error.message(),
            Error::Status(..) | Error::Store(..) | Error::Failed(_) => "",
        }
    }

    /// The headers that every answer to this error must carry: `Allow`, `Retry-After` and others.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = if let Error::Status(_, _, headers) = self { Some(headers) } else { None };
        // There is no room for a body now, or in the store, and there may be soon.
        let is_busy = self.status() == Status::SERVICE_UNAVAILABLE;
        let may_retry = is_busy && matches!(self, Error::Refused(_) | Error::Store(..));
        own.into_iter().flat_map(Headers::iter).chain(may_retry.then_some(("Retry-After", "1")))
    }
}

/// What the log says of it.
impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Status(_, why, _) | Error::Store(_, why) | Error::Failed(why) => {
                out.write_str(why)
            }
            _ => out.write_str(self.public()),
        }
    }
}
