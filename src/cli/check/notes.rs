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

use crate::app::course::lessons;
use crate::cli::command_line::{CommandResult, print};
use crate::cli::http_client::{ServerAnswer, ServerUrl};
use crate::cli::page_words::{spaced, words};
use crate::cli::scripted_visitor::{ScriptedVisitor, Trouble, split};
use carafe::server::log::escaped;
use carafe::web::shell::shell_word;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// For all claims together.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(60);

/// How many cookies are named that were not kept or not sent.
const LOST: usize = 10;

/// What `open` expects.
const NO_PAGE: &str =
    "200 and a page with the form; a redirect to /formtest itself would never end";

/// Tries every claim on a server and prints how it goes: exit code 1 if one does not hold.
pub fn run(server: &ServerUrl) -> CommandResult {
    let url = server.url("");
    print(&format!("The app of the course notes, tried at {url}.\n"))?;
    print("Each claim starts with an empty cookie jar: rm -f j\n\n")?;
    let end = Instant::now() + PATIENCE_IN_ALL;
    let claims: Vec<&str> = include_str!("notes.txt").split("\nclaim ").skip(1).collect();
    let (all, mut held, mut tried) = (claims.len(), 0, 0);
    for claim in claims {
        if Instant::now() > end {
            print(&format!("\nStopped after {} s.\n", PATIENCE_IN_ALL.as_secs()))?;
            break;
        }
        let (lesson, claim) = claim.split_once(": ").unwrap_or(("", claim));
        let (title, steps) = claim.split_once('\n').unwrap_or((claim, ""));
        let visitor = ScriptedVisitor::new(server, "");
        let mut visit = NotesVisit { visitor, commands: Vec::new() };
        tried += 1;
        let Err((trouble, expected)) = visit.try_steps(steps) else {
            held += 1;
            print(&format!("  ok    {title}\n"))?;
            continue;
        };
        print(&format!("  FAIL  {title}\n{}", visit.report(&trouble, expected, lesson)))?;
        // A server that is not there, or speaks no HTTP at first, will not later. One that breaks
        // off a single request may answer others.
        if let Trouble::NoAnswer(no) = trouble
            && (!no.is_there || !no.is_http && tried == 1)
        {
            break;
        }
    }
    print(&match all - tried {
        _ if held == all => format!("\nAll {all} hold at {url}.\n"),
        0 => format!("\n{held} of {all} hold.\n"),
        left => format!("\n{held} of {all} hold. {left} were not tried.\n"),
    })?;
    Ok(if held == all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One visitor, who tries one claim.
struct NotesVisit {
    visitor: ScriptedVisitor,
    /// The curl commands that send what was sent.
    commands: Vec<String>,
}

impl NotesVisit {
    /// Does the lines below a claim. The error is the first that does not turn out, and what was
    /// expected.
    fn try_steps<'s>(&mut self, steps: &'s str) -> Result<(), (Trouble, &'s str)> {
        let lines: Vec<&str> = steps.lines().filter(|line| !line.is_empty()).collect();
        for (at, line) in lines.iter().enumerate() {
            let (word, rest) = split(line);
            let mut reasons = lines[at..].iter().filter_map(|line| line.strip_prefix("else "));
            let expected = if word == "open" { NO_PAGE } else { reasons.next().unwrap_or("") };
            self.step(word, rest).map_err(|trouble| (trouble, expected))?;
        }
        Ok(())
    }

    /// Does one of them, and keeps the curl command that does the same.
    fn step(&mut self, word: &str, rest: &str) -> Result<(), Trouble> {
        let (method, jar_flags) = match word {
            "else" => return Ok(()),
            "stranger" => {
                self.visitor.step("new")?;
                ("GET", "")
            }
            "open" => ("GET", " -c j -b j"),
            "GET" | "PUT" | "POST" => (word, " -c j -b j"),
            _ => return self.visitor.step(&format!("{word} {rest}")),
        };
        let (path, form) = split(rest);
        let (_, value) = form.split_once('=').unwrap_or_default();
        // Letters travel as they are. curl must encode the rest, and the shell must not change it.
        let is_plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let data = match method {
            "PUT" => " -X PUT".to_owned(),
            "POST" if is_plain => format!(" -d {form}"),
            "POST" => format!(" --data-urlencode {}", shell_word(form)),
            _ => String::new(),
        };
        let url = shell_word(self.visitor.server.url(path));
        self.commands.push(format!("curl -i{jar_flags}{data} {url}"));
        self.visitor.step(&format!("{method} {rest}"))?;
        if word == "open" { self.visitor.step("status 200") } else { Ok(()) }
    }

    /// What to print of a claim that does not hold.
    fn report(&self, trouble: &Trouble, expected: &str, lesson: &str) -> String {
        let (came, expected) = match trouble {
            Trouble::Differs { instead, around } => {
                (came(&self.visitor.answer, around), expected.replace("{instead}", instead))
            }
            Trouble::NoAnswer(no) => (no.why.clone(), "an answer".to_owned()),
            Trouble::Missing(why) | Trouble::Failed(why) => (why.clone(), expected.to_owned()),
        };
        let mut rows = vec![("sent", self.commands.join(&format!("\n{:18}", ""))), ("came", came)];
        let lost = &self.visitor.jar.lost;
        rows.extend(lost.iter().take(LOST).map(|lost| ("and", escaped(lost))));
        if lost.len() > LOST {
            rows.push(("and", format!("{} more", lost.len() - LOST)));
        }
        rows.push(("expected", expected));
        let number = lessons::number_of(lesson);
        rows.push(("see", format!("lesson {number}: /lessons/{number} of a running carafe")));
        rows.iter().map(|(title, what)| format!("        {title:<9} {what}\n")).collect()
    }
}

/// An answer in one line, escaped: its status line, the headers that matter here, and its text
/// around what was looked for.
fn came(answer: &ServerAnswer, around: &str) -> String {
    let mut came = format!("{:.200}", answer.status_line);
    for name in ["Content-Type", "Allow", "Location"] {
        for value in answer.headers.get_all(name) {
            came.push_str(&format!("; {name}: {value:.200}"));
        }
    }
    let excerpt = excerpt(answer, around);
    // Nobody sees the body of a redirect.
    if !excerpt.is_empty() && !(300..400).contains(&answer.status) {
        came.push_str(&format!("; {excerpt}"));
    }
    escaped(&came)
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
