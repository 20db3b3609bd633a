//! Deeper: Why a file is not served.

use crate::http::Status;
use std::borrow::Cow;
use std::io::{self, ErrorKind};

/// Why a path was not served.
#[derive(Debug)]
pub struct FileRefusal {
    /// The status of the answer. A path that leads out is a 404 like any other, so that the client
    /// learns nothing about what is outside.
    pub status: Status,
    /// The reason, for the log.
    pub why: Cow<'static, str>,
}

pub(super) const NOT_THERE: FileRefusal = not_found("no such file");
pub(super) const NOT_A_FILE: FileRefusal =
    not_found("this is a folder or a device, expected a file");
pub(super) const HIDDEN: FileRefusal = not_found("names that begin with a dot are not served");
pub(super) const OUTSIDE: FileRefusal = not_found("this path leads out of the folder");

const fn not_found(why: &'static str) -> FileRefusal {
    FileRefusal { status: Status::NOT_FOUND, why: Cow::Borrowed(why) }
}

/// What the file system says. A name that no file can have (too long, a zero byte) is the name of
/// no file.
impl From<io::Error> for FileRefusal {
    fn from(error: io::Error) -> FileRefusal {
        let status = match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput => return NOT_THERE,
            ErrorKind::IsADirectory => return NOT_A_FILE,
            ErrorKind::PermissionDenied => Status::FORBIDDEN,
            // ENFILE and EMFILE of POSIX: the system or this process has no descriptor left.
            _ if cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24)) => {
                Status::SERVICE_UNAVAILABLE
            }
            _ => Status::INTERNAL_SERVER_ERROR,
        };
        FileRefusal { status, why: format!("the file cannot be read: {error}").into() }
    }
}
