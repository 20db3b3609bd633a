//! Reads requests as a connection does, from bytes that come in any pieces.

use carafe::http::early_refusal::needs_parsing;
use carafe::http::forwarded::Proxies;
use carafe::http::{
    self, ChunkedBody, Framing, Limits, ParseError, Request, expects_continue, framing,
};

/// The request whose head stands in front of these bytes, and the length of that head.
pub fn parse_head(bytes: &[u8], limits: &Limits) -> Result<Option<(Request, usize)>, ParseError> {
    let mut request = Request::default();
    Ok(http::parse_head(bytes, limits, &mut request)?.map(|used| (request, used)))
}

/// What one side of a connection has seen so far.
pub struct Reader {
    limits: Limits,
    /// Bytes that have come and that nobody has taken yet.
    buffer: Vec<u8>,
    stage: Stage,
    /// How many bytes the parser of heads was given, each time anew.
    #[allow(dead_code, reason = "the fuzz targets use this file, too")]
    pub parsed_bytes: usize,
    /// The requests read so far, bodies and all.
    pub requests: Vec<Request>,
    /// Why it reads no further.
    pub error: Option<ParseError>,
}

enum Stage {
    Head,
    Length(Request, usize),
    Chunked(Request, ChunkedBody),
    Closed,
}

impl Reader {
    /// Nothing has come yet.
    pub fn new(limits: Limits) -> Reader {
        let (buffer, stage) = (Vec::new(), Stage::Head);
        Reader { limits, buffer, stage, parsed_bytes: 0, requests: Vec::new(), error: None }
    }

    /// All that these bytes say, in pieces of this size.
    pub fn read(bytes: &[u8], piece_bytes: usize, limits: &Limits) -> Reader {
        let mut reader = Reader::new(limits.clone());
        for piece in bytes.chunks(piece_bytes.max(1)) {
            reader.feed(piece);
        }
        reader
    }

    /// Takes what has arrived.
    pub fn feed(&mut self, bytes: &[u8]) {
        let is_head = matches!(self.stage, Stage::Head) && !self.buffer.is_empty();
        self.buffer.extend_from_slice(bytes);
        if is_head && !needs_parsing(&self.buffer, bytes.len(), &self.limits) {
            return;
        }
        while let Some(stage) = self.advance().unwrap_or_else(|error| {
            self.error = Some(error);
            Some(Stage::Closed)
        }) {
            let closed = matches!(stage, Stage::Closed);
            self.stage = stage;
            if closed {
                return;
            }
        }
    }

    /// The status of each answer, in order: 408 where a request has begun and does not end.
    pub fn statuses(&self) -> Vec<u16> {
        let known = |request: &Request| !matches!(request.method, carafe::http::Method::Other(_));
        let mut statuses: Vec<u16> =
            self.requests.iter().map(|request| if known(request) { 200 } else { 501 }).collect();
        if let Some(error) = &self.error {
            statuses.push(error.status.0);
        } else if self.is_waiting_for_more() {
            statuses.push(408);
        }
        statuses
    }

    /// True if the connection would stay open behind the last answer.
    pub fn stays(&self) -> bool {
        !matches!(self.stage, Stage::Closed) && !self.is_waiting_for_more()
    }

    /// All that was seen, as text to compare.
    pub fn outcome(&self) -> String {
        let waits = if self.is_waiting_for_more() { "waiting" } else { "idle" };
        format!("{:#?}\n{:?}\n{waits}, stays {}", self.requests, self.error, self.stays())
    }

    /// True if a head is complete and its body is not.
    #[allow(dead_code, reason = "the fuzz targets use this file, too")]
    pub fn is_in_body(&self) -> bool {
        matches!(self.stage, Stage::Length(..) | Stage::Chunked(..))
    }

    fn is_waiting_for_more(&self) -> bool {
        match self.stage {
            Stage::Head => !self.buffer.is_empty(),
            Stage::Length(..) | Stage::Chunked(..) => true,
            Stage::Closed => false,
        }
    }

    /// One step; `None` if it needs more bytes.
    fn advance(&mut self) -> Result<Option<Stage>, ParseError> {
        match &mut self.stage {
            Stage::Head => {
                // As a connection does: an empty line before a head leaves the input.
                while self.buffer.starts_with(b"\r\n") {
                    self.buffer.drain(..2);
                }
                self.parsed_bytes += self.buffer.len();
                let Some((request, used)) = parse_head(&self.buffer, &self.limits)? else {
                    return Ok(None);
                };
                self.buffer.drain(..used);
                let framing = framing(&request, &self.limits)?;
                expects_continue(&request)?;
                Ok(Some(match framing {
                    Framing::None => self.finish(request)?,
                    Framing::Length(length) => Stage::Length(request, length as usize),
                    _ => Stage::Chunked(request, ChunkedBody::default()),
                }))
            }
            Stage::Length(request, length) => {
                if self.buffer.len() < *length {
                    return Ok(None);
                }
                let mut request = request.clone();
                request.body = self.buffer.drain(..*length).collect();
                Ok(Some(self.finish(request)?))
            }
            Stage::Chunked(request, body) => {
                let used = body.feed(&self.buffer, &self.limits)?;
                self.buffer.drain(..used);
                let Some(body) = body.finish() else { return Ok(None) };
                let mut request = request.clone();
                request.body = body;
                Ok(Some(self.finish(request)?))
            }
            Stage::Closed => Ok(None),
        }
    }

    fn finish(&mut self, mut request: Request) -> Result<Stage, ParseError> {
        Proxies::default().find_client(([127, 0, 0, 1], 9).into(), &mut request)?;
        let stays = request.keep_alive();
        self.requests.push(request);
        Ok(if stays { Stage::Head } else { Stage::Closed })
    }
}
