//! The list of cycles, and how it grows.

use super::{listed, text};
use crate::carafe::Carafe;
use crate::common::wait_until;
use std::io::{Read, Write};

#[test]
fn the_record_is_bounded_in_number_and_in_size() {
    let carafe = Carafe::start(&["--log", "off"]);
    let requests = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n".repeat(249);
    carafe.raw(
        format!("{requests}GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes(),
    );
    let list = listed(&carafe, "");
    assert_eq!(list.len(), 200);
    assert!(list[0].starts_with("#51 ") && list[199].starts_with("#250 "), "{list:?}");
    assert!(carafe.curl(&["$B/cycles/50"]).contains("cycles 51 to 250 are kept"));
    let body = "x".repeat(20_000);
    carafe.curl(&["-d", &body, "$B/echo"]);
    assert!(text(&carafe).contains("cut: the first 8192 of 20"), "{}", text(&carafe));
}

#[test]
fn an_id_that_was_refused_or_means_nothing_here_is_no_name_of_a_visitor() {
    for store in ["memory", "none"] {
        let carafe = Carafe::start(&["--log", "off", "--store", store]);
        let cookie = "Cookie: carafe_sid=0123456789abcdef0123456789abcdef";
        carafe.curl(&["-H", cookie, "$B/shop"]);
        assert!(listed(&carafe, "").concat().contains("/shop"), "{store}");
        assert!(!listed(&carafe, "?visitor=0123").concat().contains("/shop"), "{store}");
    }
}

#[test]
fn a_page_keeps_its_style_sheets_and_pictures_below_it() {
    let carafe = Carafe::start(&["--log", "off"]);
    (0..2).for_each(|_| drop(carafe.curl(&["$B/formtest"])));
    let referer = format!("Referer: {}", carafe.url("/formtest"));
    carafe.curl(&["-H", &referer, "$B/static/css/carafe.css"]);
    carafe.curl(&["-H", &referer, "$B/favicon.ico"]);
    let part = carafe.curl(&["$B/cycles/3.json"]).replace(' ', "");
    assert!(part.contains("\"page\":2,"), "that of the last time: {part}");
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/cycles"]);
    assert!(page.contains("2 more for this page"), "{page}");
    let took =
        page.split("<td class=\"time\">").nth(1).and_then(|rest| rest.split(" ms</td>").next());
    let decimals = took.and_then(|took| took.split_once('.')).map(|(_, decimals)| decimals.len());
    assert_eq!(decimals, Some(2), "the points stand below one another: {took:?}");
    assert!(page.contains("This button wipes the memory,"), "{page}");
}

#[test]
fn a_new_cycle_arrives_live_and_listeners_are_bounded_and_do_not_hold_up_a_stop() {
    let mut carafe = Carafe::start(&["--log", "off", "--stop-time", "1h"]);
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
    assert!(seen.contains("id: 1 "), "{seen}");
    let others: Vec<_> = (0..15).map(|_| listen()).collect();
    assert!(others.iter().all(|(_, head)| head == b"HTTP/1.1 200"));
    assert_eq!(&listen().1, b"HTTP/1.1 503");
    carafe.signal("-TERM");
    assert_eq!(carafe.exit_code(), Some(0));
}

#[test]
fn a_listener_that_has_gone_is_noticed_also_while_others_ask() {
    let carafe = Carafe::start(&["--log", "off"]);
    let listen = || {
        let mut stream = carafe.connect();
        let request = b"GET /cycles/live?visitor=none HTTP/1.1\r\nHost: localhost\r\n\r\n";
        stream.write_all(request).expect("sent");
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("an answer comes");
        (stream, head)
    };
    drop((0..16).map(|_| listen()).collect::<Vec<_>>());
    let is_let_in = || {
        carafe.curl(&["$B/hello"]);
        &listen().1 == b"HTTP/1.1 200"
    };
    wait_until!(is_let_in(), "the places stay taken");
}

#[test]
fn a_page_that_was_cut_off_goes_on_and_one_of_another_run_gets_all_cycles() {
    let carafe = Carafe::start(&["--log", "off"]);
    for path in ["$B/hello", "$B/sessions"] {
        carafe.curl(&[path]);
    }
    let seen_after = |id: &str| {
        let mut stream = carafe.connect();
        let head = format!("Host: localhost\r\nLast-Event-ID: {id}\r\n\r\n");
        let request = format!("GET /cycles/live HTTP/1.1\r\n{head}");
        stream.write_all(request.as_bytes()).expect("sent");
        let (mut seen, mut bytes) = (String::new(), [0; 1000]);
        while !seen.contains("GET /sessions") {
            let count = stream.read(&mut bytes).expect("it goes on");
            seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        seen
    };
    let all = seen_after("1 another-run");
    assert!(all.contains("GET /hello"), "{all}");
    let run = all.split("id: 1 ").nth(1).and_then(|rest| rest.lines().next()).expect("a run");
    let rest = seen_after(&format!("1 {run}"));
    assert!(!rest.contains("GET /hello"), "{rest}");
}

#[test]
fn visitors_who_carry_their_rows_have_different_names() {
    let carafe = Carafe::start(&["--log", "off", "--store", "cookie"]);
    for jar in ["j", "k", "k"] {
        carafe.curl(&["-b", jar, "-c", jar, "$B/ladder/session"]);
    }
    let visitors = listed(&carafe, "").into_iter().map(|line| line[16..20].to_owned());
    let visitors: Vec<_> = visitors.collect();
    assert_ne!(visitors[0], visitors[2]);
    assert_eq!(listed(&carafe, &format!("?visitor={}", visitors[2])).len(), 1, "{visitors:?}");
}

#[test]
fn the_columns_stand_still_and_say_who_asked_and_what_changed() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "-b", "j", "$B/ladder/session"]);
    carafe.curl(&["-c", "j", "-b", "j", "$B/ladder/session"]);
    carafe.curl(&["-A", "Mozilla/5.0", "-d", "name=A", "$B/process"]);
    carafe.curl(&["-A", "wget", &format!("$B/{}", "x".repeat(200))]);
    let heads = carafe.curl(&["$B/cycles"]).lines().next().expect("a line").to_owned();
    for (at, head) in [(0, "cycle"), (7, "UTC time"), (16, "who"), (33, "conn"), (38, "status")] {
        assert!(heads[at..].starts_with(head), "{head}: {heads}");
    }
    assert!(heads[45..].starts_with("request") && heads[65..].starts_with("changed"), "{heads}");
    for (line, words) in listed(&carafe, "").iter().zip([
        ["curl       1 200 ", "GET /ladder/session", " visits added"],
        ["curl       2 200 ", "GET /ladder/session", " visits 1 > 2"],
        ["browser    3 303 ", "POST /process", " flash put"],
        ["stranger other ", "GET /xxx", " 404 "],
    ]) {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(words.iter().all(|word| line.contains(word)), "{words:?}: {line}");
        for (at, word) in [(0, "#"), (9, ":"), (12, ":"), (15, " "), (24, " "), (32, " ")] {
            assert!(line[at..].starts_with(word), "{line}");
        }
        assert!(line[38..41].parse::<u16>().is_ok(), "{line}");
        assert!(line[45..].starts_with(words[1]), "{line}");
    }
}

#[test]
fn words_and_a_visitor_find_a_request() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    carafe.curl(&["-b", "j", "-d", "name=A", "$B/process"]);
    carafe.curl(&["-d", "name=Ada", "$B/process"]);
    carafe.curl(&["$B/hello"]);
    let visitor = listed(&carafe, "")[0][16..20].to_owned();
    for (query, numbers) in [
        ("?q=post", "2 3"),
        ("?q=POST+flash", "2"),
        ("?q=303", "2 3"),
        ("?q=nowhere", ""),
        (&format!("?visitor={visitor}"), "1 2"),
        (&format!("?visitor={visitor}&q=process"), "2"),
        ("", "1 2 3 4"),
    ] {
        let list = listed(&carafe, query);
        let found = list.iter().filter_map(|line| line[1..].split(' ').next());
        assert_eq!(found.collect::<Vec<_>>().join(" "), numbers, "{query}: {list:?}");
        let page = carafe.curl(&["-H", "Accept: text/html", &format!("$B/cycles{query}")]);
        let rows = page.matches("<tr id=\"c").count();
        assert_eq!(rows, list.len(), "{query}");
    }
}

#[test]
fn the_last_cycle_is_the_last_that_a_person_made() {
    let carafe = Carafe::start(&["--log", "off"]);
    let referer = format!("Referer: {}", carafe.url("/formtest"));
    let style = "$B/static/css/carafe.css";
    let html = "Accept: text/html,*/*;q=0.8";
    for (arguments, is_by_a_person) in [
        (&["$B/hello"][..], true),
        (&["-H", html, "-H", &referer, "$B/formtest"], true),
        (&["-H", &referer, style], false),
        (&["-H", "Sec-Fetch-Dest: image", "$B/static/images/form.svg"], false),
        (&["-H", "Sec-Fetch-Dest: document", "-H", &referer, "$B/things"], true),
        (&["$B/lessons/1"], false),
        (&["$B/favicon.ico"], false),
        (&["-H", &referer, "-d", "name=A", "$B/process"], true),
        (&[style], true),
    ] {
        let before = number(&carafe.curl(&["$B/cycles/last"]));
        carafe.curl(arguments);
        let after = number(&carafe.curl(&["$B/cycles/last"]));
        assert_eq!(after != before, is_by_a_person, "{arguments:?}");
    }
}

/// The number in the first line of a cycle.
fn number(text: &str) -> String {
    text.split_whitespace().next().unwrap_or("").to_owned()
}

#[test]
fn a_connection_is_seen_whole_with_its_end() {
    let carafe = Carafe::start(&["--log", "off"]);
    let hello = "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n";
    carafe.raw(format!("{hello}GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes());
    carafe.curl(&["$B/formtest"]);
    let seen = |number: u64, words: &str| {
        let list = || {
            let list = carafe.curl(&[&format!("$B/cycles?connection={number}")]);
            list.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        wait_until!(list().contains(words), "{words:?}: {}", list());
        list()
    };
    let first = seen(1, "Closed by the server, as its last answer said (Connection: close): ");
    assert!(first.contains("#1 ") && first.contains("#2 ") && !first.contains("#3 "), "{first}");
    assert!(first.contains("2 of its requests are kept"), "{first}");
    assert!(first.contains("1 came before the answer to the one before"), "{first}");
    // Times count from the first request.
    assert!(first.contains("#1 +0.0 ms stranger") && first.contains("#2 +"), "{first}");
    assert!(first.starts_with("cycle after who "), "{first}");
    let second = seen(2, "Closed by the client: ");
    assert!(
        second.contains("changed #3 ") && second.contains("one of its requests is kept."),
        "{second}"
    );
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/cycles?connection=1"]);
    let at = |words| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
    assert!(at("Closed by the server") < at("<tr id=\"c1\">"));
    assert!(at("<tr id=\"c1\">") < at("<tr id=\"c2\">"), "in the order of time");
    assert!(page.contains("href=\"/cycles?connection=1\""), "{page}");
    // However many come in one piece.
    let last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    carafe.raw(format!("{}{last}", hello.repeat(30)).as_bytes());
    let list = listed(&carafe, "");
    let connection = list.last().and_then(|line| line.split_whitespace().nth(4)?.parse().ok());
    seen(connection.expect("it has a number"), "Of these, 30 came before the answer");
    assert!(seen(99, "Nothing is known").contains("Connection 99: none of"), "no such connection");
    for wrong in [
        "/cycles?connection=abc",
        "/cycles.json?connection=-1",
        "/cycles/live?connection=1x",
        "/cycles/live?after=yesterday",
        "/memory?page=two",
        "/memory.json?page=-1",
    ] {
        let answer = carafe.curl(&["-i", &format!("$B{wrong}")]);
        let found = wrong.rsplit(['?', '=']).next().expect("a value");
        let why = format!(": found {found:?}, expected a whole number from 0 to");
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains(&why), "{wrong}: {answer}");
    }
    // An empty field of a form asks for nothing.
    assert_eq!(carafe.status(&["$B/cycles?q=&connection="]), "200");
    assert_eq!(carafe.status(&["$B/memory?visitor=&page="]), "200");
}

#[test]
fn an_answer_that_was_broken_off_says_what_really_left() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["$B/hello"]);
    assert!(text(&carafe).contains("the last byte left after"), "{}", text(&carafe));
    assert!(text(&carafe).contains("with 14 bytes of the body"), "{}", text(&carafe));
    // A client that asks 400 times for a file, reads nothing, and leaves.
    let mut stream = carafe.connect();
    let request = "GET /static/css/carafe.css HTTP/1.1\r\nHost: x\r\n\r\n";
    for _ in 0..400 {
        if stream.write_all(request.as_bytes()).is_err() {
            break;
        }
    }
    wait_until!(text(&carafe).contains("the last byte has not left yet"), "{}", text(&carafe));
    assert!(text(&carafe).contains("sent: not yet"), "{}", text(&carafe));
    drop(stream);
    wait_until!(carafe.curl(&["$B/cycles"]).contains("broken off"), "it is never given up");
    let list = carafe.curl(&["$B/cycles"]);
    let line = list.lines().find(|line| line.contains("broken off")).expect("it is there");
    let number = line[1..].split(' ').next().unwrap_or("");
    let cycle = carafe.curl(&[&format!("$B/cycles/{number}")]);
    let cycle = cycle.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(cycle.contains("bytes of the body left"), "{cycle}");
    // One time for the end, wherever it stands.
    let after = cycle.split("broken off after ").nth(1).and_then(|rest| rest.split(' ').next());
    let after: f64 = after.and_then(|after| after.parse().ok()).expect("a number of milliseconds");
    assert!(after > 0.0 && cycle.contains(&format!("GMT, after {after:?} ms")), "{cycle}");
    assert!(cycle.contains(&format!("sent: {:.0} us", after * 1000.0)), "{cycle}");
}
