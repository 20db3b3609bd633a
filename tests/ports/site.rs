//! A port and the Flask program that it follows, both running, both asked with curl.

use crate::common::{ChildGuard, of_python};
use carafe::{App, Server, Stopper};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::{fs, io};

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// An empty folder of this name for the files of a test.
pub fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ports").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// A running site, which ends when this is dropped.
pub struct Site {
    base: String,
    jar: PathBuf,
    ends: Ends,
}

enum Ends {
    Carafe(Stopper, Option<JoinHandle<io::Result<()>>>),
    Flask { _child: ChildGuard },
}

impl Site {
    /// A port, in this process.
    pub fn carafe(app: App) -> Site {
        let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
        let address = server.local_addr().expect("it has an address");
        let stopper = server.stopper();
        let running = thread::spawn(move || server.run(app));
        Site::new(address.to_string(), Ends::Carafe(stopper, Some(running)))
    }

    /// The Flask program in this file or package of this folder.
    pub fn flask(folder: &Path, name: &str) -> Option<Site> {
        let mut command = Command::new(of_python("python")?);
        command.args(["-m", "flask", "--app", name, "run", "--port", "0"]).current_dir(folder);
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = ChildGuard::spawn(&mut command);
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("http://"));
        let address = line.expect("Flask says where it serves");
        let address = address.split("http://").nth(1).expect("an address").trim().to_owned();
        thread::spawn(move || lines.for_each(drop));
        Some(Site::new(address, Ends::Flask { _child: child }))
    }

    fn new(address: String, ends: Ends) -> Site {
        let jar = empty_folder(&address.replace(':', "-")).join("jar");
        Site { base: format!("http://{address}"), jar, ends }
    }

    /// curl with this site's cookies: `B` at the front of an argument stands for the address.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("curl");
        command.args(["-s", "-g", "-m", "60", "-b"]).arg(&self.jar).arg("-c").arg(&self.jar);
        command.args(arguments.iter().map(|argument| match argument.strip_prefix("B/") {
            Some(path) => format!("{}/{path}", self.base),
            None => (*argument).to_owned(),
        }));
        command
    }

    /// The answer to what curl sends for these arguments.
    pub fn curl(&self, arguments: &[&str]) -> Reply {
        let output = self.command(arguments).arg("-i").output().expect("curl runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| {
            panic!("{arguments:?}: curl ended with {}: {text:?}", output.status);
        });
        Reply { head: head.replace(&self.base, ""), body: body.to_owned() }
    }

    /// The first bytes that a stream sends, up to this text.
    pub fn stream(&self, path: &str, until: &str) -> Stream {
        let mut command = self.command(&["-N", path]);
        let mut child = ChildGuard::spawn(command.stdout(Stdio::piped()));
        let stdout = child.stdout.take().expect("it is piped");
        let mut stream = Stream { _child: child, stdout, text: String::new() };
        stream.read_until(until);
        stream
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Ends::Carafe(stopper, running) = &mut self.ends {
            stopper.stop();
            let ended = running.take().map(JoinHandle::join);
            assert!(thread::panicking() || matches!(ended, Some(Ok(Ok(())))), "{ended:?}");
        }
    }
}

/// A stream that is read.
pub struct Stream {
    _child: ChildGuard,
    stdout: std::process::ChildStdout,
    pub text: String,
}

impl Stream {
    /// Reads on, up to this text or the end.
    pub fn read_until(&mut self, until: &str) {
        let mut byte = [0];
        while !self.text.ends_with(until) && matches!(self.stdout.read(&mut byte), Ok(1)) {
            self.text.push(byte[0].into());
        }
        assert!(self.text.ends_with(until), "{until:?} in {:?}", self.text);
    }
}

/// An answer, without the site's address in its head.
pub struct Reply {
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    /// The values of a header, with commas between them. Empty if there is none.
    pub fn header(&self, name: &str) -> String {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let named = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value).collect::<Vec<_>>().join(", ")
    }
}

/// The lines of a program that are neither blank nor a comment. A text alone on its lines is a
/// comment in Python.
pub fn lines_of_code(text: &str) -> usize {
    let mut in_text = false;
    let is_code = |line: &&str| {
        let line = line.trim();
        let marks = line.matches("\"\"\"").count();
        let is_text = in_text || line.starts_with("\"\"\"");
        in_text ^= is_text && marks == 1;
        !line.is_empty() && !line.starts_with("//") && !line.starts_with('#') && !is_text
    };
    text.lines().filter(is_code).count()
}
