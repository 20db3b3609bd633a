//! Handler: what answers a request, and what it may return.
//!
//! Any function of a [`Context`] is one, if what it returns can be made into a response: a text, a
//! [`Response`], or either of them in a `Result`.
//!
//! Left out: `async`. A handler may wait as long as it likes; it has a thread for itself.

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
    /// What the handler returned as one.
    fn into_response(self) -> Result<Response, Error>;
}

impl IntoResponse for Response {
    fn into_response(self) -> Result<Response, Error> {
        Ok(self)
    }
}

/// Plain text. (Flask sends HTML; here a page is asked for by name, with [`Response::html`].)
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
