//! Deeper: from JSON text to a value.
//!
//! The grammar of RFC 8259 stands above the functions that implement it. Each takes what it knows
//! from the front of the text, and the first character that does not fit is the error.

use super::{DEPTH, ESCAPES, LONGEST};
use crate::value::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

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

impl JsonError {
    /// An error after this part of the text.
    fn behind(before: &str, message: String) -> JsonError {
        let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
        JsonError { line: before.matches('\n').count() + 1, column, message }
    }
}

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
    if bytes.len() > LONGEST {
        let message = format!("the text is longer than {LONGEST} bytes");
        return Err(JsonError::behind("", message));
    }
    let text = str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        JsonError::behind(&good, "found bytes that are not UTF-8".to_owned())
    })?;
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() { Err(reader.unexpected("the end")) } else { Ok(value) }
}

/// The same for a text that must be an object.
///
/// # Errors
///
/// As [`parse`]; another value.
pub fn parse_map(bytes: &[u8]) -> Result<Map, JsonError> {
    match parse(bytes)? {
        Value::Map(map) => Ok(Arc::unwrap_or_clone(map)),
        _ => Err(JsonError::behind("", "found another value, expected an object".to_owned())),
    }
}

/// A text, and how far it has been read.
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
        let rest = &self.text[self.at..];
        let taken = &rest[..rest.bytes().position(|byte| !wanted(byte)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    /// RFC 8259 §2: space, tab, line feed and carriage return; nothing else is white space here.
    fn skip_space(&mut self) {
        self.take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
    }

    /// `value = false / null / true / object / array / number / string`
    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(Value::Str(self.string()?.into())),
            Some(b'{' | b'[') if depth == DEPTH => {
                Err(self.wrong(self.at, format!("more than {DEPTH} levels deep")))
            }
            Some(b'{') => Ok(self.object(depth + 1)?.into()),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.word(),
        }
    }

    /// `object = { [ string : value *( , string : value ) ] }`
    fn object(&mut self, depth: usize) -> Result<Map, JsonError> {
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
    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        while self.has_item(b']', items.is_empty())? {
            items.push(self.value(depth)?);
        }
        Ok(Value::List(items.into()))
    }

    /// Reads the comma before an item that is not the first, or the bracket after the last one.
    fn has_item(&mut self, end: u8, is_first: bool) -> Result<bool, JsonError> {
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
    fn word(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        match self.take_while(|byte| byte.is_ascii_alphanumeric()) {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ => {
                self.at = start;
                Err(self.unexpected("a value"))
            }
        }
    }

    /// `number = [ - ] ( 0 / 1-9 *digit ) [ . 1*digit ] [ e [ + / - ] 1*digit ]`
    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        self.take(b'-');
        // RFC 8259 §6: "Leading zeros are not allowed."
        if !self.take(b'0') {
            self.digits()?;
        } else if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.wrong(self.at, "found a digit after a leading 0"));
        }
        let is_float = matches!(self.peek(), Some(b'.' | b'e' | b'E'));
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if !is_float {
            let why = || format!("the integer {} does not fit 64 bits", cut(text));
            return text.parse().map(Value::Int).map_err(|_| self.wrong(start, why()));
        }
        match text.parse() {
            Ok(number) if f64::is_finite(number) => Ok(Value::Float(number)),
            _ => Err(self.wrong(start, format!("the number {} is too large", cut(text)))),
        }
    }

    /// `1*digit`: at least one. `1.` and `.5` are no numbers in JSON.
    fn digits(&mut self) -> Result<(), JsonError> {
        let digits = self.take_while(|byte| byte.is_ascii_digit());
        if digits.is_empty() { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    /// `string = " *( character / escape ) "`. A control character must be written as an escape.
    /// Text without escapes is not copied.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let mut text = Cow::Borrowed("");
        self.at += 1;
        loop {
            // In UTF-8 a byte with a meaning is never part of a longer character.
            text += self.take_while(|byte| !matches!(byte, b'"' | b'\\' | ..b' '));
            match self.peek() {
                Some(b'\\') => text.to_mut().push(self.escape()?),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(control) => {
                    let met = format!("found the control character \\u{control:04x}");
                    return Err(self.wrong(self.at, met + ", expected it as an escape"));
                }
                None => return Err(self.unexpected("\" at the end of the string")),
            }
        }
    }

    /// `escape = \ ( " / \ / / / b / f / n / r / t / u 4hex )`
    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let next = self.peek().map(char::from);
        match ESCAPES.into_iter().find(|(letter, _)| next == Some(*letter)) {
            Some((_, character)) => {
                self.at += 1;
                Ok(character)
            }
            None if next == Some('u') => self.unicode(start),
            None => Err(self.unexpected("one of \" \\ / b f n r t u after \\")),
        }
    }

    /// RFC 8259 §7: a character beyond the first 65,536 is written as two escapes, a UTF-16
    /// surrogate pair. Half a pair is no character, so no text can hold it.
    fn unicode(&mut self, start: usize) -> Result<char, JsonError> {
        let mut code = self.four_digits()?;
        if (0xD800..0xDC00).contains(&code) && self.text[self.at..].starts_with("\\u") {
            self.at += 1;
            let low = self.four_digits()?;
            if (0xDC00..0xE000).contains(&low) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        let half = || self.wrong(start, format!("found half a surrogate pair, \\u{code:04x}"));
        char::from_u32(code).ok_or_else(half)
    }

    /// The number after a `u`.
    fn four_digits(&mut self) -> Result<u32, JsonError> {
        self.at += 1;
        let rest = &self.text[self.at..];
        let count = rest.bytes().take(4).take_while(u8::is_ascii_hexdigit).count();
        self.at += count;
        match u32::from_str_radix(&rest[..count], 16) {
            Ok(code) if count == 4 => Ok(code),
            _ => Err(self.unexpected("four hexadecimal digits after \\u")),
        }
    }

    /// Says what stands here, and what was expected instead.
    #[cold]
    fn unexpected(&self, expected: &str) -> JsonError {
        let rest = &self.text[self.at..];
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let found = match rest.chars().next() {
            None => "the end".to_owned(),
            Some(_) if word > 0 => cut(&rest[..word]),
            Some(character) => character.escape_debug().to_string(),
        };
        self.wrong(self.at, format!("found {found}, expected {expected}"))
    }

    fn wrong(&self, at: usize, message: impl Into<String>) -> JsonError {
        JsonError::behind(&self.text[..at], message.into())
    }
}

/// At most the first 40 bytes of a word of ASCII: enough to find the place.
fn cut(word: &str) -> String {
    if word.len() > 40 { format!("{}...", &word[..40]) } else { word.to_owned() }
}
