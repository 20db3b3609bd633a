//! Quiet colours for Rust: comments, words of the language, texts, numbers and types.
//!
//! A program is cut into pieces from left to right, and each piece that has a colour is put into a
//! `span`. It need not understand what it reads: a piece that it takes for the wrong thing has the
//! wrong colour, and nothing else happens.
//!
//! Left out: other languages.

/// The words of the language, each between blanks.
const WORDS: &str = concat!(
    " as async await break const continue crate dyn else enum extern false fn for if impl in let ",
    " loop macro_rules match mod move mut pub ref return self static struct super trait true type ",
    " unsafe use where while ", // a word to colour; the only use is in signal.rs
);

/// The program as lines of HTML: each a `span` with its number as a link and as an anchor.
pub fn html(program: &str) -> String {
    let mut out = String::with_capacity(program.len() * 3);
    let mut line = 1;
    open_line(line, &mut out);
    let mut rest = program.strip_suffix('\n').unwrap_or(program);
    while !rest.is_empty() {
        let (length, class) = piece(rest);
        let (text, behind) = rest.split_at(length);
        for (at, part) in text.split('\n').enumerate() {
            if at > 0 {
                line += 1;
                out.push_str("\n</span>");
                open_line(line, &mut out);
            }
            coloured(part, class, &mut out);
        }
        rest = behind;
    }
    out.push_str("\n</span>");
    out
}

fn open_line(line: usize, out: &mut String) {
    out.push_str(&format!("<span class=\"line\" id=\"L{line}\"><a href=\"#L{line}\">{line}</a>"));
}

fn coloured(text: &str, class: &str, out: &mut String) {
    if text.is_empty() {
        return;
    }
    if !class.is_empty() {
        out.push_str(&format!("<span class=\"{class}\">"));
    }
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(letter),
        }
    }
    if !class.is_empty() {
        out.push_str("</span>");
    }
}

/// The length of the first piece in bytes, at least one letter, and its class: c, k, s, n, t or
/// none.
fn piece(rest: &str) -> (usize, &'static str) {
    let first = rest.chars().next().unwrap_or(' ');
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), "c");
    }
    if let Some(length) = raw_text(rest) {
        return (length, "s");
    }
    if first == '"' || rest.starts_with("b\"") {
        return (quoted(rest, rest.find('"').unwrap_or(0) + 1, '"'), "s");
    }
    if first == '\'' || rest.starts_with("b'") {
        let start = rest.find('\'').unwrap_or(0) + 1;
        // A letter in quotes, or the name of a lifetime, which has no quote behind it.
        let letter = rest[start..].starts_with('\\') || rest[start..].chars().nth(1) == Some('\'');
        return if letter { (quoted(rest, start, '\''), "s") } else { (start, "") };
    }
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    if is_word(first) {
        let length = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        let class = match &rest[..length] {
            word if WORDS.contains(&format!(" {word} ")) => "k",
            _ if first.is_ascii_digit() => "n",
            _ if first.is_uppercase() => "t",
            _ => "",
        };
        return (length, class);
    }
    (first.len_utf8(), "")
}

/// The length of `r"…"`, `r#"…"#` or `br#"…"#`.
fn raw_text(rest: &str) -> Option<usize> {
    let behind = rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')?;
    let hashes = behind.len() - behind.trim_start_matches('#').len();
    let inside = behind[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = inside.find(&end).map_or(inside.len(), |at| at + end.len());
    Some(rest.len() - inside.len() + length)
}

/// Where a text ends that began before `start`; a backslash takes the next letter along.
fn quoted(rest: &str, start: usize, quote: char) -> usize {
    let mut letters = rest[start..].char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' {
            letters.next();
        } else if letter == quote {
            return start + at + 1;
        }
    }
    rest.len()
}
