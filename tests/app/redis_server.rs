//! A real Redis, started on a free port for one test and gone with it.

use crate::common::{ChildGuard, can, empty_folder, free_port, wait_until};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};

pub struct Redis {
    child: ChildGuard,
    pub port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
}

impl Redis {
    /// `None`, with a word, where Redis is not installed.
    pub fn start(arguments: &[&str]) -> Option<Redis> {
        if !can("redis-server --version > /dev/null") {
            return None;
        }
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        let (folder, port) = (empty_folder(), free_port());
        let child = run(port, &folder, &arguments);
        Some(Redis { child, port, folder, arguments })
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// What Redis says to a command, as its protocol has it.
    pub fn ask(&self, command: &[&str]) -> String {
        ask(self.port, command).expect("Redis answers")
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Starts it again where it was, empty.
    pub fn restart(&mut self) {
        self.kill();
        self.child = run(self.port, &self.folder, &self.arguments);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Waits until it answers.
fn run(port: u16, folder: &PathBuf, arguments: &[String]) -> ChildGuard {
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"]);
    command.arg(port.to_string()).arg("--dir").arg(folder).args(arguments);
    let mut child = ChildGuard::spawn(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let is_running = |child: &mut ChildGuard| {
        let ended = child.try_wait().expect("it can be waited for");
        assert_eq!(ended, None, "redis-server has ended");
        // One that wants a password answers, too.
        ask(port, &["PING"]).is_some_and(|answer| !answer.is_empty())
    };
    wait_until!(is_running(&mut child), "redis-server does not answer");
    child
}

fn ask(port: u16, command: &[&str]) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut text = format!("*{}\r\n", command.len());
    for word in command.iter().chain(&["QUIT"]) {
        if *word == "QUIT" {
            text.push_str("*1\r\n");
        }
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.write_all(text.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
