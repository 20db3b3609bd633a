//! Where the body ends: Content-Length, chunked, or nothing.
//!
//! A connection carries one message behind the other, so both sides must agree to the byte on where
//! each ends. There are two ways to say it: the length in advance, or pieces that each bring their
//! own length, the last of them 0.
//!
//! ```text
//! Content-Length: 6          Transfer-Encoding: chunked
//!
//! name=A                     4 CR LF name CR LF
//!                            2 CR LF =A CR LF
//!                            0 CR LF CR LF
//! ```
//!
//! Left out: compression as a transfer coding (501). Nobody sends it.

use super::error::{malformed, shown};
use super::parse::{Lines, parse_field, text_of};
use super::{Limits, ParseError, Request, Version};

/// How the end of a request's body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// This many bytes.
    Length(usize),
    /// Chunks until one of length 0: read them with [`ChunkedBody`].
    Chunked,
}

/// Decides where the body of a request ends (RFC 9112 §6.3).
///
/// # Errors
///
/// Any doubt is an error: both headers at once, lengths that are not one plain number, a coding
/// other than chunked, an HTTP/1.0 message with a transfer coding. A length beyond the limit is one
/// too.
pub fn framing(request: &Request, limits: &Limits) -> Result<Framing, ParseError> {
    let mut lengths = request.headers.get_all("Content-Length");
    let length = lengths.next();
    // RFC 9112 §6.3: several lengths, even equal ones, may be rejected; a strict recipient does.
    if lengths.next().is_some() {
        return Err(malformed("found more than one Content-Length, expected one"));
    }
    let codings: Vec<&str> = request.headers.get_all("Transfer-Encoding").collect();
    match (length, codings.is_empty()) {
        (None, true) => Ok(Framing::Empty),
        (Some(length), true) => parse_length(length, limits),
        (None, false) => check_codings(&codings, request.version),
        // RFC 9112 §6.1: "A server MAY reject a request that contains both Content-Length and
        // Transfer-Encoding".
        (Some(_), false) => Err(malformed(
            "found both Content-Length and Transfer-Encoding, expected one: they could disagree",
        )),
    }
}

/// `Content-Length = 1*DIGIT` (RFC 9110 §8.6)
fn parse_length(text: &str, limits: &Limits) -> Result<Framing, ParseError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        let found = shown(text.as_bytes());
        return Err(malformed(format!("found Content-Length: {found}, expected digits")));
    }
    match text.parse::<usize>() {
        Ok(0) => Ok(Framing::Empty),
        Ok(length) if length <= limits.body_bytes => Ok(Framing::Length(length)),
        // Too many digits for a usize is still a number: a body too long, not a malformed one.
        _ => Err(ParseError::BodyTooLong(limits.body_bytes)),
    }
}

/// `Transfer-Encoding = #transfer-coding` (RFC 9112 §6.1)
fn check_codings(codings: &[&str], version: Version) -> Result<Framing, ParseError> {
    let coding = codings.join(", ");
    // RFC 9112 §6.1: with HTTP/1.0, "MUST treat the message as if the framing is faulty".
    if version == Version::Http10 {
        return Err(malformed(
            "found Transfer-Encoding in an HTTP/1.0 request, expected Content-Length",
        ));
    }
    if coding.eq_ignore_ascii_case("chunked") {
        return Ok(Framing::Chunked);
    }
    // RFC 9112 §6.3: if chunked is not the final coding, the length cannot be determined: 400. If
    // it is, but another comes before it, the server does not understand that one: 501 (§6.1). RFC
    // 9110 §5.6.1.2: "A recipient MUST parse and ignore a reasonable number of empty list
    // elements".
    let mut names = coding.split(',').map(str::trim_ascii).filter(|name| !name.is_empty()).rev();
    let is_chunked = |name: &str| name.eq_ignore_ascii_case("chunked");
    let ends_well = names.next().is_some_and(is_chunked);
    let others: Vec<&str> = names.collect();
    if !ends_well || others.iter().any(|name| is_chunked(name)) {
        let found = shown(coding.as_bytes());
        return Err(malformed(format!(
            "found Transfer-Encoding: {found}, expected chunked, once and last"
        )));
    }
    if others.is_empty() { Ok(Framing::Chunked) } else { Err(ParseError::TransferCoding(coding)) }
}

/// True if the client waits with its body for `100 Continue` (RFC 9110 §10.1.1).
///
/// # Errors
///
/// [`ParseError::Expectation`], if it expects anything else.
pub fn expects_continue(request: &Request) -> Result<bool, ParseError> {
    // "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore that
    // expectation."
    if request.version == Version::Http10 {
        return Ok(false);
    }
    let lists = request.headers.get_all("Expect");
    // RFC 9110 §5.6.1: elements of a list may be empty, and are passed over.
    let expectations =
        lists.flat_map(|list| list.split(',')).map(str::trim_ascii).filter(|name| !name.is_empty());
    let mut expects = false;
    for expectation in expectations {
        if !expectation.eq_ignore_ascii_case("100-continue") {
            return Err(ParseError::Expectation(expectation.to_owned()));
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
    state: State,
    /// Bytes spent on chunk extensions and trailers, which are read past: they are bounded like a
    /// head.
    overhead: usize,
    trailers: usize,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    /// Before a line `chunk-size [ chunk-ext ] CRLF`.
    #[default]
    Size,
    /// Inside a chunk, with this many bytes of it to come.
    Data(usize),
    /// Before the CR LF that ends a chunk's data.
    DataEnd,
    /// Before a trailer line, or the empty line that ends it all.
    Trailer,
    Done,
}

impl ChunkedBody {
    /// Takes what it can from the front of `bytes`; returns how many bytes it took. The caller
    /// brings the others again, with more behind them.
    ///
    /// # Errors
    ///
    /// When a chunk's size or end breaks the grammar, or a limit is passed.
    pub fn feed(&mut self, bytes: &[u8], limits: &Limits) -> Result<usize, ParseError> {
        let mut lines = Lines { bytes, at: 0 };
        loop {
            let rest = &bytes[lines.at..];
            match self.state {
                State::Data(left) => {
                    let taken = left.min(rest.len());
                    self.body.extend_from_slice(&rest[..taken]);
                    lines.at += taken;
                    self.state =
                        if taken == left { State::DataEnd } else { State::Data(left - taken) };
                    if taken < left {
                        return Ok(lines.at);
                    }
                }
                State::DataEnd => match rest {
                    [b'\r', b'\n', ..] => {
                        lines.at += 2;
                        self.state = State::Size;
                    }
                    [] | [b'\r'] => return Ok(lines.at),
                    [b'\r', byte, ..] | [byte, ..] => {
                        let found = shown(&[*byte]);
                        return Err(malformed(format!(
                            "found {found} behind a chunk, expected CR LF: its size is wrong"
                        )));
                    }
                },
                State::Size | State::Trailer => {
                    let most = lines.at.saturating_add(limits.head_bytes);
                    let line = lines.next(most, &ParseError::HeadTooLong(limits.head_bytes))?;
                    let Some(line) = line else { return Ok(lines.at) };
                    self.state = if self.state == State::Size {
                        self.size(line, limits)?
                    } else {
                        self.trailer(line, limits)?
                    };
                }
                State::Done => return Ok(lines.at),
            }
        }
    }

    /// The body, once the last chunk and the trailers have been read; until then `None`.
    pub fn finish(&mut self) -> Option<Vec<u8>> {
        (self.state == State::Done).then(|| std::mem::take(&mut self.body))
    }

    fn size(&mut self, line: &[u8], limits: &Limits) -> Result<State, ParseError> {
        let (size, extension_bytes) = parse_chunk_size(line)?;
        self.spend(extension_bytes, limits)?;
        if size > limits.body_bytes.saturating_sub(self.body.len()) {
            return Err(ParseError::BodyTooLong(limits.body_bytes));
        }
        Ok(if size == 0 { State::Trailer } else { State::Data(size) })
    }

    /// RFC 9110 §6.5.1: trailers may be discarded. They are checked, counted and forgotten: a
    /// trailer must not pass for a header that came in time to decide something.
    fn trailer(&mut self, line: &[u8], limits: &Limits) -> Result<State, ParseError> {
        if line.is_empty() {
            return Ok(State::Done);
        }
        self.trailers += 1;
        if self.trailers > limits.headers {
            return Err(ParseError::TooManyHeaders(limits.headers));
        }
        self.spend(line.len(), limits)?;
        parse_field(&text_of(line))?;
        Ok(State::Trailer)
    }

    fn spend(&mut self, bytes: usize, limits: &Limits) -> Result<(), ParseError> {
        self.overhead += bytes;
        if self.overhead > limits.head_bytes {
            Err(ParseError::HeadTooLong(limits.head_bytes))
        } else {
            Ok(())
        }
    }
}

/// `chunk-size = 1*HEXDIG`, `chunk-ext = *( BWS ";" BWS chunk-ext-name [ BWS "=" BWS chunk-ext-val
/// ] )`
///
/// Returns the size, and how many bytes of extension follow it.
fn parse_chunk_size(line: &[u8]) -> Result<(usize, usize), ParseError> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let (size, extension) = line.split_at(digits);
    // Nobody asks what an extension says, only that it is one, and that no CR or LF hides in it.
    let extension_is_text = extension.iter().all(|&byte| byte == b'\t' || !byte.is_ascii_control());
    let extension_starts_well =
        extension.is_empty() || extension.trim_ascii_start().starts_with(b";");
    // Sixteen hex digits are 64 bits. Leading zeros could make the same number longer, but nobody
    // needs them.
    if !(1..=16).contains(&digits) || !extension_is_text || !extension_starts_well {
        return Err(malformed(format!(
            "found the chunk size {}, expected hex digits",
            shown(line)
        )));
    }
    let size = str::from_utf8(size).expect("hex digits are ASCII");
    let size = u64::from_str_radix(size, 16).expect("at most sixteen hex digits fit");
    Ok((usize::try_from(size).unwrap_or(usize::MAX), extension.len()))
}
