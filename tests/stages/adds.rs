//! What each stage adds, seen with curl: it works from that stage on, and not in the one before.

use crate::program::{Program, empty_folder};
use std::process::Command;
use std::thread;

/// The first stage that does it, what curl is told, and what it then prints.
const ADDED: &[(usize, &str, &str)] = &[
    (1, "-i $B/hello", "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"),
    (1, "-i $B/hello", "Content-Length: 14\r\nConnection: close\r\n\r\nHello, World!\n"),
    (2, "-i $B/nowhere", "HTTP/1.1 404 Not Found\r\n"),
    (2, "-i $B/", "HTTP/1.1 404 Not Found\r\n"),
    (2, "-i -X PUT $B/hello", "HTTP/1.1 405 Method Not Allowed\r\n"),
    (2, "-i -X PUT $B/hello/Ada", "\r\nAllow: GET, HEAD\r\n"),
    (2, "$B/hello/Ada?greeting=no", "<h1>Hello Ada!</h1>"),
    (2, "$B/hello/%E6%9D%8E%E6%98%8E", "<h1>Hello 李明!</h1>"),
    (2, "$B/hello/a%2Fb", "<h1>Hello a/b!</h1>"),
    (2, "$B/hello/%zz%+4%4", "<h1>Hello %zz%+4%4!</h1>"),
    (3, "$B/hello/%3Cb%3E'%22%26", "<h1>Hello &lt;b&gt;&#39;&#34;&amp;!</h1>"),
    (3, "-i $B/static/css/my-style-sheet.css", "Content-Type: text/css; charset=utf-8\r\n"),
    (3, "-i -X POST $B/static/css/my-style-sheet.css", "\r\nAllow: GET, HEAD\r\n"),
    (4, "-i -d name=Ada $B/process", "HTTP/1.1 303 See Other\r\n"),
    (4, "-i -d name=Ada $B/process", "\r\nLocation: /formtest\r\n"),
    (4, "-i $B/process", "\r\nAllow: POST\r\n"),
    (4, "-i -d nmae=Ada $B/process", "HTTP/1.1 400 Bad Request\r\n"),
    (4, "-L -b nothing -d name=A $B/process", "<p>need valid name"),
    (4, "-L -b nothing -d name=Ada+Lovelace&x=1 $B/process", "Your name: Ada Lovelace</p>"),
    (5, "$B/ladder/none", "visit 1\n"),
    (5, "-i $B/ladder/session", "; Path=/; HttpOnly; SameSite=Lax\r\n"),
    (5, "$B/getsession", "Not logged in!\n"),
    (6, "-i $B/boom", "HTTP/1.1 500 Internal Server Error\r\n"),
    (7, "-i -H Content-Length:+5 $B/hello", "HTTP/1.1 400 Bad Request\r\n"),
    (7, "-i -H Transfer-Encoding:chunked -d 1 $B/hello", "HTTP/1.1 501 Not Implemented\r\n"),
];

#[test]
fn what_a_stage_adds_works_from_there_on_and_not_before() {
    thread::scope(|scope| {
        for stage in 1..=7 {
            scope.spawn(move || {
                let server = Program::stage(stage);
                for (first, arguments, expected) in ADDED {
                    // Some requests would end a server that does not know them.
                    if stage + 1 < *first {
                        continue;
                    }
                    let said = server.curl(arguments);
                    let holds = said.contains(expected);
                    assert_eq!(holds, stage >= *first, "stage {stage}: {arguments}: {said:?}");
                }
            });
        }
    });
}

#[test]
fn head_is_answered_as_get_without_the_body_from_the_second_stage_on() {
    for stage in 2..=7 {
        let server = Program::stage(stage);
        let answer = server.raw(b"HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(answer.contains("Content-Length: 14\r\n"), "stage {stage}: {answer}");
        assert!(answer.ends_with("\r\n\r\n"), "stage {stage}: {answer}");
    }
}

#[test]
fn a_value_is_not_read_as_a_template() {
    for stage in 3..=7 {
        let said = Program::stage(stage).curl("$B/hello/%7B%7B%20name%20%7D%7D%7B%25%20for%20");
        assert!(said.contains("<h1>Hello {{ name }}{% for !</h1>"), "stage {stage}: {said:?}");
    }
}

#[test]
fn a_brace_that_begins_no_tag_is_text() {
    for stage in 3..=7 {
        let style = "<style>h1 { color: red }</style>{";
        let server = Program::stage_changed(stage, "<h1>Hello", &format!("{style}<h1>Hello"));
        let said = server.curl("$B/hello/Ada");
        assert!(said.contains(&format!("{style}<h1>Hello Ada!</h1>")), "stage {stage}: {said:?}");
    }
}

#[test]
fn a_message_is_shown_once_and_head_does_not_take_it() {
    let folder = empty_folder("flash");
    for stage in 4..=7 {
        let server = Program::stage(stage);
        let jar = folder.join(stage.to_string());
        let jar = jar.to_str().expect("the path is text");
        let messages = |flags: &str| {
            let page = server.curl(&format!("-c {jar} -b {jar} {flags} $B/formtest"));
            page.matches("need valid name").count()
        };
        for name in ["A", "%C3%A9", "", "B"] {
            server.curl(&format!("-c {jar} -b {jar} -d name={name} $B/process"));
        }
        assert_eq!((messages("-I"), messages("-i")), (0, 4), "stage {stage}");
        assert_eq!(messages("-i"), 0, "stage {stage}");
        // A client that never looks at the page does not fill the cookie or the session.
        for _ in 0..80 {
            server.curl(&format!("-c {jar} -b {jar} -d name=A $B/process"));
        }
        assert!((4..80).contains(&messages("-i")), "stage {stage}");
    }
}

#[test]
fn the_notes_suite_passes_from_the_fifth_stage_on_and_not_before() {
    for stage in 4..=7 {
        let server = Program::stage(stage);
        let output = Command::new(env!("CARGO_BIN_EXE_carafe"))
            .args(["check", "--suite", "notes", "--url", &format!("http://{}", server.address)])
            .output()
            .expect("carafe runs");
        let report = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.success(), stage >= 5, "stage {stage}: {report}");
    }
}
