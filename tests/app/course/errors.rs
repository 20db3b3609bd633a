//! The command that an error page offers: it works, whatever went wrong, and nothing of what came
//! is in it.

use crate::carafe::{Carafe, header};
use std::process::Command;

/// The command that an answer offers.
fn offered(answer: &str) -> Option<&str> {
    answer.lines().find_map(|line| line.strip_prefix("this works: "))
}

/// The status that a shell gets for a command.
fn status_of(command: &str) -> u16 {
    let script = format!("{command} -s -m 10 -o /dev/null -w '%{{http_code}}'");
    let output = Command::new("sh").args(["-c", &script]).output().expect("sh runs");
    String::from_utf8_lossy(&output.stdout)
        .parse()
        .unwrap_or_else(|_| panic!("{command}: {output:?}"))
}

#[test]
fn an_error_page_offers_what_this_route_answers() {
    let carafe = Carafe::start(&["--log", "off", "--body-bytes", "100"]);
    std::fs::write(carafe.folder.join("large"), "x".repeat(200)).expect("a file can be written");
    const JSON: &str = "Content-Type: application/json";
    for (arguments, status, command) in [
        (&["$B/getsesion"][..], "404", "curl $B/getsession"),
        (&["$B/helo/Bob"], "404", "curl $B/hello/Ada"),
        (&["$B/xyz/xyz"], "404", "curl $B/"),
        (&["$B/bom"], "404", "curl $B/"),
        (&["$B/process"], "405", "curl -d name=Ada $B/process"),
        (&["-X", "PUT", "$B/profile"], "405", "curl $B/profile"),
        (&["-X", "DELETE", "$B/hello/Bob"], "405", "curl $B/hello/Ada"),
        (&["$B/shop/checkout"], "405", "curl $B/shop"),
        (&["-X", "POST", "$B/static/css/carafe.css"], "405", "curl $B/"),
        (&["-d", "nmae=Ada", "$B/process"], "400", "curl -d name=Ada $B/process"),
        (
            &["-d", "name=Ada", "$B/profile"],
            "400",
            "curl -d 'name=Ada&email=ada@example.org' $B/profile",
        ),
        (&["$B/shop/search"], "400", "curl '$B/shop/search?q=tea'"),
        (&["-H", JSON, "-d", "{}", "$B/process"], "415", "curl -d name=Ada $B/process"),
        (
            &["-H", "Content-Type: text/xml", "-d", "x", "$B/things"],
            "415",
            "curl -d name=kettle $B/things",
        ),
        (&["-X", "PUT", "-d", "name=x", "$B/things/77"], "404", "curl $B/things"),
        (&["$B/shop/item/999"], "404", "curl $B/shop/item/3"),
        (&["$B/shop/order/9"], "404", "curl $B/shop"),
        (
            &["-H", "Origin: http://evil.example", "-d", "name=Ada", "$B/process"],
            "403",
            "curl -d name=Ada $B/process",
        ),
        (&["$B/boom"], "500", "curl $B/"),
        // A message that is refused behind its head.
        (&["-d", "@large", "$B/process"], "413", "curl -d name=Ada $B/process"),
        (&["-d", "@large", "$B/bom"], "413", "curl $B/"),
        (
            &["-H", "Transfer-Encoding: gzip", "-d", "x", "$B/things"],
            "400",
            "curl -d name=kettle $B/things",
        ),
    ] {
        assert_eq!(carafe.status(arguments), status, "{arguments:?}");
        let answer = carafe.curl(arguments);
        assert_eq!(
            offered(&answer),
            Some(command.replace("$B", &carafe.url("")).as_str()),
            "{arguments:?}: {answer}"
        );
    }
    // Hints are for those who may look inside.
    for (outside, status) in [
        (&["-H", "Via: 1.1 x", "$B/cycles"][..], "403"),
        (&["-H", "Via: 1.1 x", "-d", "@large", "$B/process"], "413"),
        (&["-H", "Host: evil.example", "-d", "@large", "$B/process"], "413"),
    ] {
        assert_eq!(carafe.status(outside), status, "{outside:?}");
        assert_eq!(offered(&carafe.curl(outside)), None, "{outside:?}");
    }
    // A handler that was found says itself what is missing.
    for path in ["/shop/item/999", "/shop/order/77", "/cycles/9999", "/things/77", "/lessons/99"] {
        let answer = carafe.curl(&[&format!("$B{path}")]);
        assert!(answer.starts_with("404 ") && !answer.contains("did you mean"), "{answer}");
        let page = carafe.curl(&["-H", "Accept: text/html", &format!("$B{path}")]);
        assert!(page.contains("404") && !page.contains("Did you mean"), "{page}");
    }
}

#[test]
fn the_echo_is_a_page_for_a_browser_with_the_same_facts() {
    let carafe = Carafe::start(&["--log", "off"]);
    let cookie = "Cookie: carafe_sid=0123456789abcdef";
    let html = "Accept: text/html,*/*;q=0.8";
    let page = carafe.curl(&["-i", "-H", html, "-H", cookie, "-d", "a=<b>", "$B/echo?q=1"]);
    assert_eq!(header(&page, "Content-Type"), Some("text/html; charset=utf-8"), "{page}");
    assert_eq!(header(&page, "Vary"), Some("Accept"), "{page}");
    for words in ["POST /echo?q=1 HTTP/1.1\n", "carafe_sid=0123..\n", "\na=&lt;b&gt;"] {
        assert!(page.contains(words), "{words:?}: {page}");
    }
    // Each quote takes five letters in the page.
    std::fs::write(carafe.folder.join("quotes"), "\"".repeat(1 << 20)).expect("it is written");
    let sent = ["-H", html, "-H", "Expect:", "--data-binary", "@quotes", "$B/echo"];
    let page = carafe.curl(&sent);
    assert_eq!(page.matches("&#34;").count(), 1 << 20, "{:.500}", page);
}

#[test]
fn no_command_is_offered_that_does_not_work() {
    let carafe = Carafe::start(&["--log", "off"]);
    let routes =
        Command::new(env!("CARGO_BIN_EXE_carafe")).arg("routes").output().expect("carafe runs");
    let routes = String::from_utf8(routes.stdout).expect("it is text");
    let mut tried = std::collections::BTreeMap::new();
    for pattern in routes.lines().filter_map(|line| line.split_whitespace().nth(1)) {
        let path: String = pattern
            .split('/')
            .skip(1)
            .map(|part| {
                if part.contains('<') { "/77" } else { "/" }.to_owned()
                    + if part.contains('<') { "" } else { part }
            })
            .collect();
        for method in ["GET", "POST", "PUT", "DELETE"] {
            if path == "/cycles/live" && method == "GET" {
                continue;
            }
            for body in [&["-d", "x=1"][..], &["-H", "Content-Type: text/xml", "-d", "<x>"]] {
                let answer =
                    carafe.curl(&[&["-i", "-X", method, &format!("$B{path}")], body].concat());
                let status: u16 =
                    answer.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
                if status < 400 {
                    continue;
                }
                let command = offered(&answer)
                    .unwrap_or_else(|| panic!("{method} {path} offers nothing: {answer}"));
                assert!(
                    header(&answer, "Content-Type")
                        .is_some_and(|kind| kind.starts_with("text/plain"))
                );
                let got = *tried.entry(command.to_owned()).or_insert_with(|| status_of(command));
                assert!(got < 400, "{method} {path}: {command} gives {got}");
            }
        }
    }
    assert!(tried.len() > 15, "{tried:?}");
}

#[test]
fn nothing_that_came_stands_in_a_command() {
    let carafe = Carafe::start(&["--log", "off"]);
    let answer = carafe.curl(&["$B/hello/Ada;id"]);
    assert!(answer.contains("Hello Ada;id"), "{answer}");
    for path in ["/hello;reboot", "/$(reboot)", "/things/`reboot`"] {
        let answer = carafe.curl(&[&format!("$B{path}")]);
        let command = offered(&answer).unwrap_or_else(|| panic!("{path}: {answer}"));
        assert!(!command.contains("reboot"), "{command}");
        assert_eq!(status_of(command), 200, "{command}");
    }
    // A name that a shell would take for more, and no name at all: the server names itself.
    for head in ["Host: a;reboot", "Host: a$(reboot)", "Host: a&reboot", "Host: a'b"] {
        for accept in ["Accept: */*", "Accept: text/html"] {
            for path in ["/", "/lessons/1", "/lessons/2"] {
                let page = carafe.curl(&["-H", head, "-H", accept, &format!("$B{path}")]);
                let is_own = page.contains(&carafe.url("")) && !page.contains("http://a");
                assert!(is_own, "{head} {path}: {page}");
            }
            let error = carafe.curl(&["-H", head, "-H", accept, "$B/x"]);
            assert!(error.contains("404 Not Found") && offered(&error).is_none(), "{error}");
        }
    }
    assert!(carafe.curl(&["-0", "-H", "Host:", "$B/"]).contains(&carafe.url("/lessons/1")));
}

#[test]
fn a_page_that_repeats_a_body_counts_what_that_takes() {
    let carafe = Carafe::start(&["--log", "off", "--bodies-bytes", "4194304"]);
    std::fs::write(carafe.folder.join("large"), vec![0xff; 1 << 20]).expect("it can be written");
    for path in ["$B/", "$B/echo"] {
        for (body, status) in [("name=Ada", "200"), ("@large", "503")] {
            let request = ["-X", "GET", "-H", "Expect:", "--data-binary", body, path];
            assert_eq!(carafe.status(&request), status, "{path}");
        }
    }
}

#[test]
fn the_answer_to_head_has_the_length_of_the_answer_to_get_or_none() {
    let carafe = Carafe::start(&["--log", "off"]);
    for (path, accept, is_known) in [
        ("/echo", "*/*", true),
        ("/echo", "application/json", true),
        ("/echo", "text/html", true),
        ("/", "text/html", true),
        ("/hello", "*/*", true),
        ("/static/css/carafe.css", "*/*", true),
        ("/nowhere", "*/*", false),
        ("/nowhere", "text/html", false),
        ("/boom", "*/*", false),
    ] {
        let url = format!("$B{path}");
        let accept = format!("Accept: {accept}");
        let length = |arguments: &[&str]| {
            let head = carafe.curl(&[arguments, &["-H", &accept, &url]].concat());
            header(&head, "Content-Length").map(str::to_owned)
        };
        let (get, head) = (length(&["-i"]), length(&["-I"]));
        assert_eq!(head, get.filter(|_| is_known), "{path} {accept}");
    }
}
