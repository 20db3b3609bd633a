//! A visitor of the server under test: asks, keeps cookies, and remembers what was typed.
//!
//! What a check sent is reported as the curl commands that send the same, so that a failure can be
//! seen again by hand, step by step.

use super::answer::Answer;
use super::client::{Question, Server, Unanswered, ask};
use super::jar::Jar;
use super::page::words;
use carafe::http::Method;

/// One visitor with one jar.
pub struct Visitor<'a> {
    server: &'a Server,
    jar: Jar,
    /// The commands that send what was sent.
    typed: Vec<String>,
}

/// Why a check does not hold.
pub struct Miss {
    /// What came.
    pub came: String,
    /// What was expected.
    pub expected: String,
    /// Why there was no answer at all, if there was none.
    pub unanswered: Option<Unanswered>,
}

impl<'a> Visitor<'a> {
    /// Somebody who has never been here.
    pub fn new(server: &'a Server) -> Visitor<'a> {
        Visitor { server, jar: Jar::default(), typed: Vec::new() }
    }

    /// Asks for a path.
    ///
    /// # Errors
    ///
    /// A [`Miss`] if no answer comes, as for the others.
    pub fn get(&mut self, path: &str) -> Result<Answer, Miss> {
        self.type_out("-i -c j -b j", path);
        self.send(&Question { method: Method::Get, path, form: None })
    }

    /// Asks in a way that the path does not know.
    pub fn put(&mut self, path: &str) -> Result<Answer, Miss> {
        self.type_out("-i -X PUT", path);
        self.send(&Question { method: Method::Put, path, form: None })
    }

    /// Sends a form of one field.
    pub fn post(&mut self, path: &str, name: &str, value: &str) -> Result<Answer, Miss> {
        // Letters travel as they are; the rest curl must encode, and the shell must leave alone.
        let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let data = if is_plain {
            format!("-d {name}={value}")
        } else {
            format!("--data-urlencode '{name}={value}'")
        };
        self.type_out(&format!("-i -c j -b j {data}"), path);
        self.send(&Question { method: Method::Post, path, form: Some(&[(name, value)]) })
    }

    /// What somebody else gets, who has a new jar.
    pub fn stranger_gets(&mut self, path: &str) -> Result<Answer, Miss> {
        self.type_out("-i", path);
        let mut stranger = Visitor::new(self.server);
        stranger.send(&Question { method: Method::Get, path, form: None })
    }

    /// The commands so far, one a line.
    pub fn typed(&self) -> &[String] {
        &self.typed
    }

    /// The cookies that were set in vain, and why: a silent cause of much that fails.
    pub fn lost_cookies(&self) -> &[String] {
        &self.jar.lost
    }

    /// The server that is asked.
    pub fn server(&self) -> &Server {
        self.server
    }

    fn type_out(&mut self, flags: &str, path: &str) {
        self.typed.push(format!("curl {flags} {}", self.server.url(path)));
    }

    fn send(&mut self, question: &Question) -> Result<Answer, Miss> {
        ask(self.server, question, &mut self.jar).map_err(|unanswered| Miss {
            came: unanswered.to_string(),
            expected: "an answer".into(),
            unanswered: Some(unanswered),
        })
    }
}

/// Nothing, or a [`Miss`] that shows the answer: its status line, the headers that matter here, and
/// its text around what was looked for.
///
/// # Errors
///
/// The [`Miss`], if it does not hold.
pub fn expect(
    holds: bool,
    answer: &Answer,
    around: &str,
    expected: impl Into<String>,
) -> Result<(), Miss> {
    if holds {
        return Ok(());
    }
    let mut came = answer.status_line.clone();
    for name in ["Content-Type", "Allow", "Location"] {
        for value in answer.headers.get_all(name) {
            came.push_str(&format!("; {name}: {value}"));
        }
    }
    // What a redirect says in its body nobody sees.
    let is_redirect = (300..400).contains(&answer.status.0);
    let excerpt = if is_redirect { String::new() } else { excerpt(answer, around) };
    if !excerpt.is_empty() {
        came.push_str(&format!("; {excerpt}"));
    }
    Err(Miss { came: quiet(&came), expected: expected.into(), unanswered: None })
}

/// The bytes around what was looked for; where that is not to be found, the page's first words.
fn excerpt(answer: &Answer, around: &str) -> String {
    let text = answer.text();
    let (before, after) = match text.find(around).filter(|_| !around.is_empty()) {
        Some(at) => text.split_at(at),
        None => ("", &*words(answer)),
    };
    let mut start: Vec<char> = before.chars().rev().take(40).collect();
    start.reverse();
    let end: String = after.chars().take(120).collect();
    let cut = |is_cut| if is_cut { "…" } else { "" };
    let (front, back) = (cut(start.len() < before.chars().count()), cut(end.len() < after.len()));
    let shown = format!("{front}{}{end}{back}", start.iter().collect::<String>());
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Without characters that would move a terminal's cursor.
fn quiet(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
}
