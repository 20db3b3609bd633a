//! Deeper: from text to tokens: where the template's text ends and its tags begin.
//!
//! Outside of `{{ }}`, `{% %}` and `{# #}` everything is text. A minus sign at the inner edge of a
//! tag, `{%-` or `-%}`, removes the white space on that side. Between `{% raw %}` and
//! `{% endraw %}` everything is text.
//!
//! Left out: line statements (`# for …`), other signs for the tags, numbers in other bases than
//! ten, and escapes in strings other than `\n \t \r \\ \' \" \x \u \U`.

use super::mistake::{Parsed, locate};
use std::fmt;

/// The smallest parts with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'s> {
    /// Text outside of tags.
    Text(&'s str),
    /// A name or a keyword.
    Name(&'s str),
    /// Text in quotes, with its escapes replaced.
    Quoted(String),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// An operator, a bracket, or the beginning or end of a tag: `{{`, `}}`, `{%`, `%}`.
    Sign(&'static str),
    /// The end of the template.
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Text(_) => f.write_str("text"),
            Token::Name(name) => f.write_str(&shortened(name)),
            Token::Quoted(text) => write!(f, "'{}'", shortened(text)),
            Token::Int(number) => write!(f, "{number}"),
            Token::Float(number) => write!(f, "{number}"),
            Token::Sign(sign) => f.write_str(sign),
            Token::End => f.write_str("end of template"),
        }
    }
}

/// Longest first, so that `//` is not read as two divisions.
const SIGNS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// At most 40 characters of a text: a message shows enough to find the place.
pub fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// White space as in Python's `strip`, which also removes the four separators of ASCII.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// All tokens of a template with their byte offsets; the last is [`Token::End`].
///
/// # Errors
///
/// A tag, comment or string that is not closed; a character that no expression has; a number that
/// is too large.
pub fn scan(source: &str) -> Parsed<Vec<(Token<'_>, usize)>> {
    // As in Jinja, one line end at the very end is not part of the page.
    let text = source.strip_suffix('\n').unwrap_or(source);
    let mut scanner = Scanner { text, at: 0, tokens: Vec::new() };
    while scanner.at < text.len() {
        scanner.text_and_tag()?;
    }
    scanner.tokens.push((Token::End, source.len()));
    Ok(scanner.tokens)
}

/// A template, and how much of it has been read.
struct Scanner<'s> {
    text: &'s str,
    at: usize,
    tokens: Vec<(Token<'s>, usize)>,
}

impl<'s> Scanner<'s> {
    /// What has not been read.
    fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    /// Text, which may be empty, and the tag after it.
    fn text_and_tag(&mut self) -> Parsed<()> {
        let (start, bytes) = (self.at, self.rest().as_bytes());
        let is_tag = |pair: &[u8]| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#');
        let Some(length) = bytes.windows(2).position(is_tag) else {
            self.push_text(start, self.text.len(), false);
            self.at = self.text.len();
            return Ok(());
        };
        let open = start + length;
        self.at = open + 2;
        let strip = self.skip_modifier();
        self.push_text(start, open, strip);
        match bytes[length + 1] {
            // `{# … #}` is no token.
            b'#' => match self.rest().find("#}") {
                Some(length) => {
                    let strip = self.rest()[..length].ends_with('-');
                    self.go_to(self.at + length + 2, strip);
                    Ok(())
                }
                None => self.not_closed("#}", "{#", open),
            },
            b'{' => self.tag(open, "{{", "}}"),
            _ => match self.raw_tag("raw") {
                Some(end) => self.raw(open, end),
                None => self.tag(open, "{%", "%}"),
            },
        }
    }

    /// Adds text as a token, unless it is empty.
    fn push_text(&mut self, from: usize, to: usize, strip_end: bool) {
        let text = &self.text[from..to];
        let text = if strip_end { text.trim_end_matches(is_space) } else { text };
        if !text.is_empty() {
            self.tokens.push((Token::Text(text), from));
        }
    }

    /// Goes past the sign after the opening of a tag: `-` strips, `+` changes nothing.
    fn skip_modifier(&mut self) -> bool {
        let strip = self.rest().starts_with('-');
        self.at += usize::from(self.rest().starts_with(['-', '+']));
        strip
    }

    /// Goes to a byte offset, and past the white space there if `strip` says so.
    fn go_to(&mut self, at: usize, strip: bool) {
        self.at = at;
        if strip {
            self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
        }
    }

    /// The mistake that the template ends before something is closed.
    fn not_closed<T>(&self, expected: &str, opened: &str, open: usize) -> Parsed<T> {
        let (line, _) = locate(self.text, open);
        let message =
            format!("found end of template, expected {expected} for the {opened} of line {line}");
        Err((self.text.len(), message))
    }

    /// If `word` and the end of its tag come next: where the tag ends, and whether it strips.
    fn raw_tag(&self, word: &str) -> Option<(usize, bool)> {
        let rest = self.rest().trim_start_matches(is_space).strip_prefix(word)?;
        let rest = rest.trim_start_matches(is_space);
        let after = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
        Some((self.text.len() - after.len(), rest.starts_with('-')))
    }

    /// The text between `{% raw %}` and `{% endraw %}`, as one token.
    fn raw(&mut self, open: usize, (start, strip): (usize, bool)) -> Parsed<()> {
        self.go_to(start, strip);
        let start = self.at;
        while let Some(length) = self.rest().find("{%") {
            let end_of_text = self.at + length;
            self.at = end_of_text + 2;
            let strip_before = self.skip_modifier();
            if let Some((end, strip)) = self.raw_tag("endraw") {
                self.push_text(start, end_of_text, strip_before);
                self.go_to(end, strip);
                return Ok(());
            }
        }
        self.not_closed("{% endraw %}", "{% raw %}", open)
    }

    /// The inside of `{{ }}` or `{% %}`.
    fn tag(&mut self, open: usize, opening: &'static str, closing: &'static str) -> Parsed<()> {
        let other = if closing == "%}" { "}}" } else { "%}" };
        self.tokens.push((Token::Sign(opening), open));
        // The brackets that are still open. Inside of them }} ends two dicts.
        let mut brackets = Vec::new();
        loop {
            self.go_to(self.at, true);
            let (at, rest) = (self.at, self.rest());
            let Some(first) = rest.chars().next() else {
                return self.not_closed(closing, opening, open);
            };
            if brackets.is_empty() {
                let unsigned = rest.strip_prefix(['-', '+']).unwrap_or(rest);
                // A plus sign may stand before %} only: `{{ 1 +}}` is an addition without an end.
                let signed = unsigned.starts_with(closing) && (first == '-' || closing == "%}");
                if rest.starts_with(closing) || signed {
                    self.tokens.push((Token::Sign(closing), at));
                    self.go_to(at + rest.len() - unsigned.len() + 2, first == '-');
                    return Ok(());
                }
                if rest.starts_with(other) {
                    return Err((at, format!("found {other}, expected {closing}")));
                }
            }
            let token = match first {
                '0'..='9' => self.number()?,
                '\'' | '"' => self.quoted(first)?,
                _ if first == '_' || first.is_alphabetic() => {
                    let is_letter = |c: char| c == '_' || c.is_alphanumeric();
                    let after = rest.trim_start_matches(is_letter);
                    self.at += rest.len() - after.len();
                    Token::Name(&rest[..rest.len() - after.len()])
                }
                _ => self.sign(first, &mut brackets)?,
            };
            self.tokens.push((token, at));
        }
    }

    /// An operator or a bracket. Brackets must be closed in the order in which they were opened.
    fn sign(&mut self, first: char, brackets: &mut Vec<&'static str>) -> Parsed<Token<'s>> {
        let (at, rest) = (self.at, self.rest());
        let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
            let found = first.escape_debug();
            let message = format!("found {found}, expected a name, a value or an operator");
            return Err((at, message));
        };
        match sign {
            "(" => brackets.push(")"),
            "[" => brackets.push("]"),
            "{" => brackets.push("}"),
            ")" | "]" | "}" => match brackets.pop() {
                Some(expected) if expected == sign => {}
                Some(expected) => {
                    return Err((at, format!("found {sign}, expected {expected}")));
                }
                None => return Err((at, format!("found {sign} without its opening"))),
            },
            _ => {}
        }
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    /// integer = digits; float = digits, then a point with digits or an exponent or both.
    fn number(&mut self) -> Parsed<Token<'s>> {
        let (start, rest) = (self.at, self.rest());
        let whole = digits(rest);
        let mut length = whole;
        // After a point, as in `items.0.1`, a number is an index and has no fraction.
        if !self.text[..start].ends_with('.') {
            let fraction = rest[length..].strip_prefix('.').map_or(0, digits);
            length += if fraction > 0 { 1 + fraction } else { 0 };
            if rest[length..].starts_with(['e', 'E']) {
                let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
                let exponent = digits(&rest[length + 1 + sign..]);
                length += if exponent > 0 { 1 + sign + exponent } else { 0 };
            }
        }
        self.at += length;
        let text = rest[..length].replace('_', "");
        if length > whole {
            return text.parse().map(Token::Float).map_err(|_| (start, "no number".to_owned()));
        }
        let shown = shortened(&text);
        if text.starts_with('0') && text.bytes().any(|digit| digit != b'0') {
            let message = format!("found {shown}, expected a number without a leading 0");
            return Err((start, message));
        }
        let too_large = || format!("the number {shown} does not fit 64 bits");
        text.parse().map(Token::Int).map_err(|_| (start, too_large()))
    }

    /// Text between quotes. A backslash means what it means in Python.
    fn quoted(&mut self, quote: char) -> Parsed<Token<'s>> {
        let open = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(character) = self.rest().chars().next() {
            self.at += character.len_utf8();
            match character {
                '\\' => self.escape(&mut text)?,
                _ if character == quote => return Ok(Token::Quoted(text)),
                _ => text.push(character),
            }
        }
        self.not_closed(&quote.to_string(), "string", open)
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut String) -> Parsed<()> {
        let at = self.at - 1;
        let Some(letter) = self.rest().chars().next() else { return Ok(()) };
        self.at += letter.len_utf8();
        match letter {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            '\\' | '\'' | '"' => text.push(letter),
            '\n' => {}
            'x' | 'u' | 'U' => {
                let count = [2, 4, 8][usize::from(letter != 'x') + usize::from(letter == 'U')];
                let code =
                    self.rest().get(..count).and_then(|hex| u32::from_str_radix(hex, 16).ok());
                let Some(code) = code.and_then(char::from_u32) else {
                    let message = format!("found \\{letter}, expected {count} hexadecimal digits");
                    return Err((at, message));
                };
                text.push(code);
                self.at += count;
            }
            '0'..='7' | 'N' | 'a' | 'b' | 'f' | 'v' => {
                return Err((at, format!("found \\{letter}, which is left out")));
            }
            // Python leaves both as they are.
            _ => text.extend(['\\', letter]),
        }
        Ok(())
    }
}

/// How many bytes of digits there are; underscores may stand between them.
fn digits(text: &str) -> usize {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    text[..text.len() - after.len()].trim_end_matches('_').len()
}
