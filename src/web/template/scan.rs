//! Deeper: from text to tokens: where the template's text ends and its tags begin.
//!
//! Outside of `{{ }}`, `{% %}` and `{# #}` everything is text. A minus sign at the inner edge of a
//! tag, `{%-` or `-%}`, removes the white space on that side. Between `{% raw %}` and
//! `{% endraw %}` everything is text.
//!
//! Left out: line statements (`# for …`), other signs for the tags, `{%+`, numbers with underscores
//! or another base than ten, and escapes in strings other than `\n \t \r \\ \' \"`.

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

/// Comes after the last token.
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

/// All tokens of a template with their byte offsets.
/// Errors: a tag, comment or string that is not closed; a character that no expression has; a
/// number that is too large.
pub fn scan(text: &str) -> Parsed<Vec<(Token<'_>, usize)>> {
    let mut scanner = Scanner { text, rest: text, tokens: Vec::new() };
    while !scanner.rest.is_empty() {
        scanner.text_and_tag()?;
    }
    Ok(scanner.tokens)
}

/// A template, and what of it has not been read.
struct Scanner<'s> {
    text: &'s str,
    rest: &'s str,
    tokens: Vec<(Token<'s>, usize)>,
}

impl<'s> Scanner<'s> {
    /// How much has been read.
    fn at(&self) -> usize {
        self.text.len() - self.rest.len()
    }

    /// Text, which may be empty, and the tag after it, if there is one.
    fn text_and_tag(&mut self) -> Parsed<()> {
        let is_tag = |pair: &[u8]| pair[0] == b'{' && b"{%#".contains(&pair[1]);
        let length = self.rest.as_bytes().windows(2).position(is_tag).unwrap_or(self.rest.len());
        let (open, tag) = (self.at() + length, &self.rest[length..]);
        self.text_before_tag(length);
        if tag.starts_with("{#") {
            // A comment is no token.
            let Some((inside, after)) = self.rest.split_once("#}") else {
                return self.not_closed("#}", "{#", open);
            };
            self.rest = if inside.ends_with('-') { after.trim_start() } else { after };
        } else if tag.starts_with("{{") {
            self.tag(open, ["{{", "}}", "%}"])?;
        } else if let Some(inside) = after_word(self.rest, "raw") {
            self.rest = inside;
            self.raw(open)?;
        } else if !tag.is_empty() {
            self.tag(open, ["{%", "%}", "}}"])?;
        }
        Ok(())
    }

    /// Text of this length, and the opening of the next tag. A minus strips the end of the text.
    fn text_before_tag(&mut self, length: usize) {
        let (text, tag) = self.rest.split_at(length);
        let inside = tag.get(2..).unwrap_or_default();
        let strip = inside.starts_with('-');
        let text = if strip { text.trim_end() } else { text };
        if !text.is_empty() {
            self.tokens.push((Token::Text(text), self.at()));
        }
        self.rest = inside.strip_prefix('-').unwrap_or(inside);
    }

    /// The mistake that the template ends before something is closed.
    fn not_closed<T>(&self, expected: &str, opened: &str, open: usize) -> Parsed<T> {
        let (line, _) = locate(self.text, open);
        let message =
            format!("found end of template, expected {expected} for the {opened} of line {line}");
        Err(Box::new((self.text.len(), message)))
    }

    /// The text between `{% raw %}` and `{% endraw %}`, as one token.
    fn raw(&mut self, open: usize) -> Parsed<()> {
        for (length, _) in self.rest.match_indices("{%") {
            let tag = &self.rest[length + 2..];
            if let Some(after) = after_word(tag.strip_prefix('-').unwrap_or(tag), "endraw") {
                self.text_before_tag(length);
                self.rest = after;
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
            self.rest = self.rest.trim_start();
            let (at, rest) = (self.at(), self.rest);
            if let Some(after) = after_end(rest, closing).filter(|_| dicts == 0) {
                self.tokens.push((Token::Sign(closing), at));
                self.rest = after;
                return Ok(());
            }
            let token = match rest.chars().next() {
                None => return self.not_closed(closing, opening, open),
                Some('0'..='9') => self.number()?,
                Some(quote @ ('\'' | '"')) => self.quoted(quote)?,
                Some(first) if first == '_' || first.is_alphabetic() => {
                    self.rest = rest.trim_start_matches(|c: char| c == '_' || c.is_alphanumeric());
                    Token::Name(&rest[..rest.len() - self.rest.len()])
                }
                Some(first) => {
                    let wrong_end = [other, "}"].into_iter().find(|sign| rest.starts_with(sign));
                    if let Some(found) = wrong_end.filter(|_| dicts == 0) {
                        return Err(Box::new((at, format!("found {found}, expected {closing}"))));
                    }
                    let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
                        let found = first.escape_debug();
                        let expected = "a name, a value or an operator";
                        return Err(Box::new((at, format!("found {found}, expected {expected}"))));
                    };
                    dicts = (dicts + usize::from(sign == "{")) - usize::from(sign == "}");
                    self.rest = &rest[sign.len()..];
                    Token::Sign(sign)
                }
            };
            self.tokens.push((token, at));
        }
    }

    /// integer = digits; float = digits, then a point with digits or an exponent or both.
    fn number(&mut self) -> Parsed<Token<'s>> {
        let (start, rest) = (self.at(), self.rest);
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
        // As in Python, an int with zeros before it is none: the first token of 007 is 00.
        if length == whole && rest.starts_with('0') {
            length = whole.min(rest.find(|it| it != '0').unwrap_or(whole));
        }
        self.rest = &rest[length..];
        let text = &rest[..length];
        let int = text.parse().map(Value::Int);
        let value = if length > whole { text.parse().map(Value::Float).ok() } else { int.ok() };
        let too_large = || format!("the number {} does not fit 64 bits", shortened(text));
        value.map(Token::Constant).ok_or_else(|| Box::new((start, too_large())))
    }

    /// Text between quotes. A backslash means what it means in Python.
    fn quoted(&mut self, quote: char) -> Parsed<Token<'s>> {
        let (open, mut text) = (self.at(), String::new());
        let mut letters = self.rest[1..].chars();
        while let Some(letter) = letters.next() {
            let at = self.text.len() - letters.as_str().len() - 1;
            if letter == quote {
                self.rest = letters.as_str();
                return Ok(Token::Constant(text.into()));
            }
            match if letter == '\\' { letters.next() } else { None } {
                None => text.push(letter),
                Some('\n') => {}
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('r') => text.push('\r'),
                Some(plain @ ('\\' | '\'' | '"')) => text.push(plain),
                Some(left_out @ ('0'..='7' | 'N' | 'U' | 'a' | 'b' | 'f' | 'u' | 'v' | 'x')) => {
                    return Err(Box::new((at, format!("found \\{left_out}, which is left out"))));
                }
                // Python leaves both as they are.
                Some(other) => text.extend(['\\', other]),
            }
        }
        self.not_closed(&quote.to_string(), "string", open)
    }
}

/// What follows the end of a tag, if the text begins with one: `%}`, `-%}`.
fn after_end<'s>(rest: &'s str, closing: &str) -> Option<&'s str> {
    let after = rest.strip_prefix('-').unwrap_or(rest).strip_prefix(closing)?;
    Some(if rest.starts_with('-') { after.trim_start() } else { after })
}

/// What follows a word and the end of its tag, if the text begins with them.
fn after_word<'s>(rest: &'s str, word: &str) -> Option<&'s str> {
    let after = rest.trim_start().strip_prefix(word)?;
    after_end(after.trim_start(), "%}")
}

/// How many digits the text begins with.
fn digits(text: &str) -> usize {
    text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len()
}
