//! Deeper: Holds a server to the claims of `notes.txt`, the app of the course notes.
//!
//! The server is asked over HTTP alone, so it may be written in any language. Each claim begins
//! with a new visitor and asks only the paths of the notes. The report says that it holds, or what
//! was sent, what came and what was expected. What was sent is shown as curl commands, so that
//! everybody can see the failure again.
//!
//! What the notes leave open is left open here: 303 or 302, text or HTML, how a page looks, where
//! the session lives. `notes.txt` says at its head how it is written.
//!
//! Left out: what only a server can promise that keeps the session itself. One example is that a
//! stolen cookie is of no use after the logout. Flask's signed cookie cannot promise it, and
//! passes.

use super::page_words::{is_page, spaced, unescaped, words};
use crate::app::course::lessons;
use crate::cli::command_line::{CommandResult, print};
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{Reached, ServerAnswer, ServerUrl, ask};
use carafe::http::Fields;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const CLAIMS: &str = include_str!("notes.txt");

/// For all claims together.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(60);

/// Tries every claim on a server and prints how it goes: exit code 1 if one does not hold.
pub fn run(server: &ServerUrl) -> CommandResult {
    let url = server.url("");
    print(&format!("The notes' app at {url}; each claim starts with an empty jar, rm -f j:\n\n"))?;
    let end = Instant::now() + PATIENCE_IN_ALL;
    let claims: Vec<&str> = CLAIMS.split("\nclaim ").skip(1).collect();
    let (all, mut held, mut tried) = (claims.len(), 0, 0);
    for claim in claims {
        if Instant::now() > end {
            print(&format!("\nStopped after {} s.\n", PATIENCE_IN_ALL.as_secs()))?;
            break;
        }
        let (lesson, claim) = claim.split_once(": ").unwrap_or(("", claim));
        let (title, steps) = claim.split_once('\n').unwrap_or((claim, ""));
        let (jar, commands) = (CookieJar::default(), Vec::new());
        let mut visit = NotesVisit { server, jar, commands, answer: ServerAnswer::default() };
        tried += 1;
        let Err(miss) = visit.try_steps(steps) else {
            held += 1;
            print(&format!("  ok    {title}\n"))?;
            continue;
        };
        print(&format!("  FAIL  {title}\n{}", visit.report(&miss, lesson)))?;
        // A server that is not there, or speaks no HTTP at first, will not later.
        match miss.reached {
            Some(Reached::Nobody) => break,
            Some(Reached::Listener) if tried == 1 => break,
            _ => {}
        }
    }
    print(&match all - tried {
        _ if held == all => format!("\nAll {all} hold.\n"),
        0 => format!("\n{held} of {all} hold.\n"),
        left => format!("\n{held} of {all} hold. {left} were not tried.\n"),
    })?;
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
struct NotesVisit<'a> {
    server: &'a ServerUrl,
    jar: CookieJar,
    /// The curl commands that send what was sent.
    commands: Vec<String>,
    /// The last answer.
    answer: ServerAnswer,
}

impl NotesVisit<'_> {
    /// Does the lines below a claim, up to the first that does not hold.
    fn try_steps(&mut self, steps: &str) -> Result<(), Miss> {
        // The first condition that does not hold, until `else` says what it means.
        let mut unmet = None;
        for line in steps.lines().filter(|line| !line.is_empty()) {
            let (word, text) = line.split_once(' ').unwrap_or((line, ""));
            match word {
                "see" => unmet = unmet.or_else(|| self.unmet(text)),
                "else" => {
                    if let Some((around, times)) = unmet.take() {
                        return Err(self.miss(&around, text.replace("{times}", &times)));
                    }
                }
                "stranger" => {
                    let own = std::mem::take(&mut self.jar);
                    let asked = self.ask("GET", text, "");
                    self.jar = own;
                    asked?;
                }
                "open" => {
                    self.ask("GET", text, " -c j -b j")?;
                    if self.answer.status != 200 {
                        let never = format!("a redirect to {text} itself would never end");
                        return Err(self.miss("", format!("200 and a page with the form; {never}")));
                    }
                }
                method => self.ask(method, text, " -c j -b j")?,
            }
        }
        Ok(())
    }

    /// Asks for a path, with a form of one field if one stands behind it, and keeps the curl
    /// command that does the same.
    fn ask(&mut self, method: &str, text: &str, jar_flags: &str) -> Result<(), Miss> {
        let (path, form) = text.split_once(' ').unwrap_or((text, ""));
        let mut fields = Fields::default();
        let mut data = if method == "PUT" { " -X PUT".to_owned() } else { String::new() };
        if let Some((name, value)) = form.split_once('=') {
            fields.append(name, value);
            // Letters travel as they are. curl must encode the rest, and the shell must not change
            // it.
            let is_plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let is_plain = is_plain && !value.is_empty();
            let quoted = format!(" --data-urlencode '{form}'");
            data = if is_plain { format!(" -d {form}") } else { quoted };
        }
        let url = self.server.url(path);
        self.commands.push(format!("curl -i{jar_flags}{data} {url}"));
        let answer = ask(self.server, &format!("{method} {path}"), &fields, &mut self.jar);
        self.answer = answer.map_err(|no| {
            let expected = "an answer".to_owned();
            Miss { came: no.why, expected, reached: Some(no.reached) }
        })?;
        Ok(())
    }

    /// `None` if the condition holds for the last answer. Otherwise the text to show of it, and how
    /// often something was found.
    fn unmet(&self, condition: &str) -> Option<(String, String)> {
        let (word, rest) = condition.split_once(' ').unwrap_or((condition, ""));
        let (answer, status) = (&self.answer, self.answer.status);
        let header = |name| answer.headers.get(name).unwrap_or("");
        let (mut around, mut times) = (rest, String::new());
        let holds = match word {
            "status" => rest.split(' ').any(|code| code == status.to_string()),
            "below" => status < rest.parse().unwrap_or(0),
            "type" => header("Content-Type").starts_with(rest),
            "body" => !answer.body.is_empty(),
            "allows" => answer.headers.has_token("Allow", rest),
            "forbids" => !answer.headers.has_token("Allow", rest),
            "leads" => {
                let path = header("Location").split(['?', '#']).next().unwrap_or("");
                let relative = format!("/{}", path.strip_prefix("./").unwrap_or(path));
                path == rest || relative == rest || path == self.server.url(rest)
            }
            "says" => status < 500 && words(answer).contains(rest),
            "greets" => {
                around = "Hello";
                let said = spaced(&words(answer).replace([',', '!'], " ").to_lowercase());
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
                (around, times) = (text, format!("{count} {unit}, not {found}"));
                found == count
            }
            _ => false,
        };
        (!holds).then(|| (around.to_owned(), times))
    }

    /// A miss that shows the last answer: its status line, the headers that matter here, and its
    /// text around what was looked for.
    fn miss(&self, around: &str, expected: String) -> Miss {
        let mut came = self.answer.status_line.clone();
        for name in ["Content-Type", "Allow", "Location"] {
            for value in self.answer.headers.get_all(name) {
                came.push_str(&format!("; {name}: {value}"));
            }
        }
        let excerpt = excerpt(&self.answer, around);
        // Nobody sees the body of a redirect.
        if !excerpt.is_empty() && !(300..400).contains(&self.answer.status) {
            came.push_str(&format!("; {excerpt}"));
        }
        // Control characters could move a terminal's cursor.
        Miss { came: came.replace(char::is_control, "\u{FFFD}"), expected, reached: None }
    }

    /// What to print of a claim that does not hold.
    fn report(&self, miss: &Miss, lesson: &str) -> String {
        let mut rows = vec![("sent", self.commands.join(&format!("\n{:18}", "")))];
        rows.push(("came", miss.came.clone()));
        rows.extend(self.jar.lost.iter().map(|lost| ("and", lost.clone())));
        rows.push(("expected", miss.expected.clone()));
        let number = lessons::number_of(lesson);
        rows.push(("see", format!("lesson {number}: /lessons/{number} of a running carafe")));
        rows.iter().map(|(title, what)| format!("        {title:<9} {what}\n")).collect()
    }
}

/// The text around what was looked for; if that is not there, the first words.
fn excerpt(answer: &ServerAnswer, around: &str) -> String {
    let (text, words) = (answer.text(), words(answer));
    let at = text.find(around).filter(|_| !around.is_empty());
    let (before, after) = at.map_or(("", words.as_str()), |at| text.split_at(at));
    let start = before.char_indices().rev().take(40).last().map_or(0, |(at, _)| at);
    let end = after.char_indices().nth(120).map_or(after.len(), |(at, _)| at);
    let front = if start > 0 { "…" } else { "" };
    let back = if end < after.len() { "…" } else { "" };
    spaced(&format!("{front}{}{}{back}", &before[start..], &after[..end]))
}
