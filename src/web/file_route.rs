//! Deeper: the handler that serves a folder of files below a path.
//!
//! The router sees a folder as a route with a `<path:filename>`. So a folder wins over patterns
//! that begin with a place, `url_for` knows it, and other methods than GET are a 405.

use super::context::Context;
use super::error::Error;
use super::static_files::StaticFiles;
use crate::http::{Response, Status};
use std::io::ErrorKind;
use std::sync::Arc;

/// A handler that serves these files.
pub fn file_handler(files: Arc<StaticFiles>) -> impl Fn(&mut Context) -> Result<Response, Error> {
    move |ctx| {
        let name = ctx.param("filename");
        files.whole(name).map_err(|error| {
            ctx.cycle.warn(format!("{name}: {error}"));
            match error.kind() {
                ErrorKind::NotFound => Error::NotFound,
                ErrorKind::PermissionDenied => {
                    Error::abort(Status::FORBIDDEN, "the file cannot be read")
                }
                _ => error.into(),
            }
        })
    }
}
