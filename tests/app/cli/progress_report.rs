//! `carafe check` and `--forget`, asked of something that is no right carafe. What they say of a
//! right one is in `course/lessons/progress.rs`.

use super::odd;
use carafe::server::log::is_unseen;
use std::io::Write;
use std::process::Command;

/// The exit code, and what was printed.
fn check(words: &[&str], url: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command.arg("check").args(words).args(["--server", url]);
    let output = command.output().expect("carafe starts");
    let printed = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(printed).expect("what carafe prints is UTF-8"))
}

/// Something that gives every request this answer and closes.
fn say(answer: &[u8]) -> String {
    let answer = answer.to_owned();
    odd(move |mut stream, _| {
        let _ = stream.write_all(&answer);
    })
}

#[test]
fn a_header_that_is_none_is_an_error_and_no_panic() {
    for (line, shown) in [
        (&b"Bad Name: x"[..], "Bad Name: x"),
        (b": x", ": x"),
        (b"X\x1b: x", "X\\u{1b}: x"),
        (b"\xff\xfe: x", "\u{fffd}\u{fffd}: x"),
        ("\u{202e}: x".as_bytes(), "\\u{202e}: x"),
        ("\u{3164}: x".as_bytes(), "\\u{3164}: x"),
    ] {
        let url = say(&[b"HTTP/1.1 200 OK\r\n", line, b"\r\n\r\n{}"].concat());
        let expected = format!("{url}: the header \"{shown}\", expected Name: value, with a token");
        for words in [&[][..], &["1"], &["--forget"]] {
            let (code, printed) = check(words, &url);
            assert!(code == Some(1) && printed.starts_with(&expected), "{words:?}: {printed:?}");
        }
    }
}

#[test]
fn what_a_server_sent_moves_no_cursor() {
    const EVIL: &str = "\x1b[2J\x07\u{9b}1m\r\u{202e}\u{200b}\u{3164}\u{fe0f}";
    const SHOWN: &str = "\\u{1b}[2J\\u{7}\\u{9b}1m\\r\\u{202e}\\u{200b}\\u{3164}\\u{fe0f}";
    let json: String = EVIL.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
    let seen =
        format!(r#"[{{"what": "W{json}", "seen": "S{json}\nforged"}}, {{"what": "M{json}"}}]"#);
    let list = format!(
        r#"{{"lessons": [{{"number": 1, "title": "T{json}", "ticks": 1, "seen": {seen}}}]}}"#
    );
    let lines = format!("first\r\nsecond {EVIL}\n");
    let whole = format!("first\nsecond {SHOWN}\n");
    // Of an error of carafe's kind the third line is printed, and of another error none.
    let error = format!("403 Forbidden\r\nGET /\r\nsecond {EVIL}\n");
    let page = format!("<!DOCTYPE html>\n<html>\n<p>{EVIL}</p>\n");
    let no_carafe = "is this a carafe?\n".to_owned();
    for (status, body, words, code, expected) in [
        ("200 OK", &list, &[][..], 1, format!(" 1  1 of 2   T{SHOWN}\n")),
        ("200 OK", &list, &["1"], 1, format!("Lesson 1: T{SHOWN}\n")),
        ("200 OK", &list, &["1"], 1, format!("  seen     W{SHOWN} (S{SHOWN}\\nforged)\n")),
        ("200 OK", &list, &["1"], 1, format!("  missing  M{SHOWN}\n")),
        (EVIL, &lines, &[], 1, "the status line".to_owned()),
        (&format!("404 {EVIL}"), &lines, &[], 1, format!(" 404 {SHOWN}, expected the lessons")),
        ("404 Not Found", &page, &[], 1, no_carafe.clone()),
        ("501 None", &page, &["--forget"], 1, no_carafe),
        ("200 OK", &lines, &["--forget"], 0, whole),
        ("403 Forbidden", &error, &[], 1, format!(" the lessons: second {SHOWN}\n")),
        ("403 Forbidden", &error, &["--forget"], 1, format!(" to go: second {SHOWN}\n")),
        ("200 OK\r\nContent-Length: \u{202e}", &lines, &[], 1, "Length: \\u{202e}, ".to_owned()),
    ] {
        let url = say(format!("HTTP/1.1 {status}\r\n\r\n{body}").as_bytes());
        let (exit, printed) = check(words, &url);
        assert!(exit == Some(code) && printed.contains(&expected), "{expected:?}: {printed:?}");
        let unseen = |letter: char| letter != '\n' && is_unseen(letter);
        assert!(!printed.contains(unseen), "{printed:?}");
    }
}

#[test]
fn only_the_beginning_of_a_long_answer_is_printed() {
    let long = "\x1b[2J".repeat(250_000);
    // The third line of an error of carafe's kind is printed.
    for (status, words, code) in
        [("200 OK", &["--forget"][..], 0), ("403 Forbidden", &["--forget"], 1), ("200 OK", &[], 1)]
    {
        let url = say(format!("HTTP/1.1 {status}\r\n\r\n{status}\n\n{long}").as_bytes());
        let (exit, printed) = check(words, &url);
        assert_eq!(exit, Some(code), "{words:?}: {printed:?}");
        assert!(printed.len() < 700 && printed.ends_with("…\n"), "{words:?}: {printed:?}");
        assert!(printed.contains("\\u{1b}[2J\\u{1b}") && !printed.contains('\x1b'), "{printed:?}");
    }
}

#[test]
fn no_number_of_a_server_makes_a_lesson_done() {
    let task = r#"[{"what": "a GET"}]"#;
    for (lesson, words, expected) in [
        (&format!(r#"{{"title": "T", "ticks": -1, "seen": {task}}}"#), &[][..], " 1  0 of 1   T\n"),
        (&format!(r#"{{"title": "T", "ticks": 9, "seen": {task}}}"#), &["1"], "missing  a GET\n"),
        (&r#"{"title": "T", "ticks": -1, "seen": []}"#.to_owned(), &[], "is this a carafe?"),
        (&r#"{"title": "T", "ticks": -1}"#.to_owned(), &["1"], "is this a carafe?"),
        (&String::new(), &[], "is this a carafe?"),
    ] {
        let list = format!("HTTP/1.1 200 OK\r\n\r\n{{\"lessons\": [{lesson}]}}");
        let (code, printed) = check(words, &say(list.as_bytes()));
        assert!(code == Some(1) && printed.contains(expected), "{lesson}: {printed}");
    }
}
