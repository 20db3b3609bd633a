//! Ctrl-C and SIGTERM: the one `unsafe` of the project.
//!
//! The system calls a function of ours in the middle of whatever a thread is doing, so that
//! function may do next to nothing: it writes one byte into a pipe. A thread that waits at the
//! other end does the rest.

use std::io::{self, PipeWriter, Read, Write};
use std::sync::OnceLock;

const SIGINT: i32 = 2;
const SIGTERM: i32 = 15;

static BELL: OnceLock<PipeWriter> = OnceLock::new();

// SAFETY: this is the C library's `signal` on every Unix: an int and the address of a handler in,
// the old handler out. The handler only writes to a pipe, which POSIX lists as safe in a signal
// handler.
unsafe extern "C" {
    safe fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

extern "C" fn ring(_: i32) {
    if let Some(mut bell) = BELL.get() {
        let _ = bell.write(&[1]);
    }
}

/// From now on Ctrl-C and SIGTERM do this, once, instead of ending the process.
pub fn stops(stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let (mut heard, bell) = io::pipe()?;
    let _ = BELL.set(bell);
    signal(SIGINT, ring);
    signal(SIGTERM, ring);
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        if heard.read_exact(&mut [0]).is_ok() {
            stop();
        }
        // Whoever asks a second time does not want to wait for the answers under way.
        if heard.read_exact(&mut [0]).is_ok() {
            std::process::exit(128 + SIGINT);
        }
    })?;
    Ok(())
}
