//! Error: how a handler may fail, and which status that has.
//!
//! A handler returns `Err`, and `error_page` makes the answer. It asks the hooks of the program
//! (`on_error`) first, and says what the client is told. How the operator `?`
//! makes this of other errors is in `failure`.

use super::store::StoreError;
use crate::http::{Headers, ParseError, Status};

/// Why there is no ordinary answer.
///
/// ```
/// # use carafe::{Context, Error};
/// fn item(ctx: &mut Context) -> Result<String, Error> {
///     // `/item/<int:id>` takes only numbers. With `/item/<id>` this can fail: a 500, and the log.
///     let id: i64 = ctx.param("id").parse()?;
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
    /// A store could not do what it was asked. The status is the store's, the text for the log.
    Store(StoreError, String),
    /// The HTTP message itself is refused, with the status of this error. All clients may read why.
    Refused(ParseError),
    /// The program failed, and this is for its log. 500.
    Failed(String),
}

impl Error {
    /// Flask's `abort`: this status, and a sentence for the client. With a status from 500 on it is
    /// for the log, and only clients on this machine see it too (`inside` says which). Panics as
    /// [`Status::checked`].
    #[track_caller]
    pub fn abort(status: Status, why: impl Into<String>) -> Error {
        Error::Status(status.checked(), why.into(), Headers::new())
    }

    /// The status of the answer.
    pub fn status(&self) -> Status {
        match self {
            Error::NotFound => Status::NOT_FOUND,
            Error::BadRequest(_) => Status::BAD_REQUEST,
            Error::Forbidden(_) => Status::FORBIDDEN,
            Error::Status(status, _, _) => *status,
            Error::Store(error, _) => error.status(),
            Error::Refused(error) => error.status,
            Error::Failed(_) => Status::INTERNAL_SERVER_ERROR,
        }
    }
}
