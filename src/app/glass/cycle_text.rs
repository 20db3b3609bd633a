//! Deeper: Prints the description of a cycle for the terminal, in at most 80 columns.
//!
//! ```text
//!  #17  conn 9, 2nd request            1.2 ms   src/app/course/formtest.rs:24
//!  > POST /process HTTP/1.1\r\n       method, target, version (RFC 9112 §3)
//!  > \r\n                             empty line: headers end here (RFC 9112 §2.1)
//!  > name=A                           body: 6 bytes, as Content-Length said
//!    knew    no cookie: a stranger
//!    match   route: POST /process -> process
//!    read    form: name = A
//!    change  + flash put: 'need valid name' (message)
//!  < HTTP/1.1 303 See Other\r\n       status: go and GET another page (RFC 9110 §15.4.4)
//!    still knows: row 7f3a.. (1 flash). Nothing else about this visitor.
//! ```
//!
//! The template `cycle.txt` says all that the page and the JSON say, but for the end of a long
//! page. Here are its filters for a line of a message, and the colours: a text that is kept in a
//! file or sent over the network must not contain a terminal's commands.

use super::columns::{COLUMNS, broken, with_note};
use super::describe::CycleDescription;
use carafe::Value;
use carafe::web::template::Templates;

/// This many lines of a page are shown; if the text is brief, of every body.
const BODY_LINES: usize = 12;

/// As much as fits on a screen.
pub fn brief(cycle: &CycleDescription, base: &str, templates: &Templates) -> String {
    let mut variables = cycle.to_map();
    variables.insert("base", base);
    variables.insert("brief", true);
    let page = templates.render("cycle.txt", &variables, &());
    page.map_or_else(|error| error.to_string(), |page| page.text.to_string())
}

/// The text of a cycle with quiet colours: which way the bytes went, and what changed.
pub fn painted(text: &str) -> String {
    let paint = |line: &str| {
        let (start, rest) = line.split_at_checked(11).unwrap_or((line, ""));
        let sign = rest.get(..2).filter(|_| matches!(start.trim(), "change" | "")).unwrap_or("");
        match (start.get(..2).unwrap_or(""), sign) {
            (" #", _) => format!("\x1b[1m{line}\x1b[0m"),
            (" >", _) => format!(" \x1b[36m>\x1b[0m{}", &line[2..]),
            (" <", _) => format!(" \x1b[35m<\x1b[0m{}", &line[2..]),
            (_, "+ ") => format!("{start}\x1b[32m{rest}\x1b[0m"),
            (_, "~ ") => format!("{start}\x1b[33m{rest}\x1b[0m"),
            (_, "- ") => format!("{start}\x1b[31m{rest}\x1b[0m"),
            _ => line.to_owned(),
        }
    };
    text.lines().map(|line| paint(line) + "\n").collect()
}

/// `left|spread(right)`: two texts at the two ends of a line.
pub fn spread(left: &str, right: &str) -> String {
    let gap = COLUMNS.saturating_sub(left.chars().count() + right.chars().count()).max(2);
    broken(&format!("{left}{}{right}", " ".repeat(gap)), " ")
}

/// `line|wire(' > ', brief)`: a line of a message, after the sign of its direction, with its note.
pub fn wire(line: &Value, start: &str, is_brief: bool) -> String {
    let field = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or("");
    let end = match field("end") {
        "CR LF" => "\\r\\n",
        "LF" => "\\n",
        _ => "",
    };
    let text = field("text");
    let mut lines = text.strip_suffix('\n').unwrap_or(text).split('\n');
    let first = format!("{start}{}{end}", lines.next().unwrap_or(""));
    let mut out = with_note(&first, start, field("note"));
    let rest: Vec<&str> = lines.collect();
    let most = if is_brief || field("name") == "page" { BODY_LINES } else { usize::MAX };
    let shown = rest.len().min(most - 1);
    out.extend(rest[..shown].iter().map(|line| broken(&format!("{start}{line}"), start)));
    if rest.len() > shown {
        out += &format!("{start}.. {} more lines\n", rest.len() - shown);
    }
    out
}
