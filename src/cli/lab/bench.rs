//! Deeper: Starts the programs of an experiment, and ends them.
//!
//! Each program is killed, and the folder removed, when its value is dropped. Ctrl-C sets a flag;
//! the next step then fails, and everything is dropped on the way out.
//!
//! Left out: `kill -9` of this process itself. No program can clean up after that.

use crate::cli::http_client::ServerUrl;
use crate::cli::scripted_visitor::Trouble;
use carafe::{random, signal};
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How long a program may take to its first words.
const START_TIME: Duration = Duration::from_secs(10);

/// A folder for the experiment's files.
pub struct Bench {
    folder: PathBuf,
    stopped: Arc<AtomicBool>,
}

impl Bench {
    /// A bench with a new folder. A first carafe is started and ended: what fails there would fail
    /// in every cell, and is a sentence.
    pub fn new() -> Result<Bench, String> {
        let folder = env::temp_dir().join(format!("carafe-lab-{}", random::hex_id()));
        fs::create_dir(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let bench = Bench { folder, stopped: Arc::default() };
        let stopped = Arc::clone(&bench.stopped);
        signal::on_stop_signal(Box::new(move || stopped.store(true, Ordering::SeqCst)))
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

    /// True after Ctrl-C.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Waits until something holds, but not longer than this; false if it does not hold.
    pub fn wait(&self, most: Duration, holds: impl Fn() -> bool) -> bool {
        let end = Instant::now() + most;
        while !holds() && !self.is_stopped() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
        holds()
    }

    /// Starts a carafe on a free port, with these arguments and this secret key. If it does not
    /// serve, the failure is what it said instead of its banner.
    pub fn carafe(&self, arguments: &[String], key: Option<&str>) -> Result<LabServer, Trouble> {
        let failed = |error| Trouble::Failed(format!("this program cannot be started: {error}"));
        let log = self.file();
        let mut command = Command::new(env::current_exe().map_err(failed)?);
        // What the reader has set for a carafe of their own is not for these.
        for name in ["CARAFE_HOST", "CARAFE_PORT", "CARAFE_STORE", "CARAFE_SECRET_KEY"] {
            command.env_remove(name);
        }
        command.envs(key.map(|key| ("CARAFE_SECRET_KEY", key)));
        command.args(["--port", "0", "--no-ticks"]).args(arguments);
        command.stderr(fs::File::create(&log).map_err(failed)?);
        let (process, line) = self.start(command, "carafe serves on ").map_err(failed)?;
        match line.split_once("carafe serves on ").map(|(_, url)| ServerUrl::parse(url)) {
            Some(Ok(url)) => Ok(LabServer { _process: process, url, log }),
            _ => {
                let said = fs::read_to_string(log).unwrap_or_default();
                Err(Trouble::Failed(said.lines().next().unwrap_or("it ended").to_owned()))
            }
        }
    }

    /// Starts a Redis of the experiment's own, which keeps its rows in memory alone, and gives back
    /// its URL, as `--store` takes it.
    pub fn redis(&self) -> Result<(Process, String), Trouble> {
        const READY: &str = "eady to accept connections";
        let failed = |error: io::Error| match error.kind() {
            ErrorKind::NotFound => Trouble::Missing("redis-server is not installed".into()),
            _ => Trouble::Failed(format!("redis-server: {error}")),
        };
        // Redis cannot take any free port. So it gets one that was free a moment ago; if another
        // program has taken that one, it gets another.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address = free.map_err(failed)?;
            let mut command = Command::new("redis-server");
            command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
            command.args(["--port", &address.port().to_string()]).stderr(Stdio::null());
            let (process, line) = self.start(command, READY).map_err(failed)?;
            if line.contains(READY) {
                return Ok((process, format!("redis://{address}")));
            }
        }
        Err(Trouble::Failed("redis-server does not start".into()))
    }

    /// Starts a program in the bench's folder and waits for a line of its standard output that
    /// contains this text; the line is empty if the program ends before.
    fn start(&self, mut command: Command, text: &'static str) -> io::Result<(Process, String)> {
        command.current_dir(&self.folder).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Process(command.spawn()?);
        let stdout = process.0.stdout.take().map(BufReader::new);
        let mut lines = stdout.into_iter().flat_map(BufRead::lines).map_while(Result::ok);
        let reader = thread::spawn(move || lines.find(|line| line.contains(text)));
        if !self.wait(START_TIME, || reader.is_finished()) {
            return Err(io::Error::other(format!("found no line with {text:?}, expected one")));
        }
        Ok((process, reader.join().ok().flatten().unwrap_or_default()))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program that is killed when this is dropped.
pub struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // `kill -9`: what the program has not written to the disk is lost. Some cells test that.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A carafe that serves. Dropping it is `kill -9`.
pub struct LabServer {
    _process: Process,
    /// Where it listens.
    pub url: ServerUrl,
    /// The file that gets its log.
    pub log: PathBuf,
}
