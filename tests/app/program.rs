//! The program as a program: flags, exit codes, signals, logs, and how it bears what happens to it.

use crate::carafe::{Carafe, header, path_with_carafe};
use crate::common::{can, empty_folder, free_port, wait_until};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn carafe(arguments: &[&str]) -> (Option<i32>, String, String) {
    let folder = empty_folder();
    let output = Command::new(env!("CARGO_BIN_EXE_carafe"))
        .args(arguments)
        .env("PATH", path_with_carafe())
        .current_dir(&folder)
        .output()
        .expect("carafe starts");
    let _ = std::fs::remove_dir_all(folder);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("carafe writes UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// In their place another file would be read or written.
#[test]
fn a_word_or_a_variable_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStrExt;
    let word = std::ffi::OsStr::from_bytes(b"file:caf\xe9.db");
    let program = || std::process::Command::new(env!("CARGO_BIN_EXE_carafe"));
    let mut by_flag = program();
    by_flag.args(["--port", "0", "--store"]).arg(word);
    let mut by_variable = program();
    by_variable.args(["--port", "0"]).env("CARAFE_STORE", word);
    let mut init = program();
    init.arg("init").arg(word);
    for mut command in [by_flag, by_variable, init] {
        let output = command.output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert_eq!(said, "carafe: found \"file:caf\\xE9.db\", expected UTF-8\n");
    }
}

#[test]
fn wrong_words_are_named_and_end_with_2() {
    for (arguments, expected) in [
        (&["--bad"][..], "found \"--bad\", which is no flag\n"),
        (&["--prot", "1"], "did you mean --port?"),
        (&["ruotes"], "did you mean routes?"),
        (&["--port"], "--port needs a value"),
        (&["--port", "70000"], "--port: found \"70000\", expected a port from 0 to 65535"),
        (&["--session-ttl", "soon"], "expected a time such as 90s, 30m or 12h"),
        (&["--store", "memroy"], "--store: found \"memroy\", expected none"),
        (&["--store", "rediss://ada:secret@host:1"], "--store: found \"…@host:1\", expected"),
        (&["redis://ada:secret@host:1"], "found \"…@host:1\", which is no flag or command"),
        (
            &["--port", "0", "redis://ada:secret@host:1"],
            "found \"…@host:1\", expected nothing more",
        ),
        (&["--log", "loud"], "expected line, common or off"),
        (&["--session-cap", "0"], "expected a whole number above 0"),
        (
            &["--trust-proxy", "nginx"],
            "--trust-proxy: found \"nginx\", expected an address such as 127.0.0.1",
        ),
        (&["--trust-proxy", "10.1.2.3/8"], "expected a network with nothing after its prefix"),
        (&["--trust-proxy", "0.0.0.0/0"], "/0 would believe everybody"),
        (&["--store", "file://a.db"], "--store: found \"file://a.db\", expected none"),
        (&["--store", "file://localhost/a.db"], "redis://[USER:PASSWORD@]HOST:PORT[/DB]"),
        (&["routes", "now"], "found \"now\""),
        (&["init"], "expected one folder"),
        (&["--dir", "x", "init"], "found \"init\" behind a flag, expected a command to come first"),
        (&["render"], "usage: carafe render"),
        (&["check", "7", "--srever", "x"], "did you mean --server?"),
        (&["help", "ruotes"], "found \"ruotes\", which is no command; did you mean routes?"),
        (&["8080"], "did you mean --port 8080?"),
    ] {
        let (code, stdout, stderr) = carafe(arguments);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr.contains(expected), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_banner_fits_into_80_columns() {
    for arguments in [
        &[][..],
        &["--no-cycles"],
        &["--expose-cycles", "--host", "0.0.0.0"],
        &["--host", "0.0.0.0", "--store", "none"],
        &["--host", "::1", "--store", "cookie"],
        &["--trust-proxy", "127.0.0.1", "--store", "file:a.db", "--no-ticks"],
    ] {
        for key in ["short", "a long and secret key", ""] {
            let mut variables = vec![("CARAFE_SECRET_KEY", key), ("http_proxy", "http://proxy:1")];
            variables.retain(|(_, value)| !value.is_empty());
            let carafe = Carafe::start_with(&empty_folder(), arguments, &variables);
            let fits = |line: &str| line.chars().count() <= 80;
            assert!(carafe.banner.lines().all(fits), "{}", carafe.banner);
        }
    }
}

#[test]
fn the_banner_says_what_curl_needs_where_a_proxy_is_set() {
    let needed = "export no_proxy=\"$no_proxy,127.0.0.1\"\n";
    for (variables, is_needed) in [
        (&[("http_proxy", "http://127.0.0.1:1")][..], true),
        (&[("http_proxy", "http://127.0.0.1:1"), ("no_proxy", "localhost")], true),
        (&[("ALL_PROXY", "http://127.0.0.1:1")], true),
        (&[("http_proxy", "http://127.0.0.1:1"), ("no_proxy", "localhost, 127.0.0.1")], false),
        (&[("http_proxy", "http://127.0.0.1:1"), ("NO_PROXY", "*")], false),
        (&[("http_proxy", "")], false),
        (&[], false),
    ] {
        let none = ["http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];
        let folder = empty_folder();
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        for name in none {
            command.env_remove(name);
        }
        command.envs(variables.iter().copied()).args(["--port", "0", "--log", "off"]);
        let carafe = Carafe::run(&folder, command);
        assert_eq!(carafe.banner.contains(needed), is_needed, "{}", carafe.banner);
        // It is what curl does, and what it needs.
        let script = format!("{} curl -s -m 5 {}", needed.replace('\n', ";"), carafe.url("/hello"));
        for (script, works) in
            [(script.as_str(), true), (script.split(';').next_back().expect("curl"), !is_needed)]
        {
            let mut shell = Command::new("sh");
            for name in none {
                shell.env_remove(name);
            }
            let output = shell.args(["-c", script]).envs(variables.iter().copied()).output();
            let said = output.expect("sh runs").stdout;
            assert_eq!(said == b"Hello, World!\n", works, "{variables:?}: {script}");
        }
    }
}

#[test]
fn help_and_version_go_to_standard_output() {
    let (code, help, _) = carafe(&["--help"]);
    assert_eq!(code, Some(0));
    let first = help.find("carafe init mysite").expect("an example");
    assert!(first < help.find("--session-ttl").expect("the flags"), "examples come first");
    assert_eq!(
        carafe(&["--version"]),
        (Some(0), format!("carafe {}\n", env!("CARGO_PKG_VERSION")), String::new())
    );
    let (_, routes, _) = carafe(&["routes"]);
    let hello =
        routes.lines().find(|line| line.contains("/hello/<name>")).expect("the route is listed");
    assert!(
        hello.starts_with("GET")
            && hello.contains("hello_name")
            && hello.contains("src/app/course/hello.rs:"),
        "{hello}"
    );
}

#[test]
fn every_command_has_its_help_and_every_flag_is_told_once() {
    let (_, help, _) = carafe(&["--help"]);
    let commands: Vec<&str> =
        help.split("Commands;").nth(1).expect("the commands are listed").lines().skip(1).collect();
    let end = commands.iter().position(|line| line.is_empty()).expect("the flags follow");
    let commands = &commands[..end];
    assert!(commands.len() == 5 && help.starts_with("carafe is "), "{help}");
    for line in commands {
        let name = line.split_whitespace().next().expect("a command");
        let (code, text, _) = carafe(&["help", name]);
        assert_eq!(code, Some(0), "{name}");
        let (example, usage) = (
            text.find(&format!("\n    carafe {name}")),
            text.find(&format!("usage: carafe {name}")),
        );
        assert!(
            usage.is_some() && (example.is_some() && example < usage || name == "render"),
            "{text}"
        );
        assert_eq!(carafe(&[name, "--help"]).1, text);
    }
    assert_eq!(carafe(&["help"]).1, help);
    let (code, reference, _) = carafe(&["help", "templates"]);
    assert!(code == Some(0) && reference.contains("upper"), "the filters are listed: {reference}");
    assert_eq!(carafe(&["--port", "0", "-h"]).1, help, "it is asked for anywhere");
    let flags = help.split("their defaults:").nth(1).expect("the flags are listed last");
    for flag in flags.split_whitespace().filter(|word| word.starts_with("--")) {
        let lines =
            flags.lines().filter(|line| line.trim_start().split([' ', ',']).next() == Some(flag));
        assert_eq!(lines.count(), usize::from(!["--version"].contains(&flag)), "{flag}\n{flags}");
    }
    for subject in ["", "check", "init", "lab", "render", "routes", "templates"] {
        let (_, text, _) = carafe(&["help", subject]);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }
}

#[test]
fn a_taken_port_is_named_and_a_free_one_offered() {
    let port = free_port();
    let _taken = TcpListener::bind(("127.0.0.1", port)).expect("it is free");
    let (code, _, stderr) = carafe(&["--port", &port.to_string(), "--host=127.0.0.1"]);
    assert_eq!(code, Some(1));
    let offered =
        stderr.trim_end().split(&format!(":{port}: another program has it; try: --port ")).nth(1);
    let offered: u16 =
        offered.and_then(|offered| offered.parse().ok()).unwrap_or_else(|| panic!("{stderr}"));
    assert!(offered > port || offered == 0, "{stderr}");
    assert!(TcpListener::bind(("127.0.0.1", offered)).is_ok(), "{offered} is not free");
}

#[test]
fn a_port_that_belongs_to_airplay_is_never_offered_and_a_stop_needs_no_network() {
    if !can("unshare -n true") {
        return;
    }
    for (taken, free) in [("4999", "5001"), ("6999", "7001")] {
        let serve = [
            env!("CARGO_BIN_EXE_carafe"),
            "--host",
            "0.0.0.0",
            "--stop-time",
            "1s",
            "--port",
            taken,
        ];
        // A network of its own, in which every port is free.
        let mut first = Command::new("unshare");
        first.arg("-n").args(serve);
        let mut first = Carafe::run(&empty_folder(), first);
        let mut second = Command::new("nsenter");
        second.args(["-n", "-t", &first.id().to_string()]).args(serve);
        let second = second.env("PATH", path_with_carafe()).output();
        // Nor can it knock on its own port there; it ends all the same.
        first.signal("-TERM");
        assert_eq!(first.exit_code(), Some(0));
        let said =
            String::from_utf8(second.expect("nsenter runs").stderr).expect("carafe writes UTF-8");
        assert!(said.ends_with(&format!("try: --port {free}\n")), "{said}");
    }
}

#[test]
fn the_environment_sets_host_and_port_and_the_flag_wins() {
    let folder = empty_folder();
    let run = |port: &str, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(arguments).env("CARAFE_PORT", port).current_dir(&folder);
        command.output().expect("carafe starts")
    };
    let wrong = run("many", &[]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("CARAFE_PORT: found \"many\""));
    let taken = Carafe::start(&[]);
    let port = taken.address.port().to_string();
    let named = run(&port, &[]);
    assert_eq!(named.status.code(), Some(1), "it tried the port of the environment");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command.args(["--port", "0"]).env("CARAFE_PORT", port).env("CARAFE_HOST", "127.0.0.2");
    let flagged = Carafe::run(&folder, command);
    assert!(flagged.banner.contains("http://127.0.0.2:"), "{}", flagged.banner);
}

#[test]
fn render_prints_the_page_and_nothing_else() {
    let folder = empty_folder();
    std::fs::create_dir(folder.join("templates")).expect("a folder can be made");
    std::fs::write(folder.join("templates/a.html"), "{{ name }} & {{ missing }}\n\n")
        .expect("a file can be written");
    std::fs::write(folder.join("templates/b.html"), "\n{% for x in %}")
        .expect("a file can be written");
    let render = |template: &str, data: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(["render", template, "--data", "-"]).current_dir(&folder);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("carafe starts");
        child
            .stdin
            .take()
            .expect("stdin is piped")
            .write_all(data.as_bytes())
            .expect("the data is read");
        let output = child.wait_with_output().expect("carafe ends");
        (output.status.code(), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, page, stderr) = render("a.html", "{\"name\": \"<Ada>\"}");
    assert_eq!((code, page.as_slice()), (Some(0), b"&lt;Ada&gt; & \n".as_slice()));
    assert!(stderr.contains("a.html:1:17: \"missing\" is undefined"), "{stderr}");
    // What the server knows is known here, too.
    let asks = "{{ url_for('hello_name', name='a b') }} {{ url_for('static', filename='x.css') }} \
                {{ request.method }} {{ request.path }} {{ get_flashed_messages() }} {{ g }}";
    std::fs::write(folder.join("templates/c.html"), asks).expect("a file can be written");
    let (code, page, stderr) = render("c.html", "{}");
    let page = String::from_utf8_lossy(&page).into_owned();
    assert_eq!((code, &*page), (Some(0), "/hello/a%20b /static/x.css GET / [] {}"), "{stderr}");
    let (code, page, stderr) = render("b.html", "{}");
    assert_eq!((code, page.len()), (Some(1), 0));
    assert!(stderr.contains("b.html:2:"), "{stderr}");
    let (code, _, stderr) = render("a.html", "{\"name\": }");
    assert_eq!(code, Some(1), "{stderr}");
    // A folder of another Jinja has none of carafe's pages.
    let (code, page, stderr) = render("hello.html", "{\"name\": \"Ada\"}");
    assert_eq!((code, String::from_utf8_lossy(&page).contains("Ada")), (Some(0), true), "{stderr}");
    // Without a folder there are those of the program, as for the server.
    std::fs::remove_dir_all(folder.join("templates")).expect("the folder can be removed");
    let (code, page, stderr) = render("hello.html", "{\"name\": \"Ada\"}");
    let page = String::from_utf8_lossy(&page).into_owned();
    assert!(code == Some(0) && page.contains("<h1>Hello Ada!</h1>"), "{page} {stderr}");
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_handler_that_panics_is_one_500_and_the_next_request_is_served() {
    let carafe = Carafe::start(&["--workers", "4"]);
    for _ in 0..10 {
        assert_eq!(carafe.status(&["$B/boom"]), "500");
    }
    assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n");
    assert!(
        carafe.curl(&["$B/boom"]).contains("panics on purpose"),
        "shown to whoever sits at the machine"
    );
    assert!(
        !carafe.curl(&["-H", "Host: shop.example", "$B/boom"]).contains("on purpose"),
        "and to nobody else"
    );
}

#[test]
fn a_get_has_a_head_with_the_same_headers_and_its_path_has_options() {
    let carafe = Carafe::start(&[]);
    for path in [
        "/",
        "/hello",
        "/hello/Ada",
        "/echo",
        "/things",
        "/search?q=a",
        "/formtest",
        "/sessions",
        "/getsession",
        "/dropsession",
        "/profile",
        "/ladder/none",
        "/ladder/session",
        "/favicon.ico",
        "/static/css/my-style-sheet.css",
    ] {
        let url = format!("$B{path}");
        let stable = |head: &str| -> Vec<String> {
            head.lines()
                .filter(|line| {
                    !line.starts_with("Date:")
                        && !line.starts_with("Carafe-Cycle:")
                        && !line.starts_with("Set-Cookie:")
                })
                .map(str::to_owned)
                .collect()
        };
        let get = carafe.curl(&["-i", &url]);
        let head = carafe.curl(&["-I", &url]);
        // What /echo says depends on the method, and the first page counts what it has served.
        if !["/", "/echo"].contains(&path) {
            assert_eq!(
                stable(get.split("\r\n\r\n").next().unwrap_or("")),
                stable(head.trim_end()),
                "{path}"
            );
        }
        let options = carafe.curl(&["-i", "-X", "OPTIONS", &url]);
        assert!(
            options.starts_with("HTTP/1.1 204")
                && header(&options, "Allow").is_some_and(|allow| allow.contains("OPTIONS")),
            "{path}: {options}"
        );
        assert_eq!(header(&get, "X-Content-Type-Options"), Some("nosniff"), "{path}");
        let policy = header(&get, "Content-Security-Policy").unwrap_or("");
        assert!(policy.starts_with("default-src 'self'; "), "{path}: {policy}");
    }
    assert!(
        carafe
            .raw(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 204")
    );
    assert!(
        carafe
            .raw(b"BREW /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .starts_with("HTTP/1.1 501")
    );
}

#[test]
fn a_404_names_near_routes() {
    let carafe = Carafe::start(&[]);
    for (path, near) in [
        ("/getsesion", "GET /getsession"),
        ("/helo/Ada", "GET /hello/<name>"),
        ("/thing/7", "GET /things/<int:id>"),
    ] {
        let answer = carafe.curl(&[&format!("$B{path}")]);
        assert!(answer.contains(&format!("did you mean {near}?")), "{path}: {answer}");
    }
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/getsesion"]);
    assert!(page.contains("<a href=\"/getsession\">") && page.contains("404"), "{page}");
}

#[test]
fn the_icon_is_real() {
    let carafe = Carafe::start(&[]);
    let output = carafe.curl_output(&["$B/favicon.ico"]);
    assert_eq!(output.stdout.get(..4), Some(&[0, 0, 1, 0][..]), "an ICO file");
}

#[test]
fn echo_cuts_the_visitors_id_and_answers_json_on_demand() {
    let carafe = Carafe::start(&[]);
    let id = "0123456789abcdef0123456789abcdef";
    let cookie = format!("Cookie: a=1; carafe_sid={id}; b=2");
    let text = carafe.curl(&["-H", &cookie, "-d", "x=1", "$B/echo?q=1"]);
    assert!(text.starts_with("POST /echo?q=1 HTTP/1.1\n") && text.ends_with("\nx=1\n"), "{text}");
    assert!(text.contains("a=1; carafe_sid=0123..; b=2") && !text.contains(id), "{text}");
    let json = carafe.curl(&["-H", &cookie, "-H", "Accept: application/json", "$B/echo"]);
    assert!(json.starts_with("{\"method\":\"GET\"") && !json.contains(id), "{json}");
}

#[test]
fn a_stop_says_what_it_gave_up_and_nothing_of_clients_who_only_waited() {
    let halves = [
        "GET /hello HTTP/1.1\r\nHo",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n12",
        "",
    ];
    for half in halves {
        let carafe = Carafe::start(&["--stop-time", "1s"]);
        let mut client = carafe.connect();
        let both = format!("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n{half}");
        client.write_all(both.as_bytes()).expect("it is sent");
        // The answer shows that what came with its request has been read, too.
        client.read_exact(&mut [0]).expect("an answer comes");
        let log = carafe.log();
        let is_said = log.contains("stopped: 1 s later, 1 threads were still at work");
        assert_eq!(is_said, !half.is_empty(), "{half:?}: {log}");
    }
}

#[test]
fn logs_are_lines_and_nothing_a_client_sends_moves_the_cursor() {
    let carafe = Carafe::start(&[]);
    carafe.curl(&["$B/%1b[31m"]);
    carafe.raw(b"GET /\x1b[31m HTTP/1.1\r\nHost: x\r\n\r\n");
    let log = carafe.log();
    assert!(
        log.contains("GET /%1B[31m 404") && !log.contains('\u{1b}') && log.lines().count() == 2,
        "{log}"
    );

    let common = Carafe::start(&["--log", "common"]);
    common.curl(&["-I", "$B/hello"]);
    common.curl(&["$B/hello"]);
    let log = common.log();
    assert!(
        log.starts_with("127.0.0.1 - - [") && log.ends_with("] \"GET /hello HTTP/1.1\" 200 14\n"),
        "{log}"
    );
    assert!(log.contains("\"HEAD /hello HTTP/1.1\" 200 0\n"), "no byte of a body was sent: {log}");

    let off = Carafe::start(&["--log", "off"]);
    off.curl(&["$B/hello"]);
    assert_eq!(off.log(), "");
}

/// Rust's own line would show the message as it is. (The log has it once more, below the request's
/// line.)
#[test]
fn a_panic_leaves_one_line_whatever_a_visitor_made_it_say() {
    for (log, lines) in [("off", 1), ("common", 3), ("line", 3)] {
        let carafe = Carafe::start(&["--log", log]);
        let status = carafe.status(&[
            "$B/boom?why=%1b[31mred%0aGET%20/fake%20200%0d%e2%80%ae%c2%9b%d8%9c%ef%bb%bf%e2%80%8b",
        ]);
        assert_eq!(status, "500");
        let shown = carafe.log();
        let words = r"this handler panics on purpose: \u{1b}[31mred\nGET /fake 200\r";
        let words = words.to_owned() + r"\u{202e}\u{9b}\u{61c}\u{feff}\u{200b}";
        let place = "panic in thread worker at src/app/course/echo.rs:";
        assert!(
            shown.lines().any(|line| line.starts_with(place) && line.ends_with(&words)),
            "{shown}"
        );
        assert_eq!(shown.lines().count(), lines, "{shown}");
        let raw = |letter: char| {
            letter != '\n'
                && (letter.is_control() || "\u{202e}\u{61c}\u{feff}\u{200b}".contains(letter))
        };
        assert!(!shown.contains(raw), "{shown:?}");
    }
}

#[test]
fn a_closed_standard_error_kills_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe can be made");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command.args(["--port", "0"]).stderr(writer);
    let carafe = Carafe::run_unheard(&empty_folder(), command);
    for (path, status) in [("$B/hello", "200"), ("$B/boom", "500"), ("$B/hello", "200")] {
        assert_eq!(carafe.status(&[path]), status);
    }
}

#[test]
fn the_longest_unused_session_leaves_at_the_cap_and_an_old_one_ends() {
    let visit_of =
        |carafe: &Carafe, jar: &str| carafe.curl(&["-c", jar, "-b", jar, "$B/ladder/session"]);
    let carafe = Carafe::start(&["--session-cap", "20"]);
    let visit = |jar: &str| visit_of(&carafe, jar);
    for number in 0..20 {
        assert_eq!(visit(&format!("j{number}")), "visit 1\n");
    }
    assert_eq!(visit("j0"), "visit 2\n");
    assert_eq!(visit("another"), "visit 1\n", "now there is one too many");
    assert_eq!(visit("j0"), "visit 3\n", "it was used lately");
    assert_eq!(visit("j1"), "visit 1\n", "it was the longest unused");
    let carafe = Carafe::start(&["--session-ttl", "1s"]);
    assert_eq!(visit_of(&carafe, "j"), "visit 1\n");
    // Each use renews a session, so it is left alone until the time is over.
    let used = Instant::now();
    wait_until!(used.elapsed() > Duration::from_millis(1200), "the clock stands still");
    assert_eq!(visit_of(&carafe, "j"), "visit 1\n", "it has ended");
}

#[test]
fn silent_clients_keep_nobody_waiting() {
    let mut flags = vec!["--log", "off"];
    flags.extend(["--idle-time", "1h", "--head-time", "1h", "--body-time", "1h"]);
    let carafe = Carafe::start(&flags);
    let mut held = Vec::new();
    for begun in [
        "",
        "GET /hello HTTP/1.1\r\nHo",
        "POST /process HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nname=",
    ] {
        for _ in 0..200 {
            let mut stream = carafe.connect();
            stream.write_all(begun.as_bytes()).expect("it can be sent");
            held.push(stream);
        }
    }
    assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n");
}

#[test]
fn at_the_cap_clients_are_told_to_come_again_and_served_when_there_is_room() {
    let carafe = Carafe::start(&["--workers", "5", "--log", "off"]);
    let held: Vec<_> = (0..5).map(|_| carafe.connect()).collect();
    let mut refused = String::new();
    let mut is_refused = || {
        refused = carafe.curl(&["-i", "$B/hello"]);
        refused.starts_with("HTTP/1.1 503")
    };
    wait_until!(is_refused(), "the cap was never reached");
    assert_eq!(header(&refused, "Retry-After"), Some("1"));
    drop(held);
    wait_until!(carafe.status(&["$B/hello"]) == "200", "there is room again, but nobody is served");
}

/// How many threads a process has (Linux).
fn threads(id: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:"));
    line.and_then(|count| count.trim().parse().ok()).expect("a number")
}

#[test]
fn workers_come_with_connections_and_go_with_them() {
    let carafe = Carafe::start(&["--log", "off"]);
    let begun = threads(carafe.id());
    assert!(begun < 5, "{begun} threads with nothing to do");
    let held: Vec<_> = (0..300).map(|_| carafe.connect()).collect();
    assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n");
    // A crowd is let in by few, who soon leave those that are silent to threads of their own.
    let count = || threads(carafe.id());
    wait_until!(count() > 300, "{} threads for 300 connections", count());
    drop(held);
    wait_until!(count() <= 70, "{} threads are left", count());
    assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n");
}

/// How often all threads of a process have been switched to or from (Linux).
fn switches(id: u32) -> u64 {
    let tasks = std::fs::read_dir(format!("/proc/{id}/task")).expect("Linux tells");
    let statuses =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("status")).ok());
    let of = |status: String| -> u64 {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches:"));
        lines.filter_map(|line| line.rsplit_once('\t')?.1.parse::<u64>().ok()).sum()
    };
    statuses.map(of).sum()
}

#[test]
fn when_a_crowd_has_gone_nothing_happens_any_more() {
    let carafe = Carafe::start(&["--log", "off"]);
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let mut stream = carafe.connect();
                    let request =
                        b"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
                    stream.write_all(request).expect("it is open");
                    let mut answer = String::new();
                    stream.read_to_string(&mut answer).expect("an answer");
                    assert!(answer.ends_with("Hello, World!\n"), "{answer}");
                }
            });
        }
    });
    let is_quiet = || {
        let before = switches(carafe.id());
        assert!(before > 0);
        std::thread::park_timeout(Duration::from_millis(300));
        switches(carafe.id()) == before
    };
    wait_until!(is_quiet(), "threads still wake up though nobody asks");
    assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n");
}

#[test]
fn when_the_system_gives_no_more_threads_clients_are_told_to_come_again() {
    let Some(carafe) = Carafe::as_user(&empty_folder(), "54321", "ulimit -u 12", "") else {
        return;
    };
    let mut held: Vec<_> = (0..30).map(|_| carafe.connect()).collect();
    let mut answer = String::new();
    let _ = held.last_mut().expect("connections are taken").read_to_string(&mut answer);
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("Retry-After: 1"), "{answer:?}");
    drop(held);
    wait_until!(carafe.status(&["$B/hello"]) == "200", "it did not recover");
}

/// A carafe that may open 40 files, connections among them.
fn with_40_descriptors(folder: &std::path::Path) -> Carafe {
    let script = format!("ulimit -n 40; exec {} --port 0 --log off", env!("CARGO_BIN_EXE_carafe"));
    let mut command = Command::new("bash");
    command.args(["-c", &script]);
    Carafe::run(folder, command)
}

#[test]
fn a_file_that_cannot_be_opened_for_want_of_a_descriptor_is_503() {
    let folder = empty_folder();
    std::fs::create_dir(folder.join("www")).expect("a folder can be made");
    std::fs::write(folder.join("www/carafe.txt"), "").expect("a file can be written");
    // Too large to be kept in memory, or too new, so it is opened each time.
    std::fs::create_dir(folder.join("templates")).expect("a folder can be made");
    std::fs::write(folder.join("templates/carafe.txt"), "").expect("a file can be written");
    std::fs::write(folder.join("templates/formtest.html"), "").expect("a file can be written");
    std::fs::write(folder.join("www/large"), vec![b'x'; 200_000]).expect("a file can be written");
    let carafe = with_40_descriptors(&folder);
    // The head of an answer, which is read byte by byte, and its body.
    let ask = |mut stream: &TcpStream, path: &str| -> String {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let (mut head, mut byte) = (Vec::new(), [0]);
        if stream.write_all(request.as_bytes()).is_err() {
            return String::new();
        }
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read > 0) {
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let length = head.split("Content-Length: ").nth(1).and_then(|it| it.lines().next());
        let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
        let _ = stream.read_exact(&mut body);
        head
    };
    let first = carafe.connect();
    let mut others = Vec::new();
    // Another thread may have a file open for a moment, so one failure is not the end of the room.
    let answers = loop {
        let answers = ["/static/large", "/formtest"].map(|path| ask(&first, path));
        let is_full = answers.iter().all(|answer| !answer.starts_with("HTTP/1.1 200"));
        if is_full || others.len() > 60 {
            break answers;
        }
        others.extend(
            Some(carafe.connect()).filter(|other| ask(other, "/hello").starts_with("HTTP/1.1 200")),
        );
    };
    for answer in answers {
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("Retry-After: 1"), "{answer}");
    }
    drop(others);
    let is_served = || ask(&first, "/static/large").starts_with("HTTP/1.1 200");
    wait_until!(is_served(), "it did not recover");
}

#[test]
fn without_descriptors_it_keeps_calm_and_recovers() {
    let carafe = with_40_descriptors(&empty_folder());
    let held: Vec<_> = (0..60).filter_map(|_| TcpStream::connect(carafe.address).ok()).collect();
    let status = || carafe.status(&["-m", "2", "$B/hello"]);
    assert_ne!(status(), "200", "there is no descriptor left for it");
    drop(held);
    // Who comes when the descriptors are free again is served: the first one, too.
    let open = || std::fs::read_dir(format!("/proc/{}/fd", carafe.id())).map_or(0, Iterator::count);
    wait_until!(open() <= 20, "it did not recover: {} descriptors", open());
    assert_eq!([(); 12].map(|()| carafe.status(&["$B/hello"])), ["200"; 12]);
}

#[test]
fn a_stop_does_not_wait_for_the_reader_of_standard_error() {
    let (_unread, writer) = std::io::pipe().expect("a pipe can be made");
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command.args(["--port", "0", "--log", "line", "--stop-time", "1"]).stderr(writer);
    let mut carafe = Carafe::run_unheard(&empty_folder(), command);
    let mut stream = carafe.connect();
    stream.set_read_timeout(Some(Duration::from_secs(1))).expect("a timeout can be set");
    // Each line of the log has 4,000 letters, and nobody reads them. At last no answer comes.
    let request = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(4000));
    let unanswered = loop {
        stream.write_all(request.as_bytes()).expect("it is open");
        if let Err(error) = stream.read(&mut [0; 9000]) {
            break error.kind();
        }
    };
    assert!(matches!(unanswered, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{unanswered}");
    carafe.signal("-TERM");
    carafe.exit_code();
}

#[test]
fn a_stop_ends_idle_connections_at_once_and_lets_an_answer_under_way_finish() {
    for signal in ["-INT", "-TERM"] {
        let mut carafe = Carafe::start(&["--log", "off"]);
        let mut idle = carafe.connect();
        idle.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").expect("it can be sent");
        let mut seen = Vec::new();
        while !seen.ends_with(b"World!\n") {
            let mut byte = [0];
            idle.read_exact(&mut byte).expect("the answer comes");
            seen.push(byte[0]);
        }
        let mut half = carafe.begin_echo(4);
        half.write_all(b"12").expect("it can be sent");
        carafe.signal(signal);
        let mut rest = Vec::new();
        let _ = idle.read_to_end(&mut rest);
        assert!(rest.is_empty(), "the idle one is closed");
        half.write_all(b"34").expect("it is still open");
        let mut answer = String::new();
        half.read_to_string(&mut answer).expect("the answer comes");
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("1234\n"), "{answer}");
        assert_eq!(carafe.exit_code(), Some(0), "{signal}");
    }
}

#[test]
fn a_second_signal_waits_for_nobody() {
    let mut carafe = Carafe::start(&["--log", "off", "--stop-time", "1h"]);
    let _half = carafe.begin_echo(4);
    let mut idle = carafe.connect();
    carafe.signal("-INT");
    // The first was heard when idle connections are closed.
    let _ = idle.read(&mut [0]);
    carafe.signal("-INT");
    assert_eq!(carafe.exit_code(), Some(130));
}

#[test]
fn process_1_of_a_container_stops_too() {
    if !can("unshare --pid --fork --kill-child true") {
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", env!("CARGO_BIN_EXE_carafe")]);
    command.args(["--port", "0", "--log", "off"]);
    let mut carafe = Carafe::run(&empty_folder(), command);
    let stopped = Command::new("kill").arg(carafe.id_inside()).status();
    assert!(stopped.is_ok_and(|status| status.success()), "kill");
    assert_eq!(carafe.exit_code(), Some(0));
}

#[test]
fn a_full_disk_behind_standard_output_is_exit_1_and_a_word_and_a_closed_pipe_is_neither() {
    let folder = empty_folder();
    std::fs::write(folder.join("a.html"), "a page\n").expect("a file can be written");
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["help", "templates"],
        &["help", "check"],
        &["routes"],
        &["init", "mysite"],
        &["render", "a.html", "--templates", "."],
        &["check", "1", "--server", "http://127.0.0.1:1"],
        &["check", "--suite", "notes", "--url", "http://127.0.0.1:1"],
        &["lab", "ladder"],
        &["--port", "0"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(arguments).current_dir(&folder).stderr(Stdio::piped());
        let full = std::fs::File::options().write(true).open("/dev/full").expect("it is there");
        let output = command.stdout(full).output().expect("carafe starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        // Why check cannot ask a server is said on standard error, which has room.
        let word = match arguments {
            ["check", "1", ..] => "nobody answers",
            _ => "cannot write to standard output: No space left",
        };
        assert!(said.contains(word), "{said}");
    }
    for arguments in [&["--help"][..], &["routes"], &["render", "a.html", "--templates", "."]] {
        let (reader, writer) = std::io::pipe().expect("a pipe can be made");
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(arguments).current_dir(&folder).stdout(writer).stderr(Stdio::piped());
        let output = command.output().expect("carafe starts");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}");
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_message_that_is_refused_is_a_page_for_a_browser_with_what_every_page_has() {
    let carafe = Carafe::start(&["--body-bytes", "10"]);
    let ask =
        |accept: &str| carafe.curl(&["-i", "-H", accept, "-d", "name=a longer name", "$B/process"]);
    let page = ask("Accept: text/html");
    assert!(page.starts_with("HTTP/1.1 413 ") && page.contains("<h1>"), "{page}");
    assert!(page.contains("\r\nContent-Security-Policy: default-src 'self'"), "{page}");
    let line = ask("Accept: */*");
    assert!(line.starts_with("HTTP/1.1 413 ") && !line.contains('<'), "{line}");
    assert!(line.contains("\r\nContent-Security-Policy: "), "{line}");
    let why = "\nthe body is longer than 10 bytes\nthis works: curl -d name=Ada ";
    assert!(line.contains(why), "{line}");
    // A head that fails behind its first headers: none of them is read, and nothing panics.
    let head = "GET /hello HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nAccept: text/html\r\n";
    for wrong in ["bad line", "X: \u{1}", "X : y"] {
        let answer = carafe.raw(format!("{head}{wrong}\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 "), "{wrong}: {answer}");
        assert!(answer.contains("\r\nContent-Security-Policy: "), "{wrong}: {answer}");
    }
    // Nor is a header of the request before on the same connection.
    let first = "GET /hello HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n";
    let second = format!("GET /?{} HTTP/1.1\r\nHost: x\r\n\r\n", "a&".repeat(2000));
    let answers = carafe.raw((first.to_owned() + &second).as_bytes());
    let (_, refused) = answers.split_once("Hello, World!\n").expect("the first is answered");
    assert!(refused.starts_with("HTTP/1.1 4") && !refused.contains('<'), "{refused}");
    let log = carafe.log();
    assert!(!log.contains("panic"), "{log}");
}
