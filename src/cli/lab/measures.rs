//! Deeper: The sizes of the ladder: how much fits on a rung, found by trying.

use super::bench::Trouble;
use super::experiment::{Experiment, LadderVisitor};
use crate::cli::http_client::ask;
use carafe::web::sign::from_base64url;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::{fs, thread};

/// Finds the size that `ladder.txt` calls so, and gives back the words for it.
///
/// # Errors
///
/// [`Trouble`], if it cannot be found.
pub fn measure(experiment: &mut Experiment, name: &str) -> Result<String, Trouble> {
    match name {
        "url" => url(experiment),
        "cookie" => cookie(experiment),
        "signed" => signed(experiment),
        _ => writers(experiment),
    }
}

/// The largest number of bytes from `low` up, below `high`, for which something holds.
fn largest(
    experiment: &mut Experiment,
    mut low: usize,
    mut high: usize,
    mut holds: impl FnMut(&mut Experiment, usize) -> Result<bool, Trouble>,
) -> Result<usize, Trouble> {
    while high - low > 1 {
        experiment.bench.go_on()?;
        let middle = low.midpoint(high);
        if holds(experiment, middle)? { low = middle } else { high = middle }
    }
    Ok(low)
}

/// A size in the words of the course, if it is one of those.
fn size(bytes: usize) -> String {
    match bytes {
        8192 => "8 KB".into(),
        3900..=4200 => "~4 KB".into(),
        _ => format!("{bytes} bytes"),
    }
}

/// The longest URL that carafe reads.
fn url(experiment: &mut Experiment) -> Result<String, Trouble> {
    experiment.start("")?;
    let start = "/ladder/url?n=1&more=";
    let bytes = largest(experiment, start.len(), 1 << 20, |experiment, bytes| {
        let more = "x".repeat(bytes - start.len());
        Ok(experiment.ask(&format!("GET {start}{more}"), &[])?.status == 200)
    })?;
    Ok(format!("URL {}", size(bytes)))
}

/// The largest cookie that a client keeps, and that it says nothing of a larger one.
fn cookie(experiment: &mut Experiment) -> Result<String, Trouble> {
    let bytes = largest(experiment, 100, 1 << 15, curl_keeps)?;
    Ok(format!("{}, then dropped in silence", size(bytes)))
}

/// True if curl keeps a cookie whose name and value have so many bytes.
fn curl_keeps(experiment: &mut Experiment, bytes: usize) -> Result<bool, Trouble> {
    let failed = |error: std::io::Error| Trouble::Failed(format!("a cookie for curl: {error}"));
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let url = format!("http://{}/", listener.local_addr().map_err(failed)?);
    let value = "x".repeat(bytes - "large".len());
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close";
    let answer = format!("{head}\r\nSet-Cookie: large={value}\r\n\r\n");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let mut lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
        while lines.next().is_some_and(|line| !line.is_empty()) {}
        stream.write_all(answer.as_bytes())
    });
    let jar = experiment.bench.file();
    // -q: as curl is by itself, whatever its user has set up; and not through a proxy.
    let mut curl = Command::new("curl");
    curl.args(["-q", "-sS", "--noproxy", "*", "-m", "5", "-c"]).arg(&jar).arg(&url);
    let output = curl.output().map_err(|_| Trouble::Missing("curl is not installed".into()))?;
    // With a complaint it would not be silence.
    if !output.status.success() || !output.stderr.is_empty() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(Trouble::Failed(format!("curl: {}", complaint.trim())));
    }
    let _ = server.join();
    Ok(fs::read_to_string(jar).is_ok_and(|jar| jar.contains(&value)))
}

/// The largest cookie that carafe signs, and that anybody can read it.
fn signed(experiment: &mut Experiment) -> Result<String, Trouble> {
    experiment.start("")?;
    let (mut bytes, mut readable) = (0, true);
    largest(experiment, 1, 1 << 14, |experiment, letters| {
        experiment.visitor = LadderVisitor::default();
        let name = "x".repeat(letters);
        let form = [("name", name.as_str()), ("email", "a@b")];
        let status = experiment.ask("POST /profile", &form)?.status;
        let Some(value) = experiment.visitor.jar.value("carafe_sid") else {
            // Too large must not be silence.
            let silent = Trouble::Failed(format!("{status} and no cookie"));
            return if status >= 400 { Ok(false) } else { Err(silent) };
        };
        bytes = bytes.max("carafe_sid".len() + value.len());
        let json = value.split('.').next().and_then(from_base64url).unwrap_or_default();
        readable &= String::from_utf8_lossy(&json).contains(&name);
        Ok(true)
    })?;
    Ok(format!("{}; {}", size(bytes), if readable { "anyone can read it" } else { "not readable" }))
}

/// Two servers write into one file at the same time, for one visitor: no visit is lost.
fn writers(experiment: &mut Experiment) -> Result<String, Trouble> {
    const EACH: usize = 20;
    experiment.start("")?;
    experiment.start("")?;
    experiment.ask("GET /ladder/session", &[])?;
    let bytes =
        |experiment: &Experiment| fs::metadata(&experiment.file).map_or(0, |file| file.len());
    let before = bytes(experiment);
    let visit = |server: &super::bench::RunningCarafe| {
        ask(&server.url, "GET /ladder/session", &[], &mut experiment.visitor.jar.clone())
            .map_err(|no| Trouble::Failed(no.why().to_owned()))
    };
    thread::scope(|scope| {
        let each = (0..EACH).flat_map(|_| experiment.servers());
        let visits: Vec<_> = each.map(|server| scope.spawn(|| visit(server))).collect();
        visits.into_iter().try_for_each(|thread| match thread.join() {
            Ok(visited) => visited.map(drop),
            Err(_) => Err(Trouble::Failed("a visit panicked".into())),
        })
    })?;
    let page = experiment.ask("GET /ladder/session", &[])?.text();
    let (expected, grows) = (format!("visit {}\n", 1 + 2 * EACH + 1), bytes(experiment) > before);
    if page == expected && grows {
        return Ok("disk; two writers need a lock".into());
    }
    Ok(format!("{:?}, not {expected:?}; on the disk: {grows}", page.trim()))
}
