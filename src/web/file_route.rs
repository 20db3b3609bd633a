//! Deeper: the handler that serves a folder of files below a path.
//!
//! The router sees a folder as a route with a `<path:filename>`. So a folder wins over patterns
//! that begin with a parameter, `url_for` knows it, and other methods than GET are a 405.

use super::context::Context;
use super::error::Error;
use super::static_files::StaticFiles;
use crate::http::fields::percent_decode_bytes;
use crate::http::{Response, Status};
use std::borrow::Cow;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::sync::Arc;

/// A handler that serves these files below a path with `depth` slashes.
pub fn file_handler(
    files: Arc<StaticFiles>,
    depth: usize,
) -> impl Fn(&mut Context) -> Result<Response, Error> {
    move |ctx| {
        let text = ctx.param("filename");
        // The value that the route has captured is text. The name of a file may be other bytes.
        let path = &ctx.request.path;
        let encoded = || path.splitn(depth + 2, '/').last().unwrap_or("");
        let decoded = (!text.is_ascii()).then(|| percent_decode_bytes(encoded()));
        let name = decoded.as_deref().map_or(OsStr::new(text).into(), name_of);
        files.whole(&name).map_err(|error| {
            // A name that is not text is shown as it came.
            let is_text = decoded.as_deref().is_none_or(|bytes| str::from_utf8(bytes).is_ok());
            let shown = if is_text { text } else { encoded() };
            ctx.cycle.warn(format!("{shown}: {error}"));
            match error.kind() {
                // It may have become a folder since it was looked at.
                ErrorKind::NotFound | ErrorKind::IsADirectory => Error::NotFound,
                ErrorKind::PermissionDenied => {
                    Error::abort(Status::FORBIDDEN, "the file cannot be read")
                }
                _ => error.into(),
            }
        })
    }
}

/// The name of a file with these bytes. Where names are text, other bytes are no file's name.
fn name_of(bytes: &[u8]) -> Cow<'_, OsStr> {
    #[cfg(unix)]
    return Cow::Borrowed(std::os::unix::ffi::OsStrExt::from_bytes(bytes));
    #[cfg(not(unix))]
    return Cow::Owned(String::from_utf8_lossy(bytes).into_owned().into());
}
