//! What the tests of several programs need: to wait, to skip, a folder, a port, a child process.

#![allow(dead_code, unused_imports, unused_macros, reason = "no program of tests uses all of it")]

use std::io::ErrorKind;
use std::net::TcpListener;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longer than anything here takes, on the slowest machine.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until a condition holds. If it never does, the words behind it say what was met.
macro_rules! wait_until {
    ($holds:expr, $($words:tt)+) => {
        let end = std::time::Instant::now() + $crate::common::DEADLINE;
        while !$holds {
            assert!(std::time::Instant::now() < end, $($words)+);
            std::thread::park_timeout(std::time::Duration::from_millis(2));
        }
    };
}
pub(crate) use wait_until;

/// True if a test finds what it needs. If not, it says so, and fails in CI.
pub fn is_there(found: bool, what: &str) -> bool {
    if !found {
        assert!(std::env::var_os("CI").is_none(), "found no {what}: see tests/setup");
        eprintln!("skipped: found no {what}");
    }
    found
}

/// True if this command of the shell succeeds here; see `is_there`.
pub fn can(command: &str) -> bool {
    let status = Command::new("sh").args(["-c", command]).status();
    is_there(
        status.is_ok_and(|status| status.success()),
        &format!("program or right for `{command}`"),
    )
}

/// A program of the environment that `tests/setup` makes for Python.
pub fn of_python(program: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/venv/bin").join(program);
    is_there(path.exists(), &path.display().to_string()).then_some(path)
}

/// A new folder below the system's for temporary files.
pub fn empty_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("carafe-test-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        match std::fs::create_dir(&folder) {
            Ok(()) => return folder,
            // An earlier process with this id has left it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => panic!("{}: {error}", folder.display()),
        }
    }
}

/// A port that is free now. The system gives out ports from 32768 on by itself, and this process
/// gives out even ones only: carafe offers the next port.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = std::process::id() as u16;
    let ports = std::iter::repeat_with(|| NEXT.fetch_add(2, Ordering::Relaxed));
    let mut ports = ports.map(|next| 10_000 + first.wrapping_mul(100).wrapping_add(next) % 20_000);
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).expect("one is free")
}

/// A child process that ends with its test, also if the test fails.
pub struct ChildGuard(Child);

impl ChildGuard {
    pub fn spawn(command: &mut Command) -> ChildGuard {
        ChildGuard(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {signal}");
    }

    /// The exit code, once the process has ended by itself.
    pub fn exit_code(&mut self) -> Option<i32> {
        wait_until!(self.try_wait().expect("it can be waited for").is_some(), "it did not end");
        let status = self.wait().expect("it has ended");
        assert!(status.code().is_some(), "it did not end by itself: {status}");
        status.code()
    }
}

impl Deref for ChildGuard {
    type Target = Child;
    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for ChildGuard {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for ChildGuard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
