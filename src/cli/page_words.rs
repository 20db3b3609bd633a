//! Deeper: The words of an answer that a visitor sees: a page without its tags.
//!
//! A claim must hold whether a name stands in an `<h1>` or a `<p>`. But it must not hold for a
//! `<b>` that was part of a name and became a tag. So the tags are taken out first, and only then
//! `&lt;` is read as `<`.
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
    spaced(&if is_page(answer) { unescaped(&without_tags(&text)) } else { text })
}

/// The words of a text, with one space between them.
pub fn spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a space for each tag and each comment, and without what stands in `<script>` and `<style>`.
fn without_tags(html: &str) -> String {
    // In small letters, for the names of tags; every letter stays at its place.
    let lower = html.to_ascii_lowercase();
    let (mut text, mut at) = (String::new(), 0);
    while let Some(start) = html[at..].find('<').map(|found| at + found) {
        text.push_str(&html[at..start]);
        let tag = &lower[start..];
        let end = match tag.as_bytes().get(1) {
            _ if tag.starts_with("<script") => "</script>",
            _ if tag.starts_with("<style") => "</style>",
            _ if tag.starts_with("<!--") => "-->",
            Some(b'a'..=b'z' | b'/' | b'!') => ">",
            // `a < b`: a sign, not a tag.
            _ => "<",
        };
        text.push(if end == "<" { '<' } else { ' ' });
        at = tag.find(end).map_or(html.len(), |found| start + found + end.len());
    }
    text + &html[at..]
}

/// With `&lt;` and the like read, by name or by number: `&#60;`, `&#x3c;`.
pub fn unescaped(text: &str) -> String {
    const NAMES: [(&str, char); 6] =
        [("lt", '<'), ("gt", '>'), ("amp", '&'), ("quot", '"'), ("apos", '\''), ("nbsp", ' ')];
    let character = |name: &str| {
        let number = name.strip_prefix('#').unwrap_or("");
        let code = match number.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        let named = NAMES.iter().find(|(known, _)| *known == name).map(|(_, letter)| *letter);
        named.or_else(|| char::from_u32(code.ok()?))
    };
    let mut pieces = text.split('&');
    let mut plain = pieces.next().unwrap_or("").to_owned();
    for piece in pieces {
        let named = piece.split_once(';').and_then(|(name, rest)| Some((character(name)?, rest)));
        let (letter, rest) = named.unwrap_or(('&', piece));
        plain.push(letter);
        plain.push_str(rest);
    }
    plain
}
