//! Deeper: A visitor who does what a script says: the language of `notes.txt` and `ladder.txt`.
//!
//! `check` tries claims on any server, and `lab` tries what the course says of seven memories. Both
//! are lists of steps. A step is one word and what belongs to it. These ask or change what the
//! visitor holds:
//!
//! ```text
//! GET PATH, PUT PATH       ask, with the visitor's cookies; {8000} stands for 8000 letters x
//! POST PATH NAME=VALUE     so does this, with a form; & stands between two fields
//! counter PATH             the page that counts visits; COUNT in it stands for the last count
//! visit N                  ask for that page; it must say "visit N"
//! put NAME VALUE           write a cookie by hand
//! forge NAME               change the first character of a cookie
//! new                      from now on the visitor is somebody who was never here
//! copy                     keep a copy of all that the visitor holds
//! swap                     the visitor and the holder of the copy change places
//! ```
//!
//! These must hold for the last answer, or for the visitor's cookies:
//!
//! ```text
//! status 303 302           the status is one of these
//! below 500                the status is less
//! type text/css            Content-Type begins so
//! body                     the body is not empty
//! allows GET, forbids PUT  whether Allow has this method
//! leads /formtest          Location is this path of this server
//! says TEXT                the status is below 500, and the words that a visitor sees hold TEXT
//! greets NAME              the status is 200, and they hold Hello NAME, in any case of letters
//! shows TEXT, hides TEXT   whether the page holds TEXT anywhere, also in the values of its fields
//! escapes TEXT             TEXT did not reach a browser as HTML
//! times 2 TEXT             the words hold TEXT twice
//! holds nothing            the visitor has no cookie
//! replaced NAME            the cookie is another one than in the copy
//! readable NAME N          the cookie has N bytes or more, and anybody can read the x in it
//! ```

use super::http_client::{NoAnswer, ServerAnswer, ServerUrl, ask};
use super::page_words::{is_page, spaced, unescaped, words};
use carafe::http::CookieJar;
use carafe::server::log::escaped;
use carafe::web::sign::from_base64url;
use std::mem;

/// Why a step does not turn out as it is written.
pub enum Trouble {
    /// Something else came.
    Differs {
        /// What it was, escaped: `404, not 200`.
        instead: String,
        /// What to look for in the answer.
        around: String,
    },
    /// No answer came.
    NoAnswer(NoAnswer),
    /// This machine lacks something; the sentence says what.
    Missing(String),
    /// A program did not do what it always does, or Ctrl-C has stopped everything.
    Failed(String),
}

/// The end of a condition. `instead` is what was found, if it does not hold.
pub fn expect(holds: bool, instead: impl Into<String>, around: &str) -> Result<(), Trouble> {
    let (instead, around) = (escaped(&instead.into()), around.to_owned());
    if holds { Ok(()) } else { Err(Trouble::Differs { instead, around }) }
}

/// A word, and what comes after it.
pub fn split(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

/// A client of a server.
#[derive(Default)]
pub struct ScriptedVisitor {
    /// The server that is asked.
    pub server: ServerUrl,
    pub jar: CookieJar,
    /// The count of the last page that counted.
    count: usize,
    /// The copy of the jar and of the count.
    copy: (CookieJar, usize),
    counter: String,
    /// The last answer.
    pub answer: ServerAnswer,
}

impl ScriptedVisitor {
    /// A visitor who was never there. `counter` is the page that counts visits.
    pub fn new(server: &ServerUrl, counter: &str) -> ScriptedVisitor {
        let (server, counter) = (server.clone(), counter.to_owned());
        ScriptedVisitor { server, counter, ..ScriptedVisitor::default() }
    }

    /// Does one step.
    pub fn step(&mut self, step: &str) -> Result<(), Trouble> {
        let (word, rest) = split(step);
        let (name, value) = split(rest);
        match word {
            "GET" | "PUT" | "POST" => {
                let request = format!("{word} {}", long(name));
                let answer = ask(&self.server, &request, &long(value), &mut self.jar);
                self.answer = answer.map_err(Trouble::NoAnswer)?;
            }
            "visit" => {
                let page = self.counter.replace("COUNT", &self.count.to_string());
                self.step(&format!("GET {page}"))?;
                let text = self.answer.text();
                let line = text.lines().find(|line| line.starts_with("visit "));
                let line = line.unwrap_or(text.trim());
                self.count = line.strip_prefix("visit ").unwrap_or("").parse().unwrap_or(0);
                expect(line == step, format!("{line}, not {rest}"), "")?;
            }
            "counter" => self.counter = rest.to_owned(),
            "put" => self.jar.put(name, value, "/"),
            "forge" => {
                let value = self.jar.value(name).unwrap_or_default();
                let first = if value.starts_with('0') { '1' } else { '0' };
                let forged = format!("{first}{}", value.get(1..).unwrap_or_default());
                self.jar.put(name, &forged, "/");
            }
            "new" => (self.jar, self.count) = Default::default(),
            "copy" => self.copy = (self.jar.clone(), self.count),
            "swap" => {
                mem::swap(&mut self.jar, &mut self.copy.0);
                mem::swap(&mut self.count, &mut self.copy.1);
            }
            "holds" => expect(self.jar.header("/").is_none(), "a cookie came", "")?,
            "replaced" => {
                let is_new = self.jar.value(name) != self.copy.0.value(name);
                expect(is_new, "the forged cookie was adopted", "")?;
            }
            "readable" => {
                let cookie = self.jar.value(name).unwrap_or_default();
                let text = cookie.split('.').next().and_then(from_base64url).unwrap_or_default();
                let bytes = name.len() + cookie.len();
                let is_long = value.parse().is_ok_and(|least| bytes >= least);
                let holds = is_long && String::from_utf8_lossy(&text).contains("xxx");
                expect(holds, format!("{bytes} bytes, and not all to be read"), "")?;
            }
            _ => return self.look(word, rest),
        }
        Ok(())
    }

    /// Does a step that looks at the last answer.
    fn look(&self, word: &str, rest: &str) -> Result<(), Trouble> {
        let (answer, status) = (&self.answer, self.answer.status);
        let header = |name| answer.headers.get(name).unwrap_or("");
        let has_text = || unescaped(&answer.text()).contains(rest);
        let (mut around, mut instead) = (rest, format!("{status}, not {rest}"));
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
            "says" => {
                instead = format!("{:?}", answer.text().trim());
                status < 500 && words(answer).contains(rest)
            }
            "greets" => {
                around = "Hello";
                let said = spaced(&words(answer).replace([',', '!'], " ").to_lowercase());
                status == 200 && said.contains(&format!("hello {}", rest.to_lowercase()))
            }
            "shows" => has_text(),
            "hides" => !has_text(),
            "escapes" => {
                !is_page(answer) || !answer.text().to_lowercase().contains(&rest.to_lowercase())
            }
            "times" => {
                let (count, text) = split(rest);
                let found = words(answer).matches(text).count().to_string();
                let unit = if count == "1" { "time" } else { "times" };
                (around, instead) = (text, format!("{count} {unit}, not {found}"));
                found == count
            }
            _ => return Err(Trouble::Failed(format!("no step begins with {word:?}"))),
        };
        expect(holds, instead, around)
    }
}

/// The text, with 8000 letters in the place of `{8000}`.
fn long(text: &str) -> String {
    let parts = text.split_once('{').and_then(|(front, rest)| Some((front, rest.split_once('}')?)));
    let Some((front, (number, rest))) = parts else { return text.to_owned() };
    format!("{front}{}{rest}", "x".repeat(number.parse().unwrap_or(0)))
}
