//! The stages as programs: compiled by `rustc` alone, started on a free port, asked by curl.

use crate::common::{ChildGuard, DEADLINE};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

pub const STAGES: [&str; 7] = [
    "s1_one_answer",
    "s2_routes",
    "s3_pages",
    "s4_forms",
    "s5_sessions",
    "s6_threads",
    "s7_limits",
];

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a stage; stages count from 1.
pub fn source(stage: usize) -> String {
    let path = root().join("src/stages").join(STAGES[stage - 1]).with_extension("rs");
    fs::read_to_string(path).expect("the stage can be read")
}

/// The program of a stage, compiled as a reader would, and with warnings as errors.
fn compiled(stage: usize) -> &'static Path {
    static PROGRAMS: [OnceLock<PathBuf>; 7] = [const { OnceLock::new() }; 7];
    PROGRAMS[stage - 1].get_or_init(|| {
        let file = Path::new("src/stages").join(STAGES[stage - 1]).with_extension("rs");
        compile(&file, STAGES[stage - 1])
    })
}

fn compile(file: &Path, name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition", "2024", "-D", "warnings", "-o"])
        .args([&program, file])
        .current_dir(root())
        .output()
        .expect("rustc runs");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && messages.is_empty(), "{name}: {messages}");
    program
}

/// A running server; stopped when it is dropped.
pub struct Program {
    pub child: ChildGuard,
    pub address: SocketAddr,
}

impl Program {
    /// A stage in the folder of carafe, where `www/` is.
    pub fn stage(stage: usize) -> Program {
        Program::stage_in(root(), stage)
    }

    pub fn stage_in(folder: &Path, stage: usize) -> Program {
        let mut command = Command::new(compiled(stage));
        command.arg("0").current_dir(folder).stderr(Stdio::null());
        Program::start(command)
    }

    /// A stage with `old` in its source replaced by `new`, as a reader who changes it would do.
    pub fn stage_changed(stage: usize, old: &str, new: &str) -> Program {
        let name = format!("s{stage}_changed");
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&name).with_extension("rs");
        fs::write(&file, source(stage).replacen(old, new, 1)).expect("a file can be written");
        let mut command = Command::new(compile(&file, &name));
        command.arg("0").stderr(Stdio::null());
        Program::start(command)
    }

    /// A stage whose standard error nobody can read.
    pub fn stage_unheard(stage: usize) -> Program {
        let mut command = Command::new(compiled(stage));
        command.arg("0").stderr(Stdio::piped());
        let mut program = Program::start(command);
        drop(program.child.stderr.take());
        program
    }

    pub fn carafe() -> Program {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(["--port", "0", "--log", "off"]).current_dir(env!("CARGO_TARGET_TMPDIR"));
        Program::start(command)
    }

    fn start(mut command: Command) -> Program {
        let mut child = ChildGuard::spawn(command.stdout(Stdio::piped()));
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let line = lines.map_while(Result::ok).find(|line| line.contains("http://"));
        let line = line.expect("it says where it serves");
        let url = line.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next());
        let address = url.and_then(|url| url.parse().ok()).expect("an address");
        Program { child, address }
    }

    /// What curl prints for these arguments; `B` in them stands for the server's address.
    pub fn curl(&self, arguments: &str) -> String {
        let base = format!("http://{}", self.address);
        let arguments = arguments.split(' ').map(|argument| argument.replace("$B", &base));
        let output = Command::new("curl").args(["-s", "-g", "-m", "60"]).args(arguments).output();
        String::from_utf8_lossy(&output.expect("curl runs").stdout).into_owned()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("it listens");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
        stream
    }

    /// What comes back for these bytes, until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // A server that has seen enough may close before all is sent.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// What a shell prints for a command of the stages' comments, with this server's port.
    pub fn shell(&self, command: &str) -> String {
        let command = command.replace("8000", &self.address.port().to_string());
        let output = Command::new("sh").args(["-c", &command]).output().expect("sh runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn is_serving(&self) -> bool {
        self.curl("$B/hello") == "Hello, World!\n"
    }
}

/// The status code of an answer, 0 if there is none.
pub fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// A new folder of this name for the files of a test.
pub fn empty_folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}
