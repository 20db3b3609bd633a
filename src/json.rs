//! JSON text and values, both ways.
//!
//! [`parse`] reads RFC 8259 and nothing beyond it: no comments, no comma after the last item. [`write`] makes the
//! shortest text; a [`Style`] makes the forms that Python's `json.dumps` makes, for templates.
//!
//! * Integers are exact. One that 64 bits do not hold is an error, not a float that is nearly it.
//! * A float keeps its value through text and back, and stays a float: `1.0`, not `1`.
//! * Of two equal names in an object the last wins, as in browsers and in Python.
//! * How deep and how long a text may be is bounded: a thread's stack is small, and the sender chooses the text.
//!
//! Left out: reading in pieces. The whole text is at hand before the first byte is looked at.

use crate::value::{Map, Value};
use std::fmt::{self, Write};

/// How deep lists and objects may lie in one another; each level costs stack.
pub const DEPTH: usize = 64;

/// The longest text that [`parse`] looks at, in bytes.
pub const LONGEST: usize = 16 << 20;

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
/// Anything that RFC 8259 does not allow, a number that does not fit, more than [`DEPTH`] levels or [`LONGEST`] bytes.
///
/// ```
/// let value = carafe::json::parse(br#"{"item": "kettle", "count": 2}"#).unwrap();
/// assert_eq!(value.as_map().unwrap().get("count"), Some(&2.into()));
/// let error = carafe::json::parse(b"[1, 2").unwrap_err();
/// assert_eq!(error.to_string(), "1:6: found the end, expected , or ]");
/// ```
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > LONGEST {
        return Err(JsonError { line: 1, column: 1, message: format!("the text is longer than {LONGEST} bytes") });
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
            Some(b'"') => self.string().map(Value::Str),
            Some(b'{' | b'[') if depth == DEPTH => Err(self.error(format!("more than {DEPTH} levels deep"))),
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
            return Ok(Value::List(items));
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
        Ok(Value::List(items))
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
                Reader { text: self.text, at: start }.error(format!("the integer {} does not fit 64 bits", cut(text)))
            });
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value::Float(number)),
            _ => Err(Reader { text: self.text, at: start }.error(format!("the number {} is too large", cut(text)))),
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
            // Everything up to the next byte with a meaning is copied in one piece; in UTF-8 such a byte is never
            // part of a longer character.
            let plain = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ')).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => text.push(self.escape()?),
                Some(control) => {
                    return Err(
                        self.error(format!("found the control character \\u{control:04x}, expected it as an escape"))
                    );
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

    /// RFC 8259 §7: a character beyond the first 65,536 is written as two escapes, a UTF-16 surrogate pair. Half a
    /// pair is no character, so no text can hold it.
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
            Reader { text: self.text, at: start }.error(format!("found half a surrogate pair, \\u{code:04x}"))
        })
    }

    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|byte| char::from(byte).to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.unexpected("four hexadecimal digits after \\u"))?;
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

/// At most the first 40 bytes of a word of ASCII: an error shows enough to find the place, not a page of digits.
fn cut(word: &str) -> String {
    if word.len() > 40 { format!("{}...", &word[..40]) } else { word.to_owned() }
}

/// How JSON text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// A space after each comma and colon, and names for the floats that JSON lacks: as Python's `json.dumps`.
    pub python: bool,
    /// Characters beyond ASCII as `\u` escapes.
    pub ascii: bool,
    /// Names in the order of the alphabet.
    pub sorted: bool,
    /// A line for each item, indented by so many spaces a level.
    pub indent: Option<usize>,
}

impl Style {
    /// The shortest text: `{"a":1,"b":[1,2]}`.
    pub const COMPACT: Style = Style { python: false, ascii: false, sorted: false, indent: None };
    /// What Flask's `tojson` starts from: `{"a": 1, "b": [1, 2]}`, sorted, ASCII only.
    pub const PYTHON: Style = Style { python: true, ascii: true, sorted: true, indent: None };
}

/// The value as the shortest JSON text. A float that JSON cannot write (infinity, not-a-number) becomes `null`.
///
/// ```
/// let value = carafe::json::parse(br#"{ "a" : 1, "b" : [1, 2.50] }"#).unwrap();
/// assert_eq!(carafe::json::write(&value), r#"{"a":1,"b":[1,2.5]}"#);
/// ```
pub fn write(value: &Value) -> String {
    let mut text = String::new();
    write_into(&mut text, value, Style::COMPACT);
    text
}

/// Appends the value as JSON text in the given style.
pub fn write_into(out: &mut String, value: &Value, style: Style) {
    write_value(out, value, style, 0);
}

fn write_value(out: &mut String, value: &Value, style: Style, depth: usize) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => write_int(out, *number),
        Value::Float(number) if number.is_finite() => write_float(out, *number),
        Value::Float(_) if !style.python => out.push_str("null"),
        Value::Float(number) if number.is_nan() => out.push_str("NaN"),
        Value::Float(number) => out.push_str(if *number > 0.0 { "Infinity" } else { "-Infinity" }),
        Value::Str(text) => write_string(out, text, style),
        Value::List(items) if items.is_empty() => out.push_str("[]"),
        Value::Map(map) if map.is_empty() => out.push_str("{}"),
        Value::List(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(out, at > 0, style, depth + 1);
                write_value(out, item, style, depth + 1);
            }
            close(out, ']', style, depth);
        }
        Value::Map(map) => {
            let mut sorted = Vec::new();
            if style.sorted {
                sorted.extend(map.iter());
                sorted.sort_by_key(|(name, _)| *name);
            }
            out.push('{');
            let mut first = true;
            let mut pair = |name: &str, value: &Value| {
                separate(out, !std::mem::take(&mut first), style, depth + 1);
                write_string(out, name, style);
                out.push_str(if style.python { ": " } else { ":" });
                write_value(out, value, style, depth + 1);
            };
            if style.sorted {
                sorted.into_iter().for_each(|(name, value)| pair(name, value));
            } else {
                map.iter().for_each(|(name, value)| pair(name, value));
            }
            close(out, '}', style, depth);
        }
    }
}

fn separate(out: &mut String, comma: bool, style: Style, depth: usize) {
    if comma {
        out.push(',');
    }
    match style.indent {
        Some(spaces) => new_line(out, spaces * depth),
        None if comma && style.python => out.push(' '),
        None => {}
    }
}

fn close(out: &mut String, bracket: char, style: Style, depth: usize) {
    if let Some(spaces) = style.indent {
        new_line(out, spaces * depth);
    }
    out.push(bracket);
}

fn new_line(out: &mut String, spaces: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', spaces));
}

fn write_string(out: &mut String, text: &str, style: Style) {
    out.push('"');
    let mut rest = text;
    while let Some(at) =
        rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | ..b' ') || style.ascii && byte >= 0x7F)
    {
        out.push_str(&rest[..at]);
        let character = rest[at..].chars().next().expect("a byte was found there, so a character begins there");
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            // Python leaves it as it is, though it is a control character; RFC 8259 does not count it as one.
            '\u{7f}' => out.push(character),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}"); // Writing to a String cannot fail.
                }
            }
        }
        rest = &rest[at + character.len_utf8()..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends a whole number in decimal.
pub fn write_int(out: &mut String, number: i64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    let mut rest = number.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push('-');
    }
    out.extend(digits[at..].iter().map(|digit| char::from(*digit)));
}

/// Appends a float as Python's `repr` and JSON write it: the fewest digits that read back as the same number, always
/// with a point or an exponent: `1.0`, `0.1`, `1e+16`, `1e-05`.
pub fn write_float(out: &mut String, number: f64) {
    if !number.is_finite() {
        out.push_str(if number.is_nan() {
            "nan"
        } else if number > 0.0 {
            "inf"
        } else {
            "-inf"
        });
        return;
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').expect("the e form of a finite float has an e");
    let exponent: i32 = exponent.parse().expect("the exponent of a float is a small integer");
    if (-4..16).contains(&exponent) {
        let plain = number.to_string();
        out.push_str(&plain);
        if !plain.contains('.') {
            out.push_str(".0");
        }
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{digits}e{sign}{:02}", exponent.abs()); // Writing to a String cannot fail.
    }
}
