//! The cases of `TABLE`, and the answers that come back.

use std::fs;
use std::path::Path;

/// What becomes of the connection behind a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Connection {
    Stays,
    Closes,
    Half,
}

/// One case of the table.
pub struct Case {
    /// Where it stands in the table.
    pub line: usize,
    pub section: String,
    pub requirement: String,
    pub statuses: Vec<u16>,
    pub connection: Connection,
    pub bytes: Vec<u8>,
    /// Headers that the last answer has; with an empty value, any will do.
    pub has: Vec<(String, String)>,
    /// Headers that it has not.
    pub lacks: Vec<String>,
    pub body: Option<Vec<u8>>,
}

impl Case {
    /// All cases, with these marks put in their places.
    pub fn all(marks: &[(&str, String)]) -> Vec<Case> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/TABLE");
        let table = fs::read_to_string(path).expect("the table can be read");
        let mut cases: Vec<Case> = Vec::new();
        for (at, line) in
            table.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        {
            let line_number = at + 1;
            let filled =
                marks.iter().fold(line.to_owned(), |text, (mark, value)| text.replace(mark, value));
            let Some(detail) = filled.strip_prefix("    ") else {
                cases.push(Case::begin(line_number, line));
                continue;
            };
            let case = cases.last_mut().expect("a case begins with its section");
            match detail.split_at(1) {
                ("|", rest) => {
                    case.bytes = bytes_of(rest.strip_suffix('|').expect("the bytes end with |"))
                }
                ("+", rest) => {
                    let (name, value) = rest.split_once(':').expect("a header has a colon");
                    case.has.push((name.trim().to_owned(), value.trim().to_owned()));
                }
                ("-", rest) => case.lacks.push(rest.trim().to_owned()),
                ("=", rest) => case.body = Some(bytes_of(rest.strip_prefix(' ').unwrap_or(rest))),
                _ => panic!("TABLE:{line_number}: {line:?}"),
            }
        }
        cases
    }

    fn begin(line_number: usize, line: &str) -> Case {
        let mut words = line.split_whitespace();
        let mut word =
            || words.next().unwrap_or_else(|| panic!("TABLE:{line_number}: {line:?}")).to_owned();
        let (section, statuses, connection) = (word(), word(), word());
        let statuses = statuses.split(',').filter(|status| *status != "-");
        Case {
            line: line_number,
            section,
            requirement: words.collect::<Vec<_>>().join(" "),
            statuses: statuses
                .map(|status| status.parse().expect("a status is a number"))
                .collect(),
            connection: match connection.as_str() {
                "stays" => Connection::Stays,
                "closes" => Connection::Closes,
                "half" => Connection::Half,
                other => {
                    panic!("TABLE:{line_number}: found {other:?}, expected stays, closes or half")
                }
            },
            bytes: Vec::new(),
            has: Vec::new(),
            lacks: Vec::new(),
            body: None,
        }
    }
}

/// `⏎`, `\x00` and `{9000*a}` as what they stand for.
fn bytes_of(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '⏎' => bytes.extend_from_slice(b"\r\n"),
            '\\' => {
                let (kind, behind) = rest.split_at(1);
                rest = behind;
                match kind {
                    "r" => bytes.push(b'\r'),
                    "n" => bytes.push(b'\n'),
                    "t" => bytes.push(b'\t'),
                    "x" => {
                        bytes.push(
                            u8::from_str_radix(&rest[..2], 16).expect("two hex digits follow \\x"),
                        );
                        rest = &rest[2..];
                    }
                    other => bytes.extend_from_slice(other.as_bytes()),
                }
            }
            '{' => match rest
                .split_once('*')
                .and_then(|(count, behind)| Some((count.parse().ok()?, behind)))
            {
                Some((count, behind)) => {
                    let (repeated, behind) =
                        behind.split_once('}').expect("a repetition ends with }");
                    bytes.extend(bytes_of(repeated).repeat(count));
                    rest = behind;
                }
                None => bytes.push(b'{'),
            },
            other => bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

/// One answer of the server.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// A field that stands there twice, though it is no list.
    pub fn repeated(&self) -> Option<&str> {
        let mut names = self.headers.iter().map(|(name, _)| name.as_str()).enumerate();
        let found = names.find(|(at, name)| {
            let is_list = ["Set-Cookie", "Vary"].iter().any(|list| list.eq_ignore_ascii_case(name));
            !is_list
                && self.headers[..*at].iter().any(|(earlier, _)| earlier.eq_ignore_ascii_case(name))
        });
        found.map(|(_, name)| name)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The answers that stand one behind the other; `to_head`: the first final one has no body.
///
/// # Errors
///
/// What makes them no answers: something is missing, or something is too much.
pub fn answers(mut bytes: &[u8], to_head: bool) -> Result<Vec<Answer>, String> {
    let mut answers = Vec::new();
    while !bytes.is_empty() {
        let end =
            bytes.windows(4).position(|four| four == b"\r\n\r\n").ok_or("a head does not end")?;
        let head = str::from_utf8(&bytes[..end]).map_err(|error| error.to_string())?;
        bytes = &bytes[end + 4..];
        let mut lines = head.split("\r\n");
        let status_line = lines.next().unwrap_or("");
        let status =
            status_line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let status: u16 =
            status.ok_or_else(|| format!("found {status_line:?}, expected a status line"))?;
        let headers =
            lines.map(|line| line.split_once(": ").ok_or_else(|| format!("{line:?} is no header")));
        let headers =
            headers.map(|field| field.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let mut answer =
            Answer { status, headers: headers.collect::<Result<_, _>>()?, body: Vec::new() };
        let is_final = answers.iter().all(|earlier: &Answer| earlier.status < 200);
        let has_body = status >= 200 && !matches!(status, 204 | 304) && !(to_head && is_final);
        if has_body {
            let length = answer.header("Content-Length").and_then(|length| length.parse().ok());
            let length: usize = length.ok_or("an answer without Content-Length")?;
            answer.body = bytes.get(..length).ok_or("the body is not whole")?.to_vec();
            bytes = &bytes[length..];
        }
        answers.push(answer);
    }
    Ok(answers)
}
