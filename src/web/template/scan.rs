//! From text to tokens: where the template's text ends and its tags begin.
//!
//! Outside of `{{ }}`, `{% %}` and `{# #}` everything is text. A minus sign at the inner edge of a
//! tag, `{%-` or `-%}`, takes the white space on that side away. Between `{% raw %}` and `{% endraw
//! %}` nothing has a meaning.
//!
//! Left out: line statements (`# for …`) and other ways to write the tags.

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
    /// Text in quotes, escapes already read.
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
            Token::Name(name) => write!(f, "{}", name.chars().take(40).collect::<String>()),
            Token::Quoted(text) => write!(f, "'{}'", text.chars().take(40).collect::<String>()),
            Token::Int(number) => write!(f, "{number}"),
            Token::Float(number) => write!(f, "{number}"),
            Token::Sign(sign) => f.write_str(sign),
            Token::End => f.write_str("end of template"),
        }
    }
}

/// What is wrong with a template, and at which byte of it.
#[derive(Debug)]
pub struct Mistake {
    /// The byte offset.
    pub at: usize,
    /// What was met and what was expected.
    pub message: String,
}

impl Mistake {
    /// A mistake at a place.
    pub fn new(at: usize, message: impl Into<String>) -> Mistake {
        Mistake { at, message: message.into() }
    }
}

/// Longest first, so that `//` is not read as two divisions.
const SIGNS: [&str; 26] = [
    "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}",
    ">", "<", "=", ".", ":", "|", ",", ";",
];

/// White space as Python's `strip` sees it; Rust does not count the four separators of ASCII.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\x1c'..='\x1f').contains(&character)
}

/// All tokens of a template with their byte offsets; the last is [`Token::End`].
///
/// # Errors
///
/// A tag, comment or string that is not closed; a character that no expression knows; a number too
/// large.
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

/// A template, and how far it has been read.
pub(super) struct Scanner<'s> {
    pub(super) text: &'s str,
    pub(super) at: usize,
    tokens: Vec<(Token<'s>, usize)>,
}

impl<'s> Scanner<'s> {
    pub(super) fn rest(&self) -> &'s str {
        &self.text[self.at..]
    }

    /// One stretch of text, which may be empty, and the tag after it.
    fn text_and_tag(&mut self) -> Result<(), Mistake> {
        let (start, rest) = (self.at, self.rest());
        let Some(length) = next_tag(rest) else {
            self.push_text(rest, start);
            self.at = self.text.len();
            return Ok(());
        };
        let open = start + length;
        self.at = open + 2;
        let strip = self.modifier() == Some('-');
        let before = &rest[..length];
        self.push_text(if strip { before.trim_end_matches(is_space) } else { before }, start);
        match rest.as_bytes()[length + 1] {
            b'#' => self.comment(open),
            b'{' => self.tag(open, Token::PrintStart, Token::PrintEnd),
            _ if self.raw_word("raw").is_some() => self.raw(open),
            _ => self.tag(open, Token::TagStart, Token::TagEnd),
        }
    }

    fn push_text(&mut self, text: &'s str, at: usize) {
        if !text.is_empty() {
            self.tokens.push((Token::Text(text), at));
        }
    }

    /// The sign right after the opening of a tag: `-` strips; `+` asks for what is done anyway.
    fn modifier(&mut self) -> Option<char> {
        let sign = self.rest().chars().next().filter(|sign| matches!(sign, '-' | '+'));
        self.at += usize::from(sign.is_some());
        sign
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(is_space).len();
    }

    fn comment(&mut self, open: usize) -> Result<(), Mistake> {
        let Some(length) = self.rest().find("#}") else {
            return Err(Mistake::new(self.text.len(), "end of template, expected #}")
                .opened(self.text, "{#", open));
        };
        let strip = self.rest()[..length].ends_with('-');
        self.at += length + 2;
        if strip {
            self.skip_space();
        }
        Ok(())
    }

    /// If `word` and the end of the tag come next: where the tag ends, and whether it strips what
    /// follows.
    fn raw_word(&self, word: &str) -> Option<(usize, bool)> {
        let rest = self
            .rest()
            .trim_start_matches(is_space)
            .strip_prefix(word)?
            .trim_start_matches(is_space);
        let strip = rest.starts_with('-');
        let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest).strip_prefix("%}")?;
        Some((self.text.len() - rest.len(), strip))
    }

    fn raw(&mut self, open: usize) -> Result<(), Mistake> {
        if let Some((end, strip)) = self.raw_word("raw") {
            self.at = end;
            if strip {
                self.skip_space();
            }
        }
        let start = self.at;
        while let Some(length) = self.rest().find("{%") {
            let end_of_text = self.at + length;
            self.at = end_of_text + 2;
            let strip_before = self.modifier() == Some('-');
            if let Some((end, strip_after)) = self.raw_word("endraw") {
                let text = &self.text[start..end_of_text];
                self.push_text(
                    if strip_before { text.trim_end_matches(is_space) } else { text },
                    start,
                );
                self.at = end;
                if strip_after {
                    self.skip_space();
                }
                return Ok(());
            }
        }
        Err(Mistake::new(self.text.len(), "end of template, expected {% endraw %}").opened(
            self.text,
            "{% raw %}",
            open,
        ))
    }

    /// The inside of `{{ }}` or `{% %}`.
    fn tag(&mut self, open: usize, start: Token<'s>, end: Token<'s>) -> Result<(), Mistake> {
        let (opening, closing) = if end == Token::TagEnd { ("{%", "%}") } else { ("{{", "}}") };
        self.tokens.push((start, open));
        // The brackets that wait to be closed: inside them, }} is two brackets of dicts.
        let mut brackets = Vec::new();
        loop {
            self.skip_space();
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                let mistake =
                    Mistake::new(self.text.len(), format!("end of template, expected {closing}"));
                return Err(mistake.opened(self.text, opening, open));
            };
            let unsigned = rest.strip_prefix(['-', '+']).unwrap_or(rest);
            let closes = rest.starts_with(closing)
                || unsigned.starts_with(closing) && (first == '-' || closing == "%}");
            if brackets.is_empty() && closes {
                self.tokens.push((end, self.at));
                self.at += rest.len() - unsigned.len() + 2;
                if first == '-' {
                    self.skip_space();
                }
                return Ok(());
            }
            let at = self.at;
            let other = if closing == "%}" { "}}" } else { "%}" };
            if brackets.is_empty() && rest.starts_with(other) {
                return Err(Mistake::new(at, format!("found {other}, expected {closing}")));
            }
            let token = match first {
                '0'..='9' => self.number()?,
                '\'' | '"' => self.quoted(first)?,
                _ if first == '_' || first.is_alphabetic() => {
                    let name = rest
                        .split(|c: char| c != '_' && !c.is_alphanumeric())
                        .next()
                        .unwrap_or(rest);
                    self.at += name.len();
                    Token::Name(name)
                }
                _ => self.sign(&mut brackets)?,
            };
            self.tokens.push((token, at));
        }
    }

    fn sign(&mut self, brackets: &mut Vec<&'static str>) -> Result<Token<'s>, Mistake> {
        let (at, rest) = (self.at, self.rest());
        let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) else {
            let found =
                rest.chars().next().map(|c| c.escape_debug().to_string()).unwrap_or_default();
            return Err(Mistake::new(
                at,
                format!("found {found}, expected a name, a value or an operator"),
            ));
        };
        match sign {
            "(" => brackets.push(")"),
            "[" => brackets.push("]"),
            "{" => brackets.push("}"),
            ")" | "]" | "}" => match brackets.pop() {
                Some(expected) if expected == sign => {}
                Some(expected) => {
                    return Err(Mistake::new(at, format!("found {sign}, expected {expected}")));
                }
                None => {
                    return Err(Mistake::new(
                        at,
                        format!("found {sign}, which nothing has opened"),
                    ));
                }
            },
            _ => {}
        }
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }
}

impl Mistake {
    /// Adds what was opened and never closed.
    pub(super) fn opened(mut self, text: &str, what: &str, at: usize) -> Mistake {
        let (line, _) = super::tree::locate(text, at);
        self.message.push_str(&format!(" for the {what} of line {line}"));
        self
    }
}

/// Where the next `{{`, `{%` or `{#` begins.
fn next_tag(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1))
        .find(|at| bytes[*at] == b'{' && matches!(bytes[at + 1], b'{' | b'%' | b'#'))
}
