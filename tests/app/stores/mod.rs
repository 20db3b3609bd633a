//! The same application on each store: what the banner says, and what a restart leaves.

mod cookie;
mod file;
mod redis;

use crate::carafe::{Carafe, header};
use crate::common::empty_folder;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

/// What a visitor with a cookie jar of its own is told on its next visits.
pub fn visits(carafe: &Carafe, jar: &str, times: usize) -> Vec<String> {
    (0..times)
        .map(|_| carafe.curl(&["-c", jar, "-b", jar, "$B/ladder/session"]).trim().to_owned())
        .collect()
}

/// A visitor who counts its visits over one connection, and knows what it was told.
#[derive(Default)]
pub struct Visitor {
    stream: Option<TcpStream>,
    cookie: Option<String>,
    /// The last count that the server has told.
    pub acknowledged: u64,
    /// Requests sent since then, whose answers never came.
    unanswered: u64,
}

impl Visitor {
    pub fn connect(&mut self, address: SocketAddr) {
        self.stream = TcpStream::connect(address).ok();
    }

    /// Asks once more; false if no whole answer came. Panics if the server lost or doubled a visit.
    pub fn visit(&mut self, round: u64) -> bool {
        let Some(stream) = &mut self.stream else { return false };
        let cookie =
            self.cookie.as_ref().map_or(String::new(), |cookie| format!("Cookie: {cookie}\r\n"));
        let request = format!("GET /ladder/session HTTP/1.1\r\nHost: x\r\n{cookie}\r\n");
        self.unanswered += 1;
        if stream.write_all(request.as_bytes()).is_err() {
            return false;
        }
        let Some(answer) = read_answer(stream) else { return false };
        if let Some(line) = header(&answer, "Set-Cookie") {
            assert_eq!(self.cookie, None, "round {round}: the server did not know {line} any more");
            self.cookie = line.split(';').next().map(str::to_owned);
            // A stranger's visit that was never answered counted for a row that nobody will ask
            // for.
            self.unanswered = 1;
        }
        let visits =
            answer.rsplit("visit ").next().and_then(|count| count.trim().parse::<u64>().ok());
        let visits = visits.unwrap_or_else(|| panic!("round {round}: {answer}"));
        let expected = self.acknowledged + 1..=self.acknowledged + self.unanswered;
        assert!(expected.contains(&visits), "round {round}: visit {visits}, expected {expected:?}");
        (self.acknowledged, self.unanswered) = (visits, 0);
        true
    }
}

/// One answer with a Content-Length, whole.
fn read_answer(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && body.len() >= header(&text, "Content-Length")?.parse().ok()?
        {
            return Some(text.into_owned());
        }
        match stream.read(&mut piece) {
            Ok(count) if count > 0 => bytes.extend_from_slice(&piece[..count]),
            _ => return None,
        }
    }
}

/// A hundred requests of one visitor at once, by way of these servers: all of them count.
pub fn crowd(servers: &[&Carafe]) {
    let answer = servers[0].curl(&["-i", "$B/ladder/session"]);
    let cookie =
        header(&answer, "Set-Cookie").and_then(|line| line.split(';').next()).expect("a cookie");
    let request = format!(
        "GET /ladder/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {cookie}\r\n\r\n"
    );
    let mut counts: Vec<u64> = thread::scope(|scope| {
        let asking: Vec<_> = (0..100)
            .map(|number| {
                let (server, request) = (servers[number % servers.len()], request.as_bytes());
                scope.spawn(move || {
                    let answer = server.raw(request);
                    let count =
                        answer.rsplit("visit ").next().and_then(|count| count.trim().parse().ok());
                    count.unwrap_or_else(|| panic!("{answer}"))
                })
            })
            .collect();
        asking.into_iter().map(|asking| asking.join().expect("it was answered")).collect()
    });
    counts.sort_unstable();
    assert_eq!(
        counts,
        (2..=101).collect::<Vec<_>>(),
        "each visit has a number of its own, and none is missing"
    );
}

#[test]
fn a_hundred_requests_at_once_lose_nothing_in_memory() {
    crowd(&[&Carafe::start(&[])]);
}

#[test]
fn without_a_store_every_request_is_a_strangers_but_things_are_kept() {
    let carafe = Carafe::start(&["--store", "none"]);
    assert!(
        carafe
            .banner
            .contains("state      sessions nowhere: every request comes from a stranger\n"),
        "{}",
        carafe.banner
    );
    assert!(
        carafe.banner.contains("things, accounts and orders in memory, gone with this process\n"),
        "{}",
        carafe.banner
    );
    assert_eq!(visits(&carafe, "j", 3), ["visit 1", "visit 1", "visit 1"]);
    assert!(!carafe.curl(&["-i", "$B/ladder/session"]).contains("Set-Cookie"));
    assert_eq!(carafe.status(&["-d", "name=kettle", "$B/things"]), "201");
    assert_eq!(carafe.curl(&["$B/things/1"]), "{\"id\":1,\"name\":\"kettle\"}\n");
}

#[test]
fn the_environment_chooses_the_store_too_and_the_command_line_wins() {
    let in_environment = [("CARAFE_STORE", "none")];
    let carafe = Carafe::start_with(&empty_folder(), &[], &in_environment);
    assert!(carafe.banner.contains("sessions nowhere"), "{}", carafe.banner);
    let carafe = Carafe::start_with(&empty_folder(), &["--store=memory"], &in_environment);
    assert!(
        carafe.banner.contains("state      in memory, gone with this process\n"),
        "{}",
        carafe.banner
    );
}

#[test]
fn the_banner_says_where_the_key_comes_from_and_never_the_key() {
    let banner = |variables: &[(&str, &str)]| {
        Carafe::start_with(&empty_folder(), &[], variables).banner.clone()
    };
    assert!(banner(&[]).contains("  key        random: "));
    assert!(banner(&[("CARAFE_SECRET_KEY", "short")]).contains("so short that it can be guessed"));
    let long = banner(&[("CARAFE_SECRET_KEY", "a long and secret key")]);
    assert!(
        long.contains("  key        from CARAFE_SECRET_KEY\n") && !long.contains("a long"),
        "{long}"
    );
}
