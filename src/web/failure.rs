//! Deeper: Failure: how the operator `?` makes an [`Error`] of every other error.

use super::error::Error;
use super::store::StoreError;
use super::template::TemplateError;
use crate::http::ParseError;
use std::any::Any;
use std::panic::Location;

/// Three kinds of errors are recognised. That of a template names its place by itself. That of a
/// store has a status, and so has that of a message which is refused.
impl<E: std::error::Error + 'static> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Error {
        let (any, why): (&dyn Any, String) = (&error, error.to_string());
        if let Some(refused) = any.downcast_ref::<ParseError>() {
            return Error::Refused(refused.clone());
        }
        match any.downcast_ref().map(StoreError::status) {
            Some(status) => Error::Store(status, why),
            None if any.is::<TemplateError>() => Error::Failed(why),
            None => {
                let place = Location::caller();
                Error::Failed(format!("{}:{}: {why}", place.file(), place.line()))
            }
        }
    }
}
