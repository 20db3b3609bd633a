//! The file store under a program that is killed, a disk that is full, and a second server.

use super::{Visitor, crowd, read_answer, visits};
use crate::carafe::{Carafe, carafe_command};
use crate::common::{can, empty_folder};
use crate::proxy::all_installed;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

const FILE: [&str; 2] = ["--store", "file:shop.db"];

/// A folder that outlives the servers started in it.
struct Kept(PathBuf);

impl Kept {
    fn new() -> Kept {
        Kept(empty_folder())
    }

    /// A server with its journal here.
    fn start(&self) -> Carafe {
        let file = format!("file:{}", self.0.join("shop.db").display());
        Carafe::start(&["--store", &file])
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_was_kept_is_there_after_kill_9() {
    let kept = Kept::new();
    let jar = kept.0.join("j");
    let jar = jar.to_str().expect("a path in ASCII");
    let carafe = kept.start();
    assert!(
        carafe.banner.contains("/shop.db\n") && carafe.banner.contains("  state      in the file "),
        "{}",
        carafe.banner
    );
    assert_eq!(visits(&carafe, jar, 1), ["visit 1"]);
    assert_eq!(carafe.status(&["-d", "name=kettle", "$B/things"]), "201");
    carafe.signal("-KILL");
    let carafe = kept.start();
    assert_eq!(visits(&carafe, jar, 1), ["visit 2"]);
    assert_eq!(carafe.curl(&["$B/things/1"]), "{\"id\":1,\"name\":\"kettle\"}\n");
    let journal = std::fs::read_to_string(kept.0.join("shop.db")).expect("the journal is text");
    let id = std::fs::read_to_string(jar).expect("the jar is text");
    let id = id.split_whitespace().last().expect("the id stands last");
    assert!(id.len() == 32 && !journal.contains(id), "the id itself is not on the disk");
}

/// Nine visitors count as fast as they can, at three servers on one file. One server is killed at
/// some moment, the others a moment later, and all are started again. 20 rounds, or as many as
/// `CARAFE_KILLS` says.
#[test]
fn no_acknowledged_change_is_lost_and_none_is_doubled_whenever_they_are_killed() {
    let rounds = std::env::var("CARAFE_KILLS")
        .map_or(20, |rounds| rounds.parse().expect("CARAFE_KILLS is a number"));
    let kept = Kept::new();
    let mut visitors: Vec<Visitor> = (0..9).map(|_| Visitor::default()).collect();
    let mut acknowledged = 0;
    for round in 0..rounds {
        let servers: [Carafe; 3] = thread::scope(|scope| {
            [0; 3].map(|_| scope.spawn(|| kept.start())).map(|start| start.join().expect("starts"))
        });
        let stop = AtomicBool::new(false);
        let before: u64 = visitors.iter().map(|visitor| visitor.acknowledged).sum();
        thread::scope(|scope| {
            for (number, visitor) in visitors.iter_mut().enumerate() {
                // A visitor comes to another server each time.
                let address = servers[(number + round as usize) % 3].address;
                let stop = &stop;
                // A request that was never answered may have counted, or not; no other may, and
                // none twice.
                scope.spawn(move || {
                    visitor.connect(address);
                    while !stop.load(Ordering::Relaxed) && visitor.visit(round) {}
                });
            }
            for server in &servers {
                let [low, high] = carafe::random::bytes::<2>();
                thread::sleep(Duration::from_micros(u64::from(u16::from_le_bytes([low, high]))));
                server.signal("-KILL");
            }
            stop.store(true, Ordering::Relaxed);
        });
        acknowledged += visitors.iter().map(|visitor| visitor.acknowledged).sum::<u64>() - before;
    }
    // The last word: all of them once more.
    let carafe = kept.start();
    for visitor in &mut visitors {
        visitor.connect(carafe.address);
        assert!(visitor.visit(rounds), "the server answers");
    }
    println!("{rounds} rounds, {acknowledged} acknowledged changes");
    assert!(acknowledged > rounds, "only {acknowledged} changes in {rounds} rounds");
}

#[test]
fn a_hundred_requests_at_once_across_two_servers_on_one_file_lose_nothing() {
    let kept = Kept::new();
    crowd(&[&kept.start(), &kept.start()]);
}

#[test]
fn a_full_disk_is_a_503_that_says_so_and_what_was_promised_stays() {
    let folder = empty_folder();
    // No file of this process may grow beyond 8 KiB (16 KiB where sh counts in kilobytes): to it, a
    // full disk.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -S -f 16; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_carafe")]);
    let carafe = Carafe::run(&folder, carafe_command(limited, &FILE));
    let mut promised = 0;
    let refused = loop {
        let answer = carafe.curl(&["-i", "-d", "name=kettle", "-d", "colour=blue", "$B/things"]);
        if !answer.starts_with("HTTP/1.1 201 ") {
            break answer;
        }
        promised += 1;
        assert!(promised < 100, "the disk was never full");
    };
    assert!(
        refused.starts_with("HTTP/1.1 503 ") && refused.contains("File too large"),
        "{refused}"
    );
    assert!(promised > 0);
    assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n", "pages without state go on");
    let things = carafe.curl(&["$B/things"]).lines().count();
    assert_eq!(things, promised);
    // Room again: so are changes, without a restart.
    if all_installed(&["prlimit"]) {
        let raised = Command::new("prlimit")
            .args(["--pid", &carafe.id().to_string(), "--fsize=unlimited:"])
            .status();
        assert!(raised.is_ok_and(|status| status.success()));
        assert_eq!(carafe.status(&["-d", "name=teapot", "$B/things"]), "201");
        promised += 1;
    }
    carafe.signal("-KILL");
    let again = Carafe::start_in(&folder, &FILE);
    assert_eq!(again.curl(&["$B/things"]).lines().count(), promised);
}

/// Before the first change is promised, the folder must be on the disk, too.
#[test]
fn a_first_change_is_kept_also_when_idle_clients_have_taken_all_descriptors() {
    let folder = empty_folder();
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_carafe")]);
    let carafe = Carafe::run(&folder, carafe_command(limited, &FILE));
    let mut visitor = Visitor::default();
    visitor.connect(carafe.address);
    let mut inside = carafe.connect();
    let mut idle: Vec<_> = (0..60).map(|_| carafe.connect()).collect();
    let mut refusal = String::new();
    let read = idle[59].read_to_string(&mut refusal);
    assert!(read.is_ok() && refusal.starts_with("HTTP/1.1 503 "), "one is free: {refusal}");
    assert!(visitor.visit(1), "the server answers");
    // Damage is named by its line, also if nothing can be opened to count the lines.
    let path = folder.join("shop.db");
    let journal = std::fs::read_to_string(&path).expect("the journal is text");
    std::fs::write(&path, format!("{journal}01234567 {{}}\n")).expect("it can be damaged");
    inside.write_all(b"GET /things HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it is sent");
    let answer = read_answer(&mut inside).expect("the server answers");
    assert!(answer.contains("shop.db:3: the line does not fit"), "{answer}");
    std::fs::write(&path, journal).expect("it can be mended");
    drop(idle);
    assert!(visitor.visit(1), "the server answers");
    carafe.signal("-KILL");
    let again = Carafe::start_in(&folder, &FILE);
    visitor.connect(again.address);
    assert!(visitor.visit(2), "the server answers");
}

/// A true file system that is full: 64 KiB in memory.
#[test]
fn a_true_disk_that_is_full_refuses_loses_nothing_and_recovers() {
    let disk = empty_folder();
    if !can(&format!("mount -t tmpfs -o size=64k carafe-test {}", disk.display())) {
        return;
    }
    let disk = Mounted(disk);
    let store = format!("file:{}", disk.0.join("shop.db").display());
    let start = || Carafe::start(&["--log", "off", "--store", &store]);
    let mut carafe = start();
    let value = "x".repeat(400);
    let add = |carafe: &Carafe| carafe.curl(&["-i", "-d", &format!("name={value}"), "$B/things"]);
    let things = |carafe: &Carafe| carafe.curl(&["$B/things"]).lines().count();
    let ballast = disk.0.join("ballast");
    let mut promised = 0;
    for round in 0..3 {
        let refused = loop {
            let answer = add(&carafe);
            if !answer.starts_with("HTTP/1.1 201 ") {
                break answer;
            }
            promised += 1;
            assert!(promised < 90, "the disk was never full");
        };
        assert!(
            refused.starts_with("HTTP/1.1 503 ") && refused.contains("No space left"),
            "{refused}"
        );
        assert_eq!(
            things(&carafe),
            promised,
            "what is kept can be read, and what was refused is not there"
        );
        let visit = carafe.status(&["-c", "j", "$B/ladder/session"]);
        assert!(
            ["200", "503"].contains(&visit.as_str()),
            "a small row may still find room: {visit}"
        );
        match round {
            // Full and killed: everything that was acknowledged is there again, on the full disk.
            0 => {
                carafe.signal("-KILL");
                carafe = start();
                assert_eq!(things(&carafe), promised);
                assert!(add(&carafe).starts_with("HTTP/1.1 503 "), "it is full still");
                resize(&disk.0, "128k");
            }
            // Somebody else fills it, and goes.
            1 => {
                resize(&disk.0, "512k");
                std::fs::write(&ballast, vec![0; 200_000]).expect("there is room");
                let _ = std::fs::write(disk.0.join("more"), vec![0; 400_000]);
            }
            _ => std::fs::remove_file(&ballast).expect("it is there"),
        }
    }
    assert!(add(&carafe).starts_with("HTTP/1.1 201 "), "room again, without a restart");
    carafe.signal("-KILL");
    assert_eq!(things(&start()), promised + 1);
}

fn resize(disk: &Path, size: &str) {
    let options = format!("remount,size={size}");
    let done = Command::new("mount").args(["-o", &options]).arg(disk).status();
    assert!(done.is_ok_and(|status| status.success()), "the disk can be resized");
}

/// A file system that goes with the test.
struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Lazily: a server may still have its journal open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

#[test]
fn a_file_that_cannot_be_used_ends_with_1_and_its_name() {
    let folder = empty_folder();
    std::fs::write(folder.join("notes.txt"), "mine\n").expect("a file can be written");
    let made = Command::new("mkfifo").arg(folder.join("pipe")).status();
    assert!(made.is_ok_and(|status| status.success()), "a pipe can be made");
    for (store, expected) in [
        ("file:missing/shop.db", "missing/shop.db: No such file or directory"),
        ("file:/proc/shop.db", "/proc/shop.db: "),
        ("file:/dev/zero", "/dev/zero: this is no regular file; name another"),
        ("file:pipe", "pipe: this is no regular file; name another"),
        ("file:notes.txt", "notes.txt:1: this is no journal of carafe's; name another file"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        let output = command
            .args(["--port", "0", "--store", store])
            .current_dir(&folder)
            .output()
            .expect("it starts");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{store}: {stderr}");
        assert!(stderr.starts_with(&format!("carafe: {expected}")), "{store}: {stderr}");
    }
    assert_eq!(std::fs::read_to_string(folder.join("notes.txt")).expect("it is there"), "mine\n");
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_torn_tail_is_named_at_the_start_and_the_server_goes_on() {
    let kept = Kept::new();
    let carafe = kept.start();
    assert_eq!(carafe.status(&["-d", "name=kettle", "$B/things"]), "201");
    drop(carafe);
    let path = kept.0.join("shop.db");
    let text = std::fs::read_to_string(&path).expect("the journal is text");
    std::fs::write(&path, text + "12ab").expect("the journal can be written");
    let carafe = kept.start();
    assert_eq!(carafe.status(&["-d", "name=teapot", "$B/things"]), "201");
    let log = carafe.log();
    assert!(
        log.contains("shop.db: cut off 4 bytes of a change that was not wholly written"),
        "{log}"
    );
}
