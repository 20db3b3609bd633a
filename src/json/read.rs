//! From JSON text to a value.
//!
//! The grammar of RFC 8259 stands above the functions that implement it. Each takes what it knows
//! from the front of the text, and the first character that does not fit is the error.

use super::{DEPTH, JsonError, LONGEST};
use crate::value::{Map, Value};

/// Reads one JSON value, with nothing but white space around it.
///
/// # Errors
///
/// Anything that RFC 8259 does not allow, a number that does not fit, more than [`DEPTH`] levels or
/// [`LONGEST`] bytes.
///
/// ```
/// let value = carafe::json::parse(br#"{"item": "kettle", "count": 2}"#).unwrap();
/// assert_eq!(value.as_map().unwrap().get("count"), Some(&2.into()));
/// let error = carafe::json::parse(b"[1, 2").unwrap_err();
/// assert_eq!(error.to_string(), "1:6: found the end, expected , or ]");
/// ```
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > LONGEST {
        return Err(JsonError {
            line: 1,
            column: 1,
            message: format!("the text is longer than {LONGEST} bytes"),
        });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
        Reader { text: good, at: good.len() }.error("found bytes that are not UTF-8".to_owned())
    })?;
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.skip_space();
    if reader.at < text.len() { Err(reader.unexpected("the end")) } else { Ok(value) }
}

/// A text, and how far it has been read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    // RFC 8259 §2: space, tab, line feed and carriage return; nothing else is white space here.
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// value = false / null / true / object / array / number / string
    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'"') => Ok(self.string()?.into()),
            Some(b'{' | b'[') if depth == DEPTH => {
                Err(self.error(format!("more than {DEPTH} levels deep")))
            }
            Some(b'{') => self.object(depth + 1),
            Some(b'[') => self.array(depth + 1),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z') => self.word(),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// object = { [ string : value *( , string : value ) ] }
    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut map = Map::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Map(map));
        }
        loop {
            self.skip_space();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in double quotes"));
            }
            let name = self.string()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.unexpected(":"));
            }
            self.at += 1;
            map.insert(name, self.value(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected(", or }")),
            }
        }
        self.at += 1;
        Ok(Value::Map(map))
    }

    /// array = [ [ value *( , value ) ] ]
    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items.into());
        }
        loop {
            items.push(self.value(depth)?);
            self.skip_space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected(", or ]")),
            }
        }
        self.at += 1;
        Ok(items.into())
    }

    fn word(&mut self) -> Result<Value, JsonError> {
        let rest = &self.text[self.at..];
        let word = &rest[..rest.bytes().take_while(u8::is_ascii_alphanumeric).count()];
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => return Err(self.unexpected("a value")),
        };
        self.at += word.len();
        Ok(value)
    }

    /// number = [ - ] ( 0 / 1-9 *digit ) [ . 1*digit ] [ e [ + / - ] 1*digit ]
    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        // RFC 8259 §6: "Leading zeros are not allowed."
        if self.peek() == Some(b'0') {
            self.at += 1;
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return Err(self.error("found a digit after a leading 0".to_owned()));
            }
        } else {
            self.digits()?;
        }
        let mut whole = true;
        if self.peek() == Some(b'.') {
            whole = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            whole = false;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let text = &self.text[start..self.at];
        if whole {
            return text.parse().map(Value::Int).map_err(|_| {
                Reader { text: self.text, at: start }
                    .error(format!("the integer {} does not fit 64 bits", cut(text)))
            });
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(Reader { text: self.text, at: start }
                .error(format!("the number {} is too large", cut(text)))),
        }
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            // Everything up to the next byte with a meaning is copied in one piece; in UTF-8 such a
            // byte is never part of a longer character.
            let plain = rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | ..b' '))
                .unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                Some(control) => {
                    return Err(self.error(format!(
                        "found the control character \\u{control:04x}, expected it as an escape"
                    )));
                }
                None => return Err(self.unexpected("\" at the end of the string")),
            }
        }
        self.at += 1;
        Ok(text)
    }

    /// escape = \ ( " / \ / / / b / f / n / r / t / u 4hex )
    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let simple = match self.peek() {
            Some(b'u') => {
                self.at += 1;
                return self.unicode(start);
            }
            Some(byte @ (b'"' | b'\\' | b'/')) => byte.into(),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            _ => return Err(self.unexpected("one of \" \\ / b f n r t u after \\")),
        };
        self.at += 1;
        Ok(simple)
    }

    /// RFC 8259 §7: a character beyond the first 65,536 is written as two escapes, a UTF-16
    /// surrogate pair. Half a pair is no character, so no text can hold it.
    fn unicode(&mut self, start: usize) -> Result<char, JsonError> {
        let mut code = self.four_digits()?;
        if (0xD800..0xDC00).contains(&code) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            let low = self.four_digits()?;
            if (0xDC00..0xE000).contains(&low) {
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            }
        }
        char::from_u32(code).ok_or_else(|| {
            Reader { text: self.text, at: start }
                .error(format!("found half a surrogate pair, \\u{code:04x}"))
        })
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16
                + digit.ok_or_else(|| self.unexpected("four hexadecimal digits after \\u"))?;
            self.at += 1;
        }
        Ok(code)
    }

    fn unexpected(&self, expected: &str) -> JsonError {
        let rest = &self.text[self.at..];
        let word = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let found = match rest.chars().next() {
            None => "the end".to_owned(),
            Some(_) if word > 0 => cut(&rest[..word]),
            Some(character) => character.escape_debug().to_string(),
        };
        self.error(format!("found {found}, expected {expected}"))
    }

    fn error(&self, message: String) -> JsonError {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        JsonError { line, column: before[line_start..].chars().count() + 1, message }
    }
}

/// At most the first 40 bytes of a word of ASCII: an error shows enough to find the place, not a
/// page of digits.
fn cut(word: &str) -> String {
    if word.len() > 40 { format!("{}...", &word[..40]) } else { word.to_owned() }
}
