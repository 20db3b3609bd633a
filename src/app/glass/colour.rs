//! Deeper: Colours Rust: comments, words of the language, texts, numbers and types.
//!
//! A program is cut into pieces from left to right, and each piece that has a colour is put into a
//! `span`. If a piece is taken for the wrong thing, it has the wrong colour, and nothing else
//! happens.
//!
//! Left out: other languages.

/// The words of the language, each between blanks.
const WORDS: &str = concat!(
    " as async await break const continue crate dyn else enum extern false fn for if impl in let ",
    " loop macro_rules match mod move mut pub ref return self static struct super trait true type ",
    " unsafe use where while ", // a word to colour; the only use is in signal.rs
);

/// The program as lines of HTML: each a `span` with its number, which is a link and an anchor.
pub fn html(program: &str) -> String {
    let mut coloured = String::with_capacity(program.len() * 2);
    let mut rest = program;
    while !rest.is_empty() {
        let (length, class) = piece(rest);
        let (text, behind) = rest.split_at(length);
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        if class.is_empty() {
            coloured.push_str(&text);
        } else {
            // No span goes over the end of a line.
            let open = format!("<span class=\"{class}\">");
            let text = text.replace('\n', &format!("</span>\n{open}"));
            coloured.push_str(&format!("{open}{text}</span>"));
        }
        rest = behind;
    }
    let line = |(at, line): (usize, &str)| {
        let number = at + 1;
        let anchor = format!("id=\"L{number}\"><a href=\"#L{number}\">{number}</a>");
        format!("<span class=\"line\" {anchor}{line}\n</span>")
    };
    coloured.lines().enumerate().map(line).collect()
}

/// The length of the first piece in bytes, and its class: c, k, s, n, t or none.
fn piece(rest: &str) -> (usize, &'static str) {
    let first = rest.chars().next().unwrap_or(' ');
    let is_other = |letter: char| !letter.is_alphanumeric() && letter != '_';
    let word = &rest[..rest.find(is_other).unwrap_or(rest.len())];
    // `r"…"`, `r#"…"#`, `b"…"`, `br"…"`, `b'…'`
    let start = if ["b", "r", "br"].contains(&word) { word.len() } else { 0 };
    let hashes = rest[start..].len() - rest[start..].trim_start_matches('#').len();
    let is_raw = start > 0 && word.ends_with('r');
    let inside = start + 1 + if is_raw { hashes } else { 0 };
    let letters = rest.get(inside..).unwrap_or("");
    match rest.get(inside - 1..inside) {
        Some("\"") if is_raw => {
            let end = format!("\"{}", "#".repeat(hashes));
            return (inside + letters.find(&end).map_or(letters.len(), |at| at + end.len()), "s");
        }
        Some("\"") => return (inside + quoted(letters, '"'), "s"),
        // A letter in quotes, or the name of a lifetime, which has no second quote.
        Some("'") if letters.starts_with('\\') || letters.chars().nth(1) == Some('\'') => {
            return (inside + quoted(letters, '\''), "s");
        }
        _ => {}
    }
    match word {
        _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), "c"),
        "" => (first.len_utf8(), ""),
        word if WORDS.contains(&format!(" {word} ")) => (word.len(), "k"),
        word if first.is_ascii_digit() => (word.len(), "n"),
        word if first.is_uppercase() => (word.len(), "t"),
        word => (word.len(), ""),
    }
}

/// Where a text ends, behind its second quote. A letter after a backslash does not end it.
fn quoted(text: &str, quote: char) -> usize {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == quote {
            return at + 1;
        }
    }
    text.len()
}
