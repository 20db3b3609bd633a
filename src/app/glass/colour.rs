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
        // A letter in quotes, or the name of a lifetime, which has no second quote.
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

/// Where a text ends that began before `start`. A letter after a backslash does not end it.
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
