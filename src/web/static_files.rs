//! Static files: what lies under `www/`, and never above it.
//!
//! A stylesheet, a script or a picture is sent as it lies there. The browser keeps a copy and asks
//! each time whether it still holds (`Cache-Control: no-cache`): an unchanged file costs one short
//! 304, an edited one is seen at once.
//!
//! Two things can go wrong, and most of this file is about them. A client that asks for
//! `../Cargo.toml` must not get it, however it spells the dots: see `check_path` and `open_below`.
//! And a client must never put together bytes of two versions: each version has an `ETag` of its
//! own.
//!
//! Left out: listings and index pages (a folder is a 404), several ranges in one answer, compressed
//! twins of files. And names that begin with a dot, `.well-known` among them: whoever needs one of
//! those registers a route for it.

use super::file_cache::{FILE_BYTES, FileCache, KeptFile, Version};
use crate::http::conditions::{self, Validators, Verdict};
use crate::http::{Body, Request, Response, Status};
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A set of files to serve: a folder, or a table inside the binary.
#[derive(Debug)]
pub struct StaticFiles(Source);

#[derive(Debug)]
enum Source {
    Dir(PathBuf, FileCache),
    Embedded(HashMap<&'static str, EmbeddedFile>),
}

#[derive(Debug)]
struct EmbeddedFile {
    bytes: &'static [u8],
    etag: String,
}

/// Why a path was not served.
///
/// The client need not know more than the [`status`](Refusal::status); the log should.
#[derive(Debug)]
pub enum Refusal {
    /// Nothing of that name.
    NotThere,
    /// A folder, a pipe, a device: there is something, but it is not a file.
    NotAFile,
    /// A segment of the path begins with a dot.
    Hidden,
    /// The path leads out of the folder, or tries to.
    Outside,
    /// The system would not give it.
    Unreadable(io::Error),
}

impl Refusal {
    /// The status to answer with. A path that leads out is a 404 like any other: what lies outside
    /// is nobody's business.
    pub fn status(&self) -> Status {
        match self {
            Refusal::Unreadable(error) if error.kind() == ErrorKind::PermissionDenied => {
                Status::FORBIDDEN
            }
            Refusal::Unreadable(_) => Status::INTERNAL_SERVER_ERROR,
            _ => Status::NOT_FOUND,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::NotThere => out.write_str("no such file"),
            Refusal::NotAFile => out.write_str("this is a folder or a device, expected a file"),
            Refusal::Hidden => out.write_str("names that begin with a dot are not served"),
            Refusal::Outside => out.write_str("this path leads out of the folder"),
            Refusal::Unreadable(error) => write!(out, "the file cannot be read: {error}"),
        }
    }
}

impl std::error::Error for Refusal {}

/// What the file system says, as a refusal. A name that cannot be a file's (too long, a zero byte)
/// is the name of none.
impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Refusal {
        match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput => Refusal::NotThere,
            ErrorKind::IsADirectory => Refusal::NotAFile,
            _ => Refusal::Unreadable(error),
        }
    }
}

impl StaticFiles {
    /// Serves the files below a folder, as they are at the moment of each request; of what is asked
    /// for more than a few times in a millisecond, as they were in that millisecond.
    pub fn from_dir(dir: impl Into<PathBuf>) -> StaticFiles {
        StaticFiles(Source::Dir(dir.into(), FileCache::default()))
    }

    /// Serves a table of names (`css/site.css`) and contents, such as `include_bytes!` makes.
    pub fn embedded(files: &[(&'static str, &'static [u8])]) -> StaticFiles {
        let files = files
            .iter()
            .map(|&(name, bytes)| (name, EmbeddedFile { bytes, etag: etag_of_bytes(bytes) }));
        StaticFiles(Source::Embedded(files.collect()))
    }

    /// Answers a GET or HEAD for the file at `path`: percent-decoded, without a slash in front.
    ///
    /// The answer is 200 or 206 with the file, 304 without, or 412 or 416. To a HEAD it has the
    /// same headers, and its body is there to be measured, not sent.
    ///
    /// # Errors
    ///
    /// If there is no file to serve. Each reason has its words, for the log, and its status, for
    /// the client.
    ///
    /// # Security
    ///
    /// `path` may be anything. No path gets what is not a regular file below the folder, be it by
    /// `..`, by a backslash, by a drive letter or by a symbolic link. What is below the folder is
    /// public: keep nothing else there.
    pub fn respond(&self, request: &Request, path: &str) -> Result<Response, Refusal> {
        check_path(path)?;
        match &self.0 {
            Source::Embedded(files) => {
                let EmbeddedFile { bytes, etag } = files.get(path).ok_or(Refusal::NotThere)?;
                let validators = Validators { etag: etag.clone(), modified: None };
                answer(request, path, &validators, bytes.len() as u64, |range| {
                    Ok(Body::Bytes(bytes[range.start as usize..range.end as usize].to_vec()))
                })
            }
            Source::Dir(root, cache) => {
                if let Some(kept) = cache.fresh(path) {
                    return answer_kept(request, path, &kept);
                }
                let found = find_below(root, path);
                let version = found.as_ref().ok().map(|(_, metadata)| version_of(metadata));
                if let Some(kept) = cache.get(path, version) {
                    return answer_kept(request, path, &kept);
                }
                let (full, _) = found?;
                let (file, metadata) = open(&full)?;
                let version = version_of(&metadata);
                let etag =
                    format!("\"{:x}-{:x}-{:x}\"", version.size, version.changed, version.number);
                let validators = Validators { etag, modified: modified(&metadata) };
                answer(request, path, &validators, metadata.len(), |range| {
                    let body = read_or_send(file, range)?;
                    // A body of this length is the whole file.
                    if body.len() == Some(metadata.len())
                        && let Body::Bytes(bytes) = &body
                    {
                        let validators = validators.clone();
                        cache.keep(
                            path,
                            KeptFile { version, validators, bytes: bytes.as_slice().into() },
                        );
                    }
                    Ok(body)
                })
            }
        }
    }
}

/// Refuses what is not a plain relative path with `/` between its segments.
///
/// The path is decoded already, so it makes no difference here how a dot or a slash was spelt.
/// Backslash and colon are refused on every system, though only Windows takes them for `/` and for
/// a drive: a site should not change with the machine it runs on.
fn check_path(path: &str) -> Result<(), Refusal> {
    for segment in path.split('/') {
        match segment {
            "" => return Err(Refusal::NotThere),
            "." | ".." => return Err(Refusal::Outside),
            _ if segment.contains(['\\', ':', '\0']) => return Err(Refusal::Outside),
            _ if segment.starts_with('.') => return Err(Refusal::Hidden),
            _ => {}
        }
    }
    Ok(())
}

/// Finds the regular file at a checked path below `root`.
///
/// Each segment is looked at before the next: without a symbolic link there is no way out, and that
/// is the usual case, a short question to the system. A link may be followed if what it leads to
/// lies below the folder too.
///
/// Whoever can put links into the folder while it is served can win a race against this; but they
/// can put files there, too.
fn find_below(root: &Path, path: &str) -> Result<(PathBuf, Metadata), Refusal> {
    let mut full = root.to_path_buf();
    let mut found = None;
    for segment in path.split('/') {
        full.push(segment);
        let mut metadata = fs::symlink_metadata(&full)?;
        // On Windows a file has a second, short name (`GIT~1`), which only the resolved path tells
        // from the first.
        if metadata.is_symlink() || cfg!(windows) {
            full = resolve_below(root, &full)?;
            metadata = fs::symlink_metadata(&full)?;
        }
        found = Some(metadata);
    }
    // Asked before it is opened: to open a pipe is to wait for somebody to write into it.
    let metadata = found.filter(Metadata::is_file).ok_or(Refusal::NotAFile)?;
    Ok((full, metadata))
}

/// Opens a file that was found. Size and date are asked of the open file, so that they belong to
/// the bytes that will be sent, even if another file takes its name meanwhile.
fn open(full: &Path) -> Result<(File, Metadata), Refusal> {
    let file = File::open(full)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((file, metadata)) } else { Err(Refusal::NotAFile) }
}

/// Where a link leads, if that is below `root` and not hidden there.
fn resolve_below(root: &Path, link: &Path) -> Result<PathBuf, Refusal> {
    // A link to nothing, or in a circle, leads to no file.
    let target = fs::canonicalize(link).map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => Refusal::Unreadable(error),
        _ => Refusal::NotThere,
    })?;
    // The root may be a link itself, so both are compared with all links resolved. `strip_prefix`
    // goes by whole segments: `/srv/www-old` is not below `/srv/www`.
    let root = fs::canonicalize(root)?;
    let below = target.strip_prefix(&root).map_err(|_| Refusal::Outside)?;
    let hidden =
        below.components().any(|segment| segment.as_os_str().as_encoded_bytes().starts_with(b"."));
    if hidden { Err(Refusal::Hidden) } else { Ok(target) }
}

/// When the file was last changed, but no date in the future: that MUST be replaced with the
/// present (RFC 9110 §8.8.2.1).
fn modified(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok().map(|modified| modified.min(SystemTime::now()))
}

/// Which version of a file this is.
///
/// The moment is `ctime`, not `mtime`: anyone may set `mtime` back, and some tools do. Two changes
/// within one tick of the file system's clock (some milliseconds) that leave the size as it was
/// would go unnoticed.
fn version_of(metadata: &Metadata) -> Version {
    #[cfg(unix)]
    let (changed, number) = {
        use std::os::unix::fs::MetadataExt;
        (
            i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec()),
            metadata.ino(),
        )
    };
    #[cfg(not(unix))]
    let (changed, number) = {
        let since_1970 = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        (since_1970.map_or(0, |since| since.as_nanos() as i128), 0)
    };
    Version { size: metadata.len(), changed, number }
}

/// The mark of bytes that are all at hand: their hash. The hasher is not keyed, so the mark
/// outlives a restart.
fn etag_of_bytes(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    format!("\"{:x}-{:016x}\"", bytes.len(), hasher.finish())
}

/// Weighs the request's conditions and makes the answer; `body` is called only if some of the file
/// is to be sent.
fn answer(
    request: &Request,
    path: &str,
    validators: &Validators,
    size: u64,
    body: impl FnOnce(Range<u64>) -> io::Result<Body>,
) -> Result<Response, Refusal> {
    let (status, range) = match conditions::evaluate(request, validators, size) {
        Verdict::Whole => (Status::OK, 0..size),
        Verdict::Part(range) => (Status::PARTIAL_CONTENT, range),
        Verdict::NotModified => {
            // RFC 9110 §15.4.5: a 304 carries the ETag and what guides the cache, not what
            // describes the content.
            let response =
                Response::new(Status::NOT_MODIFIED).with_header("ETag", &validators.etag);
            return Ok(response.with_header("Cache-Control", "no-cache"));
        }
        Verdict::Failed => {
            let text = format!(
                "The file is not the version you named. Its ETag is {}.\n",
                validators.etag
            );
            return Ok(Response::text(text).with_status(Status::PRECONDITION_FAILED));
        }
        Verdict::OutOfRange => {
            // RFC 9110 §14.4: "bytes */47022" says how long it is, so that the client can ask
            // again.
            let response = Response::text(format!(
                "The range begins behind the end: the file has {size} bytes.\n"
            ));
            let response = response.with_status(Status::RANGE_NOT_SATISFIABLE);
            return Ok(response.with_header("Content-Range", format!("bytes */{size}")));
        }
    };
    let mut response = Response::new(status);
    response.headers.append("Content-Type", content_type(path));
    response.headers.append("ETag", &validators.etag);
    if let Some(modified) = validators.modified {
        response.headers.append("Last-Modified", crate::http::date::format(modified));
    }
    // no-cache: keep it, but ask before each use. (It is no-store that means do not keep it.)
    response.headers.append("Cache-Control", "no-cache");
    response.headers.append("Accept-Ranges", "bytes");
    if status == Status::PARTIAL_CONTENT {
        let (first, last) = (range.start, range.end - 1);
        response.headers.append("Content-Range", format!("bytes {first}-{last}/{size}"));
    }
    response.body = body(range)?;
    Ok(response)
}

fn answer_kept(request: &Request, path: &str, kept: &KeptFile) -> Result<Response, Refusal> {
    answer(request, path, &kept.validators, kept.version.size, |range| {
        Ok(Body::Shared(Arc::clone(&kept.bytes), range.start as usize..range.end as usize))
    })
}

/// A short part is read now, so that it leaves in one write with its head; a long one while it is
/// sent, and takes the same memory however long it is.
fn read_or_send(mut file: File, range: Range<u64>) -> io::Result<Body> {
    let length = range.end - range.start;
    if length > FILE_BYTES {
        return Ok(Body::File { file, range });
    }
    if range.start > 0 {
        file.seek(SeekFrom::Start(range.start))?;
    }
    let mut bytes = Vec::with_capacity(length as usize);
    (&mut file).take(length).read_to_end(&mut bytes)?;
    // A file that has shrunk since it was measured is left to the connection, which must break off:
    // the length that it would announce is no longer there.
    Ok(if bytes.len() as u64 == length { Body::Bytes(bytes) } else { Body::File { file, range } })
}

/// The media type by the last letters of the name.
///
/// With `X-Content-Type-Options: nosniff` a browser believes it: a stylesheet sent as text/plain is
/// not used.
pub fn content_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let known = TYPES.iter().find(|(known, _)| extension.eq_ignore_ascii_case(known));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// The usual ones first. Text says that it is UTF-8; JSON always is.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("ico", "image/x-icon"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/markdown; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("xml", "text/xml; charset=utf-8"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("pdf", "application/pdf"),
    ("wasm", "application/wasm"),
    ("zip", "application/zip"),
    ("gz", "application/gzip"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("ttf", "font/ttf"),
    ("otf", "font/otf"),
    ("mp3", "audio/mpeg"),
    ("ogg", "audio/ogg"),
    ("wav", "audio/wav"),
    ("mp4", "video/mp4"),
    ("webm", "video/webm"),
];
