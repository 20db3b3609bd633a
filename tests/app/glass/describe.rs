//! A cycle as a page, as text and as JSON: three forms of the same facts.

use super::{listed, text};
use crate::carafe::{Carafe, header};
use carafe::{Value, json};
use std::process::Command;

/// Every kind of cycle, as arguments for curl.
const CYCLES: [&[&str]; 17] = [
    &["-c", "j", "-d", "name=A", "$B/process"],
    &["-b", "j", "-c", "j", "-H", "Accept: text/html", "$B/formtest"],
    &[
        "-b",
        "j",
        "-c",
        "j",
        "-d",
        "name=Ada&email=ada@example.org&password=hunter22",
        "$B/shop/login",
    ],
    &["-b", "j", "-c", "j", "-d", "item=3", "$B/shop/cart"],
    &["-b", "j", "-c", "j", "-d", "token=unknown", "$B/shop/checkout"],
    &["-b", "carafe_sid=0123456789abcdef0123456789abcdef; theme=dark", "$B/getsession"],
    &["-b", "j", "-c", "j", "$B/dropsession"],
    &["$B/getsesion"],
    &["-X", "PUT", "$B/profile"],
    &["$B/static/css/my-style-sheet.css"],
    &["-H", "Content-Type: application/json", "-d", "{}", "$B/process"],
    &[
        "-H",
        "Transfer-Encoding: chunked",
        "-H",
        "X-Odd: 1",
        "-d",
        "a=1&b=caf%C3%A9",
        "$B/echo?x=%C3%A9+y",
    ],
    &["-d", "name=kettle&colour=blue", "$B/things"],
    &[
        "-H",
        "Content-Type: application/json",
        "-d",
        "{\"name\":\"a \\u0022cup\\u0022\",\"size\":3}",
        "$B/things",
    ],
    &["-I", "$B/hello/Ada?a=b"],
    &["$B/boom"],
    &["-H", "Accept: text/html", "$B/"],
];

/// Without what separates one line from the next, and one word from the next.
fn flowing(text: &str) -> String {
    let without_start = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("> ").or(line.strip_prefix("< ")).unwrap_or(line).trim();
        line.strip_prefix("..").unwrap_or(line).to_owned()
    };
    text.lines().map(without_start).collect::<String>().split_whitespace().collect()
}

/// The text of a page.
fn without_tags(page: &str) -> String {
    let text: String = page
        .split('<')
        .map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text))
        .collect();
    let text =
        text.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    text.replace("&amp;", "&").split_whitespace().collect()
}

/// Every text and number in a value, but the keys of maps; each with the way that leads to it.
fn facts(at: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Map(map) => {
            map.iter().for_each(|(name, value)| facts(&format!("{at}/{name}"), value, found))
        }
        Value::List(items) => items.iter().for_each(|value| facts(at, value, found)),
        Value::Str(text) => found.push((at.to_owned(), text.to_string())),
        Value::Null | Value::Bool(_) => {}
        number => found.push((at.to_owned(), json::write(number))),
    }
}

/// The command in the text of a cycle, over however many lines.
fn command_in(text: &str) -> &str {
    let (_, behind) = text.split_once("\n   again").expect("there is a line to copy");
    let (_, command) = behind.split_once(":\n").expect("it begins on a line of its own");
    command.rsplit_once("\n   http://").expect("the address ends it").0
}

/// What a shell makes of a command that begins with curl, word by word.
fn words_of(command: &str) -> String {
    let script = format!("curl() {{ for word; do echo \"[$word]\"; done; }}; {command}");
    let output = Command::new("sh").args(["-c", &script]).output().expect("sh runs");
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn every_fact_of_the_json_stands_in_the_text_and_on_the_page() {
    let carafe = Carafe::start(&["--log", "off"]);
    for arguments in CYCLES {
        carafe.curl(arguments);
    }
    let referer = format!("Referer: {}", carafe.url("/"));
    carafe.curl(&["-H", &referer, "$B/static/css/carafe.css"]);
    carafe.raw(b"GET / HTTP/1.1\nHost : x\r\n\r\n");
    let mut missing = Vec::new();
    let (mut count, mut related) = (0, 0);
    for number in 1..=CYCLES.len() + 2 {
        let shown = |accept: &str, ending: &str| {
            carafe.curl(&[
                "-H",
                &format!("Accept: {accept}"),
                &format!("$B/cycles/{number}{ending}"),
            ])
        };
        let cycle = json::parse(shown("*/*", ".json").as_bytes()).expect("it is JSON");
        let text = shown("*/*", ".txt");
        assert_eq!(text, shown("*/*", ""), "two ways to the same text");
        let wide = text.lines().find(|line| line.chars().count() > 80);
        assert_eq!(wide, None, "cycle {number}");
        let (text, page) = (flowing(&text), without_tags(&shown("text/html", "")));
        let mut found = Vec::new();
        facts("", &cycle, &mut found);
        for (at, fact) in found {
            if at == "/parts" || at == "/page" {
                related += 1;
            }
            // Names for the classes of the page's style sheet, and what is only there for the
            // browser's script.
            if at.ends_with("/name") && !at.starts_with("/read") || at.starts_with("/again/") {
                continue;
            }
            count += 1;
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            let in_text = match at.as_str() {
                "/arrived/end" | "/sent/end" => {
                    text.contains(&fact.replace("CR LF", "\\r\\n").replace("LF", "\\n"))
                }
                // A note stands behind the first line of a body, and a long page is cut.
                "/arrived/text" | "/sent/text" => {
                    let cut = if fact.starts_with("<!DOCTYPE") { 12 } else { usize::MAX };
                    fact.lines().take(cut).all(|line| text.contains(&squeezed(line)))
                }
                // A field that was not encoded is told once.
                "/read/raw" => {
                    text.contains(&squeezed(&fact.replacen('=', " = ", 1)))
                        || text.contains(&squeezed(&fact))
                }
                // The shell must read the line as it would read the one in the JSON.
                "/curl" => words_of(&fact) == words_of(command_in(&shown("*/*", ".txt"))),
                _ => text.contains(&squeezed(&fact)),
            };
            if !in_text {
                missing.push(format!("cycle {number}: {at}: {fact:?} is not in the text"));
            }
            // The end of a long page is folded.
            let on_page = match at.as_str() {
                "/sent/text" => fact.lines().all(|line| page.contains(&squeezed(line))),
                _ => page.contains(&squeezed(&fact)),
            };
            if !on_page {
                missing.push(format!("cycle {number}: {at}: {fact:?} is not on the page"));
            }
        }
    }
    assert_eq!(related, 2, "a page and its style sheet");
    assert!(count > 1000, "{count} facts were looked for");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn a_command_of_any_length_is_folded_so_that_a_shell_reads_the_same() {
    let carafe = Carafe::start(&["--log", "off"]);
    let long = "x".repeat(300);
    for arguments in [
        &["-H", &format!("X-A: it's {long} a 'b' c"), &format!("$B/hello/{long}?q='{long}'")][..],
        &["-d", &format!("a={long}&b=one two\nthree\\ 'four' {long}"), "$B/echo"],
        &["-d", &"'\\ ".repeat(100), "$B/echo"],
        &["-d", &"a b ".repeat(100), "$B/echo"],
    ] {
        carafe.curl(arguments);
        let cycle =
            json::parse(carafe.curl(&["$B/cycles/last.json"]).as_bytes()).expect("it is JSON");
        let line = cycle
            .as_map()
            .and_then(|cycle| cycle.get("curl")?.as_str().map(str::to_owned))
            .expect("a line");
        let text = carafe.curl(&["$B/cycles/last"]);
        let command = command_in(&text);
        assert!(command.lines().all(|line| line.chars().count() <= 80), "{command}");
        assert_eq!(words_of(command), words_of(&line), "{command}");
    }
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
                text.contains(&word)
                    && json.contains(&word)
                    && page.contains(&word.split_whitespace().collect::<String>()),
                "{path}: {word}\n{text}\n{json}"
            );
        }
        assert!(json.starts_with(&format!("{{\"number\":{number},")), "{json}");
    }
    let malformed = carafe.raw(b"GET / HTTP/1.1\r\nHost : x\r\n\r\n");
    assert!(malformed.contains("Carafe-Cycle: 5"), "{malformed}");
    assert!(text(&carafe).contains("failed: 400 Bad Request: found the line"), "{}", text(&carafe));
    assert!(listed(&carafe, "").len() == 5, "it never records itself");
}
