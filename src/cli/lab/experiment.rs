//! Deeper: One cell of the ladder: its visitor, its servers, and the steps that are tried.
//!
//! `ladder.txt` lists the steps and says what each of them does.

use super::bench::{Bench, RunningCarafe, RunningRedis, Trouble};
use super::measures;
use crate::cli::cookie_jar::CookieJar;
use crate::cli::http_client::{ServerAnswer, ask};
use std::path::PathBuf;
use std::time::Duration;

/// All that a client of the ladder holds.
#[derive(Clone, Default)]
pub struct LadderVisitor {
    /// The count of the last page. On the rung of the URL it stands in each link of the page.
    pub count: i64,
    /// The cookies.
    pub jar: CookieJar,
}

/// What one cell works with.
pub struct Experiment<'a> {
    /// Where programs are started.
    pub bench: &'a Bench,
    /// Who asks.
    pub visitor: LadderVisitor,
    copy: LadderVisitor,
    counter: String,
    arguments: &'a str,
    key: Option<String>,
    /// The file of the cell's own.
    pub file: PathBuf,
    redis: Option<RunningRedis>,
    servers: Vec<RunningCarafe>,
    /// What the last answer said.
    page: String,
    /// What the server must not adopt.
    forged: String,
}

impl<'a> Experiment<'a> {
    /// Tries the steps of a cell, and gives back the words for what happened: those of the course,
    /// if all of it happened so.
    ///
    /// # Errors
    ///
    /// [`Trouble`], with what happened instead.
    pub fn run(
        bench: &'a Bench,
        (counter, arguments): (&str, &'a str),
        steps: &str,
        words: &str,
    ) -> Result<String, Trouble> {
        let mut experiment = Experiment {
            bench,
            visitor: LadderVisitor::default(),
            copy: LadderVisitor::default(),
            counter: counter.to_owned(),
            arguments,
            key: None,
            file: bench.file(),
            redis: None,
            servers: Vec::new(),
            page: String::new(),
            forged: String::new(),
        };
        let mut measured = None;
        for step in steps.lines().flat_map(|line| line.split(", ")) {
            bench.go_on()?;
            match step.trim().strip_prefix("measure ") {
                Some(name) => measured = Some(measures::measure(&mut experiment, name)?),
                None => experiment.step(step.trim())?,
            }
        }
        Ok(measured.unwrap_or_else(|| words.to_owned()))
    }

    fn step(&mut self, step: &str) -> Result<(), Trouble> {
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (name, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let number = name.parse().unwrap_or(0);
        match (word, name) {
            ("start", _) => self.start(rest)?,
            ("other", _) => self.servers.rotate_right(1),
            ("kill", _) => self.servers.clear(),
            ("key", _) => self.key = Some(format!("the key called {rest}")),
            ("new", "file") => self.file = self.bench.file(),
            ("new", _) => self.visitor = LadderVisitor::default(),
            ("stop", _) => self.redis = None,
            ("counter", _) => self.counter = rest.to_owned(),
            ("visit", _) => self.visit(number)?,
            ("log", _) => drop(self.ask("GET /dropsession", &[])?),
            ("copy", _) => self.copy = self.visitor.clone(),
            ("swap", _) => std::mem::swap(&mut self.copy, &mut self.visitor),
            ("claim", _) => self.visitor.count = number,
            ("put", _) => self.visitor.jar.put(name, value),
            ("forge", _) => {
                let value = self.visitor.jar.value(name).unwrap_or_default();
                let first = if value.starts_with('0') { '1' } else { '0' };
                self.forged = format!("{first}{}", value.get(1..).unwrap_or_default());
                self.visitor.jar.put(name, &self.forged);
            }
            ("replaced", _) if self.visitor.jar.value(name) == Some(&self.forged) => {
                return Err(Trouble::Differs("the forged cookie was adopted".into()));
            }
            ("holds", _) if !self.visitor.jar.is_empty() => {
                return Err(Trouble::Differs("a cookie came".into()));
            }
            ("says", _) if !self.page.contains(rest) => {
                return Err(Trouble::Differs(format!("{:?}", self.page.trim())));
            }
            ("logged", _) => {
                // The line may still be on its way.
                let log = self.servers.last().map(|server| server.log.clone()).unwrap_or_default();
                let has = || std::fs::read_to_string(&log).is_ok_and(|log| log.contains(rest));
                if !self.bench.wait(Duration::from_secs(2), has)? {
                    return Err(Trouble::Differs(format!("no {rest:?} in the log")));
                }
            }
            ("status", _) => {
                let status = self.ask(&format!("GET {value}"), &[])?.status;
                if i64::from(status) != number {
                    return Err(Trouble::Differs(format!("{value}: {status}, not {number}")));
                }
            }
            ("wait", _) => {
                let time = Duration::from_millis(number.unsigned_abs());
                self.bench.wait(time, || false)?;
            }
            ("replaced" | "holds" | "says", _) => {}
            _ => return Err(Trouble::Failed(format!("ladder.txt does not explain {step:?}"))),
        }
        Ok(())
    }

    /// Starts a carafe with the arguments of the rung and these.
    ///
    /// # Errors
    ///
    /// [`Trouble`], if it does not serve.
    pub fn start(&mut self, more: &str) -> Result<(), Trouble> {
        let arguments = format!("{} {more}", self.arguments);
        if arguments.contains("REDIS") && self.redis.is_none() {
            self.redis = Some(self.bench.redis()?);
        }
        let redis = self.redis.as_ref().map_or("", |redis| &redis.url);
        let file = self.file.display().to_string();
        let words = arguments.split_whitespace();
        let words: Vec<String> =
            words.map(|word| word.replace("FILE", &file).replace("REDIS", redis)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.servers.push(self.bench.carafe(&words, self.key.as_deref())?);
        Ok(())
    }

    /// The servers; the last one is asked.
    pub fn servers(&self) -> &[RunningCarafe] {
        &self.servers
    }

    /// What the server answers to the visitor.
    ///
    /// # Errors
    ///
    /// [`Trouble`], if no answer comes.
    pub fn ask(&mut self, request: &str, form: &[(&str, &str)]) -> Result<ServerAnswer, Trouble> {
        let server = self.servers.last().ok_or(Trouble::Failed("no server runs".into()))?;
        let answer = ask(&server.url, request, form, &mut self.visitor.jar)
            .map_err(|no| Trouble::Failed(format!("{request}: {}", no.why())))?;
        self.page = answer.text();
        Ok(answer)
    }

    /// Visits the counter, which must say so.
    fn visit(&mut self, expected: i64) -> Result<(), Trouble> {
        // The page of the URL's rung is a link to itself, in which the count stands.
        let path = match self.counter.as_str() {
            "/ladder/url" => format!("/ladder/url?n={}", self.visitor.count),
            counter => counter.to_owned(),
        };
        self.ask(&format!("GET {path}"), &[])?;
        let lines = self.page.lines();
        let count =
            lines.filter_map(|line| line.strip_prefix("visit ")?.trim().parse().ok()).next();
        let first = self.page.lines().next().unwrap_or_default();
        self.visitor.count = count
            .ok_or_else(|| Trouble::Failed(format!("{path}: found {first:?}, expected visit N")))?;
        if self.visitor.count != expected {
            return Err(Trouble::Differs(format!("visit {}, not {expected}", self.visitor.count)));
        }
        Ok(())
    }
}
