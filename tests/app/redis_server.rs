//! A real Redis, started on a free port for one test and gone with it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

pub struct Redis {
    child: Child,
    pub port: u16,
    folder: PathBuf,
    arguments: Vec<String>,
}

impl Redis {
    /// `None`, with a word, where Redis is not installed.
    pub fn start(arguments: &[&str]) -> Option<Redis> {
        let installed =
            Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if !installed.is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("CI").is_none(), "no redis-server: run tests/setup");
            eprintln!("skipped a test with Redis: no redis-server; tests/setup installs it");
            return None;
        }
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("carafe-redis-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let arguments: Vec<String> = arguments.iter().map(|word| (*word).to_owned()).collect();
        // A port that is free now may be taken a moment later: then another one.
        for _ in 0..20 {
            let port = TcpListener::bind("127.0.0.1:0")
                .and_then(|door| door.local_addr())
                .expect("a port is free")
                .port();
            if let Some(child) = run(port, &folder, &arguments) {
                return Some(Redis { child, port, folder, arguments });
            }
        }
        panic!("redis-server does not start");
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
        self.child =
            run(self.port, &self.folder, &self.arguments).expect("Redis starts where it was");
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Waits until it answers; `None` if it ends before.
fn run(port: u16, folder: &PathBuf, arguments: &[String]) -> Option<Child> {
    let mut child = Command::new("redis-server")
        .args([
            "--port",
            &port.to_string(),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ])
        .arg("--dir")
        .arg(folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server can be run");
    let end = Instant::now() + Duration::from_secs(20);
    // One that wants a password answers, too.
    while ask(port, &["PING"]).is_none_or(|answer| answer.is_empty()) {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return None;
        }
        assert!(Instant::now() < end, "redis-server does not answer");
        std::thread::sleep(Duration::from_millis(2));
    }
    Some(child)
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
