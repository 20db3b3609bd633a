//! Deeper: One cell of the ladder: its visitor, its servers, and the steps that are tried.
//!
//! `ladder.txt` lists the steps and says what each of them does. A step that does not turn out as
//! it is written ends the experiment: what happened instead is then the word of the cell.

use super::bench::{Bench, LabServer, Process, Trouble};
use crate::app::course::rungs::Rung;
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{ServerAnswer, ask};
use carafe::http::Fields;
use carafe::web::sign::from_base64url;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::{fs, mem, thread};

const SESSION_COOKIE: &str = "carafe_sid";

/// All that a client of the ladder holds.
#[derive(Clone, Default)]
struct LadderVisitor {
    /// The count of the last page. On the rung of the URL it stands in each link of the page.
    count: usize,
    jar: CookieJar,
}

/// What one cell works with.
#[derive(Default)]
pub struct Experiment {
    visitor: LadderVisitor,
    copy: LadderVisitor,
    /// The path of the counter; COUNT in it stands for the visitor's count.
    counter: String,
    /// How each carafe of the rung is started.
    arguments: &'static str,
    key: Option<String>,
    /// The file of the cell's own.
    file: PathBuf,
    /// The Redis of the cell's own, and its URL.
    redis: Option<(Process, String)>,
    /// The last one is asked.
    servers: Vec<LabServer>,
    /// The last answer.
    answer: ServerAnswer,
}

/// The end of a step: what happened instead, if it did not turn out as it is written.
fn expect(holds: bool, instead: impl Into<String>) -> Result<(), Trouble> {
    if holds { Ok(()) } else { Err(Trouble::Differs(instead.into())) }
}

impl Experiment {
    /// Prepares a cell of a rung.
    pub fn new(bench: &Bench, rung: &Rung) -> Experiment {
        let (counter, arguments) = (rung.setting("counter").into(), rung.setting("arguments"));
        Experiment { counter, arguments, file: bench.file(), ..Experiment::default() }
    }

    /// Does one step.
    pub fn step(&mut self, bench: &Bench, step: &str) -> Result<(), Trouble> {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let number: usize = name.parse().unwrap_or(0);
        match word {
            _ if bench.is_stopped() => return Err(Trouble::Failed("stopped".into())),
            "start" => self.start(bench, rest)?,
            "other" => self.servers.rotate_right(1),
            "kill" => self.servers.clear(),
            "stop" => self.redis = None,
            "key" => self.key = Some(rest.to_owned()),
            "new" if name == "file" => self.file = bench.file(),
            "new" => self.visitor = LadderVisitor::default(),
            "copy" => self.copy = self.visitor.clone(),
            "swap" => mem::swap(&mut self.copy, &mut self.visitor),
            "counter" => self.counter = rest.to_owned(),
            "claim" => self.visitor.count = number,
            "put" => self.visitor.jar.put(name, value, "/"),
            "forge" => {
                let value = self.visitor.jar.value(name).unwrap_or_default();
                let first = if value.starts_with('0') { '1' } else { '0' };
                let forged = format!("{first}{}", value.get(1..).unwrap_or_default());
                self.visitor.jar.put(name, &forged, "/");
            }
            "wait" => drop(bench.wait(Duration::from_millis(number as u64), || false)),
            "log" => self.ask("GET /dropsession", "")?,
            "visit" => {
                self.visit()?;
                let count = self.visitor.count;
                expect(count == number, format!("visit {count}, not {number}"))?;
            }
            "status" => {
                let (request, form) = value.split_once(" with ").unwrap_or((value, ""));
                self.ask(&long(request), &long(form))?;
                let status = self.answer.status;
                expect(name == status.to_string(), format!("{status}, not {name}"))?;
            }
            "writers" => self.writers(number)?,
            _ => self.look(bench, word, rest)?,
        }
        Ok(())
    }

    /// Does a step that looks at what has come.
    fn look(&mut self, bench: &Bench, word: &str, rest: &str) -> Result<(), Trouble> {
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let jar = &mut self.visitor.jar;
        match word {
            "replaced" => {
                let is_new = jar.value(name) != self.copy.jar.value(name);
                expect(is_new, "the forged cookie was adopted")
            }
            "holds" => expect(jar.header("/").is_none(), "a cookie came"),
            "says" => {
                let text = self.answer.text();
                expect(text.contains(rest), format!("{:?}", text.trim()))
            }
            "logged" => {
                let log = self.servers.last().map(|server| server.log.clone()).unwrap_or_default();
                let has = || fs::read_to_string(&log).is_ok_and(|log| log.contains(rest));
                // The server may write the line after its answer.
                expect(bench.wait(Duration::from_secs(2), has), format!("no {rest:?} in the log"))
            }
            "readable" => {
                let value = jar.value(SESSION_COOKIE).unwrap_or_default();
                let json = value.split('.').next().and_then(from_base64url).unwrap_or_default();
                let bytes = SESSION_COOKIE.len() + value.len();
                let is_long = name.parse().is_ok_and(|least: usize| bytes >= least);
                let holds = is_long && String::from_utf8_lossy(&json).contains("xxx");
                expect(holds, format!("{bytes} bytes, and not all to be read"))
            }
            "curl" => {
                let kept = curl_keeps(bench, value.parse().unwrap_or(0))?;
                let what = if kept { "keeps" } else { "drops" };
                expect(name == what, format!("curl {what} {value} bytes"))
            }
            _ => Err(Trouble::Failed(format!("ladder.txt does not explain {word:?}"))),
        }
    }

    /// Starts a carafe with the arguments of the rung and these.
    fn start(&mut self, bench: &Bench, more: &str) -> Result<(), Trouble> {
        if self.arguments.contains("REDIS") && self.redis.is_none() {
            self.redis = Some(bench.redis()?);
        }
        let redis = self.redis.as_ref().map_or("", |(_, url)| url);
        let file = self.file.to_string_lossy();
        let arguments = format!("{} {more}", self.arguments);
        let words = arguments.split_whitespace();
        let words = words.map(|word| word.replace("REDIS", redis).replace("FILE", &file));
        self.servers.push(bench.carafe(&words.collect::<Vec<_>>(), self.key.as_deref())?);
        Ok(())
    }

    /// Sends a request of the visitor, and keeps the answer.
    fn ask(&mut self, request: &str, form: &str) -> Result<(), Trouble> {
        let server = self.servers.last().ok_or(Trouble::Failed("no server runs".into()))?;
        self.answer = ask(&server.url, request, &Fields::parse(form), &mut self.visitor.jar)
            .map_err(|no| Trouble::Failed(format!("{request}: {}", no.why)))?;
        Ok(())
    }

    /// Visits the counter, and keeps its count.
    fn visit(&mut self) -> Result<(), Trouble> {
        let path = self.counter.replace("COUNT", &self.visitor.count.to_string());
        self.ask(&format!("GET {path}"), "")?;
        let text = self.answer.text();
        let count = text.lines().find_map(|line| line.strip_prefix("visit ")?.trim().parse().ok());
        let first = text.lines().next().unwrap_or_default();
        let why = || Trouble::Failed(format!("{path}: found {first:?}, expected visit N"));
        self.visitor.count = count.ok_or_else(why)?;
        Ok(())
    }

    /// One visitor, who was there before, visits each server so often, all at the same time. The
    /// visitor's next count shows whether a visit was lost.
    fn writers(&mut self, each: usize) -> Result<(), Trouble> {
        self.visit()?;
        let bytes = || fs::metadata(&self.file).map_or(0, |file| file.len());
        let (before, expected) = (bytes(), self.visitor.count + each * self.servers.len() + 1);
        thread::scope(|scope| {
            for server in self.servers.iter().cycle().take(each * self.servers.len()) {
                let mut jar = self.visitor.jar.clone();
                scope.spawn(move || {
                    ask(&server.url, "GET /ladder/session", &Fields::default(), &mut jar)
                });
            }
        });
        let grown = bytes() > before;
        self.visit()?;
        let count = self.visitor.count;
        let instead = format!("visit {count}, not {expected}; on the disk: {grown}");
        expect(count == expected && grown, instead)
    }
}

/// The text, with 8000 letters in the place of `{8000}`.
fn long(text: &str) -> String {
    let parts = text.split_once('{').and_then(|(front, rest)| Some((front, rest.split_once('}')?)));
    let Some((front, (number, rest))) = parts else { return text.to_owned() };
    format!("{front}{}{rest}", "x".repeat(number.parse().unwrap_or(0)))
}

/// True if curl keeps a cookie whose name and value have this number of bytes. A complaint of curl
/// is a failure: the course says that it drops the cookie in silence.
fn curl_keeps(bench: &Bench, bytes: usize) -> Result<bool, Trouble> {
    let failed = |error: std::io::Error| Trouble::Failed(format!("a cookie for curl: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
    let value = "x".repeat(bytes - "large".len());
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close";
    let answer = format!("{head}\r\nSet-Cookie: large={value}\r\n\r\n");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let _ = stream.read(&mut [0; 4096])?;
        stream.write_all(answer.as_bytes())
    });
    let jar = bench.file();
    // -q: as curl is by itself, whatever its user has set up; and not through a proxy.
    let mut curl = Command::new("curl");
    curl.args(["-q", "-sS", "--noproxy", "*", "-m", "5", "-c"]).arg(&jar).arg(&url);
    let output = curl.output().map_err(|_| Trouble::Missing("curl is not installed".into()))?;
    if !output.status.success() || !output.stderr.is_empty() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Trouble::Failed(format!("curl: {}", complaint.trim())));
    }
    let _ = server.join();
    Ok(fs::read_to_string(jar).is_ok_and(|jar| jar.contains(&value)))
}
