//! A cycle in the terminal.

use super::text;
use crate::carafe::Carafe;
use crate::common::{ChildGuard, wait_until};
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn seven_parts_stand_in_the_order_of_time_in_eighty_columns() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    carafe.curl(&[
        "-b",
        "j",
        "-H",
        "X-Long: very very long",
        "-d",
        "name=A&q=caf%C3%A9",
        "$B/process?x=1%262",
    ]);
    let cycle = text(&carafe);
    let mut at = 0;
    for part in [
        "#2  conn 2, 1st request",
        "src/app/course/formtest.rs:",
        " > POST /process?x=1%262 HTTP/1.1",
        "method, target, version",
        " > Cookie: carafe_sid=",
        "names row ",
        "(1 value: user)",
        " > Content-Length: 18",
        "empty line: headers end here",
        " > name=A&q=caf%C3%A9",
        "18 bytes, as Content-Length said",
        "knew    the cookie names row",
        "user = 'Anthony'",
        "match   route: POST /process -> process",
        "registered: src/app/course/formtest.rs:",
        "query: x=1%262 is x = 1&2",
        "form: q=caf%C3%A9 is q = café",
        "change  + flash put: 'need valid name'",
        " < HTTP/1.1 303 See Other",
        "go and GET another page",
        " < Carafe-Cycle: 2",
        " < Location: /formtest",
        "still knows: row ",
        "(user, 1 flash). Nothing else",
        "/cycles/2",
    ] {
        let found = cycle[at..]
            .find(part)
            .unwrap_or_else(|| panic!("{part:?} does not follow in:\n{cycle}"));
        at += found + part.len();
    }
    assert!(cycle.lines().all(|line| line.chars().count() <= 80), "{cycle}");
    assert!(!cycle.contains('\u{1b}'));
}

#[test]
fn no_text_is_wider_than_eighty_columns_whatever_came() {
    let carafe = Carafe::start(&["--log", "off"]);
    let long = "x".repeat(300);
    carafe.curl(&["-c", "j", "-d", &format!("name={long}"), "$B/process"]);
    carafe.curl(&[
        "-b",
        "j",
        "-H",
        &format!("X-{long}: {long}"),
        &format!("$B/formtest?{long}={long}"),
    ]);
    carafe.curl(&["-H", "Accept: text/html", &format!("$B/hello/{long}")]);
    carafe.curl(&["-H", "Transfer-Encoding: chunked", "-d", &long, "$B/echo"]);
    carafe.raw(format!("{long} {long}\r\nno colon\r\n\r\n").as_bytes());
    let wide = |text: &str| text.lines().find(|line| line.chars().count() > 80).map(str::to_owned);
    assert_eq!(wide(&carafe.curl(&["$B/cycles"])), None);
    for number in 1..=5 {
        let text = carafe.curl(&[&format!("$B/cycles/{number}")]);
        assert!(text.lines().count() > 10, "{text}");
        assert_eq!(wide(&text), None, "{text}");
    }
    assert!(carafe.curl(&["$B/cycles/4"]).contains("hexadecimal: a chunk of 300 bytes"));
    let chunks = "2\r\nok\r\n0\r\nT: x\r\n\r\n";
    let head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\
                Connection: close";
    carafe.raw(format!("{head}\r\n\r\n{chunks}").as_bytes());
    let trailers = carafe.curl(&["$B/cycles/6"]);
    assert!(trailers.contains("6 bytes of trailers"), "{trailers}");
    assert!(trailers.contains("empty line: the body ends here"), "{trailers}");
    let refused = carafe.curl(&["$B/cycles/5"]);
    assert!(refused.contains(" > no colon") && refused.contains("there is no colon"), "{refused}");
}

#[test]
fn an_upload_is_read_field_by_field() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-F", "name=Ada", "-F", "q=a&b=1", "-F", "password=hunter2", "$B/process"]);
    let cycle = text(&carafe);
    let read = cycle.split("   read ").nth(1).and_then(|it| it.split("   change").next());
    let read = read.expect("there are both parts").split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(
        read, "form: name is name = Ada form: q is q = a&b=1 form: password is password = ....",
        "{cycle}"
    );
}

#[test]
fn nothing_that_came_moves_a_terminals_cursor() {
    let carafe = Carafe::start(&["--log", "off"]);
    let evil = "%1b%5B31m%0a+>+forged%0d%c2%9b%d8%9c%ef%bb%bf%e2%80%8b%f3%a0%80%a1";
    for arguments in [
        &[&format!("$B/search?q={evil}") as &str][..],
        &["-c", "j", "-d", &format!("name={evil}"), "$B/process"],
        &["-b", "j", "-d", "name=A", "$B/process"],
        &["-H", "Accept: text/html", &format!("$B/hello/{evil}")],
        &[&format!("$B/static/{evil}")],
        &["-d", &format!("token={evil}"), "$B/shop/checkout"],
        &["-d", &format!("name=Ada&email={evil}@x&password=x"), "$B/shop/login"],
        &[
            "-H",
            "Content-Type: application/json",
            "-d",
            "{\"name\":\"\\u001b[31m\\n > forged\"}",
            "$B/things",
        ],
        &["-H", "Cookie: carafe_sid=\u{1b}[31m", "$B/getsession"],
        &["-H", "X-Unseen: \u{200b}\u{61c}", "-H", "Cookie: a=\u{feff}", "$B/hello"],
        &["-H", "Content-Type: text/plain", "--data-binary", "\u{1b}[31m\r\n > forged", "$B/echo"],
    ] {
        carafe.curl(arguments);
        for path in ["$B/cycles/last", "$B/cycles", "$B/memory"] {
            let text = carafe.curl(&[path]);
            let moves = |letter: char| {
                letter.is_control() && letter != '\n'
                    || "\u{200b}\u{61c}\u{feff}\u{e0021}".contains(letter)
            };
            assert!(!text.contains(moves), "{arguments:?}: {text:?}");
            // A body has lines, and each begins with the sign of its direction.
            assert!(
                !text.contains("\n > forged") || arguments.contains(&"$B/echo"),
                "{arguments:?}: {text}"
            );
        }
    }
}

#[test]
fn printed_cycles_are_coloured_only_on_a_terminal_that_wants_it() {
    for (no_color, painted) in [("", true), ("1", false)] {
        let folder = crate::common::empty_folder();
        // `script` gives the program a terminal, and keeps what it prints.
        let command = format!("{} --port 0 --show-cycles --log off", env!("CARGO_BIN_EXE_carafe"));
        let mut script = Command::new("script");
        script.args(["-qfec", &command, "out"]).current_dir(&folder).env("NO_COLOR", no_color);
        let mut child = ChildGuard::spawn(script.stdin(Stdio::piped()).stdout(Stdio::null()));
        let printed = || std::fs::read_to_string(folder.join("out")).unwrap_or_default();
        wait_until!(printed().contains("Ctrl-C"), "{}", printed());
        let mut stream = std::net::TcpStream::connect(crate::carafe::address_in(&printed()))
            .expect("it listens");
        stream.write_all(b"GET /sessions HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
        wait_until!(printed().contains("still knows"), "{}", printed());
        assert_eq!(printed().contains("\u{1b}["), painted, "{}", printed());
        // Ctrl-C, as a terminal sends it.
        child.stdin.take().expect("it is piped").write_all(b"\x03").expect("sent");
        child.exit_code();
        let _ = std::fs::remove_dir_all(folder);
    }
}

#[test]
fn cycles_are_printed_as_they_happen() {
    let folder = crate::common::empty_folder();
    let out = folder.join("out");
    let file = std::fs::File::create(&out).expect("a file can be made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command.args(["--port", "0", "--show-cycles", "--log", "off"]).current_dir(&folder);
    let _child = ChildGuard::spawn(command.stdout(file));
    let printed = || std::fs::read_to_string(&out).unwrap_or_default();
    wait_until!(printed().contains("Ctrl-C"), "{}", printed());
    let address = crate::carafe::address_in(&printed());
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    wait_until!(printed().contains(" > GET /hello HTTP/1.1"), "{}", printed());
    let _ = std::fs::remove_dir_all(folder);
}
