//! Deeper: what the journal asks of the disk: a file for its owner alone, and a name that lasts.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::Path;

/// How to open a file that nobody but its owner may read: it holds what visitors told the server.
pub fn private() -> OpenOptions {
    #[allow(unused_mut, reason = "elsewhere than on Unix there is no mode to set")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// The folder of a file. A name in a folder is on the disk when the folder is. `None` where a
/// folder cannot be opened.
pub fn open_folder(path: &Path) -> io::Result<Option<File>> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    cfg!(unix).then(|| File::open(folder)).transpose()
}

/// What tells a file from all others. Where an open file cannot be replaced, all are the same.
pub fn identity(file: &Metadata) -> (u64, u64) {
    #[cfg(unix)]
    return (std::os::unix::fs::MetadataExt::dev(file), std::os::unix::fs::MetadataExt::ino(file));
    #[cfg(not(unix))]
    (0, file.len().min(0))
}
