//! Deeper: The words of an answer that a visitor would see: a page without its marks.
//!
//! A claim must hold whether a name stands in an `<h1>` or a `<p>`. But it must not hold for a
//! `<b>` that was part of a name and became a mark. So the marks are taken out first, and only then
//! `&lt;` is read as `<`: what is left of `<b>` is words.
//!
//! Left out: what CSS hides, and nearly all characters with names.

use crate::cli::http_client::ServerAnswer;

/// True if a browser would show it as HTML. Without a Content-Type a browser looks into the bytes,
/// and may.
pub fn is_page(answer: &ServerAnswer) -> bool {
    let media_type = answer.headers.get("Content-Type").unwrap_or("").split(';').next();
    media_type.is_none_or(|kind| ["", "text/html"].contains(&&*kind.trim().to_ascii_lowercase()))
}

/// The words of an answer, with one space between them. Plain text stays as it is.
pub fn words(answer: &ServerAnswer) -> String {
    let text = answer.text();
    let words = if is_page(answer) { unescaped(&without_marks(&text)) } else { text };
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a space for each tag and each comment, and without what stands in `<script>` and `<style>`.
fn without_marks(html: &str) -> String {
    let (mut text, mut rest) = (String::new(), html);
    // In small letters, for the names of tags; every letter stays at its place.
    let lower = html.to_ascii_lowercase();
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let mark = &lower[html.len() - rest.len()..];
        let end = match mark.as_bytes().get(1) {
            _ if mark.starts_with("<script") => "</script>",
            _ if mark.starts_with("<style") => "</style>",
            _ if mark.starts_with("<!--") => "-->",
            Some(b'a'..=b'z' | b'/' | b'!') => ">",
            // `a < b`: a sign, not a mark.
            _ => "<",
        };
        text.push(if end == "<" { '<' } else { ' ' });
        rest = &rest[mark.find(end).map_or(mark.len(), |at| at + end.len())..];
    }
    text + rest
}

/// With `&lt;` and the like read, by name or by number: `&#60;`, `&#x3c;`.
pub fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        // The longest that is looked for is `#x10FFFF`.
        let end = behind.bytes().take(9).position(|byte| byte == b';');
        let read = end.and_then(|end| Some((character(&behind[..end])?, end + 1)));
        let (letter, length) = read.unwrap_or(('&', 0));
        plain.push(letter);
        rest = &behind[length..];
    }
    plain + rest
}

/// The character that is called `lt`, `#60` or `#x3c`.
fn character(name: &str) -> Option<char> {
    const NAMES: [(&str, char); 6] =
        [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')];
    if let Some((_, letter)) = NAMES.iter().find(|(known, _)| *known == name) {
        return Some(*letter);
    }
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => number.parse(),
    };
    char::from_u32(code.ok()?)
}
