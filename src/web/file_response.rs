//! Deeper: the answer with a file, or the short answer that it is unchanged, or a part of it.
//!
//! The browser keeps a copy of each file and asks every time whether the copy still holds
//! (`Cache-Control: no-cache`). An unchanged file costs one short 304, and an edited file is seen
//! at once. A client may also ask for a part of a file. It must never put together parts of two
//! versions, so each version has an `ETag` of its own.
//!
//! The answer with the whole file is made first. [`make_conditional`] then makes of it what the
//! request asks for. So a handler that answers with [`Response::file`] need not know the request.
//!
//! Left out: several ranges in one answer.

use super::file_cache::FileStamp;
use crate::http::conditions::{self, Validators, Verdict};
use crate::http::fields::percent_encode;
use crate::http::{Body, Headers, Request, Response, Status, date};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;
use std::time::SystemTime;

/// The longest file that is read into memory, in bytes.
const CACHED_BYTES: u64 = 64 * 1024;

/// The headers that describe the content, which a 304 does not send.
const CONTENT: [&str; 6] = [
    "Content-Type",
    "Content-Encoding",
    "Content-Language",
    "Content-Disposition",
    "Last-Modified",
    "Accept-Ranges",
];

/// The media type of what may be anything.
const UNKNOWN: &str = "application/octet-stream";

/// Reads a file: the answer with all of it, and its version. Size and date are asked of the open
/// file, so that they belong to the bytes that will be sent, even if another file takes its name
/// meanwhile.
pub fn read(path: &Path) -> io::Result<(Response, FileStamp)> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let stamp = FileStamp::of(&metadata);
    let FileStamp { size, changed, number } = stamp;
    // RFC 9110 §8.8.2.1: a date in the future MUST be replaced with the present.
    let modified = metadata.modified().ok().map(|modified| modified.min(SystemTime::now()));
    let etag = format!("\"{size:x}-{changed:x}-{number:x}\"");
    let headers = headers(&path.to_string_lossy(), &etag, modified);
    let body = read_or_send(file, size)?;
    Ok((Response { status: Status::OK, headers, body }, stamp))
}

/// The headers of a version of a file.
pub fn headers(name: &str, etag: &str, modified: Option<SystemTime>) -> Headers {
    let mut headers = Headers::new();
    headers.append("Content-Type", content_type(name));
    headers.append("ETag", etag);
    if let Some(modified) = modified {
        headers.append("Last-Modified", date::format(modified));
    }
    // It means: keep it, but ask before each use. ("no-store" forbids to keep it.)
    headers.append("Cache-Control", "no-cache");
    headers.append("Accept-Ranges", "bytes");
    headers
}

/// A short file is read now, so that it leaves in one write with its head. A long file is read
/// while it is sent, so that it takes the same memory however long it is.
fn read_or_send(file: File, size: u64) -> io::Result<Body> {
    let mut bytes = Vec::new();
    if size <= CACHED_BYTES {
        bytes.reserve_exact(size as usize);
        (&file).take(size).read_to_end(&mut bytes)?;
    }
    // If the file has shrunk since it was measured, the connection must break off: it announces a
    // length that is no longer there.
    let is_whole = bytes.len() as u64 == size;
    Ok(if is_whole { Body::Bytes(bytes) } else { Body::File { file, range: 0..size } })
}

/// Weighs the conditions of a request: what it asks for of an answer with an `ETag`, such as one
/// with a whole file. Parts are for those with `Accept-Ranges`.
pub fn make_conditional(request: &Request, whole: Response) -> Response {
    let has_version = || whole.status == Status::OK && whole.headers.contains("ETag");
    if !conditions::may_ask_for_less(request) || !has_version() {
        return whole;
    }
    let Some(size) = whole.body.len() else { return whole };
    let etag = whole.headers.get("ETag").unwrap_or("").to_owned();
    let modified = whole.headers.get("Last-Modified").and_then(date::parse);
    let has_parts = whole.headers.get("Accept-Ranges").is_some_and(|word| word != "none");
    match conditions::evaluate(request, &Validators { etag: etag.clone(), modified }, size) {
        Verdict::Part(range) if has_parts => part(whole, range, size),
        // RFC 9110 §15.4.5: a 304 has the headers that the whole answer would have, but for those
        // that describe its content.
        Verdict::NotModified => {
            let mut headers = whole.headers;
            CONTENT.iter().for_each(|name| headers.remove(name));
            Response { status: Status::NOT_MODIFIED, headers, body: Body::Empty }
        }
        Verdict::Failed => {
            let text = format!("This is not the version you named. Its ETag is {etag}.\n");
            Response::text(text).with_status(Status::PRECONDITION_FAILED)
        }
        // RFC 9110 §14.4: "bytes */47022" tells the length, so that the client can ask again.
        Verdict::OutOfRange if has_parts => {
            let text = format!("The range begins after the end: the file has {size} bytes.\n");
            Response::text(text)
                .with_status(Status::RANGE_NOT_SATISFIABLE)
                .with_header("Content-Range", format!("bytes */{size}"))
        }
        Verdict::Whole | Verdict::Part(_) | Verdict::OutOfRange => whole,
    }
}

/// A part of a whole answer: 206.
fn part(mut whole: Response, range: Range<u64>, size: u64) -> Response {
    let content_range = format!("bytes {}-{}/{size}", range.start, range.end - 1);
    let bytes = range.start as usize..range.end as usize;
    whole.body = match whole.body {
        Body::Bytes(all) => Body::Bytes(all[bytes].to_vec()),
        Body::Shared(all, _) => Body::Shared(all, bytes),
        Body::File { file, .. } => Body::File { file, range },
        other => other,
    };
    whole.with_status(Status::PARTIAL_CONTENT).with_header("Content-Range", content_range)
}

impl Response {
    /// A file of the disk. The answer depends on the conditions of the request: it may become a
    /// 304, or a part of the file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    ///
    /// # Security
    ///
    /// Never make the path of what a client sent: [`StaticFiles`](crate::web::static_files) does it
    /// safely.
    pub fn file(path: impl AsRef<Path>) -> io::Result<Response> {
        read(path.as_ref()).map(|(whole, _)| whole)
    }

    /// The same answer, which browsers must keep as a file of this name and not show. If its type
    /// is not known, `application/octet-stream`, the name decides it.
    ///
    /// RFC 6266 §4.1: `filename*` takes any letters, encoded as RFC 8187 says. `filename` is for
    /// old clients, and has only ASCII.
    pub fn download(mut self, name: &str) -> Response {
        if self.headers.get("Content-Type") == Some(UNKNOWN) {
            self.headers.set("Content-Type", content_type(name));
        }
        let is_plain = |letter: char| letter.is_ascii_graphic() && !"\"\\/%".contains(letter);
        let plain = name.replace(|letter| !is_plain(letter) && letter != ' ', "_");
        let encoded = percent_encode(name, "!#$&+-.^_`|~");
        let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
        self.with_header("Content-Disposition", value)
    }
}

/// The media type by the ending of the name.
///
/// With `X-Content-Type-Options: nosniff` a browser believes it: it does not use a stylesheet that
/// is sent as text/plain.
pub fn content_type(name: &str) -> &'static str {
    let name = name.rsplit('/').next().unwrap_or(name);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    let found = include_str!("media_types.txt").lines().find_map(|line| {
        let (media_type, endings) = line.split_once(": ")?;
        endings.split(' ').any(|known| known == ending).then_some(media_type)
    });
    found.unwrap_or(UNKNOWN)
}
