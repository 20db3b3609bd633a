//! Deeper: from JSON text to a value.
//!
//! The grammar of RFC 8259 stands above the functions that implement it. Each takes what it knows
//! from the front of the text, and the first character that does not fit is the error.
//!
//! `[[0],[0]]` takes nine bytes as text and hundreds as values. So [`weigh`] says what the values
//! of a text would take, before they are made.

use super::{DEPTH, LONGEST};
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::fmt;

/// What a value takes as an item of a list that has grown, in bytes; a list's own memory, in which
/// its first items have their places; what a name with its value takes in a map; and what a text
/// takes besides its letters.
const ITEM_BYTES: usize = 48;
const LIST_BYTES: usize = 160;
const ENTRY_BYTES: usize = 128;
const TEXT_BYTES: usize = 24;

/// Why a text is not JSON, and where: both counted from 1, the column in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// The line of the first character that does not fit.
    pub line: usize,
    /// The place of that character in its line.
    pub column: usize,
    /// What was found and what was expected.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for JsonError {}

/// Reads one JSON value, with nothing but white space around it.
///
/// # Errors
///
/// Anything that RFC 8259 does not allow, a number that does not fit, more than [`DEPTH`] levels or
/// [`LONGEST`] bytes.
///
/// ```
/// let value = carafe::json::parse(br#"{"item": "kettle", "count": 2}"#).unwrap();
/// assert_eq!(value.get("count"), Some(&2.into()));
/// let error = carafe::json::parse(b"[1, 2").unwrap_err();
/// assert_eq!(error.to_string(), "1:6: found the end, expected , or ]");
/// ```
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    read(bytes, |reader| reader.value(0))
}

/// The same for a text that must be an object.
///
/// # Errors
///
/// As [`parse`]; another value.
pub fn parse_map(bytes: &[u8]) -> Result<Map, JsonError> {
    read(bytes, |reader| {
        reader.skip_space();
        if reader.peek() == Some(b'{') {
            reader.object(1)
        } else {
            Err(reader.unexpected("an object"))
        }
    })
}

/// About how many bytes of memory the values of a text take, and how many levels deep they lie.
/// Nothing is made for this. What is not JSON has a weight too.
///
/// ```
/// assert_eq!(carafe::json::weigh(br#"[[], "[[["]"#), (447, 2));
/// ```
pub fn weigh(text: &[u8]) -> (usize, usize) {
    let (mut bytes, mut depth, mut deepest) = (ITEM_BYTES, 0_usize, 0);
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes += match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                LIST_BYTES
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                0
            }
            b',' => ITEM_BYTES,
            b':' => ENTRY_BYTES,
            b'"' => {
                let mut is_escaped = false;
                let length = rest.position(|&byte| {
                    let is_end = byte == b'"' && !is_escaped;
                    is_escaped = byte == b'\\' && !is_escaped;
                    is_end
                });
                TEXT_BYTES + length.unwrap_or(0)
            }
            _ => 0,
        };
    }
    (bytes, deepest)
}

/// Reads what `read_value` reads, and white space around it.
fn read<T>(
    bytes: &[u8],
    read_value: impl FnOnce(&mut Reader) -> Result<T, Box<JsonError>>,
) -> Result<T, JsonError> {
    if bytes.len() > LONGEST {
        let message = format!("the text is longer than {LONGEST} bytes");
        return Err(*Reader { text: "", at: 0 }.error(message));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        *Reader { text: &good, at: good.len() }.error("found bytes that are not UTF-8")
    })?;
    let mut reader = Reader { text, at: 0 };
    // An error is boxed while it passes through the functions: a small result is moved faster.
    let value = read_value(&mut reader).map_err(|error| *error)?;
    reader.skip_space();
    if reader.at < text.len() { Err(*reader.unexpected("the end")) } else { Ok(value) }
}

/// A text, and how far it has been read.
#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte, which stays where it is.
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Reads this byte, if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Reads the bytes before the first one that is not `wanted`.
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        &self.text[start..self.at]
    }

    /// RFC 8259 §2: space, tab, line feed and carriage return; nothing else is white space here.
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// `value = false / null / true / object / array / number / string`
    fn value(&mut self, depth: usize) -> Result<Value, Box<JsonError>> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(Value::Str(self.string()?.into())),
            Some(b'{' | b'[') if depth == DEPTH => {
                Err(self.error(format!("more than {DEPTH} levels deep")))
            }
            Some(b'{') => Ok(self.object(depth + 1)?.into()),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    /// `object = { [ string : value *( , string : value ) ] }`
    fn object(&mut self, depth: usize) -> Result<Map, Box<JsonError>> {
        let mut map = Map::new();
        self.at += 1;
        while self.has_item(b'}', map.is_empty())? {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes"));
            }
            let name = self.string()?;
            self.skip_space();
            if !self.take(b':') {
                return Err(self.unexpected(":"));
            }
            map.insert(name, self.value(depth)?);
        }
        Ok(map)
    }

    /// `array = [ [ value *( , value ) ] ]`
    fn array(&mut self, depth: usize) -> Result<Value, Box<JsonError>> {
        let mut items = Vec::new();
        self.at += 1;
        while self.has_item(b']', items.is_empty())? {
            items.push(self.value(depth)?);
        }
        Ok(Value::List(items.into()))
    }

    /// Reads the comma before an item that is not the first, or the bracket behind the last one.
    fn has_item(&mut self, end: u8, is_first: bool) -> Result<bool, Box<JsonError>> {
        self.skip_space();
        if self.take(end) {
            Ok(false)
        } else if is_first || self.take(b',') {
            Ok(true)
        } else {
            Err(self.unexpected(&format!(", or {}", char::from(end))))
        }
    }

    /// One of the three words `true`, `false` and `null`, in small letters only.
    fn word(&mut self) -> Result<Value, Box<JsonError>> {
        let start = *self;
        match self.take_while(|byte| byte.is_ascii_alphanumeric()) {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ => Err(start.unexpected("a value")),
        }
    }

    /// `number = [ - ] ( 0 / 1-9 *digit ) [ . 1*digit ] [ e [ + / - ] 1*digit ]`
    fn number(&mut self) -> Result<Value, Box<JsonError>> {
        let start = *self;
        self.take(b'-');
        // RFC 8259 §6: "Leading zeros are not allowed."
        if !self.take(b'0') {
            self.digits()?;
        } else if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.error("found a digit after a leading 0"));
        }
        let is_float = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = &self.text[start.at..self.at];
        if is_float {
            let number = text.parse().ok().filter(|number: &f64| number.is_finite());
            let refused = || start.error(format!("the number {} is too large", cut(text)));
            number.map(Value::Float).ok_or_else(refused)
        } else {
            let refused =
                |_| start.error(format!("the integer {} does not fit 64 bits", cut(text)));
            text.parse().map(Value::Int).map_err(refused)
        }
    }

    /// `1*digit`: at least one. `1.` and `.5` are no numbers in JSON.
    fn digits(&mut self) -> Result<(), Box<JsonError>> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.is_empty() { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    /// `string = " *( character / escape ) "`. A control character must be written as an escape.
    /// Text without escapes is not copied.
    fn string(&mut self) -> Result<Cow<'a, str>, Box<JsonError>> {
        let mut text = Cow::Borrowed("");
        self.at += 1;
        loop {
            // In UTF-8 a byte with a meaning is never part of a longer character.
            let plain = self.take_while(|byte| !matches!(byte, b'"' | b'\\' | ..b' '));
            if text.is_empty() {
                text = Cow::Borrowed(plain);
            } else {
                text.to_mut().push_str(plain);
            }
            match self.peek() {
                Some(b'\\') => text.to_mut().push(self.escape()?),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(control) => {
                    let met = format!("found the control character \\u{control:04x}");
                    return Err(self.error(met + ", expected it as an escape"));
                }
                None => return Err(self.unexpected("\" at the end of the string")),
            }
        }
    }

    /// `escape = \ ( " / \ / / / b / f / n / r / t / u 4hex )`
    fn escape(&mut self) -> Result<char, Box<JsonError>> {
        let start = *self;
        self.at += 1;
        let character = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte.into(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => return Err(self.unexpected("one of \" \\ / b f n r t u after \\")),
        };
        self.at += 1;
        Ok(character)
    }

    /// RFC 8259 §7: a character beyond the first 65,536 is written as two escapes, a UTF-16
    /// surrogate pair. Half a pair is no character, so no text can hold it.
    fn unicode(&mut self, start: Reader) -> Result<char, Box<JsonError>> {
        let mut code = self.four_digits()?;
        if (0xD800..0xDC00).contains(&code) && self.text[self.at..].starts_with("\\u") {
            self.at += 1;
            let low = self.four_digits()?;
            if (0xDC00..0xE000).contains(&low) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        let half = || start.error(format!("found half a surrogate pair, \\u{code:04x}"));
        char::from_u32(code).ok_or_else(half)
    }

    /// The number behind a `u`.
    fn four_digits(&mut self) -> Result<u32, Box<JsonError>> {
        self.at += 1;
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            let expected = "four hexadecimal digits after \\u";
            code = code * 16 + digit.ok_or_else(|| self.unexpected(expected))?;
            self.at += 1;
        }
        Ok(code)
    }

    /// The error that says what stands here, and what was expected instead.
    fn unexpected(&self, expected: &str) -> Box<JsonError> {
        let rest = &self.text[self.at..];
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let found = match rest.chars().next() {
            None => "the end".to_owned(),
            Some(_) if word > 0 => cut(&rest[..word]),
            Some(character) => character.escape_debug().to_string(),
        };
        self.error(format!("found {found}, expected {expected}"))
    }

    fn error(&self, message: impl Into<String>) -> Box<JsonError> {
        let before = &self.text[..self.at];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let (line, column) =
            (before.matches('\n').count() + 1, before[start..].chars().count() + 1);
        Box::new(JsonError { line, column, message: message.into() })
    }
}

/// At most the first 40 bytes of a word of ASCII: enough to find the place.
fn cut(word: &str) -> String {
    if word.len() > 40 { format!("{}...", &word[..40]) } else { word.to_owned() }
}
