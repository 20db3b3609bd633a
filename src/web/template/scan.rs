//! Deeper: from text to tokens: where the template's text ends and its tags begin.
//!
//! Outside of `{{ }}`, `{% %}` and `{# #}` everything is text. A minus sign at the inner edge of a
//! tag, `{%-` or `-%}`, removes the white space on that side. Between `{% raw %}` and
//! `{% endraw %}` everything is text.
//!
//! Left out: line statements (`# for …`), other signs for the tags, numbers in other bases than
//! ten, and escapes in strings other than `\n \t \r \\ \' \" \x \u \U`.

use super::mistake::{Parsed, locate};
use super::print::repr;
use crate::value::Value;
use std::fmt;

/// The smallest parts with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'s> {
    /// Text outside of tags.
    Text(&'s str),
    /// A name or a keyword.
    Name(&'s str),
    /// Text in quotes, with its escapes replaced, or a number.
    Constant(Value),
    /// An operator, a bracket, or the beginning or end of a tag: `{{`, `}}`, `{%`, `%}`.
    Sign(&'static str),
}

/// Stands behind the last token.
pub const END: Token = Token::Sign("end of template");

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&match self {
            Token::Text(_) => "text".to_owned(),
            Token::Name(name) => shortened(name),
            Token::Constant(value) => shortened(&repr(value)),
            Token::Sign(sign) => (*sign).to_owned(),
        })
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

/// All tokens of a template with their byte offsets.
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
        let is_tag = |pair: &[u8]| pair[0] == b'{' && b"{%#".contains(&pair[1]);
        let Some(length) = bytes.windows(2).position(is_tag) else {
            self.push_text(start, self.text.len(), false);
            self.at = self.text.len();
            return Ok(());
        };
        let open = start + length;
        let strip = self.open(open);
        self.push_text(start, open, strip);
        match bytes[length + 1] {
            // `{# … #}` is no token.
            b'#' => {
                let Some(length) = self.rest().find("#}") else {
                    return self.not_closed("#}", "{#", open);
                };
                let strip = self.rest()[..length].ends_with('-');
                self.go_to(self.at + length + 2, strip);
                Ok(())
            }
            b'{' => self.tag(open, ["{{", "}}", "%}"]),
            _ if self.take_raw("raw") => self.raw(open),
            _ => self.tag(open, ["{%", "%}", "}}"]),
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

    /// Goes past the opening of a tag, and past the sign after it: `-` strips the text before the
    /// tag, `+` changes nothing.
    fn open(&mut self, at: usize) -> bool {
        self.at = at + 2;
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

    /// Goes past the end of a tag, if it comes next: `%}`, `-%}`, `+%}`.
    fn take_end(&mut self, closing: &str) -> bool {
        let rest = self.rest();
        // A plus sign may stand before %} only: `{{ 1 +}}` is an addition without an end.
        let signs = if closing == "%}" { &['-', '+'][..] } else { &['-'] };
        let after = rest.strip_prefix(signs).unwrap_or(rest).strip_prefix(closing);
        after
            .map(|after| self.go_to(self.text.len() - after.len(), rest.starts_with('-')))
            .is_some()
    }

    /// Goes past a word and the end of its tag, if they come next.
    fn take_raw(&mut self, word: &str) -> bool {
        let before = self.at;
        self.go_to(before, true);
        let is_word = self.rest().starts_with(word);
        self.go_to(self.at + if is_word { word.len() } else { 0 }, true);
        let found = is_word && self.take_end("%}");
        self.at = if found { self.at } else { before };
        found
    }

    /// The mistake that the template ends before something is closed.
    fn not_closed<T>(&self, expected: &str, opened: &str, open: usize) -> Parsed<T> {
        let (line, _) = locate(self.text, open);
        let message =
            format!("found end of template, expected {expected} for the {opened} of line {line}");
        Err((self.text.len(), message))
    }

    /// The text between `{% raw %}` and `{% endraw %}`, as one token.
    fn raw(&mut self, open: usize) -> Parsed<()> {
        let start = self.at;
        while let Some(length) = self.rest().find("{%") {
            let end = self.at + length;
            let strip = self.open(end);
            if self.take_raw("endraw") {
                self.push_text(start, end, strip);
                return Ok(());
            }
        }
        self.not_closed("{% endraw %}", "{% raw %}", open)
    }

    /// The inside of `{{ }}` or `{% %}`.
    fn tag(&mut self, open: usize, [opening, closing, other]: [&'static str; 3]) -> Parsed<()> {
        self.tokens.push((Token::Sign(opening), open));
        // How many dicts are open. Inside of them }} ends two dicts.
        let mut dicts = 0_usize;
        loop {
            self.go_to(self.at, true);
            let (at, rest) = (self.at, self.rest());
            if dicts == 0 && self.take_end(closing) {
                self.tokens.push((Token::Sign(closing), at));
                return Ok(());
            }
            let token = match rest.chars().next() {
                None => return self.not_closed(closing, opening, open),
                Some(_) if dicts == 0 && (rest.starts_with(other) || rest.starts_with('}')) => {
                    let found = if rest.starts_with(other) { other } else { "}" };
                    return Err((at, format!("found {found}, expected {closing}")));
                }
                Some('0'..='9') => self.number()?,
                Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
                Some(first) if first == '_' || first.is_alphabetic() => {
                    let after = rest.trim_start_matches(|c: char| c == '_' || c.is_alphanumeric());
                    self.at = self.text.len() - after.len();
                    Token::Name(&rest[..rest.len() - after.len()])
                }
                Some(first) => {
                    let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                    let found = first.escape_debug();
                    let wrong =
                        || format!("found {found}, expected a name, a value or an operator");
                    let sign = sign.ok_or_else(|| (at, wrong()))?;
                    dicts = (dicts + usize::from(sign == "{")) - usize::from(sign == "}");
                    self.at += sign.len();
                    Token::Sign(sign)
                }
            };
            self.tokens.push((token, at));
        }
    }

    /// integer = digits; float = digits, then a point with digits or an exponent or both.
    fn number(&mut self) -> Parsed<Token<'s>> {
        let (start, rest) = (self.at, self.rest());
        let whole = digits(rest);
        let mut length = whole;
        // After a point, as in `items.0.1`, a number is an index and has no fraction.
        if !self.text[..start].ends_with('.') {
            for (mark, signs) in [(&['.'][..], &[][..]), (&['e', 'E'], &['+', '-'])] {
                let after = rest[length..].strip_prefix(mark).unwrap_or_default();
                let number = after.strip_prefix(signs).unwrap_or(after);
                let count = digits(number);
                length += if count > 0 { 1 + after.len() - number.len() + count } else { 0 };
            }
        }
        self.at += length;
        let text = rest[..length].replace('_', "");
        let shown = shortened(&text);
        if length > whole {
            let float = text.parse::<f64>().map_err(|_| (start, format!("found {shown}")))?;
            return Ok(Token::Constant(float.into()));
        }
        if text.starts_with('0') && text.bytes().any(|digit| digit != b'0') {
            return Err((start, format!("found {shown}, expected a number without a leading 0")));
        }
        let too_large = |_| (start, format!("the number {shown} does not fit 64 bits"));
        Ok(Token::Constant(text.parse::<i64>().map_err(too_large)?.into()))
    }

    /// Text between quotes. A backslash means what it means in Python.
    fn quoted(&mut self, quote: char) -> Parsed<Token<'s>> {
        let open = self.at;
        let mut text = String::new();
        let mut letters = self.rest().chars();
        letters.next();
        while let Some(letter) = letters.next() {
            let at = self.text.len() - letters.as_str().len() - 1;
            let escaped = if letter == '\\' { letters.next() } else { None };
            match (letter, escaped) {
                (_, None) if letter == quote => {
                    self.at = self.text.len() - letters.as_str().len();
                    return Ok(Token::Constant(text.into()));
                }
                (_, None) => text.push(letter),
                (_, Some('\n')) => {}
                (_, Some('n')) => text.push('\n'),
                (_, Some('t')) => text.push('\t'),
                (_, Some('r')) => text.push('\r'),
                (_, Some('\\' | '\'' | '"')) => text.extend(escaped),
                (_, Some(kind @ ('x' | 'u' | 'U'))) => {
                    let count = if kind == 'x' {
                        2
                    } else if kind == 'u' {
                        4
                    } else {
                        8
                    };
                    let hex: String = letters.by_ref().take(count).collect();
                    let code = u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == count);
                    let wrong = || format!("found \\{kind}, expected {count} hexadecimal digits");
                    text.push(code.and_then(char::from_u32).ok_or_else(|| (at, wrong()))?);
                }
                (_, Some(left_out @ ('0'..='7' | 'N' | 'a' | 'b' | 'f' | 'v'))) => {
                    return Err((at, format!("found \\{left_out}, which is left out")));
                }
                // Python leaves both as they are.
                (_, Some(other)) => text.extend(['\\', other]),
            }
        }
        self.not_closed(&quote.to_string(), "string", open)
    }
}

/// How many bytes of digits there are; underscores may stand between them.
fn digits(text: &str) -> usize {
    let after = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    text[..text.len() - after.len()].trim_end_matches('_').len()
}
