//! Deeper: Ctrl-C and SIGTERM stop a server, with the one `unsafe` of the package.
//!
//! Without this file both signals end the process at once, in the middle of an answer; and for
//! process 1 of a container they do nothing at all. [`stop_on_signals`] makes both of them stop the
//! server: the answers that have begun are written to their end first.
//!
//! The system calls a function of ours in the middle of whatever a thread is doing. Such a function
//! may do very little: ours writes one byte into a pipe. A thread reads the other end of the pipe
//! and does the rest.
//!
//! Left out: other signals, and systems other than Unix.

use crate::server::Stopper;
use std::io::{self, PipeWriter, Read, Write};
use std::sync::OnceLock;

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;
/// A file would grow beyond a limit of the system. It ends a process that does not listen to it.
const SIGXFSZ: i32 = 25;

/// The end of the pipe into which the handler writes.
static BELL: OnceLock<PipeWriter> = OnceLock::new();

// SAFETY: this is the C library's `signal`, the same on every Unix: a number and the address of a
// handler go in, the address of the old handler comes out. One handler only writes to a pipe, and
// POSIX lists `write` among the functions that are safe in a signal handler.
#[allow(unsafe_code)]
unsafe extern "C" {
    safe fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

extern "C" fn on_signal(_: i32) {
    if let Some(mut bell) = BELL.get() {
        let _ = bell.write(&[1]);
    }
}

extern "C" fn ignore(_: i32) {}

/// From now on Ctrl-C and SIGTERM stop this server. The second signal ends the process at once,
/// with exit code 130. A program can say this once.
///
/// ```no_run
/// use carafe::{App, Server};
///
/// fn main() -> std::io::Result<()> {
///     let mut app = App::new();
///     app.get("/hello", |_: &mut carafe::Context| "Hello, World!\n");
///     let server = Server::bind("127.0.0.1:8000")?;
///     carafe::stop_on_signals(&server.stopper())?;
///     server.run(app)
/// }
/// ```
///
/// # Errors
///
/// The system gives no pipe or no thread, or the signals stop something already.
pub fn stop_on_signals(stopper: &Stopper) -> io::Result<()> {
    let stopper = stopper.clone();
    on_stop_signal(Box::new(move || stopper.stop()))
}

/// The same for a program that serves nothing: the first Ctrl-C or SIGTERM calls `stop`.
///
/// # Errors
///
/// As [`stop_on_signals`].
pub fn on_stop_signal(stop: Box<dyn FnOnce() + Send>) -> io::Result<()> {
    let (mut heard, bell) = io::pipe()?;
    // A second pipe would never be written to.
    BELL.set(bell).map_err(|_| io::Error::other("the signals stop something already"))?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if heard.read_exact(&mut [0]).is_ok() {
            stop();
        }
        // A second signal means: do not wait for the answers that have begun.
        if heard.read_exact(&mut [0]).is_ok() {
            std::process::exit(128 + SIGINT);
        }
    })?;
    // Now somebody listens.
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    // The write then fails, and its caller says so.
    signal(SIGXFSZ, ignore);
    Ok(())
}
