//! Static files: what lies in `www/`, and never what lies outside of it.
//!
//! A stylesheet, a script or a picture is sent as it is on the disk. A client that asks for
//! `../Cargo.toml` must not get it, however it spells the dots: see `check_path` and `find_below`.
//!
//! Left out: listings and index pages (a folder is a 404), compressed twins of files, and names
//! that begin with a dot, such as `.well-known`: register a route for one of those.

use super::file_cache::FileCache;
use super::file_response;
use crate::http::conditions::Validators;
use crate::http::{Body, Request, Response, Status};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// The longest file that is kept in memory, in bytes.
const CACHED_BYTES: u64 = 64 * 1024;

/// How many files are kept in memory, once for each of the cache's eight stripes: with
/// [`CACHED_BYTES`] each, sixteen megabytes.
const CACHED_FILES: usize = 32;

/// How long ago a file must have changed to be kept in memory. The clock of a file system has
/// ticks, and of two changes within one tick the second cannot be told from the first. The coarsest
/// ticks are those of FAT: two seconds.
const SETTLED: Duration = Duration::from_secs(3);

/// A set of files to serve: a folder, or a table in the program.
#[derive(Debug)]
pub struct StaticFiles(FileSource);

#[derive(Debug)]
enum FileSource {
    Folder(PathBuf, Box<FileCache<SmallFile>>),
    Embedded(HashMap<&'static str, SmallFile>),
}

/// A file that is in memory.
#[derive(Debug)]
struct SmallFile {
    version: FileStamp,
    validators: Validators,
    bytes: Arc<[u8]>,
}

/// What tells one version of a file from another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct FileStamp {
    /// How many bytes it has.
    size: u64,
    /// When it last changed, in nanoseconds since 1970.
    changed: i128,
    /// Which file it is, of those that have had its name.
    number: u64,
}

/// Why a path was not served.
#[derive(Debug)]
pub struct FileRefusal {
    /// The status of the answer. A path that leads out is a 404 like any other, so that the client
    /// learns nothing about what is outside.
    pub status: Status,
    /// The reason, for the log.
    pub why: Cow<'static, str>,
}

const NOT_THERE: FileRefusal = not_found("no such file");
const NOT_A_FILE: FileRefusal = not_found("this is a folder or a device, expected a file");
const HIDDEN: FileRefusal = not_found("names that begin with a dot are not served");
const OUTSIDE: FileRefusal = not_found("this path leads out of the folder");

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
            _ => Status::INTERNAL_SERVER_ERROR,
        };
        FileRefusal { status, why: format!("the file cannot be read: {error}").into() }
    }
}

impl StaticFiles {
    /// Serves the files of a folder as they are at each request; on a busy server, as they were a
    /// millisecond ago.
    pub fn from_dir(dir: impl Into<PathBuf>) -> StaticFiles {
        StaticFiles(FileSource::Folder(dir.into(), Box::new(FileCache::new(CACHED_FILES))))
    }

    /// Serves a table of names (`css/site.css`) and contents, such as `include_bytes!` makes.
    pub fn embedded(files: &[(&'static str, &'static [u8])]) -> StaticFiles {
        let files = files.iter().map(|&(name, bytes)| {
            let version = FileStamp { size: bytes.len() as u64, ..FileStamp::default() };
            let validators = Validators { etag: etag_of_bytes(bytes), modified: None };
            (name, SmallFile { version, validators, bytes: bytes.into() })
        });
        StaticFiles(FileSource::Embedded(files.collect()))
    }

    /// Answers GET or HEAD for the file at `path`: percent-decoded, without a slash in front.
    ///
    /// The answer is 200 or 206 with the file, 304 without it, or 412 or 416. The answer to HEAD
    /// has a body too, because the server needs its length.
    ///
    /// # Errors
    ///
    /// If there is no file to serve.
    ///
    /// # Security
    ///
    /// `path` may be anything. No path gets what is not a regular file below the folder: not by
    /// `..`, a backslash, a drive letter or a symbolic link. What is below the folder is public.
    pub fn respond(&self, request: &Request, path: &str) -> Result<Response, FileRefusal> {
        check_path(path)?;
        match &self.0 {
            FileSource::Embedded(files) => files.get(path).ok_or(NOT_THERE)?.respond(request, path),
            FileSource::Folder(root, cache) => {
                let is_current = |known: &SmallFile| {
                    find_below(root, path)
                        .is_ok_and(|(_, found)| version_of(&found) == known.version)
                };
                match cache.get(path, is_current) {
                    Some(known) => known.respond(request, path),
                    None => respond_from_disk(root, cache, request, path),
                }
            }
        }
    }
}

impl SmallFile {
    fn respond(&self, request: &Request, path: &str) -> Result<Response, FileRefusal> {
        let body = |range: Range<u64>| {
            Ok(Body::Shared(Arc::clone(&self.bytes), range.start as usize..range.end as usize))
        };
        Ok(file_response::respond(request, path, &self.validators, self.version.size, body)?)
    }
}

/// Answers with a file of the folder, and keeps it if it is small.
fn respond_from_disk(
    root: &Path,
    cache: &FileCache<SmallFile>,
    request: &Request,
    path: &str,
) -> Result<Response, FileRefusal> {
    let (file, metadata) = open(&find_below(root, path)?.0)?;
    let version = version_of(&metadata);
    let FileStamp { size, changed, number } = version;
    let validators = Validators {
        etag: format!("\"{size:x}-{changed:x}-{number:x}\""),
        // RFC 9110 §8.8.2.1: a date in the future MUST be replaced with the present.
        modified: metadata.modified().ok().map(|modified| modified.min(SystemTime::now())),
    };
    let response = file_response::respond(request, path, &validators, size, |range| {
        read_or_send(file, range)
    })?;
    // A body of this length is the whole file.
    if response.body.len() == Some(size)
        && let Body::Bytes(bytes) = &response.body
        && nanoseconds(SystemTime::now()) - changed >= SETTLED.as_nanos() as i128
    {
        cache.keep(path, SmallFile { version, validators, bytes: bytes.as_slice().into() });
    }
    Ok(response)
}

/// Refuses what is not a plain relative path with `/` between its parts.
///
/// The path is decoded already, so it makes no difference how a dot or a slash was spelt. Backslash
/// and colon are refused on every system, though only Windows reads them as `/` and as a drive: a
/// site should not change with the machine it runs on.
fn check_path(path: &str) -> Result<(), FileRefusal> {
    for part in path.split('/') {
        match part {
            "" => return Err(NOT_THERE),
            "." | ".." => return Err(OUTSIDE),
            _ if part.contains(['\\', ':', '\0']) => return Err(OUTSIDE),
            _ if part.starts_with('.') => return Err(HIDDEN),
            _ => {}
        }
    }
    Ok(())
}

/// Finds the regular file at a checked path below `root`.
///
/// Each part is looked at before the next. Without a symbolic link there is no way out, and this is
/// the usual case. A link is followed if it leads to something below the folder.
///
/// Somebody who can put links into the folder while it is served can win a race against this; but
/// such a person can put files there too.
fn find_below(root: &Path, path: &str) -> Result<(PathBuf, Metadata), FileRefusal> {
    let mut full = root.to_path_buf();
    let mut found = None;
    for part in path.split('/') {
        full.push(part);
        let mut metadata = fs::symlink_metadata(&full)?;
        // On Windows a file has a second, short name (`GIT~1`). Only the resolved path tells it
        // from the first.
        if metadata.is_symlink() || cfg!(windows) {
            full = resolve_below(root, &full)?;
            metadata = fs::symlink_metadata(&full)?;
        }
        found = Some(metadata);
    }
    // A pipe must not be opened: that would wait until somebody writes into it.
    let metadata = found.filter(Metadata::is_file).ok_or(NOT_A_FILE)?;
    Ok((full, metadata))
}

/// Where a link leads, if that is below `root` and not hidden there.
fn resolve_below(root: &Path, link: &Path) -> Result<PathBuf, FileRefusal> {
    // A link to nothing, or in a circle, leads to no file.
    let target = fs::canonicalize(link).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => error.into(),
        _ => NOT_THERE,
    })?;
    // The root may be a link itself, so both are compared with all links resolved. `strip_prefix`
    // compares whole parts: `/srv/www-old` is not below `/srv/www`.
    let root = fs::canonicalize(root)?;
    let below = target.strip_prefix(&root).map_err(|_| OUTSIDE)?;
    let is_hidden =
        below.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    if is_hidden { Err(HIDDEN) } else { Ok(target) }
}

/// Opens a file that was found. Size and date are asked of the open file, so that they belong to
/// the bytes that will be sent, even if another file takes its name meanwhile.
fn open(full: &Path) -> Result<(File, Metadata), FileRefusal> {
    let file = File::open(full)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(NOT_A_FILE) }
}

/// A short part is read now, so that it leaves in one write with its head. A long part is read
/// while it is sent, so that it takes the same memory however long it is.
fn read_or_send(mut file: File, range: Range<u64>) -> io::Result<Body> {
    let length = range.end - range.start;
    if length > CACHED_BYTES {
        return Ok(Body::File { file, range });
    }
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start))?;
    }
    let mut bytes = Vec::with_capacity(length as usize);
    (&mut file).take(length).read_to_end(&mut bytes)?;
    // If the file has shrunk since it was measured, the connection must break off: it announces a
    // length that is no longer there.
    Ok(if bytes.len() as u64 == length { Body::Bytes(bytes) } else { Body::File { file, range } })
}

/// Which version of a file this is.
///
/// The moment is `ctime`, not `mtime`, because any program may set `mtime` back.
fn version_of(metadata: &Metadata) -> FileStamp {
    #[cfg(unix)]
    let (changed, number) = {
        use std::os::unix::fs::MetadataExt;
        let seconds = i128::from(metadata.ctime());
        (seconds * 1_000_000_000 + i128::from(metadata.ctime_nsec()), metadata.ino())
    };
    #[cfg(not(unix))]
    let (changed, number) = (metadata.modified().map_or(0, nanoseconds), 0);
    FileStamp { size: metadata.len(), changed, number }
}

/// Since 1970.
fn nanoseconds(time: SystemTime) -> i128 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_nanos() as i128)
}

/// The mark of bytes in the program: their hash. The hasher has no random key, so the mark is the
/// same after a restart.
fn etag_of_bytes(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:x}-{:016x}\"", bytes.len(), hasher.finish())
}
