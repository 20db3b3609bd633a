//! Where the body of a request ends: Content-Length, chunks, or no body.
//!
//! Both sides of a connection must find the same end of each message. There are two ways to say it:
//! the length in advance, or chunks, each with its own length; the last one has length 0.
//!
//! ```text
//! Content-Length: 6          Transfer-Encoding: chunked
//!
//! name=A                     4 CR LF name CR LF
//!                            2 CR LF =A CR LF
//!                            0 CR LF CR LF
//! ```
//!
//! Left out: compression as a transfer coding (501). No known client sends it.

use super::headers::is_control;
use super::parse::{Lines, parse_field, text_of};
use super::parse_error::{body_too_long, found, head_too_long, malformed, too_many_headers};
use super::{Limits, ParseError, Request, Status, Version};

/// How to find the end of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// The body has this many bytes.
    Length(usize),
    /// The body comes in chunks: read them with [`ChunkedBody`].
    Chunked,
}

/// Decides where the body of a request ends (RFC 9112 §6.3).
///
/// # Errors
///
/// Any doubt about the end, and a length beyond the limit.
pub fn framing(request: &Request, limits: &Limits) -> Result<Framing, ParseError> {
    let mut lengths = request.headers.get_all("Content-Length");
    let length = lengths.next();
    // RFC 9112 §6.3: a recipient may reject several lengths, even if they are equal.
    if lengths.next().is_some() {
        return Err(malformed("found more than one Content-Length, expected one"));
    }
    let codings: Vec<&str> = request.headers.get_all("Transfer-Encoding").collect();
    match (length, codings.is_empty()) {
        (None, true) => Ok(Framing::Empty),
        (Some(length), true) => parse_length(length, limits),
        (None, false) => check_codings(&codings.join(", "), request.version),
        // RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and
        // Transfer-Encoding".
        (Some(_), false) => {
            Err(malformed("found Content-Length and Transfer-Encoding, expected one of them"))
        }
    }
}

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6)
fn parse_length(text: &str, limits: &Limits) -> Result<Framing, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(found("the Content-Length", text.as_bytes(), "digits"));
    }
    match text.parse::<usize>() {
        Ok(0) => Ok(Framing::Empty),
        Ok(length) if length <= limits.body_bytes => Ok(Framing::Length(length)),
        // Digits that no usize can hold are still a number, and the body is too long.
        _ => Err(body_too_long(limits)),
    }
}

/// `Transfer-Encoding = #transfer-coding` (RFC 9112 §6.1)
fn check_codings(codings: &str, version: Version) -> Result<Framing, ParseError> {
    // RFC 9112 §6.1: with HTTP/1.0, "MUST treat the message as if the framing is faulty".
    if version == Version::Http10 {
        return Err(malformed("found Transfer-Encoding in HTTP/1.0, expected Content-Length"));
    }
    // RFC 9112 §6.3: if chunked is not the last coding, the length cannot be determined: 400. The
    // server knows no coding before it: 501 (§6.1).
    let mut names = elements(codings).rev();
    let is_chunked = |name: &str| name.eq_ignore_ascii_case("chunked");
    let is_last = names.next().is_some_and(is_chunked);
    let others: Vec<&str> = names.collect();
    if !is_last || others.iter().any(|name| is_chunked(name)) {
        return Err(found("the Transfer-Encoding", codings.as_bytes(), "chunked, once and last"));
    }
    if !others.is_empty() {
        let message = format!("found Transfer-Encoding: {codings}; this server knows only chunked");
        return Err(ParseError::new(Status::NOT_IMPLEMENTED, message));
    }
    Ok(Framing::Chunked)
}

/// The elements of a list with commas. RFC 9110 §5.6.1.2: "A recipient MUST parse and ignore a
/// reasonable number of empty list elements".
fn elements(list: &str) -> impl DoubleEndedIterator<Item = &str> {
    list.split(',').map(str::trim_ascii).filter(|element| !element.is_empty())
}

/// True if the client waits for `100 Continue` before it sends its body (RFC 9110 §10.1.1).
///
/// # Errors
///
/// 417, if it expects anything else.
pub fn expects_continue(request: &Request) -> Result<bool, ParseError> {
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that
    // expectation."
    if request.version == Version::Http10 {
        return Ok(false);
    }
    let mut expects = false;
    for expectation in request.headers.get_all("Expect").flat_map(elements) {
        if !expectation.eq_ignore_ascii_case("100-continue") {
            let met = format!("found Expect: {expectation}; this server knows only 100-continue");
            return Err(ParseError::new(Status::EXPECTATION_FAILED, met));
        }
        expects = true;
    }
    Ok(expects)
}

/// Reads a chunked body as its bytes arrive (RFC 9112 §7.1).
///
/// ```text
/// chunked-body = *chunk last-chunk trailer-section CRLF
/// chunk        = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
/// last-chunk   = 1*"0" [ chunk-ext ] CRLF
/// ```
///
/// ```
/// use carafe::http::{ChunkedBody, Limits};
///
/// let mut body = ChunkedBody::default();
/// assert_eq!(body.feed(b"4\r\nna", &Limits::default()), Ok(5));
/// assert_eq!(body.finish(), None);
/// assert_eq!(body.feed(b"me\r\n0\r\n\r\nGET /next", &Limits::default()), Ok(9));
/// assert_eq!(body.finish(), Some(b"name".to_vec()));
/// ```
#[derive(Debug, Default)]
pub struct ChunkedBody {
    body: Vec<u8>,
    state: BodyState,
    /// Bytes of extensions and trailers. Their limit is that of a head.
    overhead: usize,
    trailers: usize,
}

#[derive(Debug, Default, PartialEq)]
enum BodyState {
    /// Before a line `chunk-size [ chunk-ext ] CRLF`.
    #[default]
    Size,
    /// In a chunk, and this many of its bytes are still to come.
    Data(usize),
    /// Before the CR LF that ends a chunk's data.
    DataEnd,
    /// Before a trailer line, or before the empty line that ends the body.
    Trailer,
    Done,
}

impl ChunkedBody {
    /// Reads from the front of `bytes`, and returns how many it has used. The caller gives the
    /// others again, with more behind them.
    ///
    /// # Errors
    ///
    /// If a chunk's size or end breaks the grammar, or a limit is passed.
    pub fn feed(&mut self, bytes: &[u8], limits: &Limits) -> Result<usize, ParseError> {
        let mut lines = Lines { bytes, at: 0 };
        loop {
            let rest = &bytes[lines.at..];
            match self.state {
                BodyState::Data(left) => {
                    let taken = left.min(rest.len());
                    self.body.extend_from_slice(&rest[..taken]);
                    lines.at += taken;
                    if taken < left {
                        self.state = BodyState::Data(left - taken);
                        return Ok(lines.at);
                    }
                    self.state = BodyState::DataEnd;
                }
                BodyState::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        lines.at += 2;
                        self.state = BodyState::Size;
                    }
                    [] | [b'\r'] => return Ok(lines.at),
                    [b'\r', byte, ..] | [byte, ..] => {
                        return Err(found("behind a chunk", &[*byte], "CR LF: its size is wrong"));
                    }
                },
                BodyState::Size | BodyState::Trailer => {
                    let most = lines.at.saturating_add(limits.head_bytes);
                    let Some(line) = lines.next(most, || head_too_long(limits))? else {
                        return Ok(lines.at);
                    };
                    self.state = if self.state == BodyState::Size {
                        self.size(line, limits)?
                    } else {
                        self.trailer(line, limits)?
                    };
                }
                BodyState::Done => return Ok(lines.at),
            }
        }
    }

    /// The body, when all of it has been read. Before that, `None`.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        (self.state == BodyState::Done).then(|| std::mem::take(&mut self.body))
    }

    fn size(&mut self, line: &[u8], limits: &Limits) -> Result<BodyState, ParseError> {
        let (size, extension_bytes) = parse_chunk_size(line)?;
        self.spend(extension_bytes, limits)?;
        if size > limits.body_bytes.saturating_sub(self.body.len()) {
            return Err(body_too_long(limits));
        }
        Ok(if size == 0 { BodyState::Trailer } else { BodyState::Data(size) })
    }

    /// RFC 9110 §6.5.1: trailers may be discarded. They are checked and counted, but not kept.
    fn trailer(&mut self, line: &[u8], limits: &Limits) -> Result<BodyState, ParseError> {
        if line.is_empty() {
            return Ok(BodyState::Done);
        }
        self.trailers += 1;
        if self.trailers > limits.headers {
            return Err(too_many_headers(limits));
        }
        self.spend(line.len(), limits)?;
        parse_field(&text_of(line))?;
        Ok(BodyState::Trailer)
    }

    fn spend(&mut self, bytes: usize, limits: &Limits) -> Result<(), ParseError> {
        self.overhead += bytes;
        let is_too_long = self.overhead > limits.head_bytes;
        if is_too_long { Err(head_too_long(limits)) } else { Ok(()) }
    }
}

/// `chunk-size = 1*HEXDIG`, and
/// `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val ] )`
///
/// Returns the size of the chunk, and the length of its extension.
fn parse_chunk_size(line: &[u8]) -> Result<(usize, usize), ParseError> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extension) = line.split_at(digits);
    // The server does not use extensions. It checks that there is no CR or LF in them.
    let is_text = extension.iter().all(|&byte| !is_control(byte));
    let is_extension = extension.is_empty() || extension.trim_ascii_start().starts_with(b";");
    // Sixteen hex digits are 64 bits. More of them could only be leading zeros.
    if !(1..=16).contains(&digits) || !is_text || !is_extension {
        return Err(found("the chunk size", line, "hex digits"));
    }
    let size = str::from_utf8(size).expect("hex digits are ASCII");
    let size = u64::from_str_radix(size, 16).expect("at most sixteen hex digits fit");
    Ok((usize::try_from(size).unwrap_or(usize::MAX), extension.len()))
}
