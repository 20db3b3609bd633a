//! The line that sends a request again.

use crate::carafe::Carafe;
use crate::common::{ChildGuard, DEADLINE};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

#[test]
fn the_copied_line_gives_the_same_status() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    std::fs::write(carafe.folder.join("bytes"), b"a\0\xff%d\\\r\n'$x'\x1b[31m")
        .expect("a file can be written");
    for (arguments, status) in [
        (&["$B/hello"][..], "200"),
        (&["-I", "$B/hello/it's"], "200"),
        (&["-b", "j", "-d", "name=O'Hara&x=$HOME", "$B/process"], "303"),
        (&["-d", "x=1", "$B/process"], "400"),
        (&["-X", "PUT", "$B/hello"], "405"),
        (&["-X", "POST", "$B/hello"], "405"),
        (&["-X", "DELETE", "$B/things/9"], "404"),
        (&["-X", "OPTIONS", "--request-target", "*", "$B/"], "204"),
        (&["-H", "Content-Type: application/json", "-d", "{\"name\":\"a b\"}", "$B/things"], "201"),
        (
            &[
                "-X",
                "PUT",
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"name\":\"it's\\n\"}",
                "$B/things/1",
            ],
            "200",
        ),
        (&["-H", "Content-Type:", "-d", "name=Ada", "$B/process"], "415"),
        (
            &[
                "--data-binary",
                "@bytes",
                "-H",
                "Content-Type: application/octet-stream",
                "$B/process",
            ],
            "415",
        ),
        (&["--data-binary", "@bytes", "-H", "Transfer-Encoding: chunked", "$B/echo"], "200"),
        (&["--path-as-is", "$B/static/../x"], "404"),
        (&["-H", "Accept: text/html", "$B/search?q=[a]{b}"], "200"),
        (&["-H", "Origin: http://evil.example", "-d", "name=Ada", "$B/process"], "403"),
        (
            &[
                "-H",
                "Host: other.example",
                "-H",
                "X-Empty;",
                "-H",
                "X-Quotes: \"it's\" `$HOME`",
                "$B/hello",
            ],
            "200",
        ),
    ] {
        assert_eq!(carafe.status(arguments), status, "{arguments:?}");
        let line = curl_line(&carafe);
        let answer = shell(&carafe, &format!("{line} -s"));
        assert!(
            answer.starts_with("HTTP/1.") && answer[9..].starts_with(status),
            "{line}: {answer}"
        );
        assert!(!line.contains("carafe_sid"), "{line}");
    }
    // What no client would send has no line.
    let malformed = carafe.raw(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n");
    assert!(malformed.starts_with("HTTP/1.1 400"), "{malformed}");
    assert!(carafe.curl(&["$B/cycles/last.json"]).contains("\"curl\":null"), "{malformed}");
    for byte in [b"\xff".as_slice(), b"a\xc2\x85"] {
        let head = b"GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Byte: ";
        let answer = carafe.raw(&[head, byte, b"\r\n\r\n"].concat());
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let cycle = carafe.curl(&["$B/cycles/last.json"]);
        assert!(cycle.contains("\"curl\":null"), "no line for {byte:?}: {cycle}");
    }
}

/// Also a line's end at the end of a body, and bytes of it that are no text.
#[test]
fn the_copied_line_sends_the_same_bytes() {
    let carafe = Carafe::start(&["--log", "off"]);
    let host = format!("Host: {}\r\nConnection: close", carafe.address);
    for (method, header, body) in [
        ("POST", b"Content-Type: application/json".as_slice(), b"{}\n".as_slice()),
        ("POST", b"Content-Type: text/plain", b"\n"),
        ("PUT", b"X-Word: a", b"-%d\\'\0\xff\n\n"),
        ("PATCH", b"X-Word: it's; $(id) \xc3\xa9", b"{\n\t\"name\": \"\xc3\xa9\"\n}"),
        ("GET", b"X-Unseen: \xe2\x80\x8b", b""),
    ] {
        let length = body.len();
        let start = format!("{method} /echo HTTP/1.1\r\n{host}\r\nContent-Length: {length}\r\n");
        let answer = carafe.raw(&[start.as_bytes(), header, b"\r\n\r\n", body].concat());
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let line = curl_line(&carafe);
        for shell in ["sh", "bash"] {
            let sent = sent_by(&carafe, shell, &line, length);
            let shown = String::from_utf8_lossy(&sent);
            assert!(sent.starts_with(format!("{method} /echo HTTP/1.1\r\n").as_bytes()), "{shown}");
            assert!(sent.windows(header.len()).any(|it| it == header), "{line}\n{shown}");
            assert!(sent.ends_with(&[b"\r\n\r\n", body].concat()), "{line}\n{shown}");
        }
    }
}

/// What the line sends, to a server of the test in the place of carafe.
fn sent_by(carafe: &Carafe, shell: &str, line: &str, body_bytes: usize) -> Vec<u8> {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = server.local_addr().expect("it has an address").to_string();
    let line = line.replace(&carafe.address.to_string(), &address) + " -s";
    let mut curl = Command::new(shell);
    let mut curl = ChildGuard::spawn(curl.args(["-c", &line]).stdout(Stdio::null()));
    let (mut client, _) = server.accept().expect("curl connects");
    client.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
    let (mut sent, mut bytes) = (Vec::new(), [0; 1000]);
    let is_whole = |sent: &[u8]| {
        let end = sent.windows(4).position(|it| it == b"\r\n\r\n");
        end.is_some_and(|end| sent.len() >= end + 4 + body_bytes)
    };
    while !is_whole(&sent) {
        let count = client.read(&mut bytes).expect("curl sends on");
        assert_ne!(count, 0, "{line}: {}", String::from_utf8_lossy(&sent));
        sent.extend_from_slice(&bytes[..count]);
    }
    client.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").expect("curl listens");
    drop(client);
    curl.exit_code();
    sent
}

/// The line that the newest cycle offers to copy.
fn curl_line(carafe: &Carafe) -> String {
    let cycle =
        carafe::json::parse(carafe.curl(&["$B/cycles/last.json"]).as_bytes()).expect("it is JSON");
    cycle
        .as_map()
        .and_then(|cycle| cycle.get("curl")?.as_str().map(str::to_owned))
        .expect("there is a line")
}

fn shell(carafe: &Carafe, line: &str) -> String {
    let output =
        std::process::Command::new("sh").args(["-c", line]).current_dir(&carafe.folder).output();
    String::from_utf8_lossy(&output.expect("sh runs").stdout).into_owned()
}
