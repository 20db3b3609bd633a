//! The bench: starts the programs of an experiment, and ends them.
//!
//! Whatever happens, nothing is left behind: each program is killed, and the folder removed, when
//! its value is dropped; and Ctrl-C is a question that each step asks, so that the way out leads
//! past all of them.
//!
//! Left out: `kill -9` of this process itself. Nobody can clean up after that from within.

use crate::cli::check::answer::Answer;
use crate::cli::check::client::{Question, Server, ask};
use crate::cli::check::jar::Jar;
use carafe::http::Method;
use carafe::random;
use std::cell::Cell;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How long a program may take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a cell has no word.
#[derive(Clone, Debug)]
pub enum Trouble {
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
    /// A sentence, if there is no folder to be had, or this program cannot be started once more.
    pub fn new(stopped: Arc<AtomicBool>) -> Result<Bench, String> {
        let program = env::current_exe()
            .map_err(|error| format!("this program cannot find itself: {error}"))?;
        let folder = env::temp_dir().join(format!("carafe-lab-{}", random::hex_id()));
        fs::create_dir(&folder)
            .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        let bench = Bench { program, folder, stopped, started: Cell::new(0) };
        // Once for trial: what fails here would fail in every cell.
        match bench.carafe(&[], None) {
            Ok(_) => Ok(bench),
            Err(Trouble::Failed(why) | Trouble::Missing(why)) => Err(why),
            Err(Trouble::Stopped) => Err("stopped".into()),
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

    /// Starts a carafe on a free port, with these arguments and this secret key.
    ///
    /// # Errors
    ///
    /// [`Trouble::Failed`] with what it said instead of its banner.
    pub fn carafe(&self, arguments: &[&str], key: Option<&str>) -> Result<Carafe, Trouble> {
        self.go_on()?;
        let mut command = Command::new(&self.program);
        // What the reader has set for a carafe of their own is not for these.
        for name in ["CARAFE_HOST", "CARAFE_PORT", "CARAFE_STORE", "CARAFE_SECRET_KEY"] {
            command.env_remove(name);
        }
        command.envs(key.map(|key| ("CARAFE_SECRET_KEY", key)));
        command.args(["--port", "0"]).args(arguments).current_dir(&self.folder);
        let mut running = Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
            .map_err(|error| {
                Trouble::Failed(format!("{} cannot be started: {error}", self.program.display()))
            })?;
        self.started.set(self.started.get() + 1);
        let (Some(stdout), Some(stderr)) = (running.0.stdout.take(), running.0.stderr.take())
        else {
            return Err(Trouble::Failed("a program's output cannot be read".into()));
        };
        let log = Log::read(stderr);
        let mut line = String::new();
        // What went wrong shows in what the line is.
        let _ = BufReader::new(stdout).read_line(&mut line);
        let url = line.trim_end().strip_prefix("carafe serves on ");
        let Some(server) = url.and_then(|url| Server::of_url(url).ok()) else {
            drop(running);
            let log = log.whole();
            let said = log.lines().next().unwrap_or(line.trim_end());
            return Err(Trouble::Failed(said.to_owned()));
        };
        Ok(Carafe { _running: running, server, log, stopped: Arc::clone(&self.stopped) })
    }

    /// Starts a Redis of the experiment's own, in memory alone.
    ///
    /// # Errors
    ///
    /// [`Trouble::Missing`], if there is none on this machine.
    pub fn redis(&self) -> Result<Redis, Trouble> {
        // Redis cannot take any free port. So it is told one that was free a moment ago; if that is
        // taken meanwhile, another.
        for _ in 0..5 {
            self.go_on()?;
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let address =
                free.map_err(|error| Trouble::Failed(format!("there is no free port: {error}")))?;
            let port = address.port().to_string();
            let mut command = Command::new("redis-server");
            command.args([
                "--bind",
                "127.0.0.1",
                "--port",
                &port,
                "--save",
                "",
                "--appendonly",
                "no",
            ]);
            command.current_dir(&self.folder).stdout(Stdio::null()).stderr(Stdio::null());
            let mut running = Running::start(&mut command).map_err(|error| match error.kind() {
                ErrorKind::NotFound => Trouble::Missing("redis-server is not installed".into()),
                _ => Trouble::Failed(format!("redis-server: {error}")),
            })?;
            let end = Instant::now() + PATIENCE;
            while running.is_alive() && Instant::now() < end {
                self.go_on()?;
                if answers_ping(&address.to_string()).is_ok() {
                    return Ok(Redis { _running: running, url: format!("redis://{address}") });
                }
                thread::sleep(Duration::from_millis(5));
            }
        }
        Err(Trouble::Failed("redis-server does not start".into()))
    }

    /// The largest number from `low` up, below `high`, for which something holds; it holds for
    /// `low` and not for `high`.
    pub fn largest(
        &self,
        mut low: usize,
        mut high: usize,
        mut holds: impl FnMut(usize) -> Result<bool, Trouble>,
    ) -> Result<usize, Trouble> {
        while high - low > 1 {
            self.go_on()?;
            let middle = low.midpoint(high);
            if holds(middle)? {
                low = middle;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Lets time pass: sessions expire.
    ///
    /// # Errors
    ///
    /// [`Trouble::Stopped`].
    pub fn wait(&self, time: Duration) -> Result<(), Trouble> {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.go_on()?;
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn go_on(&self) -> Result<(), Trouble> {
        if self.stopped.load(Ordering::SeqCst) { Err(Trouble::Stopped) } else { Ok(()) }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A process that ends with this value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> io::Result<Running> {
        command.stdin(Stdio::null()).spawn().map(Running)
    }

    fn is_alive(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // `kill -9`: whatever it had not put into a safe place is lost. That is the point of some
        // cells.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A carafe that serves. Dropping it is `kill -9`.
pub struct Carafe {
    _running: Running,
    server: Server,
    log: Log,
    stopped: Arc<AtomicBool>,
}

impl Carafe {
    /// What it answers to this jar.
    ///
    /// # Errors
    ///
    /// [`Trouble`], if no answer comes.
    pub fn ask(&self, jar: &mut Jar, path: &str) -> Result<Answer, Trouble> {
        self.send(jar, &Question { method: Method::Get, path, form: None })
    }

    /// What it answers to a form.
    ///
    /// # Errors
    ///
    /// As [`ask`](Carafe::ask).
    pub fn post(
        &self,
        jar: &mut Jar,
        path: &str,
        form: &[(&str, &str)],
    ) -> Result<Answer, Trouble> {
        self.send(jar, &Question { method: Method::Post, path, form: Some(form) })
    }

    /// True if its log holds this text.
    pub fn logs(&self, wanted: &str) -> bool {
        self.log.says(wanted)
    }

    fn send(&self, jar: &mut Jar, question: &Question) -> Result<Answer, Trouble> {
        if self.stopped.load(Ordering::SeqCst) {
            return Err(Trouble::Stopped);
        }
        ask(&self.server, question, jar)
            .map_err(|why| Trouble::Failed(format!("{}: {why}", question.path)))
    }
}

/// A Redis of the experiment's own.
pub struct Redis {
    _running: Running,
    /// As `--store` takes it.
    pub url: String,
}

fn answers_ping(address: &str) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"PING\r\n")?;
    let mut answer = [0; 5];
    stream.read_exact(&mut answer)?;
    if answer == *b"+PONG" { Ok(()) } else { Err(ErrorKind::InvalidData.into()) }
}

/// What a program writes to its standard error, as it comes.
struct Log {
    text: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Log {
    fn read(stderr: impl Read + Send + 'static) -> Log {
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                shared.lock().unwrap_or_else(PoisonError::into_inner).push_str(&(line + "\n"));
            }
        });
        Log { text, reader }
    }

    /// Waits for a text, since it is on its way when the answer is here; not for long.
    fn says(&self, wanted: &str) -> bool {
        let end = Instant::now() + Duration::from_secs(2);
        loop {
            if self.text.lock().unwrap_or_else(PoisonError::into_inner).contains(wanted) {
                return true;
            }
            if Instant::now() >= end || self.reader.is_finished() {
                return false;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// All of it, once the program has ended.
    fn whole(self) -> String {
        let _ = self.reader.join();
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        text.clone()
    }
}
