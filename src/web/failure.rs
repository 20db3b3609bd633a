//! Deeper: Failure: how the operator `?` makes an [`Error`] of every other error.
//!
//! So `Error` is no `std::error::Error` itself: this conversion would then also make it of itself,
//! and Rust has that one already.

use super::error::Error;
use super::store::StoreError;
use super::template::TemplateError;
use crate::http::Status;
use std::any::Any;
use std::panic::Location;

/// Two kinds of errors are recognised. That of a template names its place by itself. That of a
/// store is 413 if the row is too large, and 503 for what may work later.
impl<E: std::error::Error + 'static> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Error {
        let any: &dyn Any = &error;
        if let Some(error) = any.downcast_ref::<StoreError>() {
            let (status, why) = (error.status(), error.to_string());
            return match status {
                Status::SERVICE_UNAVAILABLE => Error::with_header(status, why, "Retry-After", "1"),
                _ => Error::abort(status, why),
            };
        }
        if any.is::<TemplateError>() {
            return Error::Failed(error.to_string());
        }
        let place = Location::caller();
        Error::Failed(format!("{}:{}: {error}", place.file(), place.line()))
    }
}
