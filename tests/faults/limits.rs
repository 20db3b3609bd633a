//! Each bound under load: what is answered beyond it, and what it costs in memory.
//!
//! `cargo test --release --test faults limits -- --nocapture --test-threads 1` prints the table of
//! SECURITY.md.

use crate::carafe::Carafe;
use crate::common::wait_until;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Resident memory in KiB (Linux).
fn resident(carafe: &Carafe) -> u64 {
    memory(carafe, "VmRSS:")
}

/// What Linux says of a process in KiB: `VmHWM:` is the most that was resident so far.
fn memory(carafe: &Carafe, name: &str) -> u64 {
    let status =
        std::fs::read_to_string(format!("/proc/{}/status", carafe.id())).expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|text| text.trim().strip_suffix(" kB")?.trim().parse().ok()).expect("a number")
}

/// A server under a load, and its memory before.
struct Load {
    carafe: Carafe,
    name: &'static str,
    before: u64,
}

impl Load {
    fn begin(name: &'static str, flags: &[&str]) -> Load {
        let carafe = Carafe::start(&[flags, &["--log", "off"]].concat());
        // The first requests fill what is filled once.
        for _ in 0..20 {
            hello(&carafe);
        }
        Load { name, before: resident(&carafe), carafe }
    }

    /// Everybody else is served, and soon memory has not grown by more than so many MiB: the last
    /// requests of the load may still be served.
    fn end(&self, outcome: &str, most_mib: u64) {
        let (name, mut after) = (self.name, 0);
        let mut grown = || {
            hello(&self.carafe);
            after = resident(&self.carafe);
            after.saturating_sub(self.before)
        };
        let most = most_mib * 1024;
        wait_until!(grown() <= most, "{name}: it grew by {} KiB, expected at most {most}", grown());
        println!("| {name} | {outcome} | {} | {} |", mib(self.before), mib(after));
    }
}

fn mib(kib: u64) -> String {
    format!("{:.1} MiB", kib as f64 / 1024.0)
}

/// Asks until somebody answers: after a flood there may be 503 for a moment.
fn hello(carafe: &Carafe) {
    let is_served = || {
        let mut stream = carafe.connect();
        let _ = stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = std::io::read_to_string(stream).unwrap_or_default();
        answer.ends_with("\r\n\r\nHello, World!\n")
    };
    wait_until!(is_served(), "nobody is served");
}

/// The status of the first answer to these bytes.
fn status(carafe: &Carafe, bytes: &[u8]) -> u16 {
    let mut stream = carafe.connect();
    // It may refuse before it has read everything.
    let _ = stream.write_all(bytes);
    status_on(&mut stream)
}

fn status_on(stream: &mut TcpStream) -> u16 {
    let mut line = [0; 12];
    stream.read_exact(&mut line).map_or(0, |()| {
        let text = str::from_utf8(&line[9..]).expect("a status line is text");
        text.parse().expect("a status is a number")
    })
}

/// Sends the same request many times on one connection, a hundred at once, and reads as many
/// answers.
fn many(carafe: &Carafe, request: &str, count: usize, starts: &str) {
    let mut stream = carafe.connect();
    let batch = request.repeat(100);
    let mut buffer = vec![0; 1 << 16];
    for _ in 0..count / 100 {
        let mut sender = stream.try_clone().expect("a socket can be cloned");
        std::thread::scope(|scope| {
            scope.spawn(|| sender.write_all(batch.as_bytes()).expect("it reads on"));
            let (mut seen, mut tail) = (0, String::new());
            while seen < 100 {
                let read = stream.read(&mut buffer).expect("answers come");
                assert!(read > 0, "it closed after {seen}");
                tail.push_str(&String::from_utf8_lossy(&buffer[..read]));
                seen += tail.matches(starts).count();
                let kept = tail.len().saturating_sub(starts.len() - 1);
                let kept =
                    (kept..=tail.len()).find(|&at| tail.is_char_boundary(at)).unwrap_or(tail.len());
                tail.drain(..kept);
            }
        });
    }
}

#[test]
fn connections_that_say_nothing_are_503_beyond_the_cap_and_room_is_made_again() {
    let load = Load::begin(
        "600 silent connections, 300 workers",
        &["--workers", "300", "--idle-time", "5s"],
    );
    let mut held: Vec<TcpStream> = (0..600).map(|_| load.carafe.connect()).collect();
    let full =
        held.iter_mut().rev().take(100).map(status_on).filter(|status| *status == 503).count();
    assert!(full >= 90, "{full} of 100 beyond the cap were told so");
    load.end("503 with Retry-After beyond the cap; the rest closed after --idle-time", 24);
}

#[test]
fn slow_writers_are_408_and_slow_readers_dropped() {
    let load = Load::begin("200 clients that send a byte and wait", &["--head-time", "1s"]);
    let mut held: Vec<TcpStream> = (0..200).map(|_| load.carafe.connect()).collect();
    held.iter_mut().for_each(|stream| stream.write_all(b"G").expect("it is open"));
    hello(&load.carafe);
    assert!(held.iter_mut().all(|stream| status_on(stream) == 408));
    load.end("408 after --head-time", 20);

    let load = Load::begin("200 clients that read nothing of 2 MB", &["--write-time", "1s"]);
    let folder = load.carafe.folder.join("www");
    std::fs::create_dir(&folder).expect("a folder can be made");
    std::fs::write(folder.join("big.bin"), vec![b'x'; 2_000_000]).expect("a file can be written");
    std::fs::write(folder.join("carafe.txt"), "").expect("the folder can be marked as ours");
    // The folder is looked for at the start.
    let carafe = Carafe::start_in(&load.carafe.folder, &["--write-time", "1s", "--log", "off"]);
    hello(&carafe);
    let load = Load { name: load.name, before: resident(&carafe), carafe };
    let mut held: Vec<TcpStream> = (0..200).map(|_| load.carafe.connect()).collect();
    let begun = Instant::now();
    for stream in &mut held {
        // More than the buffers of two sockets hold.
        stream
            .write_all("GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n".repeat(8).as_bytes())
            .expect("it is open");
    }
    hello(&load.carafe);
    wait_until!(threads(&load.carafe) <= 100, "they are still waited for");
    assert!(begun.elapsed() < Duration::from_secs(30), "they had the 30 seconds of the default");
    load.end("dropped after --write-time; 128 KiB of file in memory for each", 48);
}

fn threads(carafe: &Carafe) -> usize {
    std::fs::read_dir(format!("/proc/{}/task", carafe.id())).expect("Linux tells").count()
}

#[test]
fn a_hundred_thousand_sessions_are_held_and_no_more() {
    let load = Load::begin("100,000 sessions by a script", &[]);
    let visit = "GET /sessions HTTP/1.1\r\nHost: x\r\n\r\n";
    many(&load.carafe, visit, 100_000, "HTTP/1.1 200");
    load.end("all kept: --session-cap is 100,000", 64);
    let load = Load { name: "50,000 more", before: resident(&load.carafe), carafe: load.carafe };
    many(&load.carafe, visit, 50_000, "HTTP/1.1 200");
    load.end("the longest unused leave", 8);
}

#[test]
fn floods_of_headers_cookies_fields_and_ranges_are_bounded() {
    let load = Load::begin("10,000 requests of 99 header fields, 60 KB", &[]);
    let fields = format!("X-{0}: {0}\r\n", "f".repeat(298)).repeat(98);
    many(
        &load.carafe,
        &format!("GET /hello HTTP/1.1\r\nHost: x\r\n{fields}\r\n"),
        10_000,
        "HTTP/1.1 200",
    );
    let one_more = format!("GET /hello HTTP/1.1\r\nHost: x\r\n{}\r\n", "X: y\r\n".repeat(100));
    assert_eq!(status(&load.carafe, one_more.as_bytes()), 431);
    load.end("200; 431 beyond 100 fields or 64 KiB", 16);

    let load = Load::begin("2,000 requests of 10,000 cookies", &[]);
    let cookies = "a=1; ".repeat(10_000);
    let request = format!("GET /getsession HTTP/1.1\r\nHost: x\r\nCookie: {cookies}\r\n\r\n");
    many(&load.carafe, &request, 2_000, "HTTP/1.1 200");
    load.end("200; looked through, not stored", 16);

    let load = Load::begin("200 forms of 100,000 fields", &[]);
    let form: String = (0..100_000).map(|n| format!("&a{n}=1")).collect();
    let head =
        "HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length:";
    let request = format!("POST /process {head} {}\r\n\r\n{form}", form.len());
    many(&load.carafe, &request, 200, "HTTP/1.1 413");
    load.end("413 beyond 1,000 fields", 24);

    let load = Load::begin("10,000 requests of 1,000 ranges", &[]);
    let ranges = "0-,".repeat(1000);
    let request = format!(
        "GET /static/css/my-style-sheet.css HTTP/1.1\r\nHost: x\r\nRange: bytes={ranges}0-\r\n\r\n"
    );
    many(&load.carafe, &request, 10_000, "HTTP/1.1 200");
    load.end("200 with the whole, once", 16);
}

#[test]
fn clients_that_wait_after_a_long_answer_cost_little_more_than_others() {
    let folder = crate::common::empty_folder();
    std::fs::create_dir(folder.join("www")).expect("a folder can be made");
    std::fs::write(folder.join("www/carafe.txt"), "").expect("a file can be written");
    std::fs::write(folder.join("www/big.bin"), vec![b'x'; 1_000_000])
        .expect("a file can be written");
    let carafe = Carafe::start_in(&folder, &["--log", "off"]);
    hello(&carafe);
    let load = Load {
        name: "400 clients that wait after a file of 1 MB",
        before: resident(&carafe),
        carafe,
    };
    let mut held = Vec::new();
    let mut file = vec![0; 1_000_000];
    for _ in 0..400 {
        let mut stream = load.carafe.connect();
        stream.write_all(b"GET /static/big.bin HTTP/1.1\r\nHost: x\r\n\r\n").expect("it is open");
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a head comes");
            head.push(byte[0]);
        }
        stream.read_exact(&mut file).expect("the file comes");
        held.push(stream);
    }
    load.end("the buffer is given back", 40);
}

/// Each of them is within its own bound.
#[test]
fn many_large_bodies_at_once_are_503_beyond_their_bound_and_forms_get_through() {
    let load = Load::begin(
        "300 bodies of 1 MiB, each but for its last byte",
        &["--bodies-bytes", "16777216"],
    );
    let kind = "Host: x\r\nContent-Type: application/x-www-form-urlencoded";
    let head = format!("POST /echo HTTP/1.1\r\n{kind}\r\nContent-Length: 1048576\r\n\r\n");
    let body = vec![b'x'; 1_048_575];
    let mut held: Vec<TcpStream> = (0..300).map(|_| load.carafe.connect()).collect();
    std::thread::scope(|scope| {
        for batch in held.chunks_mut(75) {
            scope.spawn(|| {
                for stream in batch {
                    stream.write_all(head.as_bytes()).expect("it listens");
                    // Those beyond the bound have been answered, and are closed before the last
                    // byte.
                    let _ = stream.write_all(&body);
                }
            });
        }
    });
    let form = format!("POST /process HTTP/1.1\r\n{kind}\r\nContent-Length: 8\r\n\r\nname=Ada");
    assert_eq!(status(&load.carafe, form.as_bytes()), 303, "a form gets through");
    // A little room may be left by those who were refused at the same time; whoever comes fills it,
    // and one is refused.
    let mut answer = String::new();
    let mut is_refused = || {
        let mut late = load.carafe.connect();
        late.set_read_timeout(Some(Duration::from_millis(200))).expect("a timeout can be set");
        let _ = late.write_all(head.as_bytes()).and_then(|()| late.write_all(&body));
        answer.clear();
        let is_refused = late.read_to_string(&mut answer).is_ok();
        held.push(late);
        is_refused
    };
    wait_until!(is_refused(), "nobody was refused");
    assert!(
        answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 1\r\n"),
        "{answer}"
    );
    assert!(answer.contains("longer than 16777216 bytes together"), "{answer}");
    load.end("503 with Retry-After beyond --bodies-bytes, 16 MiB here", 64);
    // When they are over, there is room again: also for one in chunks.
    drop(held);
    let chunked = format!(
        "POST /echo HTTP/1.1\r\n{kind}\r\nTransfer-Encoding: chunked\r\n\r\nf0000\r\n{}",
        "x".repeat(0xf0000)
    );
    let whole = chunked + "\r\n0\r\n\r\n";
    let is_taken = || status(&load.carafe, whole.as_bytes()) == 200;
    wait_until!(is_taken(), "the room was not given back");
}

/// Sends a POST on many connections at once: all of it but the last byte, and then this byte.
/// Returns the heads of the answers; clients that are refused may be cut off before.
fn flood(carafe: &Carafe, clients: usize, head: &str, body: &[u8]) -> Vec<String> {
    let request = format!("{head}Content-Length: {}\r\n\r\n", body.len());
    let (last, front) = body.split_last().expect("a body");
    let held: Vec<TcpStream> = (0..clients).map(|_| carafe.connect()).collect();
    let each = |act: &(dyn Fn(&TcpStream) -> String + Sync)| -> Vec<String> {
        std::thread::scope(|scope| {
            let batches = held
                .chunks(10)
                .map(|batch| scope.spawn(move || batch.iter().map(act).collect::<Vec<String>>()));
            let batches: Vec<_> = batches.collect();
            batches.into_iter().flat_map(|batch| batch.join().expect("it ends")).collect()
        })
    };
    each(&|mut stream| {
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.write_all(front));
        String::new()
    });
    held.iter().for_each(|mut stream| drop(stream.write_all(&[*last])));
    each(&|mut stream| {
        let mut answer = [0; 2048];
        let read = stream.read(&mut answer).unwrap_or(0);
        String::from_utf8_lossy(&answer[..read]).into_owned()
    })
}

/// A body becomes values, fields or an answer, which may be several times as large.
#[test]
fn what_bodies_become_counts_in_their_bound_and_what_stays_is_bounded() {
    const MIB: usize = 1 << 20;
    const HEAD: &str = "HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type:";
    let list = format!("{{\"name\":[{}0]}}", "[0],".repeat(36_000));
    let form = format!("name={}", "x".repeat(MIB - 5));
    let part = "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n";
    let parts = format!("{part}{}\r\n--x--\r\n", "x".repeat(MIB - 200));
    for (name, path, kind, body) in [
        ("lists of JSON", "/things", "application/json", list),
        ("forms", "/process", "application/x-www-form-urlencoded", form),
        ("forms in parts", "/process", "multipart/form-data; boundary=x", parts),
        ("control characters as JSON", "/echo", "text/plain", "\u{1}".repeat(MIB)),
    ] {
        let load = Load::begin(name, &["--bodies-bytes", "67108864"]);
        let head = format!("POST {path} {HEAD} {kind}\r\n");
        for _ in 0..3 {
            let answers = flood(&load.carafe, 200, &head, body.as_bytes());
            let full = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 503 "));
            // Nobody is told to send again what the service has done.
            let is_done = |answer: &str| answer.ends_with("no room in memory for the answer\n");
            let tells = |answer: &String| answer.contains("Retry-After: 1\r\n") != is_done(answer);
            assert!(full.clone().all(tells), "{name}");
            assert!(full.count() > 0, "{name}: nobody was refused");
            let served = ["200", "303", "413"].map(|code| format!("HTTP/1.1 {code} "));
            let is_served = |answer: &&String| served.iter().any(|it| answer.starts_with(it));
            assert!(answers.iter().any(|answer| is_served(&answer)), "{name}: nobody was served");
            wait_until!(threads(&load.carafe) <= 70, "{name}: they are still waited for");
        }
        let (before, peak) = (load.before, memory(&load.carafe, "VmHWM:"));
        let outcome = format!("503 beyond --bodies-bytes, here 64 MiB; at the peak {}", mib(peak));
        // The bound, stacks and buffers, and what the allocator keeps of earlier floods.
        assert!(peak - before <= 256 * 1024, "{name}: {} before, {outcome}", mib(before));
        // The allocator gives little back, and what it keeps differs from run to run by 80 MiB.
        load.end(&outcome, 224);
    }
}

#[test]
fn nesting_of_10000_is_an_error_not_an_overflow() {
    let load = Load::begin("200 JSON texts nested 10,000 deep", &[]);
    let json = "[".repeat(10_000) + &"]".repeat(10_000);
    let request = format!(
        "POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
        Content-Length: {}\r\n\r\n{json}",
        json.len()
    );
    many(&load.carafe, &request, 200, "HTTP/1.1 400");
    load.end("400 beyond 64 levels", 16);

    let folder = load.carafe.folder.join("templates");
    std::fs::create_dir(&folder).expect("a folder can be made");
    let page = format!(
        "{}{{{{ {}1{} }}}}",
        "{% if 1 %}".repeat(10_000),
        "(".repeat(10_000),
        ")".repeat(10_000)
    );
    std::fs::write(folder.join("hello.html"), page).expect("a file can be written");
    // Without this mark, the folder would be another program's, and not be used.
    std::fs::write(folder.join("carafe.txt"), "").expect("a file can be written");
    let carafe = Carafe::start_in(&load.carafe.folder, &["--log", "off"]);
    hello(&carafe);
    let load = Load {
        name: "200 pages of a template nested 10,000 deep",
        before: resident(&carafe),
        carafe,
    };
    many(&load.carafe, "GET /hello/x HTTP/1.1\r\nHost: x\r\n\r\n", 200, "HTTP/1.1 500");
    load.end("500, and the log says where", 16);
}

/// Names that a client chooses are hashed with keys that it cannot know (SipHash of the standard
/// library): a hundred thousand of them take about as long when they were made to collide under
/// fixed keys as when they were not.
#[test]
fn names_made_to_collide_cost_no_more_than_others() {
    use std::hash::{DefaultHasher, Hash, Hasher};
    // `DefaultHasher::new` has fixed keys: 2,000 names whose hashes under them end in the same nine
    // bits.
    let collides = |name: &String| {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        hasher.finish().is_multiple_of(512)
    };
    let evil: Vec<String> =
        (0..).map(|n| format!("k{n:07}")).filter(collides).take(2_000).collect();
    let plain: Vec<String> = (0..2_000).map(|n| format!("k{n:07}")).collect();
    let time = |names: &[String]| {
        let entries: Vec<String> = names.iter().map(|name| format!("\"{name}\":1")).collect();
        let text = format!("{{{}}}", entries.join(","));
        let begun = Instant::now();
        for _ in 0..20 {
            ::carafe::json::parse(text.as_bytes()).expect("it is JSON");
        }
        begun.elapsed()
    };
    time(&plain);
    // Noise is possible, a thousandfold cost is not.
    let most = time(&plain) * 20;
    wait_until!(time(&evil) < most, "it takes longer than {most:?}");
}
