//! Deeper: Starts the programs of an experiment, and ends them.
//!
//! Nothing is left behind: each program is killed, and the folder removed, when its value is
//! dropped. Ctrl-C sets a flag that each step looks at; the step then fails, and the way out of
//! `main` drops everything.
//!
//! Left out: `kill -9` of this process itself. No program can clean up after that.

use crate::cli::http_client::{PATIENCE, ServerUrl};
use carafe::random;
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Why a cell is not what the course says.
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
    program: PathBuf,
    folder: PathBuf,
    stopped: Arc<AtomicBool>,
    started: Cell<usize>,
}

impl Bench {
    /// A bench that gives up once `stopped` is true.
    ///
    /// # Errors
    ///
    /// A sentence, if there is no folder to be had, or this program cannot be started again.
    pub fn new(stopped: Arc<AtomicBool>) -> Result<Bench, String> {
        let program = env::current_exe()
            .map_err(|error| format!("this program cannot find itself: {error}"))?;
        let folder = env::temp_dir().join(format!("carafe-lab-{}", random::hex_id()));
        fs::create_dir(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let bench = Bench { program, folder, stopped, started: Cell::new(0) };
        // What fails here would fail in every cell.
        match bench.carafe(&[], None) {
            Ok(_) => Ok(bench),
            Err(Trouble::Stopped) => Err("stopped".into()),
            Err(Trouble::Differs(why) | Trouble::Missing(why) | Trouble::Failed(why)) => Err(why),
        }
    }

    /// How many servers have been started.
    pub fn started(&self) -> usize {
        self.started.get()
    }

    /// A name for a file that is not there yet.
    pub fn file(&self) -> PathBuf {
        self.folder.join(random::hex_id())
    }

    /// # Errors
    ///
    /// [`Trouble::Stopped`] after Ctrl-C.
    pub fn go_on(&self) -> Result<(), Trouble> {
        if self.stopped.load(Ordering::SeqCst) { Err(Trouble::Stopped) } else { Ok(()) }
    }

    /// Waits until something holds, and says whether it does; not longer than this.
    ///
    /// # Errors
    ///
    /// [`Trouble::Stopped`] after Ctrl-C.
    pub fn wait(&self, most: Duration, mut holds: impl FnMut() -> bool) -> Result<bool, Trouble> {
        let end = Instant::now() + most;
        while !holds() {
            self.go_on()?;
            if Instant::now() >= end {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(true)
    }

    /// Starts a carafe on a free port, with these arguments and this secret key.
    ///
    /// # Errors
    ///
    /// [`Trouble::Failed`] with what it said instead of its banner.
    pub fn carafe(&self, arguments: &[&str], key: Option<&str>) -> Result<RunningCarafe, Trouble> {
        let failed = |why: &dyn std::fmt::Display| {
            Trouble::Failed(format!("{} cannot be started: {why}", self.program.display()))
        };
        let log = self.file();
        let mut command = Command::new(&self.program);
        // What the reader has set for a carafe of their own is not for these.
        for name in ["CARAFE_HOST", "CARAFE_PORT", "CARAFE_STORE", "CARAFE_SECRET_KEY"] {
            command.env_remove(name);
        }
        command.envs(key.map(|key| ("CARAFE_SECRET_KEY", key)));
        command.args(["--port", "0"]).args(arguments).current_dir(&self.folder);
        command.stdout(Stdio::piped()).stderr(File::create(&log).map_err(|error| failed(&error))?);
        let mut process = Process::start(&mut command).map_err(|error| failed(&error))?;
        self.started.set(self.started.get() + 1);
        let mut line = String::new();
        if let Some(stdout) = process.0.stdout.take() {
            // What goes wrong here shows in what the line is.
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        let url = line.trim_end().strip_prefix("carafe serves on ").map(ServerUrl::parse);
        match url {
            Some(Ok(url)) => Ok(RunningCarafe { _process: process, url, log }),
            _ => {
                drop(process);
                let said = fs::read_to_string(log).unwrap_or_default();
                Err(Trouble::Failed(said.lines().next().unwrap_or(line.trim_end()).to_owned()))
            }
        }
    }

    /// Starts a Redis of the experiment's own, which keeps its rows in memory alone.
    ///
    /// # Errors
    ///
    /// [`Trouble::Missing`], if there is none on this machine.
    pub fn redis(&self) -> Result<RunningRedis, Trouble> {
        // Redis cannot take any free port. So it gets one that was free a moment ago; if that is
        // taken meanwhile, it gets another.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address =
                free.map_err(|error| Trouble::Failed(format!("there is no free port: {error}")))?;
            let port = address.port().to_string();
            let mut command = Command::new("redis-server");
            command.args(["--bind", "127.0.0.1", "--port", &port, "--save", ""]);
            command.args(["--appendonly", "no"]).current_dir(&self.folder);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut process = Process::start(&mut command).map_err(|error| match error.kind() {
                ErrorKind::NotFound => Trouble::Missing("redis-server is not installed".into()),
                _ => Trouble::Failed(format!("redis-server: {error}")),
            })?;
            let ready = self.wait(PATIENCE, || {
                answers_ping(&address.to_string()).is_ok() || process.has_ended()
            })?;
            if ready && !process.has_ended() {
                return Ok(RunningRedis { _process: process, url: format!("redis://{address}") });
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
struct Process(Child);

impl Process {
    fn start(command: &mut Command) -> std::io::Result<Process> {
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

/// A Redis of the experiment's own.
pub struct RunningRedis {
    _process: Process,
    /// As `--store` takes it.
    pub url: String,
}

fn answers_ping(address: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    if answer == *b"+PONG" { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
}
