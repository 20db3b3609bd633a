//! Deeper: Multipart: a form with files, sent as a body of several parts.
//!
//! In `name=Ada&age=36` a file would become three times as long. In `multipart/form-data` (RFC
//! 7578) a line that occurs nowhere in the data, the boundary, stands around each part.
//!
//! ```text
//! --x7                                                              the boundary is x7
//! Content-Disposition: form-data; name="photo"; filename="me.png"   a field has no filename
//! Content-Type: image/png
//!                                                                   the end of the part's head
//! (bytes)
//! --x7--                                                            the end of the form
//! ```
//!
//! Left out: header fields that go on in the next line, and what RFC 7578 calls deprecated: parts
//! inside parts and `Content-Transfer-Encoding`.

use super::bytes::{is_token, quoted_length};
use super::fields::percent_decode;
use super::parse_error::{malformed, unexpected, unexpected_line};
use super::{Fields, ParseError, Status};

/// How many parts a form may have, because each costs memory of its own. Flask has the same bound.
const MOST_PARTS: usize = 1000;

/// How many bytes the head of a part may have. A head has two or three lines.
const MOST_HEAD_BYTES: usize = 4096;

/// The parts of a form.
#[derive(Debug, Default, PartialEq)]
pub struct Multipart {
    /// The parts that are text, in order.
    pub fields: Fields,
    /// The files, in order, each after the name of its field. If the visitor did not choose one,
    /// browsers send a file without a name and without bytes.
    pub files: Vec<(String, UploadedFile)>,
}

/// A file that a client sent.
#[derive(Clone, Debug, PartialEq)]
pub struct UploadedFile {
    /// The name that the client gave, without folders (RFC 7578 §4.2). It may be empty.
    pub file_name: String,
    /// The media type that the client gave, or nothing. The bytes may be of another type.
    pub content_type: String,
    /// What is in the file.
    pub bytes: Vec<u8>,
}

/// Reads the body of a request; `content_type` is the header that names the boundary.
///
/// # Errors
///
/// 400 if the body breaks the grammar; 413 if it has more than 1000 parts.
pub fn parse(content_type: &str, body: &[u8]) -> Result<Multipart, ParseError> {
    let boundary = boundary(content_type).ok_or_else(|| {
        unexpected("Content-Type", content_type.as_bytes(), "boundary= and 1 to 70 characters")
    })?;
    let no_end = || malformed(format!("found no line --{boundary}-- at the end of the form"));
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    // RFC 2046 §5.1.1: text before the first and after the last boundary "is to be ignored".
    let first = body.strip_prefix(&delimiter[2..]);
    let behind_first = || split(body, &delimiter).map(|(_, behind)| behind);
    let mut rest = first.or_else(behind_first).ok_or_else(no_end)?;
    let mut multipart = Multipart::default();
    for _ in 0..=MOST_PARTS {
        if rest.starts_with(b"--") {
            return Ok(multipart);
        }
        // RFC 2046 §5.1.1: blanks behind a boundary, which a gateway may have added, do not count.
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        rest = &rest[rest.iter().take_while(is_blank).count()..];
        let start = &rest[..rest.len().min(MOST_HEAD_BYTES)];
        if !start.starts_with(b"\r\n") {
            return Err(unexpected("after a boundary", start, "a line end or --"));
        }
        // The line end of the boundary belongs to the head: it may be all of it.
        let (head, _) = split(start, b"\r\n\r\n").ok_or_else(|| {
            unexpected("the head of a part", start, "an empty line within 4096 bytes")
        })?;
        // The line end of the empty line may be that of the delimiter: a part without data.
        let (data, behind) = split(&rest[head.len() + 2..], &delimiter).ok_or_else(no_end)?;
        multipart.add(utf8(head)?, data.strip_prefix(b"\r\n").unwrap_or_default())?;
        rest = behind;
    }
    let why = format!("the form has more than {MOST_PARTS} parts");
    Err(ParseError::new(Status::CONTENT_TOO_LARGE, why))
}

/// The boundary that a `Content-Type` names; `boundary := 0*69<bchars> bcharsnospace` (RFC 2046
/// §5.1.1).
pub fn boundary(content_type: &str) -> Option<String> {
    let parameters = parameters(content_type)?;
    parameters.get("boundary").filter(|it| (1..=70).contains(&it.len())).map(str::to_owned)
}

impl Multipart {
    fn add(&mut self, head: &str, data: &[u8]) -> Result<(), ParseError> {
        let mut lines = head.split("\r\n");
        if let Some(line) = lines.find(|line| line.contains(['\r', '\n'])) {
            let expected = "CR LF at the end of each line, and neither elsewhere";
            return Err(unexpected_line("in the head of a part", line.as_bytes(), expected));
        }
        // RFC 7578 §4.8: other header fields "MUST be ignored".
        let header = |wanted: &str| {
            let mut fields = head.lines().filter_map(|line| line.split_once(':'));
            let field = fields.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            field.map_or("", |(_, value)| value.trim())
        };
        let disposition = header("Content-Disposition");
        // Browsers, curl and requests escape no `\`, and it may be the last letter of a name.
        let plain = || parameters(&disposition.replace('\\', "\\\\"));
        let parameters = parameters(disposition).or_else(plain).unwrap_or_default();
        let name = parameters.get("name").map(unescape).ok_or_else(|| {
            let expected = "form-data; name=\"...\" in one line, then ; or the end";
            unexpected("a part with Content-Disposition", disposition.as_bytes(), expected)
        })?;
        // RFC 7578 §4.2 forbids filename*, but some clients send it.
        let extended = parameters.get("filename*").and_then(|text| text.splitn(3, '\'').nth(2));
        let extended = extended.map(|text| percent_decode(text).into_owned());
        match extended.or_else(|| parameters.get("filename").map(unescape)) {
            None => self.fields.append(name, utf8(data)?),
            Some(file_name) => {
                let content_type = header("Content-Type").to_owned();
                let (file_name, bytes) = (last_component(&file_name), data.to_owned());
                self.files.push((name, UploadedFile { file_name, content_type, bytes }));
            }
        }
        Ok(())
    }
}

/// The bytes before these and the bytes after.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    Some((&bytes[..at], &bytes[at + mark.len()..]))
}

fn utf8(bytes: &[u8]) -> Result<&str, ParseError> {
    str::from_utf8(bytes).map_err(|_| unexpected("in a part of the form", bytes, "UTF-8"))
}

/// `value *( OWS ";" OWS name "=" ( token / quoted-string ) )` (RFC 9110 §5.6.6)
fn parameters(text: &str) -> Option<Fields> {
    let mut parameters = Fields::default();
    let (_, mut rest) = text.split_once(';').unwrap_or_default();
    loop {
        rest = rest.trim_start_matches([' ', '\t', ';']);
        if rest.is_empty() {
            return Some(parameters);
        }
        let (name, behind) = rest.split_once('=').filter(|(name, _)| is_token(name.as_bytes()))?;
        let value;
        (value, rest) = match behind.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None if behind.starts_with([' ', '\t']) => return None,
            None => {
                let (token, behind) = behind.split_at(behind.find(';').unwrap_or(behind.len()));
                (token.trim_end().to_owned(), behind)
            }
        };
        parameters.append(name.to_ascii_lowercase(), value);
    }
}

/// The inside of a quoted string, and what is after it: a `;` or nothing. A `\` before another
/// letter than `"` and `\` stands for itself, because old browsers send `C:\me.png`.
fn unquote(text: &str) -> Option<(String, &str)> {
    let (inside, behind) = text.split_at(quoted_length(text.as_bytes())?);
    let behind = behind[1..].trim_start_matches([' ', '\t']);
    let is_whole = behind.is_empty() || behind.starts_with(';');
    is_whole.then(|| (inside.replace("\\\"", "\"").replace("\\\\", "\\"), behind))
}

/// The three characters that browsers escape in a name (WHATWG HTML, "multipart/form-data").
fn unescape(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// What is after the last slash, without control characters. `.` and `..` are names of folders.
fn last_component(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let last = last.replace(char::is_control, "");
    if matches!(last.trim(), "." | "..") { String::new() } else { last }
}
