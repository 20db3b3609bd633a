//! The list of cycles, and how it grows.

use super::text;
use crate::carafe::{Carafe, DEADLINE};
use std::io::{Read, Write};
use std::time::Instant;

#[test]
fn the_record_is_bounded_in_number_and_in_size() {
    let carafe = Carafe::start(&["--log", "off"]);
    let requests = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n".repeat(249);
    carafe.raw(
        format!("{requests}GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    let list = carafe.curl(&["$B/cycles"]);
    assert_eq!(list.lines().count(), 200);
    assert!(list.starts_with("#51 ") && list.contains("\n#250 "), "{list}");
    assert!(carafe.curl(&["$B/cycles/50"]).contains("cycles 51 to 250 are kept"));
    let body = "x".repeat(20_000);
    carafe.curl(&["-d", &body, "$B/echo"]);
    assert!(text(&carafe).contains("cut: the first 8192 of 20"), "{}", text(&carafe));
}

#[test]
fn a_page_keeps_its_style_sheets_and_pictures_below_it() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["$B/formtest"]);
    let referer = format!("Referer: {}", carafe.url("/formtest"));
    carafe.curl(&["-H", &referer, "$B/static/css/carafe.css"]);
    carafe.curl(&["-H", &referer, "$B/favicon.ico"]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/cycles"]);
    assert!(page.contains("2 more for this page"), "{page}");
}

#[test]
fn a_new_cycle_arrives_live_and_listeners_are_bounded() {
    let carafe = Carafe::start(&["--log", "off"]);
    let listen = || {
        let mut stream = carafe.connect();
        stream.write_all(b"GET /cycles/live HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("sent");
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("an answer comes");
        (stream, head)
    };
    let (mut first, head) = listen();
    assert_eq!(&head, b"HTTP/1.1 200");
    carafe.curl(&["$B/hello"]);
    let mut seen = String::new();
    while !seen.contains("GET /hello") {
        let mut bytes = [0; 1000];
        let count = first.read(&mut bytes).expect("it goes on");
        assert_ne!(count, 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    assert!(seen.contains("id: 1\n"), "{seen}");
    let others: Vec<_> = (0..15).map(|_| listen()).collect();
    assert!(others.iter().all(|(_, head)| head == b"HTTP/1.1 200"));
    assert_eq!(&listen().1, b"HTTP/1.1 503");
    let mut carafe = carafe;
    carafe.signal("-TERM");
    let begun = Instant::now();
    assert_eq!(carafe.exit_code(), Some(0));
    assert!(begun.elapsed() < DEADLINE / 5, "listeners do not hold the stop up");
}
