//! Deeper: Holds a server to the claims of `notes.txt`, the app of the course notes.
//!
//! The server is asked over HTTP alone, so it may be written in any language. Each claim begins
//! with a new visitor, asks only the paths of the notes, and is told: it holds, or what was sent,
//! what came, what was expected. What was sent is told as curl commands, so that a failure can be
//! seen again by hand.
//!
//! What the notes leave open is left open here: 303 or 302, text or HTML, how a page looks, where
//! the session lives. `notes.txt` says at its head how it is written.
//!
//! Left out: what only a server can promise that keeps the session itself. A stolen cookie that is
//! of no use after the logout is one; Flask's signed cookie cannot promise it, and passes.

use super::page_words::{is_page, unescaped, words};
use crate::cli::command_line::{CommandResult, print};
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{Reached, ServerAnswer, ServerUrl, ask};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const CLAIMS: &str = include_str!("notes.txt");

/// For all claims together.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(60);

/// Tries every claim on a server and prints how it goes: exit code 1 if one does not hold.
pub fn run(server: &ServerUrl) -> CommandResult {
    let url = server.url("");
    print(&format!("The notes' app at {url}; each claim starts with an empty jar, rm -f j:\n\n"));
    let end = Instant::now() + PATIENCE_IN_ALL;
    let claims: Vec<&str> = CLAIMS.split("\nclaim ").skip(1).collect();
    let (mut held, mut tried) = (0, 0);
    for claim in &claims {
        if Instant::now() > end {
            print(&format!("\nStopped after {} s.\n", PATIENCE_IN_ALL.as_secs()));
            break;
        }
        let (title, steps) = claim.split_once('\n').unwrap_or((claim, ""));
        let (lesson, title) = title.split_once(": ").unwrap_or(("", title));
        let mut visit = Visit::new(server);
        tried += 1;
        let Err(miss) = visit.try_steps(steps) else {
            held += 1;
            print(&format!("  ok    {title}\n"));
            continue;
        };
        print(&format!("  FAIL  {title}\n{}", visit.failure(&miss, lesson)));
        // A server that is not there, or speaks no HTTP at first, will not later.
        match miss.reached {
            Some(Reached::Nobody) => break,
            Some(Reached::Listener) if tried == 1 => break,
            _ => {}
        }
    }
    let all = claims.len();
    print(&match all - tried {
        _ if held == all => format!("\nAll {all} hold.\n"),
        0 => format!("\n{held} of {all} hold.\n"),
        left => format!("\n{held} of {all} hold. {left} were not tried.\n"),
    });
    Ok(if held == all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Why a claim does not hold.
struct Miss {
    came: String,
    expected: String,
    /// If no answer came.
    reached: Option<Reached>,
}

/// One visitor, who tries one claim.
struct Visit<'a> {
    server: &'a ServerUrl,
    jar: CookieJar,
    /// The curl commands that send what was sent.
    typed: Vec<String>,
    /// The last answer.
    answer: ServerAnswer,
}

impl Visit<'_> {
    fn new(server: &ServerUrl) -> Visit<'_> {
        let (jar, typed) = (CookieJar::default(), Vec::new());
        Visit { server, jar, typed, answer: ServerAnswer::default() }
    }

    /// Does the lines below a claim, up to the first that does not hold.
    fn try_steps(&mut self, steps: &str) -> Result<(), Miss> {
        // The first condition that does not hold, until `else` says what it means.
        let mut unmet = None;
        for line in steps.lines().filter(|line| !line.is_empty()) {
            let (word, text) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "GET" | "PUT" | "POST" => self.ask(line, true)?,
                "stranger" => self.ask(&format!("GET {text}"), false)?,
                "open" => {
                    self.ask(&format!("GET {text}"), true)?;
                    let expected = format!(
                        "200 and a page with the form; a redirect to {text} itself would never end"
                    );
                    if self.answer.status != 200 {
                        return Err(self.miss("", expected));
                    }
                }
                "see" if unmet.is_some() => {}
                "see" => unmet = self.unmet(text),
                "else" => {
                    if let Some((around, times)) = unmet.take() {
                        return Err(self.miss(&around, text.replace("{times}", &times)));
                    }
                }
                _ => return Err(self.miss("", format!("a word that notes.txt explains: {line}"))),
            }
        }
        Ok(())
    }

    /// Asks, as this visitor or as another one, and keeps the command that does the same.
    fn ask(&mut self, line: &str, with_jar: bool) -> Result<(), Miss> {
        let mut words = line.splitn(3, ' ');
        let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let form = words.next().and_then(|field| field.split_once('='));
        let jar_flags = if with_jar { " -c j -b j" } else { "" };
        let method_flag = if method == "PUT" { " -X PUT" } else { "" };
        // Letters travel as they are. curl must encode the rest, and the shell must not change it.
        let data = form.map_or(String::new(), |(name, value)| {
            let is_plain =
                !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            if is_plain {
                format!(" -d {name}={value}")
            } else {
                format!(" --data-urlencode '{name}={value}'")
            }
        });
        let url = self.server.url(path);
        self.typed.push(format!("curl -i{jar_flags}{method_flag}{data} {url}"));
        let mut stranger = CookieJar::default();
        let jar = if with_jar { &mut self.jar } else { &mut stranger };
        let fields: Vec<(&str, &str)> = form.into_iter().collect();
        self.answer =
            ask(self.server, &format!("{method} {path}"), &fields, jar).map_err(|no| Miss {
                came: no.why.clone(),
                expected: "an answer".into(),
                reached: Some(no.reached),
            })?;
        Ok(())
    }

    /// `None` if the condition holds for the last answer. Otherwise the text to show of it, and how
    /// often something was found.
    fn unmet(&self, condition: &str) -> Option<(String, String)> {
        let (word, rest) = condition.split_once(' ').unwrap_or((condition, ""));
        let (answer, status) = (&self.answer, self.answer.status);
        let (mut around, mut times) = (rest.to_owned(), String::new());
        let holds = match word {
            "status" => rest.split(' ').any(|code| code == status.to_string()),
            "below" => status < rest.parse().unwrap_or(0),
            "type" => {
                answer.headers.get("Content-Type").is_some_and(|value| value.starts_with(rest))
            }
            "body" => !answer.body.is_empty(),
            "allows" => answer.headers.has_token("Allow", rest),
            "forbids" => !answer.headers.has_token("Allow", rest),
            "leads" => {
                let location = answer.headers.get("Location").unwrap_or("");
                let path = location.split(['?', '#']).next().unwrap_or("");
                let relative = path.strip_prefix("./").unwrap_or(path);
                [path, &format!("/{relative}")].contains(&rest) || path == self.server.url(rest)
            }
            "says" => status < 500 && words(answer).contains(rest),
            "greets" => {
                around = "Hello".into();
                let said = words(answer).replace([',', '!'], " ").to_lowercase();
                let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
                status == 200 && said.contains(&format!("hello {}", rest.to_lowercase()))
            }
            "shows" => unescaped(&answer.text()).contains(rest),
            "hides" => !unescaped(&answer.text()).contains(rest),
            "escapes" => {
                !is_page(answer) || !answer.text().to_lowercase().contains(&rest.to_lowercase())
            }
            "times" => {
                let (count, text) = rest.split_once(' ').unwrap_or((rest, ""));
                let found = words(answer).matches(text).count().to_string();
                let unit = if count == "1" { "time" } else { "times" };
                (around, times) = (text.into(), format!("{count} {unit}, not {found}"));
                found == count
            }
            _ => false,
        };
        if holds { None } else { Some((around, times)) }
    }

    /// A miss that shows the last answer: its status line, the headers that matter here, and its
    /// text around what was looked for.
    fn miss(&self, around: &str, expected: String) -> Miss {
        let answer = &self.answer;
        let mut came = answer.status_line.clone();
        for name in ["Content-Type", "Allow", "Location"] {
            for value in answer.headers.get_all(name) {
                came.push_str(&format!("; {name}: {value}"));
            }
        }
        // Nobody sees the body of a redirect.
        let excerpt = excerpt(answer, around);
        if !excerpt.is_empty() && !(300..400).contains(&answer.status) {
            came.push_str(&format!("; {excerpt}"));
        }
        // Characters that would move a terminal's cursor.
        let came = came.replace(char::is_control, "\u{FFFD}");
        Miss { came, expected, reached: None }
    }

    /// What to print of a claim that does not hold.
    fn failure(&self, miss: &Miss, lesson: &str) -> String {
        let mut text = String::new();
        let mut row =
            |title: &str, what: &str| text.push_str(&format!("        {title:<9} {what}\n"));
        for (at, command) in self.typed.iter().enumerate() {
            row(if at == 0 { "sent" } else { "" }, command);
        }
        row("came", &miss.came);
        for lost in &self.jar.lost {
            row("and", lost);
        }
        row("expected", &miss.expected);
        row("see", &format!("lesson {lesson}: /lessons/{lesson} of a running carafe"));
        text
    }
}

/// The text around what was looked for; if that is not there, the first words.
fn excerpt(answer: &ServerAnswer, around: &str) -> String {
    let text = answer.text();
    let at = text.find(around).filter(|_| !around.is_empty());
    let (before, after) = match at {
        Some(at) => text.split_at(at),
        None => ("", &*words(answer)),
    };
    let start = before.char_indices().rev().take(40).last().map_or(0, |(at, _)| at);
    let end = after.char_indices().nth(120).map_or(after.len(), |(at, _)| at);
    let (front, back) =
        (["", "…"][usize::from(start > 0)], ["", "…"][usize::from(end < after.len())]);
    let shown = format!("{front}{}{}{back}", &before[start..], &after[..end]);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}
