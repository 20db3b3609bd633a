//! Static files: what lies in `www/`, and never what lies outside of it.
//!
//! A stylesheet, a script or a picture is sent as it is on the disk. A client that asks for
//! `../Cargo.toml` must not get it, however it spells the dots: see `check_path` and `find_below`.
//!
//! Three deeper chapters belong to it. `file_route` makes a route of a folder, and calls `whole`.
//! `small_files` keeps a small file in memory while it is unchanged. `file_response` makes the
//! headers of a file, and the short answer to a browser that has the file already.
//!
//! Left out: listings and index pages (a folder is a 404), files that are compressed already
//! (`site.css.gz`), links below the folder, and names with a colon, or with a dot in front, such as
//! `.well-known`: register a route for one of those.

use super::file_response::read;
use super::small_files::SmallFiles;
use crate::http::Response;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

// Why a path is refused, for the log. The client learns nothing about what is outside.
const NOT_THERE: &str = "no such file";
const NOT_A_FILE: &str = "this is a folder, a link or a device, expected a file";
const HIDDEN: &str = "names that begin with a dot are not served";
pub(super) const OUTSIDE: &str = "this path leads out of the folder";

/// A path that is refused, for whatever reason, is one where nothing is found.
fn no_file(why: &str) -> io::Error {
    io::Error::new(ErrorKind::NotFound, why)
}

/// A set of files to serve: a folder, or a table in the program.
#[derive(Debug)]
pub struct StaticFiles {
    folder: Option<PathBuf>,
    pub(super) in_memory: SmallFiles,
}

impl StaticFiles {
    /// Serves the files of a folder. A change of a file is seen a millisecond later at most.
    pub fn from_dir(dir: impl Into<PathBuf>) -> StaticFiles {
        StaticFiles { folder: Some(dir.into()), in_memory: SmallFiles::new(&[]) }
    }

    /// Serves a table of names (`css/site.css`) and contents, such as `include_bytes!` makes.
    pub fn embedded(files: &[(&'static str, &'static [u8])]) -> StaticFiles {
        StaticFiles { folder: None, in_memory: SmallFiles::new(files) }
    }

    /// The answer with the whole file at `path`, a path that is percent-decoded and begins with no
    /// slash. The application makes of it what the request asks for: a part of the file, or a 304.
    ///
    /// # Errors
    ///
    /// If there is no file, or it cannot be read. `.or(Err(Error::NotFound))?` makes a 404 of it.
    ///
    /// # Security
    ///
    /// `path` may be anything. No path gets what is not a regular file below the folder: not by
    /// `..`, a backslash, a drive letter or a symbolic link. What is below the folder is public.
    pub fn whole(&self, path: impl AsRef<OsStr>) -> io::Result<Response> {
        let path = path.as_ref();
        // What is in memory was checked when it was read, and the file is still the same.
        if let Some(known) = self.in_memory.get(path) {
            return Ok(known);
        }
        check_path(path)?;
        let folder = self.folder.as_ref().ok_or_else(|| no_file(NOT_THERE))?;
        let full = find_below(folder, path)?;
        let (whole, stamp) = read(&full)?;
        self.in_memory.keep(path, full, &whole, stamp);
        Ok(whole)
    }
}

/// Refuses what is not a plain relative path with `/` between its parts.
///
/// The path is decoded already, so it makes no difference how a dot or a slash was spelt. Backslash
/// and colon are refused on every system, though only Windows reads them as `/` and as a drive: a
/// site should not change with the machine it runs on.
pub(super) fn check_path(path: &OsStr) -> io::Result<()> {
    for part in path.as_encoded_bytes().split(|byte| *byte == b'/') {
        match part {
            b"" => return Err(no_file(NOT_THERE)),
            b"." | b".." => return Err(no_file(OUTSIDE)),
            _ if part.iter().any(|byte| b"\\:\0".contains(byte)) => return Err(no_file(OUTSIDE)),
            [b'.', ..] => return Err(no_file(HIDDEN)),
            _ => {}
        }
    }
    Ok(())
}

/// Finds the regular file at a checked path below `root`, which may be a link itself.
///
/// Each part is looked at before the next. Without a symbolic link there is no way out. So a link
/// is refused, wherever it leads.
///
/// Somebody who can put links into the folder while it is served can win a race against this; but
/// such a person can put files there too.
fn find_below(root: &Path, path: &OsStr) -> io::Result<PathBuf> {
    let (mut full, mut is_file) = (root.to_path_buf(), false);
    for part in Path::new(path) {
        full.push(part);
        let found = fs::symlink_metadata(&full).map_err(|error| match error.kind() {
            // No file can have such a name: it is too long, or names a part of a file.
            ErrorKind::NotADirectory | ErrorKind::InvalidFilename | ErrorKind::NotFound => {
                no_file(NOT_THERE)
            }
            _ => error,
        })?;
        // On Windows a file has several names (`.git`, `GIT~1`). `canonicalize` gives its main one.
        let is_other_name = cfg!(windows) && fs::canonicalize(&full)?.file_name() != Some(part);
        if found.is_symlink() || is_other_name {
            return Err(no_file(NOT_A_FILE));
        }
        is_file = found.is_file();
    }
    // A pipe must not be opened: that would wait until somebody writes into it.
    if is_file { Ok(full) } else { Err(no_file(NOT_A_FILE)) }
}
