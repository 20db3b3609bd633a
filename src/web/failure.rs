//! Deeper: Failure: how the operator `?` makes an [`Error`] of every other error.

use super::error::Error;
use super::store::StoreError;
use super::template::TemplateError;
use crate::http::{ParseError, Status};
use std::error;
use std::io;
use std::panic::Location;

/// The operator `?` works in a handler on every [`std::error::Error`] that borrows nothing. What
/// failed is then a 500: the log has its text and the line of the `?`, and the client is told only
/// the status. For others, such as `lock()`, a text or a `Box<dyn Error>`, write
/// `.map_err(|error| Error::Failed(error.to_string()))?`. [`Error`] is no `std::error::Error`
/// itself. Otherwise `From<Error> for Error` would exist twice, and Rust forbids that.
///
/// Four kinds of errors are recognised. That of a store has a status, and so has that of a message
/// which is refused. Where no descriptor is left to open a file, it is 503. That of a template
/// names its own place. All others begin with the line of the `?`.
impl<E: error::Error + 'static> From<E> for Error {
    #[track_caller]
    fn from(error: E) -> Error {
        failed(&error, Location::caller())
    }
}

/// The error of a handler that another error has ended, at this place.
fn failed(error: &(dyn error::Error + 'static), place: &Location) -> Error {
    if let Some(refused) = error.downcast_ref::<ParseError>() {
        return Error::Refused(refused.clone());
    }
    let template = error.downcast_ref::<TemplateError>();
    let why = match program_line(place) {
        Some(line) if template.is_none() => format!("{line}: {error}"),
        _ => error.to_string(),
    };
    // ENFILE and EMFILE of POSIX: the system or this process has no descriptor left, for now.
    let code = error.downcast_ref().and_then(io::Error::raw_os_error);
    let code = code.or(template.and_then(|it| it.code));
    if cfg!(unix) && matches!(code, Some(23 | 24)) {
        return Error::with_header(Status::SERVICE_UNAVAILABLE, why, "Retry-After", "1");
    }
    match error.downcast_ref::<StoreError>() {
        Some(error) => Error::Store(error.clone(), why),
        None => Error::Failed(why),
    }
}

/// A line of the program: `src/main.rs:7`. `None` for a line of the framework, and of the standard
/// library, which `map_err(Into::into)` leads to.
fn program_line(place: &Location) -> Option<String> {
    let framework = file!().trim_end_matches("failure.rs");
    let is_foreign = ["/rustc/", framework].iter().any(|root| place.file().starts_with(root));
    (!is_foreign).then(|| format!("{}:{}", place.file(), place.line()))
}
