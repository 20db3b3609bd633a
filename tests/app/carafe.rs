//! The real binary, and the real curl that asks it.

use crate::common::{ChildGuard, DEADLINE, can, empty_folder, wait_until};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::{self, JoinHandle};

/// A running carafe on a free port, in an empty folder of its own.
pub struct Carafe {
    child: ChildGuard,
    pub address: SocketAddr,
    pub banner: String,
    pub folder: PathBuf,
    log: Option<JoinHandle<String>>,
}

impl Carafe {
    pub fn start(arguments: &[&str]) -> Carafe {
        Carafe::start_in(&empty_folder(), arguments)
    }

    pub fn start_in(folder: &Path, arguments: &[&str]) -> Carafe {
        Carafe::start_with(folder, arguments, &[])
    }

    /// With these variables in its environment, beside those of the test.
    pub fn start_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Carafe {
        let mut command = carafe_command(Command::new(env!("CARGO_BIN_EXE_carafe")), arguments);
        command.envs(variables.iter().copied());
        Carafe::run(folder, command)
    }

    /// As this command says, which comes to a carafe in the end.
    pub fn run(folder: &Path, mut command: Command) -> Carafe {
        command.stderr(Stdio::piped());
        let mut carafe = Carafe::run_unheard(folder, command);
        let mut stderr = carafe.child.stderr.take().expect("stderr is piped");
        carafe.log = Some(thread::spawn(move || {
            let mut log = String::new();
            let _ = stderr.read_to_string(&mut log);
            log
        }));
        carafe
    }

    /// As a user of this number, whom file modes and limits bind: they do not bind root. `limit` is
    /// a command of the shell. `None` if that is not allowed here.
    pub fn as_user(folder: &Path, user: &str, limit: &str, flags: &str) -> Option<Carafe> {
        let set = format!("setpriv --reuid {user} --regid {user} --clear-groups");
        if !can(&format!("{set} true")) {
            return None;
        }
        let program = folder.join("carafe");
        copy_program(&program);
        let program = program.display();
        let script = format!("{limit}; exec {set} {program} --port 0 --log off {flags}");
        let mut command = Command::new("bash");
        command.args(["-c", &script]);
        Some(Carafe::run(folder, command))
    }

    /// With a standard error as the command says, which is not read.
    pub fn run_unheard(folder: &Path, mut command: Command) -> Carafe {
        let is_set = |command: &Command, name| command.get_envs().any(|(known, _)| known == name);
        if !is_set(&command, "XDG_STATE_HOME") {
            command.env("XDG_STATE_HOME", folder.join(".state"));
        }
        if !is_set(&command, "PATH") {
            command.env("PATH", path_with_carafe());
        }
        command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = ChildGuard::spawn(&mut command);
        let banner = read_banner(&mut child);
        let address = address_in(&banner);
        Carafe { child, address, banner, folder: folder.to_owned(), log: None }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What curl prints for these arguments; `$B` in them stands for the server's address.
    pub fn curl(&self, arguments: &[&str]) -> String {
        let output = self.curl_output(arguments);
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn curl_output(&self, arguments: &[&str]) -> Output {
        let base = self.url("");
        let arguments = arguments.iter().map(|argument| argument.replace("$B", &base));
        Command::new("curl")
            // -g: brackets in a URL are brackets.
            .args(["-s", "-g", "-m", "60"])
            .args(arguments)
            .current_dir(&self.folder)
            .output()
            .expect("curl runs")
    }

    pub fn status(&self, arguments: &[&str]) -> String {
        let arguments = [&["-o", "/dev/null", "-w", "%{http_code}"], arguments].concat();
        self.curl(&arguments)
    }

    /// A request of which all but its body has been read: it was told to go on.
    pub fn begin_echo(&self, body_bytes: usize) -> TcpStream {
        let mut stream = self.connect();
        let head = "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length:";
        write!(stream, "{head} {body_bytes}\r\n\r\n").expect("it is sent");
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).expect("an answer comes before the body");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    }

    /// What comes back for these bytes, until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(bytes).expect("the request is sent");
        let mut answer = Vec::new();
        let ended = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let is_open = ended.is_err_and(|error| {
            matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        });
        assert!(!is_open, "carafe keeps the connection open behind {answer:?}");
        answer
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("carafe listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        stream
    }

    pub fn signal(&self, signal: &str) {
        self.child.signal(signal);
    }

    /// The id of carafe where the process is one that has started it.
    pub fn id_inside(&self) -> String {
        let found = Command::new("pgrep").args(["-P", &self.id().to_string()]).output();
        String::from_utf8_lossy(&found.expect("pgrep runs").stdout).trim().to_owned()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The exit code, once the process has ended by itself.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.exit_code()
    }

    /// Stops the server; gives back all that it wrote to standard error. The line of an answer
    /// comes behind its last byte, so the server is asked to stop, and finishes what it began.
    pub fn log(mut self) -> String {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            self.signal("-TERM");
        }
        wait_until!(self.child.try_wait().is_ok_and(|it| it.is_some()), "carafe did not end");
        self.log.take().expect("the log is read once").join().expect("the log was read")
    }
}

/// The folders of programs, with that of carafe: then it is called `carafe` in what it says.
pub fn path_with_carafe() -> String {
    let programs = Path::new(env!("CARGO_BIN_EXE_carafe")).parent().expect("it is in a folder");
    format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default())
}

/// Copies the program to this path, in a process of its own. If the test wrote the file itself, it
/// would stay open for writing in what other tests start meanwhile, and the system runs no such
/// file ("Text file busy").
pub fn copy_program(path: &Path) {
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_carafe")).arg(path).status();
    assert!(copied.is_ok_and(|status| status.success()), "the program can be copied");
}

/// A command that starts carafe, and what it is to be told.
pub fn carafe_command(mut command: Command, arguments: &[&str]) -> Command {
    command.args(["--port", "0"]).args(arguments);
    command
}

impl Drop for Carafe {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What it prints first, up to the last line of it, which names the first lesson.
pub fn read_banner(child: &mut Child) -> String {
    let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
    let mut banner = String::new();
    while !banner.contains("/lessons/1\n") {
        assert_ne!(stdout.read_line(&mut banner).expect("the banner is text"), 0, "{banner}");
    }
    banner
}

/// The address that the banner names.
pub fn address_in(banner: &str) -> SocketAddr {
    let url = banner.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
    url.and_then(|url| url.parse().ok()).unwrap_or_else(|| panic!("no address in {banner:?}"))
}

/// The value of a header in an answer that curl printed with -i.
pub fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then_some(value.trim())
    })
}
