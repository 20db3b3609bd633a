//! Deeper: Starts the programs of an experiment, and ends them.
//!
//! Nothing is left behind: each program is killed, and the folder removed, when its value is
//! dropped. Ctrl-C sets a flag that each step looks at; the step then fails, and everything is
//! dropped on the way out.
//!
//! Left out: `kill -9` of this process itself. No program can clean up after that.

use crate::cli::http_client::{PATIENCE, ServerUrl};
use carafe::{random, signal};
use std::cell::Cell;
use std::fmt::Display;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Why a cell is not as the course says.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// Something else happened.
    Differs(String),
    /// This machine lacks something; the sentence says what.
    Missing(String),
    /// Something did not do what every carafe does.
    Failed(String),
    /// Ctrl-C.
    Stopped,
}

/// A folder for the experiment's files, and the count of what was started.
pub struct Bench {
    folder: PathBuf,
    /// True after Ctrl-C.
    pub stopped: Arc<AtomicBool>,
    /// How many servers have been started.
    pub started: Cell<usize>,
}

impl Bench {
    /// A bench with a new folder. A first carafe is started and ended: what fails there would fail
    /// in every cell, and is a sentence.
    pub fn new() -> Result<Bench, String> {
        let folder = env::temp_dir().join(format!("carafe-lab-{}", random::hex_id()));
        fs::create_dir(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let bench = Bench { folder, stopped: Arc::default(), started: Cell::new(0) };
        let stop = Arc::clone(&bench.stopped);
        signal::on_stop_signal(move || stop.store(true, Ordering::SeqCst))
            .map_err(|error| format!("Ctrl-C cannot be heard: {error}"))?;
        match bench.carafe(&[], None) {
            Err(Trouble::Failed(why)) => Err(why),
            _ => Ok(bench),
        }
    }

    /// A name for a file that is not there yet.
    pub fn file(&self) -> PathBuf {
        self.folder.join(random::hex_id())
    }

    /// Waits until something holds, but not longer than this; true if it holds.
    pub fn wait(&self, most: Duration, mut holds: impl FnMut() -> bool) -> Result<bool, Trouble> {
        let end = Instant::now() + most;
        while !holds() {
            if self.stopped.load(Ordering::SeqCst) {
                return Err(Trouble::Stopped);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(true)
    }

    /// Starts a carafe on a free port, with these arguments and this secret key. If it does not
    /// serve, the failure is what it said instead of its banner.
    pub fn carafe(
        &self,
        arguments: &[String],
        key: Option<&str>,
    ) -> Result<RunningCarafe, Trouble> {
        let failed =
            |why: &dyn Display| Trouble::Failed(format!("this program cannot be started: {why}"));
        let log = self.file();
        let mut command = Command::new(env::current_exe().map_err(|error| failed(&error))?);
        // What the reader has set for a carafe of their own is not for these.
        for name in ["CARAFE_HOST", "CARAFE_PORT", "CARAFE_STORE", "CARAFE_SECRET_KEY"] {
            command.env_remove(name);
        }
        command.envs(key.map(|key| ("CARAFE_SECRET_KEY", key)));
        command.args(["--port", "0"]).args(arguments).current_dir(&self.folder);
        let stderr = fs::File::create(&log).map_err(|error| failed(&error))?;
        command.stdout(Stdio::piped()).stderr(stderr);
        let mut process = Process::start(&mut command).map_err(|error| failed(&error))?;
        self.started.set(self.started.get() + 1);
        let mut line = String::new();
        if let Some(stdout) = process.0.stdout.take() {
            // A failure shows in what the line is.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        match line.trim_end().strip_prefix("carafe serves on ").map(ServerUrl::parse) {
            Some(Ok(url)) => Ok(RunningCarafe { _process: process, url, log }),
            _ => {
                drop(process);
                let said = fs::read_to_string(log).unwrap_or_default();
                Err(Trouble::Failed(said.lines().next().unwrap_or(line.trim_end()).to_owned()))
            }
        }
    }

    /// Starts a Redis of the experiment's own, which keeps its rows in memory alone. Gives back its
    /// URL, too, as `--store` takes it.
    pub fn redis(&self) -> Result<(Process, String), Trouble> {
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => Trouble::Missing("redis-server is not installed".into()),
            _ => Trouble::Failed(format!("redis-server: {error}")),
        };
        // Redis cannot take any free port. So it gets one that was free a moment ago; if that is
        // taken meanwhile, it gets another.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.map_err(failed)?;
            let mut command = Command::new("redis-server");
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            command.args(["--port", &address.port().to_string()]).current_dir(&self.folder);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = Process::start(&mut command).map_err(failed)?;
            let pong = || {
                let mut stream = TcpStream::connect(address).ok()?;
                stream.set_read_timeout(Some(PATIENCE)).ok()?;
                stream.write_all(b"PING\r\n").ok()?;
                let mut answer = [0; 5];
                stream.read_exact(&mut answer).ok()?;
                (answer == *b"+PONG").then_some(())
            };
            self.wait(PATIENCE, || pong().is_some() || process.has_ended())?;
            if !process.has_ended() {
                return Ok((process, format!("redis://{address}")));
            }
        }
        Err(Trouble::Failed("redis-server does not start".into()))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program that is killed when this is dropped.
pub struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> io::Result<Process> {
        command.stdin(Stdio::null()).spawn().map(Process)
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // `kill -9`: what the program has not put into a safe place is lost. Some cells are about
        // that.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A carafe that serves. Dropping it is `kill -9`.
pub struct RunningCarafe {
    _process: Process,
    /// Where it listens.
    pub url: ServerUrl,
    /// The file that gets its log.
    pub log: PathBuf,
}
