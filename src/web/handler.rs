//! Handler: what answers a request, and what it may return.
//!
//! A handler is a function of a [`Context`]. It returns what can be made into an answer: a text,
//! bytes, a [`Response`], a [`Status`], a [`Value`] or [`Map`] as JSON; with a status in front; in
//! an `Option` or `Result`. An answer borrows nothing: text of the request is copied to a `String`.
//!
//! Left out: `async`. A handler may wait: other requests then get other threads.

use super::context::Context;
use super::error::Error;
use crate::http::{Response, Status};
use crate::value::{Map, Value};

/// What answers a request.
pub type Handler = Box<dyn Fn(&mut Context) -> Result<Response, Error> + Send + Sync>;

/// What a handler may return.
#[diagnostic::on_unimplemented(
    message = "a handler cannot return `{Self}`",
    note = "return text, bytes, Response, Status, Value, Map, (Status, …), Option or Result"
)]
pub trait IntoResponse {
    /// The answer.
    ///
    /// # Errors
    ///
    /// The error that the handler returned.
    fn into_response(self) -> Result<Response, Error>;
}

// A line below such as `&str => |it| Response::text(it);` becomes an `impl IntoResponse for &str`.
macro_rules! answers {
    ($($what:ty => |$it:ident| $response:expr;)*) => {
        $(impl IntoResponse for $what {
            fn into_response(self) -> Result<Response, Error> {
                let $it = self;
                Ok($response)
            }
        })*
    };
}

answers! {
    Response => |it| it;
    // An empty answer. The rule for `(Status, R)`, below, checks the status.
    Status => |it| (it, Response::new(Status::OK)).into_response()?;
    // Plain text. (Flask sends HTML; for HTML use `Response::html`.)
    &str => |it| Response::text(it);
    String => |it| Response::text(it);
    Vec<u8> => |it| Response::typed("application/octet-stream", it);
    &[u8] => |it| Response::typed("application/octet-stream", it.to_vec());
    Value => |it| Response::json(&it);
    Map => |it| Response::json(&it.into());
}

/// The answer with this status.
impl<R: IntoResponse> IntoResponse for (Status, R) {
    fn into_response(self) -> Result<Response, Error> {
        let (status, answer) = self;
        match status.is_final() {
            true => Ok(answer.into_response()?.with_status(status)),
            false => Err(Error::Failed(format!("found {status:?}, expected 200 to 599"))),
        }
    }
}

/// `None` is a 404.
impl<R: IntoResponse> IntoResponse for Option<R> {
    fn into_response(self) -> Result<Response, Error> {
        self.ok_or(Error::NotFound)?.into_response()
    }
}

impl<R: IntoResponse, E: Into<Error>> IntoResponse for Result<R, E> {
    fn into_response(self) -> Result<Response, Error> {
        self.map_err(Into::into).and_then(R::into_response)
    }
}
