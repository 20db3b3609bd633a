//! Files that change, vanish or may not be read under the server's hands; a full disk; a clock that
//! is set back.

use crate::carafe::{Carafe, header};
use crate::common::{empty_folder, is_there};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// A folder with templates and files to spoil.
fn made_site() -> PathBuf {
    let folder = empty_folder();
    let made = Command::new(env!("CARGO_BIN_EXE_carafe"))
        .arg("init")
        .arg(&folder)
        .output()
        .expect("carafe starts");
    assert!(made.status.success(), "{made:?}");
    folder
}

fn site() -> (PathBuf, Carafe) {
    let folder = made_site();
    let carafe = Carafe::start_in(&folder, &[]);
    (folder, carafe)
}

#[test]
fn a_template_that_vanishes_is_a_500_that_says_so_and_comes_back() {
    let (folder, carafe) = site();
    let page = folder.join("templates/hello.html");
    let good = fs::read(&page).expect("init has written it");
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            let mut statuses = Vec::new();
            while !over.load(Ordering::Relaxed) {
                statuses.push(carafe.status(&["$B/hello/Ada"]));
            }
            statuses
        });
        for _ in 0..20 {
            fs::remove_file(&page).expect("it is there");
            std::thread::yield_now();
            // Moved into its place, as editors do: nobody sees half of it.
            fs::write(folder.join("new"), &good).expect("a file can be written");
            fs::rename(folder.join("new"), &page).expect("it can be moved");
        }
        over.store(true, Ordering::Relaxed);
        let statuses = asked.join().expect("every request was answered");
        assert!(statuses.iter().all(|status| status == "200" || status == "500"), "{statuses:?}");
    });
    fs::remove_file(&page).expect("it is there");
    let answer = carafe.curl(&["-i", "$B/hello/Ada"]);
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("hello.html"), "{answer}");
    fs::write(&page, &good).expect("a file can be written");
    assert_eq!(carafe.status(&["$B/hello/Ada"]), "200");
}

/// A length that was promised cannot be kept when the file shrinks: the client must be able to
/// tell.
#[test]
fn a_file_that_is_cut_while_it_is_sent_ends_the_connection_short() {
    let (folder, carafe) = site();
    let big = folder.join("www/big.bin");
    fs::write(&big, vec![b'x'; 30_000_000]).expect("a file can be written");
    let mut stream = carafe.connect();
    stream.write_all(b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is sent");
    let mut begin = [0; 10_000];
    stream.read_exact(&mut begin).expect("it begins");
    assert!(String::from_utf8_lossy(&begin).contains("Content-Length: 30000000\r\n"));
    fs::File::options()
        .write(true)
        .open(&big)
        .and_then(|file| file.set_len(1000))
        .expect("it can be cut");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("it ends");
    assert!(rest.len() < 29_000_000, "the rest was gone");
    let short = carafe.curl(&["-i", "$B/static/big.bin"]);
    assert!(short.contains("Content-Length: 1000\r\n"));

    // One that is replaced is sent as it was when it was opened.
    fs::write(&big, vec![b'a'; 30_000_000]).expect("a file can be written");
    let mut stream = carafe.connect();
    stream
        .write_all(b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .expect("it is sent");
    stream.read_exact(&mut begin).expect("it begins");
    fs::write(folder.join("new"), vec![b'b'; 30_000_000]).expect("a file can be written");
    fs::rename(folder.join("new"), &big).expect("it can be moved");
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("it ends");
    assert!(!rest.contains(&b'b') && rest.len() + begin.len() > 30_000_000);
}

#[test]
fn a_folder_that_may_not_be_read_is_said_to_be_so_and_is_not_called_another_programs() {
    let folder = empty_folder();
    for (name, mark) in [("templates", true), ("www", false)] {
        fs::create_dir(folder.join(name)).expect("a folder can be made");
        if mark {
            fs::write(folder.join(name).join("carafe.txt"), "").expect("it can be written");
        }
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o000)).expect("closed");
    }
    let Some(carafe) = Carafe::as_user(&folder, "54324", ":", "--no-ticks") else { return };
    let banner = &carafe.banner;
    for name in ["templates", "www"] {
        let said = format!("{name} cannot be read: Permission denied");
        assert!(banner.contains(&said) && !banner.contains("another program's"), "{banner}");
    }
}

#[test]
fn what_may_not_be_read_is_403_or_500_and_the_rest_goes_on() {
    let folder = made_site();
    let forbid =
        |name: &str| fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o000));
    fs::write(folder.join("www/secret.txt"), "secret").expect("a file can be written");
    forbid("www/secret.txt").expect("its mode can be set");
    forbid("templates/hello.html").expect("its mode can be set");
    let Some(carafe) = Carafe::as_user(&folder, "54324", ":", "") else { return };
    for (path, status) in [
        ("/static/secret.txt", "403"),
        ("/hello/Ada", "500"),
        ("/hello", "200"),
        ("/static/css/my-style-sheet.css", "200"),
        ("/formtest", "200"),
    ] {
        assert_eq!(carafe.status(&[&format!("$B{path}")]), status, "{path}");
    }
}

/// Standard output and standard error may be closed, or lie on a full disk.
#[test]
fn output_that_goes_nowhere_kills_nothing() {
    let full = || fs::File::options().write(true).open("/dev/full").expect("Linux has one");
    for stderr in [Stdio::from(full()), Stdio::null()] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(["--port", "0", "--show-cycles"]).stderr(stderr);
        // The banner is read, then the pipe is closed: from now on each print fails.
        let mut carafe = Carafe::run_unheard(&empty_folder(), command);
        for (path, status) in [("$B/hello", "200"), ("$B/boom", "500"), ("$B/hello", "200")] {
            assert_eq!(carafe.status(&[path]), status);
        }
        carafe.signal("-TERM");
        assert_eq!(carafe.exit_code(), Some(0));
    }
}

/// libfaketime tells the program whatever time a file says.
#[test]
fn a_clock_that_is_set_back_ends_no_session_and_stops_nothing() {
    let places = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
    ];
    let found = places.iter().find(|place| Path::new(place).exists());
    is_there(found.is_some(), "libfaketime");
    let Some(library) = found else { return };
    let folder = empty_folder();
    let clock = folder.join("clock");
    fs::write(&clock, "+0").expect("a file can be written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command
        .args(["--port", "0", "--log", "off", "--session-ttl", "1h"])
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", &clock)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    let carafe = Carafe::run(&folder, command);
    let visit = || carafe.curl(&["-i", "-c", "j", "-b", "j", "$B/ladder/session"]);
    let mut dates = Vec::new();
    for (visit_number, time) in ["+0", "-3650d", "+3650d", "-20000d", "+0"].iter().enumerate() {
        fs::write(&clock, time).expect("a file can be written");
        let answer = visit();
        assert!(answer.ends_with(&format!("visit {}\n", visit_number + 1)), "{time}: {answer}");
        dates.push(header(&answer, "Date").expect("it says the date").to_owned());
    }
    assert!(dates.iter().all(|date| date.ends_with(" GMT") && date.len() == 29), "{dates:?}");
    assert!(dates[0] != dates[1] && dates[1] != dates[2], "the clock was set: {dates:?}");
}
