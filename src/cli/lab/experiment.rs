//! Deeper: One cell of the ladder: its visitor, its servers, and the steps that are tried.
//!
//! `ladder.txt` lists the steps and says what each of them does. A step that does not turn out as
//! it is written ends the experiment: what happened instead is then the word of the cell.

use super::bench::{Bench, Process, RunningCarafe, Trouble};
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{ServerAnswer, ask};
use carafe::web::sign::from_base64url;
use std::io::{BufRead, BufReader, Write};
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
    count: i64,
    jar: CookieJar,
}

/// What one cell works with.
#[derive(Default)]
pub struct Experiment {
    visitor: LadderVisitor,
    copy: LadderVisitor,
    counter: String,
    /// How each carafe of the rung is started.
    arguments: String,
    key: Option<String>,
    /// The file of the cell's own.
    file: PathBuf,
    /// The Redis of the cell's own, and its URL.
    redis: Option<(Process, String)>,
    /// The last one is asked.
    servers: Vec<RunningCarafe>,
    /// The last answer.
    answer: ServerAnswer,
    /// A cookie that the server must not adopt.
    forged: String,
}

impl Experiment {
    /// Prepares a cell of a rung.
    pub fn new(bench: &Bench, counter: &str, arguments: &str) -> Experiment {
        let (counter, arguments) = (counter.to_owned(), arguments.to_owned());
        Experiment { counter, arguments, file: bench.file(), ..Experiment::default() }
    }

    /// Does one step.
    pub fn step(&mut self, bench: &Bench, step: &str) -> Result<(), Trouble> {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        if self.act(bench, word, rest)? {
            return Ok(());
        }
        match self.instead(bench, word, rest)? {
            Some(instead) => Err(Trouble::Differs(instead)),
            None => Ok(()),
        }
    }

    /// Does a step that cannot turn out otherwise; false if it is not one of those.
    fn act(&mut self, bench: &Bench, word: &str, rest: &str) -> Result<bool, Trouble> {
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        match (word, name) {
            ("start", _) => self.start(bench, rest)?,
            ("other", _) => self.servers.rotate_right(1),
            ("kill", _) => self.servers.clear(),
            ("stop", _) => self.redis = None,
            ("key", _) => self.key = Some(format!("the key called {rest}")),
            ("new", "file") => self.file = bench.file(),
            ("new", _) => self.visitor = LadderVisitor::default(),
            ("copy", _) => self.copy = self.visitor.clone(),
            ("swap", _) => mem::swap(&mut self.copy, &mut self.visitor),
            ("counter", _) => self.counter = rest.to_owned(),
            ("claim", _) => self.visitor.count = name.parse().unwrap_or(0),
            ("put", _) => self.visitor.jar.put(name, value, "/"),
            ("forge", _) => {
                let value = self.visitor.jar.value(name).unwrap_or_default();
                let first = if value.starts_with('0') { '1' } else { '0' };
                self.forged = format!("{first}{}", value.get(1..).unwrap_or_default());
                self.visitor.jar.put(name, &self.forged, "/");
            }
            ("wait", _) => {
                bench.wait(Duration::from_millis(name.parse().unwrap_or(0)), || false)?;
            }
            ("log", _) => self.ask("GET /dropsession", &[])?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Does a step that can turn out otherwise: what happened instead, if it did.
    fn instead(
        &mut self,
        bench: &Bench,
        word: &str,
        rest: &str,
    ) -> Result<Option<String>, Trouble> {
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let number: usize = name.parse().unwrap_or(0);
        Ok(match word {
            "visit" => {
                self.visit()?;
                let count = self.visitor.count;
                (name != count.to_string()).then(|| format!("visit {count}, not {name}"))
            }
            "status" => {
                self.ask(&format!("GET {value}"), &[])?;
                self.other_status(name)
            }
            "target" => {
                let more = "x".repeat(number - "/ladder/none?".len());
                self.ask(&format!("GET /ladder/none?{more}"), &[])?;
                self.other_status(value)
            }
            "profile" => {
                self.visitor = LadderVisitor::default();
                self.ask("POST /profile", &[("name", &"x".repeat(number)), ("email", "a@b")])?;
                self.other_status(value)
            }
            "replaced" if self.visitor.jar.value(name) != Some(&self.forged) => None,
            "replaced" => Some("the forged cookie was adopted".into()),
            "holds" if self.visitor.jar.is_empty() => None,
            "holds" => Some("a cookie came".into()),
            "says" if self.answer.text().contains(rest) => None,
            "says" => Some(format!("{:?}", self.answer.text().trim())),
            "logged" => {
                // The line may still be on its way.
                let log = self.servers.last().map(|server| server.log.clone()).unwrap_or_default();
                let has = || fs::read_to_string(&log).is_ok_and(|log| log.contains(rest));
                let found = bench.wait(Duration::from_secs(2), has)?;
                (!found).then(|| format!("no {rest:?} in the log"))
            }
            "readable" => {
                let value = self.visitor.jar.value(SESSION_COOKIE).unwrap_or_default();
                let json = value.split('.').next().and_then(from_base64url).unwrap_or_default();
                let bytes = SESSION_COOKIE.len() + value.len();
                let holds = bytes >= number && String::from_utf8_lossy(&json).contains("xxx");
                (!holds).then(|| format!("{bytes} bytes, and not all to be read"))
            }
            "curl" => {
                let kept = curl_keeps(bench, value.parse().unwrap_or(0))?;
                let what = if kept { "keeps" } else { "drops" };
                (name != what).then(|| format!("curl {what} {value} bytes"))
            }
            "writers" => self.writers(number)?,
            _ => return Err(Trouble::Failed(format!("ladder.txt does not explain {word:?}"))),
        })
    }

    /// Starts a carafe with the arguments of the rung and these.
    fn start(&mut self, bench: &Bench, more: &str) -> Result<(), Trouble> {
        let arguments = format!("{} {more}", self.arguments);
        if arguments.contains("REDIS") && self.redis.is_none() {
            self.redis = Some(bench.redis()?);
        }
        let redis = self.redis.as_ref().map_or("", |(_, url)| url);
        let file = self.file.display().to_string();
        let words = arguments.split_whitespace();
        let words = words.map(|word| word.replace("FILE", &file).replace("REDIS", redis));
        self.servers.push(bench.carafe(&words.collect::<Vec<_>>(), self.key.as_deref())?);
        Ok(())
    }

    /// Sends a request of the visitor, and keeps the answer.
    fn ask(&mut self, request: &str, form: &[(&str, &str)]) -> Result<(), Trouble> {
        let server = self.servers.last().ok_or(Trouble::Failed("no server runs".into()))?;
        self.answer = ask(&server.url, request, form, &mut self.visitor.jar)
            .map_err(|no| Trouble::Failed(format!("{request}: {}", no.why)))?;
        Ok(())
    }

    /// What to say if the last answer has another status.
    fn other_status(&self, expected: &str) -> Option<String> {
        let status = self.answer.status;
        (expected != status.to_string()).then(|| format!("{status}, not {expected}"))
    }

    /// Visits the counter, and keeps its count.
    fn visit(&mut self) -> Result<(), Trouble> {
        // The page of the URL's rung is a link to itself, in which the count stands.
        let path = match self.counter.as_str() {
            "/ladder/url" => format!("/ladder/url?n={}", self.visitor.count),
            counter => counter.to_owned(),
        };
        self.ask(&format!("GET {path}"), &[])?;
        let text = self.answer.text();
        let count = text.lines().find_map(|line| line.strip_prefix("visit ")?.trim().parse().ok());
        let first = text.lines().next().unwrap_or_default();
        self.visitor.count = count
            .ok_or_else(|| Trouble::Failed(format!("{path}: found {first:?}, expected visit N")))?;
        Ok(())
    }

    /// All servers are visited so often, at the same time, by one visitor who was there before. The
    /// visitor's next count shows whether a visit was lost.
    fn writers(&mut self, each: usize) -> Result<Option<String>, Trouble> {
        self.visit()?;
        let bytes = || fs::metadata(&self.file).map_or(0, |file| file.len());
        let (before, expected) = (bytes(), self.visitor.count as usize + each * self.servers.len());
        let visit = |server: &RunningCarafe| {
            ask(&server.url, "GET /ladder/session", &[], &mut self.visitor.jar.clone()).is_ok()
        };
        let answered = thread::scope(|scope| {
            let servers = (0..each).flat_map(|_| &self.servers);
            let visits: Vec<_> = servers.map(|server| scope.spawn(|| visit(server))).collect();
            visits.into_iter().filter_map(|visit| visit.join().ok()).filter(|ok| *ok).count()
        });
        let grown = bytes() > before;
        self.visit()?;
        let count = self.visitor.count as usize;
        let holds = answered == each * self.servers.len() && count == expected + 1 && grown;
        Ok((!holds).then(|| format!("visit {count} after {expected}, on the disk: {grown}")))
    }
}

/// True if curl keeps a cookie whose name and value have so many bytes. A complaint of curl is a
/// failure: the course says that it drops the cookie in silence.
fn curl_keeps(bench: &Bench, bytes: usize) -> Result<bool, Trouble> {
    let failed = |error: std::io::Error| Trouble::Failed(format!("a cookie for curl: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
    let value = "x".repeat(bytes - "large".len());
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close";
    let answer = format!("{head}\r\nSet-Cookie: large={value}\r\n\r\n");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
        while lines.next().is_some_and(|line| !line.is_empty()) {}
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
