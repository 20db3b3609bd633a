//! Handler: what answers a request, and what it may return.
//!
//! A handler is a function of a [`Context`]. What it returns must be something that can be made
//! into an answer: a text, a [`Response`], or one of them in a `Result`.
//!
//! Left out: `async`. A handler may wait, because it has a thread of its own.

use super::context::Context;
use super::error::Error;
use crate::http::Response;

/// What answers a request.
pub type Handler = Box<dyn Fn(&mut Context) -> Result<Response, Error> + Send + Sync>;

/// What a handler may return.
pub trait IntoResponse {
    /// The answer.
    ///
    /// # Errors
    ///
    /// The error that the handler returned.
    fn into_response(self) -> Result<Response, Error>;
}

impl IntoResponse for Response {
    fn into_response(self) -> Result<Response, Error> {
        Ok(self)
    }
}

/// Plain text. (Flask sends HTML; for HTML use [`Response::html`].)
impl IntoResponse for &str {
    fn into_response(self) -> Result<Response, Error> {
        Ok(Response::text(self))
    }
}

/// Plain text.
impl IntoResponse for String {
    fn into_response(self) -> Result<Response, Error> {
        Ok(Response::text(self))
    }
}

impl<R: IntoResponse> IntoResponse for Result<R, Error> {
    fn into_response(self) -> Result<Response, Error> {
        self.and_then(IntoResponse::into_response)
    }
}
