//! The line that sends a request again.

use crate::carafe::Carafe;

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
        (&["-0", "-H", "Host:", "$B/hello"], "200"),
        (&["-H", "Expect: the worst", "$B/hello"], "417"),
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
    // What no client would send is typed by hand.
    let malformed = carafe.raw(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n");
    assert!(malformed.starts_with("HTTP/1.1 400"), "{malformed}");
    let line = curl_line(&carafe);
    assert!(shell(&carafe, &line).starts_with("HTTP/1.1 400"), "{line}");
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
