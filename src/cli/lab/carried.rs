//! What the client carries: rungs 0 to 3. The server keeps nothing, or nothing but a key.
//!
//! Whoever carries the memory can lose it, copy it, and write what it likes; what the server can do
//! about that is to sign.

use super::bench::{Bench, Trouble};
use super::visitor::{self, Visitor};
use super::{Rung, kept_or_lost, met, over_restart, two_servers, visited_twice, works_or_unknown};
use carafe::web::sign::from_base64url;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

const KEY: Option<&str> = Some("a key that both servers have");
const OTHER_KEY: Option<&str> = Some("a key that the first server has not");
const SIGNED_STORE: &[&str] = &["--store", "cookie"];
const SIGNED_COOKIE: &str = "carafe_sid";

/// Rung 0: no memory at all, and nothing to lose.
pub const NOWHERE: Rung = Rung {
    name: "0 nowhere",
    cells: [
        ("-", nothing),
        ("-", nothing),
        ("-", nothing),
        ("-", nothing),
        ("-", nothing),
        ("-", nothing),
    ],
};

/// Rung 1: the count stands in every link, and is sent back by whoever follows it.
pub const URL: Rung = Rung {
    name: "1 URL / hidden field",
    cells: [
        ("kept", |bench| carried_over_restart(bench, visitor::URL)),
        ("works", |bench| carried_to_another(bench, visitor::URL)),
        ("believed", url_edited),
        ("a shared link shares it; logs, history", url_shared),
        ("URL 8 KB", url_size),
        ("nothing to end", url_logout),
    ],
};

/// Rung 2: the count is a cookie, as it is.
pub const COOKIE: Rung = Rung {
    name: "2 cookie in clear",
    cells: [
        ("kept", |bench| carried_over_restart(bench, visitor::COOKIE)),
        ("works", |bench| carried_to_another(bench, visitor::COOKIE)),
        ("believed", cookie_edited),
        ("works for ever", cookie_replayed),
        ("~4 KB, then dropped in silence", cookie_size),
        ("a polite request", cookie_logout),
    ],
};

/// Rung 3: the same with a signature. `--store cookie` keeps whole sessions so.
pub const SIGNED: Rung = Rung {
    name: "3 signed cookie",
    cells: [
        ("kept if the key is", signed_restart),
        ("works if the key is shared", signed_elsewhere),
        ("refused, reason shown", signed_edited),
        ("works until it expires; old values replay", signed_replayed),
        ("~4 KB; anyone can read it", signed_size),
        ("cannot: copies live on", signed_logout),
    ],
};

/// Every visit is the first, no cookie comes, and nothing that could be done to a memory does
/// anything.
fn nothing(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[], None)?;
    let mut visitor = Visitor::new(visitor::NONE);
    let first = visitor.visit(&carafe)?;
    visitor.jar.put("visits", "998");
    visitor.jar.put(SIGNED_COOKIE, "998");
    let claimed = visitor.visit(&carafe)?;
    let mut stranger = Visitor::new(visitor::NONE);
    stranger.visit(&carafe)?;
    stranger.log_out(&carafe)?;
    let is_given_nothing = stranger.jar.is_empty();
    drop(carafe);
    let restarted = visitor.visit(&bench.carafe(&[], None)?)?;
    let counts = [first, claimed, stranger.count, restarted];
    met(is_given_nothing && counts == [1; 4], "-", format!("visits {counts:?}"))
}

fn carried_over_restart(bench: &Bench, counter: &'static str) -> Result<String, Trouble> {
    kept_or_lost(over_restart(bench, &[], None, None, counter)?, "kept")
}

fn carried_to_another(bench: &Bench, counter: &'static str) -> Result<String, Trouble> {
    works_or_unknown(two_servers(bench, (&[], None), (&[], None), counter)?)
}

fn url_edited(bench: &Bench) -> Result<String, Trouble> {
    let mut visitor = Visitor::new(visitor::URL);
    visitor.count = 998;
    believed(visitor.visit(&bench.carafe(&[], None)?)?)
}

fn believed(count: i64) -> Result<String, Trouble> {
    match count {
        999 => Ok("believed".into()),
        1 => Ok("refused".into()),
        count => met(false, "", format!("visit {count}")),
    }
}

fn url_shared(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&["--log", "line"], None)?;
    let (_, mut friend) = visited_twice(&carafe, visitor::URL)?;
    let shared = friend.visit(&carafe)?;
    // The line of the log shows it to whoever may read that; a browser's history is written the
    // same way.
    let logged = carafe.logs("GET /ladder/url?n=2 ");
    met(
        shared == 3 && logged,
        "a shared link shares it; logs, history",
        format!("visit {shared}, logged: {logged}"),
    )
}

fn url_size(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[], None)?;
    let start = "/ladder/url?n=1&more=";
    let largest = bench.largest(start.len(), 1 << 20, |bytes| {
        let target = format!("{start}{}", "x".repeat(bytes - start.len()));
        Ok(carafe.ask(&mut Visitor::new(visitor::URL).jar, &target)?.status.0 == 200)
    })?;
    Ok(format!("URL {}", size(largest)))
}

fn url_logout(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[], None)?;
    let (mut visitor, _) = visited_twice(&carafe, visitor::URL)?;
    visitor.log_out(&carafe)?;
    let nothing = visitor.jar.is_empty();
    met(
        nothing && visitor.visit(&carafe)? == 3,
        "nothing to end",
        format!("visit {}", visitor.count),
    )
}

fn cookie_edited(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[], None)?;
    let (mut visitor, _) = visited_twice(&carafe, visitor::COOKIE)?;
    visitor.jar.put("visits", "998");
    believed(visitor.visit(&carafe)?)
}

/// For ever cannot be waited for. But a copy works after a newer one was given out, after a logout,
/// and after a restart: nothing is left that could end it.
fn cookie_replayed(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[], None)?;
    let (mut visitor, copy) = visited_twice(&carafe, visitor::COOKIE)?;
    visitor.visit(&carafe)?;
    visitor.log_out(&carafe)?;
    let replayed = copy.clone().visit(&carafe)?;
    drop(carafe);
    let restarted = copy.clone().visit(&bench.carafe(&[], None)?)?;
    met(
        (replayed, restarted) == (3, 3),
        "works for ever",
        format!("visits {replayed} and {restarted}"),
    )
}

/// What a client keeps of a cookie that is too large, and what it says.
fn cookie_size(bench: &Bench) -> Result<String, Trouble> {
    let largest = bench.largest(100, 1 << 15, |bytes| curl_keeps(bench, bytes))?;
    Ok(format!("{}, then dropped in silence", size(largest)))
}

/// True if curl keeps a cookie whose name and value have so many bytes. A word of complaint from
/// curl is a failure: it would not be silence.
fn curl_keeps(bench: &Bench, bytes: usize) -> Result<bool, Trouble> {
    let failed = |error: std::io::Error| Trouble::Failed(format!("a cookie for curl: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
    let value = "x".repeat(bytes - "large".len());
    let cookie = format!("Set-Cookie: large={value}");
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n{cookie}\r\n\r\n");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut head = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
        while head.next().is_some_and(|line| !line.is_empty()) {}
        stream.write_all(answer.as_bytes())
    });
    let jar = bench.file();
    // As it is by itself (-q), whatever its user has set up, and not through a proxy.
    let output = Command::new("curl")
        .args(["-q", "-sS", "--noproxy", "*", "-m", "5", "-c"])
        .arg(&jar)
        .arg(&url)
        .output();
    let output = output.map_err(|_| Trouble::Missing("curl is not installed".into()))?;
    if !output.status.success() || !output.stderr.is_empty() {
        return Err(Trouble::Failed(format!(
            "curl: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )));
    }
    let _ = server.join();
    Ok(fs::read_to_string(jar).is_ok_and(|jar| jar.contains(&value)))
}

fn cookie_logout(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[], None)?;
    let (_, mut copy) = visited_twice(&carafe, visitor::COOKIE)?;
    // Who follows the request throws the cookie away, and is a stranger; who kept a copy goes on.
    let polite = Visitor::new(visitor::COOKIE).visit(&carafe)?;
    let counts = (polite, copy.visit(&carafe)?);
    met(counts == (1, 3), "a polite request", format!("visits {counts:?}"))
}

fn signed_restart(bench: &Bench) -> Result<String, Trouble> {
    let same = over_restart(bench, SIGNED_STORE, KEY, KEY, visitor::SESSION)?;
    let another = over_restart(bench, SIGNED_STORE, KEY, OTHER_KEY, visitor::SESSION)?;
    match (same, another) {
        ((2, 3), (2, 1)) => Ok("kept if the key is".into()),
        counts => met(false, "", format!("visits {counts:?}")),
    }
}

fn signed_elsewhere(bench: &Bench) -> Result<String, Trouble> {
    let same = two_servers(bench, (SIGNED_STORE, KEY), (SIGNED_STORE, KEY), visitor::SESSION)?;
    let another =
        two_servers(bench, (SIGNED_STORE, KEY), (SIGNED_STORE, OTHER_KEY), visitor::SESSION)?;
    match (same, another) {
        ((2, 3), (2, 1)) => Ok("works if the key is shared".into()),
        counts => met(false, "", format!("visits {counts:?}")),
    }
}

fn signed_edited(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(SIGNED_STORE, KEY)?;
    let (mut visitor, _) = visited_twice(&carafe, visitor::SIGNED)?;
    let value = visitor.jar.value("visits_signed").unwrap_or_default().to_owned();
    visitor.jar.put("visits_signed", &format!("9{value}"));
    let page = carafe.ask(&mut visitor.jar, visitor::SIGNED)?.text();
    let reason = page.contains("cookie refused: signature does not match");
    let (mut session, _) = visited_twice(&carafe, visitor::SESSION)?;
    let value = session.jar.value(SIGNED_COOKIE).unwrap_or_default().to_owned();
    session.jar.put(SIGNED_COOKIE, &format!("9{value}"));
    let refused = page.contains("visit 1") && session.visit(&carafe)? == 1;
    met(
        refused && reason,
        "refused, reason shown",
        format!("visit {}, {:?}", session.count, page.trim()),
    )
}

fn signed_replayed(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(&[SIGNED_STORE, &["--session-ttl", "1s"]].concat(), KEY)?;
    let (mut visitor, copy) = visited_twice(&carafe, visitor::SESSION)?;
    let counts = (visitor.visit(&carafe)?, copy.clone().visit(&carafe)?);
    // The time in the cookie is in whole seconds.
    bench.wait(Duration::from_millis(2200))?;
    let expired = copy.clone().visit(&carafe)?;
    let all = (counts, expired);
    met(all == ((3, 3), 1), "works until it expires; old values replay", format!("visits {all:?}"))
}

fn signed_size(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(SIGNED_STORE, KEY)?;
    let mut largest = 0;
    let mut readable = true;
    bench.largest(1, 1 << 14, |letters| {
        let mut jar = Visitor::new(visitor::SESSION).jar;
        let form = [("name", "x".repeat(letters)), ("email", "a@b".to_owned())];
        let form: Vec<(&str, &str)> =
            form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let status = carafe.post(&mut jar, "/profile", &form)?.status.0;
        let Some(value) = jar.value(SIGNED_COOKIE) else {
            // Too large must not be silence.
            return if status >= 400 {
                Ok(false)
            } else {
                Err(Trouble::Failed(format!("{status} and no cookie")))
            };
        };
        largest = largest.max(SIGNED_COOKIE.len() + value.len());
        let json = value.split('.').next().and_then(from_base64url).unwrap_or_default();
        readable &= String::from_utf8_lossy(&json).contains(&"x".repeat(letters));
        Ok(true)
    })?;
    met(
        readable,
        &format!("{}; anyone can read it", size(largest)),
        format!("{}, not readable", size(largest)),
    )
}

fn signed_logout(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(SIGNED_STORE, KEY)?;
    let (mut visitor, mut copy) = visited_twice(&carafe, visitor::SESSION)?;
    visitor.log_out(&carafe)?;
    let counts = (visitor.visit(&carafe)?, copy.visit(&carafe)?);
    met(counts == (1, 3), "cannot: copies live on", format!("visits {counts:?}"))
}

/// A size in the words of the course, if it is about one of those.
fn size(bytes: usize) -> String {
    match bytes {
        8192 => "8 KB".into(),
        3900..=4200 => "~4 KB".into(),
        _ => format!("{bytes} bytes"),
    }
}
