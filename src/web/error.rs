//! How a handler may fail, and what the client is told.
//!
//! A handler returns `Err`, and one place (`error_page.rs`) makes the page of it: the status, what
//! was seen, why the server said no, and a command that works.

use super::store::StoreError;
use super::template::TemplateError;
use crate::http::{Headers, Status};
use std::fmt;

/// Why there is no ordinary answer.
#[derive(Debug)]
pub enum Error {
    /// There is no such thing. 404.
    NotFound,
    /// The request cannot be understood; the sentence says what was met and what was expected. 400.
    BadRequest(String),
    /// Understood, and not allowed. 403.
    Forbidden(String),
    /// A page could not be made. 500; the place is for whoever may look inside.
    Template(TemplateError),
    /// Any other status, with a sentence and headers of its own.
    Status(Status, String, Headers),
    /// The handler panicked, with this message. 500.
    Panicked(String),
}

impl Error {
    /// Flask's `abort`: this status, and a sentence for the client.
    pub fn abort(status: Status, why: impl Into<String>) -> Error {
        Error::Status(status, why.into(), Headers::new())
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

    /// What anybody may read of it. Nothing internal: the rest is in the log.
    pub fn public(&self) -> String {
        match self {
            Error::NotFound => "there is nothing of this name".into(),
            Error::BadRequest(why) | Error::Forbidden(why) | Error::Status(_, why, _) => {
                why.clone()
            }
            Error::Template(_) => "the page could not be made; the log says why".into(),
            Error::Panicked(_) => {
                "the handler failed; the server goes on, and the log says why".into()
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Template(error) => error.fmt(out),
            Error::Panicked(message) => write!(out, "the handler panicked: {message}"),
            _ => out.write_str(&self.public()),
        }
    }
}

impl std::error::Error for Error {}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Error {
        Error::Template(error)
    }
}

/// What a store could not do: 413 for what is too large, 503 for what may work later.
impl From<StoreError> for Error {
    fn from(error: StoreError) -> Error {
        let mut headers = Headers::new();
        if error.status() == Status::SERVICE_UNAVAILABLE {
            headers.append("Retry-After", "1");
        }
        Error::Status(error.status(), error.to_string(), headers)
    }
}
