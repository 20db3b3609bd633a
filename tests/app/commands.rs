//! Every command that a page or the README shows is run here, or is a line of a lesson. One that is
//! neither fails the build: a command that nobody runs is a promise that nobody keeps.

use crate::course::lessons::run::{Desk, lesson_file};
use crate::glass::source_pages::files;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A page or file, a command as it stands there with `$B` for the server's address, and a text that
/// must come back. Each is run in its turn, on a server that has just been started; the lessons'
/// own lines are not listed.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("/", "curl $B/hello", "Hello, World!"),
    ("/formtest", "curl -i -d name=Ada $B/process", "303 See Other"),
    ("/things", "curl -i -d name=kettle $B/things", "201 Created"),
    ("/things", "curl -X PUT -d 'name=teapot&colour=blue' $B/things/1", "teapot"),
    ("/things", "curl -X PATCH -d colour=red $B/things/1", "red"),
    ("/things", "curl -X DELETE $B/things/1", ""),
    ("/getsesion", "curl $B/getsession", "Not logged in!"),
    ("/lessons/1", "carafe check 1 --server $B", "by hand"),
    ("README.md", "curl $B/hello", "Hello, World!"),
    ("README.md", "curl \"$B/search?q=tea\"", "q = tea"),
    ("README.md", "curl -i -d name=kettle $B/things", "Location: /things/"),
    ("README.md", "curl $B/cycles/last", "still knows"),
    ("README.md", "carafe --help", "carafe help COMMAND"),
    ("README.md", "carafe init mysite", "mysite"),
    ("README.md", "carafe routes", "src/app/course/hello.rs"),
    ("/lessons/18", "carafe check --suite notes --url $B", " hold at http://"),
];

/// Commands that other tests run: those that start a server and stay, the lab, which takes its time
/// (`cli/lab.rs`), and those that ask the server on port 8000 (`course/lessons/progress.rs`).
const ELSEWHERE: &[&str] =
    &["carafe --dir mysite", "carafe lab ladder", "carafe check", "carafe check --forget"];

/// Where a template is to be seen; the lessons' own page is read for every lesson.
const PAGES: &[(&str, &str)] = &[
    ("cycle.html", "/cycles/1"),
    ("error.html", "/getsesion"),
    ("formtest.html", "/formtest"),
    ("index.html", "/"),
    ("lesson.html", "/lessons/1"),
    ("rungs.html", "/ladder"),
    ("things.html", "/things"),
];

const SUBCOMMANDS: &[&str] = &["init", "routes", "render", "check", "lab"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lessons() -> Vec<lesson_file::Lesson> {
    lesson_file::parse(lesson_file::text()).expect("the lessons' file keeps its rules")
}

/// Every command of the lessons, and every way in which they start carafe.
fn lesson_lines() -> BTreeSet<String> {
    let lessons = lessons();
    let steps = lessons.iter().flat_map(|lesson| lesson.steps());
    let commands = steps.filter(|step| ["$", "serve", "also"].contains(&step.word));
    commands.map(|step| step.text.clone()).collect()
}

/// True for a text that tells the reader to run something.
fn is_command(text: &str) -> bool {
    let piped = text.starts_with("printf ") && text.contains("| curl");
    // "carafe serves" is a sentence.
    let carafe = text.strip_prefix("carafe ").and_then(|rest| rest.split(' ').next());
    let carafe = carafe.is_some_and(|word| word.starts_with('-') || SUBCOMMANDS.contains(&word));
    piped || carafe || text.starts_with("curl ")
}

/// The commands in the frames of a page: without the answers that stand behind them, and with `$B`
/// for the address.
fn framed(page: &str, base: &str) -> Vec<String> {
    let frames = page.split("<figure class=\"command\">").skip(1);
    let codes = frames.filter_map(|frame| {
        frame.split("</figure>").next()?.split("<code>").nth(1)?.split("</code>").next()
    });
    codes
        .flat_map(|code| code.lines())
        .map(|line| typed(line, base))
        .filter(|line| is_command(line))
        .collect()
}

/// A line of HTML as it is typed.
fn typed(line: &str, base: &str) -> String {
    let line = line.split("<span class=\"answer\">").next().unwrap_or("").trim();
    let line =
        line.replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", "\"").replace("&#39;", "'");
    let host = base.trim_start_matches("http://");
    let port = format!(" --port {}", host.rsplit(':').next().unwrap_or(""));
    let line = line.replace(&port, "");
    line.replace("&amp;", "&")
        .replace(base, "$B")
        .replace(host, "127.0.0.1:8000")
        .replace("http://127.0.0.1:8000", "$B")
}

fn is_run(place: &str, command: &str, lines: &BTreeSet<String>) -> bool {
    lines.contains(command)
        || ELSEWHERE.contains(&command)
        || COMMANDS.iter().any(|(known, listed, _)| *known == place && *listed == command)
}

#[test]
fn every_command_that_is_listed_does_what_it_says() {
    let mut desk = Desk::new();
    for (place, command, expected) in COMMANDS {
        desk.serve("carafe");
        // What the page around it would have made before.
        if *place == "/things" && !command.contains("-i") {
            desk.shell("curl -d name=kettle $B/things");
        }
        if command.contains("/cycles/last") {
            desk.shell("curl $B/hello");
        }
        let shown = desk.shell(command);
        assert!(
            shown.contains(expected),
            "{place}: {command}\n--- expected\n{expected}\n--- the terminal shows\n{shown}"
        );
    }
}

#[test]
fn every_command_on_a_page_is_run_by_a_test() {
    let mut desk = Desk::new();
    desk.serve("carafe");
    let base = desk.shell("echo $B").trim().to_owned();
    let lines = lesson_lines();
    let mut wrong = Vec::new();
    let mut templates = BTreeSet::new();
    files(&root().join("templates"), &root().join("templates"), &mut templates);
    let mut pages: Vec<String> =
        lessons().iter().map(|lesson| format!("/lessons/{}", lesson.number)).collect();
    for name in templates {
        let text =
            fs::read_to_string(root().join("templates").join(&name)).expect("the file can be read");
        let outside: String = text
            .split("<figure class=\"command\">")
            .enumerate()
            .map(|(at, part)| {
                if at == 0 {
                    part
                } else {
                    part.split_once("</figure>").map_or("", |(_, rest)| rest)
                }
            })
            .collect();
        for code in outside.split("<code>").skip(1).filter_map(|code| code.split("</code>").next())
        {
            if is_command(code) {
                wrong.push(format!(
                    "templates/{name}: {code} stands outside of a frame, where no test finds it"
                ));
            }
        }
        if text.contains("<figure class=\"command\">") {
            match PAGES.iter().find(|(known, _)| *known == name) {
                Some((_, page)) => pages.push((*page).to_owned()),
                None => wrong.push(format!(
                    "templates/{name} shows commands: say in PAGES where it is to be seen"
                )),
            }
        }
    }
    for page in &pages {
        let shown = desk.shell(&format!("curl -H 'Accept: text/html' $B{page}"));
        let commands = framed(&shown, &base);
        let is_page = PAGES.iter().any(|(_, known)| known == page);
        assert!(!commands.is_empty() || !is_page, "no command is found on {page}:\n{shown}");
        // What a cycle shows is a command made from what was asked; the tests of the cycles run
        // those.
        for command in commands.iter().filter(|_| !page.starts_with("/cycles/")) {
            let number = page.trim_start_matches("/lessons/");
            let check = format!("carafe check {number} ");
            let place = if command.starts_with(&check) { "/lessons/1" } else { page };
            let command = command.replace(&check, "carafe check 1 ");
            if !is_run(place, &command, &lines) {
                wrong.push(format!("{page}: no test runs {command}"));
            }
        }
    }
    for lesson in lessons() {
        for text in prose_of(&lesson) {
            for code in text.split('`').skip(1).step_by(2).filter(|code| is_command(code)) {
                let command = code.replace("http://127.0.0.1:8000", "$B").replace(" URL", " $B");
                if !is_run(&format!("/lessons/{}", lesson.number), &command, &lines) {
                    wrong.push(format!("lesson {}: no test runs {code}", lesson.number));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n(List it in tests/app/commands.rs, or make it a line of a lesson.)",
        wrong.join("\n")
    );
}

fn prose_of(lesson: &lesson_file::Lesson) -> Vec<&str> {
    let texts = lesson.lines.iter().filter_map(|line| match line.word {
        "$" => Some(line.why.as_str()),
        "serve" | "also" => None,
        _ => Some(line.text.as_str()),
    });
    texts.collect()
}

#[test]
fn every_command_in_the_readme_is_run_by_a_test() {
    let text = fs::read_to_string(root().join("README.md")).expect("the README can be read");
    let lines = lesson_lines();
    let mut found = 0;
    for (number, line) in text.lines().enumerate() {
        let line = line.split("  #").next().unwrap_or("").trim();
        let inline = line.split('`').skip(1).step_by(2);
        let whole = std::iter::once(line).filter(|line| !line.contains('`'));
        for command in inline.chain(whole).flat_map(|command| command.split(" && ")) {
            let command = command.replace("http://127.0.0.1:8000", "$B");
            if is_command(&command) {
                found += 1;
                assert!(
                    is_run("README.md", &command, &lines),
                    "README.md:{}: no test runs {command}\n(List it in tests/app/commands.rs.)",
                    number + 1
                );
            }
        }
    }
    assert!(found > 3, "the README shows {found} commands, and this test would find none of them");
}

#[test]
fn a_command_that_nobody_runs_is_found() {
    let page = "<figure class=\"command\">\n<pre><code>curl -d a=1&amp;b=2 http://h/x <span class=\"answer\"># y</span>\nls</code></pre></figure>";
    assert_eq!(framed(page, "http://h"), ["curl -d a=1&b=2 $B/x"]);
    assert!(!is_run("/", "curl -d a=1&b=2 $B/x", &lesson_lines()));
    assert!(is_run("/", "curl $B/hello", &lesson_lines()));
    assert!(is_command("printf 'GET' | curl -s telnet://x") && !is_command("curls are hair"));
}
