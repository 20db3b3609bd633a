//! Deeper: One cell of the ladder: its visitor, its programs, and the steps with programs.
//!
//! `ladder.txt` lists the steps. A step that does not turn out as it is written ends the
//! experiment: what happened instead is then the word of the cell.

use super::bench::{Bench, LabServer, Process};
use crate::app::course::rungs::Rung;
use crate::cli::http_client::{ServerUrl, ask};
use crate::cli::scripted_visitor::{ScriptedVisitor, Trouble, expect, split};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// What one cell works with.
pub struct Experiment<'b> {
    bench: &'b Bench,
    visitor: ScriptedVisitor,
    /// How each carafe of the rung is started.
    arguments: &'static str,
    key: Option<String>,
    /// The file of the cell's own.
    file: PathBuf,
    /// The Redis of the cell's own, and its URL.
    redis: Option<(Process, String)>,
    /// The last one is asked.
    servers: Vec<LabServer>,
}

impl<'b> Experiment<'b> {
    /// Prepares a cell of a rung.
    pub fn new(bench: &'b Bench, rung: &Rung) -> Experiment<'b> {
        let visitor = ScriptedVisitor::new(&ServerUrl::default(), rung.setting("counter"));
        let (key, redis, servers) = (None, None, Vec::new());
        let (arguments, file) = (rung.setting("arguments"), bench.file());
        Experiment { bench, visitor, arguments, key, file, redis, servers }
    }

    /// Does one step.
    pub fn step(&mut self, step: &str) -> Result<(), Trouble> {
        let (word, rest) = split(step);
        let number: usize = rest.parse().unwrap_or(0);
        match word {
            _ if self.bench.is_stopped() => return Err(Trouble::Failed("stopped".into())),
            "start" => self.start(rest)?,
            "other" => self.servers.rotate_right(1),
            "kill" => self.servers.clear(),
            "stop" => self.redis = None,
            "key" => self.key = Some(rest.to_owned()),
            "new" if rest == "file" => self.file = self.bench.file(),
            "wait" => drop(self.bench.wait(Duration::from_millis(number as u64), || false)),
            "writers" => self.writers(number)?,
            "logged" => {
                let log = self.servers.last().map(|server| server.log.clone()).unwrap_or_default();
                let has = || fs::read_to_string(&log).is_ok_and(|log| log.contains(rest));
                // The server may write the line after its answer.
                let is_logged = self.bench.wait(Duration::from_secs(2), has);
                expect(is_logged, format!("no {rest:?} in the log"), "")?;
            }
            "curl" => {
                let (_, bytes) = split(rest);
                let kept = curl_keeps(self.bench, bytes.parse().unwrap_or(0))?;
                let what = format!("{} {bytes}", if kept { "keeps" } else { "drops" });
                expect(rest == what, format!("curl {what} bytes"), "")?;
            }
            _ => self.visitor.step(step)?,
        }
        if let Some(server) = self.servers.last() {
            self.visitor.server = server.url.clone();
        }
        Ok(())
    }

    /// Starts a carafe with the arguments of the rung and these.
    fn start(&mut self, more: &str) -> Result<(), Trouble> {
        if self.arguments.contains("REDIS") && self.redis.is_none() {
            self.redis = Some(self.bench.redis()?);
        }
        let redis = self.redis.as_ref().map_or("", |(_, url)| url);
        let file = self.file.to_string_lossy();
        let arguments = format!("{} {more}", self.arguments);
        let words = arguments.split_whitespace();
        let words = words.map(|word| word.replace("REDIS", redis).replace("FILE", &file));
        let server = self.bench.carafe(&words.collect::<Vec<_>>(), self.key.as_deref())?;
        self.servers.push(server);
        Ok(())
    }

    /// The visitor asks each server so often, all at the same time. The next count shows whether a
    /// visit was lost.
    fn writers(&mut self, each: usize) -> Result<(), Trouble> {
        let bytes = || fs::metadata(&self.file).map_or(0, |file| file.len());
        let before = bytes();
        thread::scope(|scope| {
            for server in self.servers.iter().cycle().take(each * self.servers.len()) {
                let mut jar = self.visitor.jar.clone();
                scope.spawn(move || ask(&server.url, "GET /ladder/session", "", &mut jar));
            }
        });
        expect(bytes() > before, "nothing was written to the disk", "")
    }
}

/// True if curl keeps a cookie whose name and value have this number of bytes. A complaint of curl
/// is a failure: the course says that it drops the cookie in silence.
fn curl_keeps(bench: &Bench, bytes: usize) -> Result<bool, Trouble> {
    let failed = |error: std::io::Error| Trouble::Failed(format!("a cookie for curl: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
    let value = "x".repeat(bytes.saturating_sub("large".len()));
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
