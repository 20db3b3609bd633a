//! What a page says once its marks are gone: the words that a visitor would see.
//!
//! A check must not mind whether a name stands in an `<h1>` or a `<p>`. But it must mind a `<b>`
//! that was a name and became a mark. So marks are taken out first, and only then `&lt;` is read as
//! `<`: what is left of `<b>` is words.
//!
//! Left out: what CSS hides, and nearly all characters with names.

use super::answer::Answer;

/// The words of an answer, with one space between them. A page loses its marks; plain text stays as
/// it is.
pub fn words(answer: &Answer) -> String {
    let text = answer.text();
    let words = if answer.is_page() { unescaped(&without_marks(&text)) } else { text };
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// With a space for each tag and each comment, and without what stands in `<script>` and `<style>`.
fn without_marks(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let mark = &rest[at..];
        let is_tag = mark[1..]
            .starts_with(|letter: char| letter.is_ascii_alphabetic() || "/!".contains(letter));
        if !is_tag {
            // `a < b`: a sign, not a mark.
            text.push('<');
            rest = &mark[1..];
            continue;
        }
        text.push(' ');
        let past = |end: &str| position(mark, end).map_or(mark.len(), |at| at + end.len());
        let begins = |name: &str| {
            mark.as_bytes()[1..]
                .get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        };
        let length = match ["script", "style"].iter().find(|name| begins(name)) {
            Some(name) => past(&format!("</{name}>")),
            None if mark.starts_with("<!--") => past("-->"),
            None => past(">"),
        };
        rest = &mark[length..];
    }
    text + rest
}

/// Where `wanted` begins in `text`, in any case of letters.
fn position(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes()
        .windows(wanted.len())
        .position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

/// With `&lt;` and its like read, by name or by number: `&#60;`, `&#x3c;`.
pub fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        // The longest that is looked for is `#x10FFFF`.
        let end = behind.bytes().take(9).position(|byte| byte == b';');
        let letter = end.and_then(|end| Some((character(&behind[..end])?, end)));
        let (letter, length) = letter.map_or(('&', 0), |(letter, end)| (letter, end + 1));
        plain.push(letter);
        rest = &behind[length..];
    }
    plain + rest
}

/// The character that is called `lt`, `#60` or `#x3c`.
fn character(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}
