//! Numbers and strings as they are written in expressions: `1_000`, `0xff`, `2.5e3`, `'it\'s'`.

use super::scan::{Mistake, Scanner, Token};

impl<'s> Scanner<'s> {
    /// integer = 0b…, 0o…, 0x… or digits; float = digits, then a point with digits or an exponent
    /// or both. An underscore may stand between two digits.
    pub(super) fn number(&mut self) -> Result<Token<'s>, Mistake> {
        let (start, rest) = (self.at, self.rest());
        let too_large = |text: &str| {
            Mistake::new(start, format!("the number {} does not fit 64 bits", cut(text)))
        };
        let base = match rest.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 10,
        };
        if base != 10 {
            let length = digits(&rest[2..], base, true);
            if length > 0 {
                self.at += 2 + length;
                let text = rest[2..2 + length].replace('_', "");
                return i64::from_str_radix(&text, base)
                    .map(Token::Int)
                    .map_err(|_| too_large(&text));
            }
        }
        let whole = digits(rest, 10, false);
        let mut length = whole;
        // After a point, as in `items.0.1`, a number is an index, and a second point belongs to
        // what follows.
        let index = self.text[..start].ends_with('.');
        if !index && rest[length..].starts_with('.') {
            let fraction = digits(&rest[length + 1..], 10, false);
            length += if fraction > 0 { 1 + fraction } else { 0 };
        }
        if !index && rest[length..].starts_with(['e', 'E']) {
            let signed = usize::from(rest[length + 1..].starts_with(['+', '-']));
            let exponent = digits(&rest[length + 1 + signed..], 10, false);
            length += if exponent > 0 { 1 + signed + exponent } else { 0 };
        }
        self.at += length;
        let text = rest[..length].replace('_', "");
        if length > whole {
            return text
                .parse()
                .map(Token::Float)
                .map_err(|_| Mistake::new(start, format!("{text} is no number")));
        }
        if text.len() > 1 && text.starts_with('0') && text.bytes().any(|digit| digit != b'0') {
            return Err(Mistake::new(
                start,
                format!("found {}, expected a number without a leading 0", cut(&text)),
            ));
        }
        text.parse().map(Token::Int).map_err(|_| too_large(&text))
    }

    pub(super) fn quoted(&mut self, quote: char) -> Result<Token<'s>, Mistake> {
        let open = self.at;
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => {
                    let Some((_, escaped)) = characters.next() else { break };
                    let mut after = characters.clone();
                    if let Some(character) =
                        escape(escaped, &mut after).map_err(|what| Mistake::new(open + at, what))?
                    {
                        text.push(character);
                        characters = after;
                    } else if escaped != '\n' {
                        text.extend(['\\', escaped]);
                    }
                }
                _ if character == quote => {
                    self.at += at + 1;
                    return Ok(Token::Quoted(text));
                }
                _ => text.push(character),
            }
        }
        let mistake = Mistake::new(self.text.len(), format!("end of template, expected {quote}"));
        Err(mistake.opened(self.text, "string", open))
    }
}

/// How many bytes of digits there are, underscores between them included.
fn digits(text: &str, base: u32, leading_underscore: bool) -> usize {
    let mut length = 0;
    let mut underscore = !leading_underscore;
    for (at, character) in text.char_indices() {
        if character == '_' && !underscore {
            underscore = true;
        } else if character.is_digit(base) {
            underscore = false;
            length = at + 1;
        } else {
            break;
        }
    }
    length
}

fn cut(text: &str) -> String {
    if text.len() > 40 { format!("{}...", &text[..40]) } else { text.to_owned() }
}

/// The character that a backslash and `first` stand for in Python, which may take more characters
/// from `rest`; `None` if Python leaves both as they are.
fn escape(
    first: char,
    rest: &mut (impl Iterator<Item = (usize, char)> + Clone),
) -> Result<Option<char>, String> {
    let mut number = |base: u32, most: usize, mut code: u32| {
        let mut count = 0;
        while count < most {
            let mut ahead = rest.clone();
            let Some(digit) = ahead.next().and_then(|(_, digit)| digit.to_digit(base)) else {
                break;
            };
            code = code.saturating_mul(base).saturating_add(digit);
            *rest = ahead;
            count += 1;
        }
        (count, code)
    };
    let digits = match first {
        'n' => return Ok(Some('\n')),
        't' => return Ok(Some('\t')),
        'r' => return Ok(Some('\r')),
        'a' => return Ok(Some('\x07')),
        'b' => return Ok(Some('\x08')),
        'f' => return Ok(Some('\x0c')),
        'v' => return Ok(Some('\x0b')),
        '\\' | '\'' | '"' => return Ok(Some(first)),
        '0'..='7' => return Ok(char::from_u32(number(8, 2, first as u32 - '0' as u32).1)),
        'x' => 2,
        'u' => 4,
        'U' => 8,
        'N' => {
            return Err("found \\N, which is left out here: write the character itself".to_owned());
        }
        _ => return Ok(None),
    };
    let (count, code) = number(16, digits, 0);
    if count < digits {
        return Err(format!(
            "found \\{first} with {count} digits, expected {digits} hexadecimal digits"
        ));
    }
    char::from_u32(code).map(Some).ok_or_else(|| format!("\\{first}{code:x} is no character"))
}
