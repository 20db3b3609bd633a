//! Error: how a handler may fail, and what the client is told.
//!
//! A handler returns `Err`, and one place (`error_page.rs`) makes the page: the status, what came,
//! why the server refused it, and a command that works.

use super::store::StoreError;
use super::template::TemplateError;
use crate::http::{Headers, Status};
use std::fmt;

/// Why there is no ordinary answer.
#[derive(Debug)]
pub enum Error {
    /// There is no such thing. 404.
    NotFound,
    /// The request cannot be understood; the sentence says what was found and what was expected.
    /// 400.
    BadRequest(String),
    /// The request is understood and not allowed. 403.
    Forbidden(String),
    /// A page could not be made. 500; only somebody who may look inside is told where.
    Template(TemplateError),
    /// Any other status, with a sentence and headers of its own.
    Status(Status, String, Headers),
    /// The handler panicked with this message. 500.
    Panicked(String),
}

impl Error {
    /// Flask's `abort`: this status, and a sentence for the client.
    pub fn abort(status: Status, why: impl Into<String>) -> Error {
        Error::Status(status, why.into(), Headers::new())
    }

    /// The same with a header field.
    pub fn with_header(status: Status, why: impl Into<String>, name: &str, value: &str) -> Error {
        let mut headers = Headers::new();
        headers.append(name, value);
        Error::Status(status, why.into(), headers)
    }

    /// The status of the answer.
    pub fn status(&self) -> Status {
        match self {
            Error::NotFound => Status::NOT_FOUND,
            Error::BadRequest(_) => Status::BAD_REQUEST,
            Error::Forbidden(_) => Status::FORBIDDEN,
            Error::Template(_) | Error::Panicked(_) => Status::INTERNAL_SERVER_ERROR,
            Error::Status(status, _, _) => *status,
        }
    }

    /// What every client may read. Nothing internal: the rest is in the log.
    pub fn public(&self) -> &str {
        match self {
            Error::NotFound => "there is nothing of this name",
            Error::BadRequest(why) | Error::Forbidden(why) | Error::Status(_, why, _) => why,
            Error::Template(_) => "the page could not be made; the log says why",
            Error::Panicked(_) => "the handler failed; the server goes on, and the log says why",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Template(error) => error.fmt(out),
            Error::Panicked(message) => write!(out, "the handler panicked: {message}"),
            _ => out.write_str(self.public()),
        }
    }
}

impl std::error::Error for Error {}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Error {
        Error::Template(error)
    }
}

/// What a store could not do: 413 for a row that is too large, 503 for what may work later.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        let (status, why) = (error.status(), error.to_string());
        match status {
            Status::SERVICE_UNAVAILABLE => Error::with_header(status, why, "Retry-After", "1"),
            _ => Error::abort(status, why),
        }
    }
}
