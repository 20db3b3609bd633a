//! The glass: what it shows, to whom, and what it hides.

use crate::carafe::{Carafe, DEADLINE, header};
use std::io::{Read, Write};
use std::time::Instant;

fn text(carafe: &Carafe) -> String {
    carafe.curl(&["$B/cycles/last"])
}

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
        " < Location: /formtest",
        " < Carafe-Cycle: 2",
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
fn every_answer_names_its_cycle_and_the_three_forms_agree() {
    let carafe = Carafe::start(&["--log", "off"]);
    for (number, path) in
        ["/hello", "/nowhere", "/static/css/carafe.css", "/boom"].iter().enumerate()
    {
        let number = (number + 1).to_string();
        let answer = carafe.curl(&["-i", &format!("$B{path}")]);
        assert_eq!(header(&answer, "Carafe-Cycle"), Some(number.as_str()), "{path}");
        let text = carafe.curl(&[&format!("$B/cycles/{number}.txt")]);
        let json = carafe.curl(&[&format!("$B/cycles/{number}.json")]);
        let page = without_tags(&carafe.curl(&[
            "-H",
            "Accept: text/html",
            &format!("$B/cycles/{number}"),
        ]));
        for word in [
            format!("GET {path} HTTP/1.1"),
            format!("Carafe-Cycle: {number}"),
            "nothing about this visitor".into(),
        ] {
            assert!(
                text.contains(&word) && json.contains(&word) && page.contains(&word),
                "{path}: {word}\n{text}\n{json}"
            );
        }
        assert!(json.starts_with(&format!("{{\"number\":{number},")), "{json}");
    }
    let malformed = carafe.raw(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n");
    assert!(malformed.contains("Carafe-Cycle: 5"), "{malformed}");
    assert!(text(&carafe).contains("failed: 400 Bad Request: found the line"), "{}", text(&carafe));
    assert!(carafe.curl(&["$B/cycles"]).lines().count() == 5, "it never records itself");
}

/// The text of a page; the pieces of a line have an element each.
fn without_tags(page: &str) -> String {
    page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect()
}

#[test]
fn memory_before_and_after_is_a_diff_with_signs_and_words() {
    let carafe = Carafe::start(&["--log", "off"]);
    let visit = |path: &str| {
        carafe.curl(&["-c", "j", "-b", "j", path]);
        text(&carafe)
    };
    assert!(visit("$B/ladder/session").contains("+ added: visits = 1"));
    assert!(visit("$B/ladder/session").contains("~ changed: visits: 1 -> 2"));
    let dropped = visit("$B/dropsession");
    assert!(
        dropped.contains("- removed: visits = 2") && dropped.contains("forget it now"),
        "{dropped}"
    );
    assert!(dropped.contains("still knows: nothing about this visitor"), "{dropped}");
    carafe.curl(&["-b", "carafe_sid=iamadmin; theme=dark", "$B/getsession"]);
    let refused = text(&carafe);
    assert!(
        refused.contains("your cookie names row iama.., but no row of that id is known here"),
        "{refused}"
    );
    assert!(refused.contains("cookie `theme` came along: another program"), "{refused}");
}

#[test]
fn passwords_and_ids_are_hidden_in_every_form() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    let jar = std::fs::read_to_string(carafe.folder.join("j")).expect("the jar was written");
    let id = jar.split_whitespace().last().expect("the jar holds the id").to_owned();
    let json = "{\"name\":\"x\",\"password\":\"hunter2\"}";
    carafe.curl(&[
        "-b",
        "j",
        "-d",
        "name=Ada&pass%77ord=hunter2",
        "$B/process?my_password=hunter2",
    ]);
    carafe.curl(&[
        "-b",
        "j",
        "-H",
        "Content-Type: application/json",
        "-u",
        "ada:hunter2",
        "-d",
        json,
        "$B/things",
    ]);
    carafe.curl(&["-b", "j", &format!("$B/echo?copy={id}")]);
    let last: usize = carafe.curl(&["$B/cycles"]).lines().count();
    assert_eq!(last, 4);
    for number in 1..=last {
        for (accept, ending) in [("text/html", ""), ("*/*", ".txt"), ("*/*", ".json")] {
            let accept = format!("Accept: {accept}");
            let shown = carafe.curl(&["-H", &accept, &format!("$B/cycles/{number}{ending}")]);
            assert!(
                shown.len() > 300 && !shown.contains(&id),
                "cycle {number}{ending} shows the id"
            );
            // What the visitor put into a thing's own answer under that name is hidden as well.
            assert!(
                !shown.contains("hunter2") && !shown.contains("YWRhOmh1bnRlcjI"),
                "cycle {number}{ending}: {shown}"
            );
        }
    }
}

#[test]
fn only_this_machine_may_look_and_only_by_its_name() {
    let carafe = Carafe::start(&["--log", "off", "--allow-host", "shop.test"]);
    let port = carafe.address.port();
    carafe.curl(&["$B/hello"]);
    for (head, status) in [
        ("Host: localhost", "200"),
        ("Host: 127.0.0.1:9", "200"),
        ("Host: shop.test", "200"),
        ("Host: evil.example", "403"),
        ("X-Forwarded-For: 1.2.3.4", "403"),
        ("Via: 1.1 x", "403"),
    ] {
        for path in ["/cycles", "/cycles/1", "/cycles/last.json"] {
            assert_eq!(carafe.status(&["-H", head, &format!("$B{path}")]), status, "{head} {path}");
        }
        assert_eq!(carafe.status(&["-H", head, "-X", "POST", "$B/forget"]), status, "{head}");
    }
    for (origin, status) in [
        (format!("http://127.0.0.1:{port}"), "200"),
        ("http://evil.example".into(), "403"),
        ("null".into(), "403"),
        (format!("http://localhost:{port}"), "403"),
    ] {
        let origin = format!("Origin: {origin}");
        assert_eq!(carafe.status(&["-H", &origin, "-X", "POST", "$B/forget"]), status, "{origin}");
    }
    let everywhere = Carafe::start(&["--log", "off", "--host", "0.0.0.0"]);
    assert!(
        everywhere.banner.contains("other machines can reach this server"),
        "{}",
        everywhere.banner
    );
    let url = format!("http://127.0.0.1:{}/cycles", everywhere.address.port());
    assert_eq!(everywhere.status(&[&url]), "403", "other machines could look");
    let off = Carafe::start(&["--log", "off", "--no-cycles"]);
    assert!(header(&off.curl(&["-i", "$B/hello"]), "Carafe-Cycle").is_none());
    assert_eq!(off.status(&["$B/cycles"]), "404");
}

#[test]
fn forgetting_makes_every_visitor_a_stranger() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Anthony\n");
    carafe.curl(&["-X", "POST", "$B/forget"]);
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Not logged in!\n");
}

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
    let refused = carafe.curl(&["$B/cycles/5"]);
    assert!(refused.contains(" > no colon") && refused.contains("there is no colon"), "{refused}");
}

#[test]
fn a_password_is_hidden_in_a_multipart_body_and_where_an_answer_repeats_it() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-F", "name=Ada", "-F", "password=hunter2", "$B/echo"]);
    carafe.curl(&["-d", "name=Ada&pwd=hunter2", "$B/echo"]);
    carafe.curl(&[
        "-H",
        "Accept: application/json",
        "-d",
        "name=Ada&password=hunter2",
        "$B/echo?secret=hunter2",
    ]);
    carafe.curl(&["-u", "ada:hunter2", "$B/echo"]);
    for number in 1..=4 {
        for (accept, ending) in [("text/html", ""), ("*/*", ".txt"), ("*/*", ".json")] {
            let shown = carafe.curl(&[
                "-H",
                &format!("Accept: {accept}"),
                &format!("$B/cycles/{number}{ending}"),
            ]);
            assert!(shown.contains("/echo") && shown.contains("...."), "{shown}");
            let is_shown = shown.contains("hunter2") || shown.contains("YWRhOmh1bnRlcjI");
            assert!(!is_shown, "cycle {number}{ending}: {shown}");
        }
    }
}

#[test]
fn a_change_leads_to_the_line_that_made_it_and_a_405_names_the_routes_of_its_path() {
    let carafe = Carafe::start(&["--log", "off"]);
    let source = include_str!("../../../src/app/course/sessions.rs");
    let line =
        source.lines().position(|line| line.contains("session.set(\"user\"")).expect("it is there")
            + 1;
    carafe.curl(&["-c", "j", "$B/sessions"]);
    let cycle = carafe.curl(&["$B/cycles/last.json"]);
    assert!(
        cycle.contains(&format!(
            "\"what\":\"user = 'Anthony'\",\"source\":\"src/app/course/sessions.rs:{line}\""
        )),
        "{cycle}"
    );
    carafe.curl(&["-X", "PUT", "$B/profile"]);
    assert!(
        text(&carafe).contains("this path has other methods: GET /profile, POST /profile"),
        "{}",
        text(&carafe)
    );
    carafe.curl(&["$B/getsesion"]);
    assert!(text(&carafe).contains("these came near: GET /getsession"), "{}", text(&carafe));
}

#[test]
fn nothing_that_came_moves_a_terminals_cursor() {
    let carafe = Carafe::start(&["--log", "off"]);
    let evil = "%1b%5B31m%0a+>+forged%0d%c2%9b";
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
        &["-H", "Content-Type: text/plain", "--data-binary", "\u{1b}[31m\r\n > forged", "$B/echo"],
    ] {
        carafe.curl(arguments);
        for path in ["$B/cycles/last", "$B/cycles"] {
            let text = carafe.curl(&[path]);
            let moves = |letter: char| letter.is_control() && letter != '\n';
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
fn json_is_read_name_by_name() {
    let carafe = Carafe::start(&["--log", "off"]);
    let json = "{\"name\":\"a\\tcup\",\"size\":[1,2],\"password\":\"hunter2\"}";
    carafe.curl(&["-H", "Content-Type: application/json", "-d", json, "$B/things"]);
    let text = text(&carafe);
    for line in [
        "json: \"name\":\"a\\tcup\" is name = a\tcup",
        "json: \"size\":[1,2] is size = [1,2]",
        "password = ....",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

#[test]
fn what_the_glass_itself_fetches_is_no_cycle() {
    let carafe = Carafe::start(&["--log", "off"]);
    for page in ["/cycles", "/cycles/1", "/source/src/lib.rs"] {
        let referer = format!("Referer: {}", carafe.url(page));
        let answer = carafe.curl(&["-i", "-H", &referer, "$B/static/css/carafe.css"]);
        assert!(
            answer.starts_with("HTTP/1.1 200") && header(&answer, "Carafe-Cycle").is_none(),
            "{page}"
        );
    }
    let referer = format!("Referer: {}", carafe.url("/cyclesandmore"));
    let answer = carafe.curl(&["-i", "-H", &referer, "$B/static/css/carafe.css"]);
    assert_eq!(header(&answer, "Carafe-Cycle"), Some("1"));
}

#[test]
fn printed_cycles_are_coloured_only_on_a_terminal_that_wants_it() {
    for (no_color, painted) in [("", true), ("1", false)] {
        let folder = crate::carafe::empty_folder();
        // `script` gives the program a terminal, and keeps what it prints.
        let command = format!("{} --port 0 --show-cycles --log off", env!("CARGO_BIN_EXE_carafe"));
        let mut child = std::process::Command::new("script")
            .args(["-qfec", &command, "out"])
            .current_dir(&folder)
            .env("NO_COLOR", no_color)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("script, of bsdutils, starts");
        let printed = || std::fs::read_to_string(folder.join("out")).unwrap_or_default();
        let end = Instant::now() + DEADLINE;
        while !printed().contains("Ctrl-C") {
            assert!(Instant::now() < end, "{}", printed());
            std::thread::yield_now();
        }
        let mut stream = std::net::TcpStream::connect(crate::carafe::address_in(&printed()))
            .expect("it listens");
        stream.write_all(b"GET /sessions HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
        while !printed().contains("still knows") {
            assert!(Instant::now() < end, "{}", printed());
            std::thread::yield_now();
        }
        assert_eq!(printed().contains("\u{1b}["), painted, "{}", printed());
        // Ctrl-C, as a terminal sends it.
        child.stdin.take().expect("it is piped").write_all(b"\x03").expect("sent");
        let _ = child.wait();
        let _ = std::fs::remove_dir_all(folder);
    }
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

#[test]
fn cycles_are_printed_as_they_happen() {
    let folder = crate::carafe::empty_folder();
    let out = folder.join("out");
    let file = std::fs::File::create(&out).expect("a file can be made");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_carafe"))
        .args(["--port", "0", "--show-cycles", "--log", "off"])
        .current_dir(&folder)
        .stdout(file)
        .spawn()
        .expect("carafe starts");
    let end = Instant::now() + DEADLINE;
    let printed = || std::fs::read_to_string(&out).unwrap_or_default();
    while !printed().contains("Ctrl-C") {
        assert!(Instant::now() < end);
        std::thread::yield_now();
    }
    let address = crate::carafe::address_in(&printed());
    let mut stream = std::net::TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    while !printed().contains(" > GET /hello HTTP/1.1") {
        assert!(Instant::now() < end, "{}", printed());
        std::thread::yield_now();
    }
    let _ = child.kill();
    let _ = child.wait();
    let _ = std::fs::remove_dir_all(folder);
}
