//! Deeper: the answer with a file, or the short answer that it is unchanged.
//!
//! The browser keeps a copy of each file and asks every time whether the copy still holds
//! (`Cache-Control: no-cache`). An unchanged file costs one short 304, and an edited file is seen
//! at once. A client may also ask for a part of a file, to go on with a download that broke off. It
//! must never put together parts of two versions, so each version has an `ETag` of its own.
//!
//! Left out: several ranges in one answer.

use crate::http::conditions::{self, Validators, Verdict};
use crate::http::{Body, Request, Response, Status, date};
use std::io;
use std::ops::Range;

/// Weighs the conditions of a request and makes the answer for the file of this `name`; `body` is
/// called only if some of the file is to be sent.
pub fn respond(
    request: &Request,
    name: &str,
    validators: &Validators,
    size: u64,
    body: impl FnOnce(Range<u64>) -> io::Result<Body>,
) -> io::Result<Response> {
    let (status, range) = match conditions::evaluate(request, validators, size) {
        Verdict::Whole => (Status::OK, 0..size),
        Verdict::Part(range) => (Status::PARTIAL_CONTENT, range),
        // RFC 9110 §15.4.5: a 304 carries the ETag and what guides the cache, not what describes
        // the content.
        Verdict::NotModified => {
            return Ok(Response::new(Status::NOT_MODIFIED)
                .with_header("ETag", &validators.etag)
                .with_header("Cache-Control", "no-cache"));
        }
        Verdict::Failed => {
            let etag = &validators.etag;
            let text = format!("The file is not the version you named. Its ETag is {etag}.\n");
            return Ok(Response::text(text).with_status(Status::PRECONDITION_FAILED));
        }
        // RFC 9110 §14.4: "bytes */47022" tells the length, so that the client can ask again.
        Verdict::OutOfRange => {
            let text = format!("The range begins behind the end: the file has {size} bytes.\n");
            return Ok(Response::text(text)
                .with_status(Status::RANGE_NOT_SATISFIABLE)
                .with_header("Content-Range", format!("bytes */{size}")));
        }
    };
    let mut response = Response::new(status);
    let headers = &mut response.headers;
    headers.append("Content-Type", content_type(name));
    headers.append("ETag", &validators.etag);
    if let Some(modified) = validators.modified {
        headers.append("Last-Modified", date::format(modified));
    }
    // It means: keep it, but ask before each use. ("no-store" forbids to keep it.)
    headers.append("Cache-Control", "no-cache");
    headers.append("Accept-Ranges", "bytes");
    if status == Status::PARTIAL_CONTENT {
        headers.append("Content-Range", format!("bytes {}-{}/{size}", range.start, range.end - 1));
    }
    response.body = body(range)?;
    Ok(response)
}

/// The media type by the ending of the name. Text says that it is UTF-8; JSON always is.
///
/// With `X-Content-Type-Options: nosniff` a browser believes it: it does not use a stylesheet that
/// is sent as text/plain.
pub fn content_type(name: &str) -> &'static str {
    let name = name.rsplit('/').next().unwrap_or(name);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match &*ending.to_ascii_lowercase() {
        "html" | "htm" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "ico" => "image/x-icon",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "txt" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "mp3" => "audio/mpeg",
        "ogg" => "audio/ogg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        _ => "application/octet-stream",
    }
}
