//! Deeper: from text to tokens: where the template's text ends and its tags begin.
//!
//! Outside of `{{ }}`, `{% %}` and `{# #}` everything is text. A minus sign at the inner edge of a
//! tag, `{%-` or `-%}`, removes the white space on that side. Between `{% raw %}` and
//! `{% endraw %}` everything is text.
//!
//! Left out: line statements (`# for …`), other signs for the tags, numbers in other bases than
//! ten, and escapes in strings other than `\n \t \r \\ \' \" \x \u \U`.

use super::mistake::{Mistake, locate};

/// The smallest parts with a meaning.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'s> {
    /// Text outside of tags.
    Text(&'s str),
    /// `{{`
    PrintStart,
    /// `}}`
    PrintEnd,
    /// `{%`
    TagStart,
    /// `%}`
    TagEnd,
    /// A name or a keyword.
    Name(&'s str),
    /// Text in quotes, with its escapes replaced.
    Quoted(String),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// An operator or a bracket.
    Sign(&'static str),
    /// The end of the template.
    End,
}

impl std::fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Token::Text(_) => f.write_str("text"),
            Token::PrintStart => f.write_str("{{"),
            Token::PrintEnd => f.write_str("}}"),
            Token::TagStart => f.write_str("{%"),
            Token::TagEnd => f.write_str("%}"),
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
pub fn scan(source: &str) -> Result<Vec<(Token<'_>, usize)>, Mistake> {
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
    fn text_and_tag(&mut self) -> Result<(), Mistake> {
        let (start, rest) = (self.at, self.rest());
        let bytes = rest.as_bytes();
        let tag = (1..bytes.len())
            .find(|at| bytes[at - 1] == b'{' && matches!(bytes[*at], b'{' | b'%' | b'#'));
        let Some(second) = tag else {
            self.push_text(start, self.text.len(), false);
            self.at = self.text.len();
            return Ok(());
        };
        let open = start + second - 1;
        self.at = open + 2;
        let strip = self.skip_modifier() == Some('-');
        self.push_text(start, open, strip);
        match bytes[second] {
            b'#' => self.comment(open),
            b'{' => self.tag(open, Token::PrintStart, Token::PrintEnd),
            _ => match self.raw_tag("raw") {
                Some(end) => self.raw(open, end),
                None => self.tag(open, Token::TagStart, Token::TagEnd),
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

    /// The sign after the opening of a tag: `-` strips, `+` changes nothing.
    fn skip_modifier(&mut self) -> Option<char> {
        let sign = self.rest().chars().next().filter(|sign| matches!(sign, '-' | '+'));
        self.at += usize::from(sign.is_some());
        sign
    }

    /// Goes to a byte offset, and past the white space there if `strip` says so.
    fn go_to(&mut self, at: usize, strip: bool) {
        self.at = at;
        if strip {
            self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
        }
    }

    /// The mistake that the template ends before something is closed.
    fn not_closed<T>(&self, expected: &str, opened: &str, open: usize) -> Result<T, Mistake> {
        let (line, _) = locate(self.text, open);
        let message =
            format!("found end of template, expected {expected} for the {opened} of line {line}");
        Mistake::found(self.text.len(), message)
    }

    /// `{# … #}`, which is no token.
    fn comment(&mut self, open: usize) -> Result<(), Mistake> {
        let Some(length) = self.rest().find("#}") else {
            return self.not_closed("#}", "{#", open);
        };
        let strip = self.rest()[..length].ends_with('-');
        self.go_to(self.at + length + 2, strip);
        Ok(())
    }

    /// If `word` and the end of its tag come next: where the tag ends, and whether it strips.
    fn raw_tag(&self, word: &str) -> Option<(usize, bool)> {
        let rest = self.rest().trim_start_matches(is_space).strip_prefix(word)?;
        let rest = rest.trim_start_matches(is_space);
        let after = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
        Some((self.text.len() - after.len(), rest.starts_with('-')))
    }

    /// The text between `{% raw %}` and `{% endraw %}`, as one token.
    fn raw(&mut self, open: usize, (start, strip): (usize, bool)) -> Result<(), Mistake> {
        self.go_to(start, strip);
        let start = self.at;
        while let Some(length) = self.rest().find("{%") {
            let end_of_text = self.at + length;
            self.at = end_of_text + 2;
            let strip_before = self.skip_modifier() == Some('-');
            if let Some((end, strip)) = self.raw_tag("endraw") {
                self.push_text(start, end_of_text, strip_before);
                self.go_to(end, strip);
                return Ok(());
            }
        }
        self.not_closed("{% endraw %}", "{% raw %}", open)
    }

    /// The inside of `{{ }}` or `{% %}`.
    fn tag(&mut self, open: usize, start: Token<'s>, end: Token<'s>) -> Result<(), Mistake> {
        let (opening, closing, other) =
            if end == Token::TagEnd { ("{%", "%}", "}}") } else { ("{{", "}}", "%}") };
        self.tokens.push((start, open));
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
                    self.tokens.push((end, at));
                    self.go_to(at + rest.len() - unsigned.len() + 2, first == '-');
                    return Ok(());
                }
                if rest.starts_with(other) {
                    return Mistake::found(at, format!("found {other}, expected {closing}"));
                }
            }
            let token = match first {
                '0'..='9' => self.number()?,
                '\'' | '"' => self.quoted(first)?,
                _ if first == '_' || first.is_alphabetic() => {
                    let letter = |c: char| c == '_' || c.is_alphanumeric();
                    let length = rest.find(|c| !letter(c)).unwrap_or(rest.len());
                    self.at += length;
                    Token::Name(&rest[..length])
                }
                _ => self.sign(&mut brackets)?,
            };
            self.tokens.push((token, at));
        }
    }

    /// An operator or a bracket. Brackets must be closed in the order in which they were opened.
    fn sign(&mut self, brackets: &mut Vec<&'static str>) -> Result<Token<'s>, Mistake> {
        let (at, rest) = (self.at, self.rest());
        let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
            let found: String = rest.chars().take(1).flat_map(char::escape_debug).collect();
            let message = format!("found {found}, expected a name, a value or an operator");
            return Mistake::found(at, message);
        };
        match sign {
            "(" => brackets.push(")"),
            "[" => brackets.push("]"),
            "{" => brackets.push("}"),
            ")" | "]" | "}" => match brackets.pop() {
                Some(expected) if expected == sign => {}
                Some(expected) => {
                    return Mistake::found(at, format!("found {sign}, expected {expected}"));
                }
                None => return Mistake::found(at, format!("found {sign} without its opening")),
            },
            _ => {}
        }
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    /// integer = digits; float = digits, then a point with digits or an exponent or both.
    fn number(&mut self) -> Result<Token<'s>, Mistake> {
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
            return text.parse().map(Token::Float).or_else(|_| Mistake::found(start, "no number"));
        }
        if text.starts_with('0') && text.bytes().any(|digit| digit != b'0') {
            let message =
                format!("found {}, expected a number without a leading 0", shortened(&text));
            return Mistake::found(start, message);
        }
        let too_large = || format!("the number {} does not fit 64 bits", shortened(&text));
        text.parse().map(Token::Int).or_else(|_| Mistake::found(start, too_large()))
    }

    /// Text between quotes. A backslash means what it means in Python.
    fn quoted(&mut self, quote: char) -> Result<Token<'s>, Mistake> {
        let open = self.at;
        let mut text = String::new();
        let mut rest = self.rest()[1..].chars();
        while let Some(character) = rest.next() {
            match character {
                '\\' => match rest.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some(same @ ('\\' | '\'' | '"')) => text.push(same),
                    Some('\n') => {}
                    Some(letter @ ('x' | 'u' | 'U')) => {
                        let count =
                            [2, 4, 8][usize::from(letter != 'x') + usize::from(letter == 'U')];
                        let digits = rest.as_str().get(..count).unwrap_or_default();
                        let code = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                        let at = self.text.len() - rest.as_str().len() - 2;
                        let message =
                            || format!("found \\{letter}, expected {count} hexadecimal digits");
                        text.push(code.map_or_else(|| Mistake::found(at, message()), Ok)?);
                        rest = rest.as_str()[count..].chars();
                    }
                    Some(other @ ('0'..='7' | 'N' | 'a' | 'b' | 'f' | 'v')) => {
                        let at = self.text.len() - rest.as_str().len() - 2;
                        return Mistake::found(at, format!("found \\{other}, which is left out"));
                    }
                    // Python leaves both as they are.
                    Some(other) => text.extend(['\\', other]),
                    None => break,
                },
                _ if character == quote => {
                    self.at = self.text.len() - rest.as_str().len();
                    return Ok(Token::Quoted(text));
                }
                _ => text.push(character),
            }
        }
        self.not_closed(&quote.to_string(), "string", open)
    }
}

/// How many bytes of digits there are; underscores may stand between them.
fn digits(text: &str) -> usize {
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'_';
    text[..text.bytes().take_while(is_part).count()].trim_end_matches('_').len()
}
