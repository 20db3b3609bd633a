//! The examples as programs, and the package that carries them.

#[path = "common/mod.rs"]
mod common;

use common::{ChildGuard, of_python};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

const EXAMPLES: [&str; 6] = ["events", "hello", "json_api", "own_store", "session", "upload"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder with the examples, built in the same way as this test.
fn built() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // This program is target/PROFILE/deps/NAME.
        let program = env::current_exe().expect("a test knows its program");
        let profile = program.parent().and_then(Path::parent).expect("a folder of a profile");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked"]).current_dir(root());
        cargo.args(EXAMPLES.iter().flat_map(|name| ["--example", name]));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        cargo.arg("--target-dir").arg(profile.parent().expect("the folder of the target"));
        assert!(cargo.status().expect("cargo runs").success());
        profile.join("examples")
    })
}

/// A running example; stopped when it is dropped.
struct Example {
    child: ChildGuard,
    base: String,
}

impl Example {
    fn start(name: &str) -> Example {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples").join(name);
        fs::create_dir_all(&folder).expect("a folder can be made");
        let mut command = Command::new(built().join(name));
        command.arg("127.0.0.1:0").current_dir(&folder).env("TMPDIR", &folder);
        let mut child = ChildGuard::spawn(command.stderr(Stdio::piped()).stdout(Stdio::null()));
        let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
        let line = lines.by_ref().map_while(Result::ok).find(|line| line.contains("http://"));
        let line = line.expect("it says where it serves");
        std::thread::spawn(move || lines.for_each(drop));
        let at = line.find("http://").expect("the line has an address");
        let base = line[at..].split_whitespace().next().unwrap_or_default().to_owned();
        Example { child, base }
    }

    /// What curl prints; `B` stands for the address.
    fn curl(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("curl runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("curl");
        command.args(["-s", "-m", "60"]);
        command.args(arguments.iter().map(|argument| match argument.strip_prefix("B/") {
            Some(path) => format!("{}/{path}", self.base),
            None => (*argument).to_owned(),
        }));
        command
    }
}

#[test]
fn hello_greets_and_ends_on_sigterm() {
    let mut example = Example::start("hello");
    assert_eq!(example.curl(&["B/"]), "Hello, World!\n");
    assert_eq!(example.curl(&["B/hello/Ada%20L"]), "Hello Ada L!\n");
    example.child.signal("-TERM");
    assert_eq!(example.child.exit_code(), Some(0));
}

#[test]
fn without_a_word_about_the_log_what_failed_is_told_and_nothing_else() {
    let mut command = Command::new(built().join("own_store"));
    command.arg("127.0.0.1:0").env("TMPDIR", "/there/is/no/such/folder").stderr(Stdio::piped());
    let mut child = ChildGuard::spawn(&mut command);
    let mut lines = BufReader::new(child.stderr.take().expect("it is piped")).lines();
    let line = lines.next().expect("it says where it serves").expect("it is text");
    let base = line.split_whitespace().last().expect("the line has an address");
    let address = base.strip_prefix("http://").expect("it is a URL");
    let mut stream = std::net::TcpStream::connect(address).expect("it serves");
    // A version that nobody knows is 505, and no failure of the server.
    stream.write_all(b"GET / HTTP/9.9\r\nHost: x\r\n\r\n").expect("it can be sent");
    let mut refused = String::new();
    stream.read_to_string(&mut refused).expect("an answer, and the end");
    assert!(refused.starts_with("HTTP/1.1 505 "), "{refused}");
    let mut curl = Command::new("curl");
    curl.args(["-s", &format!("{base}/nowhere"), &format!("{base}/?a=%1b")]);
    let answer = curl.output().expect("curl runs").stdout;
    let next = |lines: &mut std::io::Lines<_>| lines.next().expect("a line").expect("it is text");
    assert_eq!(next(&mut lines), "GET /?a=%1b 503", "{}", String::from_utf8_lossy(&answer));
    let why = next(&mut lines);
    assert!(why.starts_with("  warning: ") && why.contains("No such file"), "{why}");
}

#[test]
fn a_program_with_a_banner_of_its_own_is_quiet() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
    command.args(["--port", "0", "--log", "off", "--no-ticks"]).stderr(Stdio::piped());
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    let mut child = ChildGuard::spawn(command.stdout(Stdio::piped()));
    let banner = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    let serves = banner.map_while(Result::ok).any(|line| line.contains("http://"));
    assert!(serves);
    child.signal("-TERM");
    let mut heard = String::new();
    child.stderr.take().expect("it is piped").read_to_string(&mut heard).expect("text");
    assert!(!heard.contains("serving on"), "{heard}");
}

#[test]
fn session_remembers_a_name_and_says_once_what_is_wrong() {
    let example = Example::start("session");
    let jar = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples/session/jar");
    let _ = fs::remove_file(&jar);
    let jar = jar.display().to_string();
    let page = |form: &str| match form {
        "" => example.curl(&["-b", &jar, "-c", &jar, "B/"]),
        form => example.curl(&["-L", "-b", &jar, "-c", &jar, "-d", form, "B/"]),
    };
    for (form, greeting, refused) in [
        ("", "Hello stranger! This is visit 1.", false),
        ("name=", "Hello stranger! This is visit 2.", true),
        ("", "Hello stranger! This is visit 3.", false),
        ("name=%3CAda%3E", "Hello &lt;Ada&gt;! This is visit 4.", false),
    ] {
        let page = page(form);
        assert!(page.contains(greeting), "{form}: {page}");
        assert_eq!(page.contains("A name has at least one letter."), refused, "{form}: {page}");
    }
}

#[test]
fn json_api_wants_its_key_and_answers_as_json() {
    let example = Example::start("json_api");
    const KEY: [&str; 2] = ["-H", "X-Key: secret"];
    const JSON: [&str; 2] = ["-H", "Content-Type: application/json"];
    for (arguments, expected) in [
        (&["B/things"][..], "{\"error\":\"expected the header X-Key\"}\n"),
        (&[KEY[0], KEY[1], "B/things"], "[]\n"),
        (
            &[KEY[0], KEY[1], JSON[0], JSON[1], "-d", "{}", "B/things"],
            "{\"error\":\"expected a name\"}\n",
        ),
        (
            &[KEY[0], KEY[1], JSON[0], JSON[1], "-d", r#"{"name":"cup"}"#, "B/things"],
            "{\"name\":\"cup\"}\n",
        ),
        (&[KEY[0], KEY[1], "B/things"], "[{\"name\":\"cup\"}]\n"),
        (&[KEY[0], KEY[1], "B/x"], "{\"error\":\"there is nothing of this name\"}\n"),
    ] {
        assert_eq!(example.curl(arguments), expected, "{arguments:?}");
    }
}

/// A file that is a picture by its first bytes.
const PICTURE: &[u8] = b"\x89PNG\r\n\x1a\n\r\n--x\r\n\0";

#[test]
fn upload_takes_what_curl_sends_and_gives_it_back() {
    let example = Example::start("upload");
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples/upload/mé \"1\".png");
    fs::write(&file, PICTURE).expect("a file can be written");
    let photo =
        format!("photo=@\"{}\";type=image/png", file.display().to_string().replace('"', "\\\""));
    let output = example.command(&["-i", "-F", "age=36", "-F", &photo, "B/"]).output();
    let answer = output.expect("curl runs").stdout;
    let head = String::from_utf8_lossy(&answer);
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(head.contains("filename*=UTF-8''m%C3%A9%20%221%22.png"), "{head}");
    assert!(answer.ends_with(PICTURE), "{head}");
    let wrong = example.curl(&["-F", "age=x", "-F", &photo, "B/"]);
    assert!(wrong.contains("expected a whole number"), "{wrong}");
    assert!(example.curl(&["-F", "age=1", "B/"]).contains("missing file"));
}

#[test]
fn upload_takes_what_pythons_requests_sends() {
    let Some(python) = of_python("python") else { return };
    let example = Example::start("upload");
    let program = "import requests, sys\n\
        files = {'photo': ('mé \"1\".png', b'\\x89PNG\\r\\n--', 'image/png')}\n\
        answer = requests.post(sys.argv[1], data={'age': '36'}, files=files)\n\
        print(answer.status_code, answer.headers['Content-Disposition'], answer.content)\n";
    let output = Command::new(python).args(["-c", program, &example.base]).output();
    let output = output.expect("Python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let name = "filename*=UTF-8''m%C3%A9%20%221%22.png";
    assert!(text.starts_with("200 ") && text.contains(name), "{text}{output:?}");
    assert!(text.ends_with("b'\\x89PNG\\r\\n--'\n"), "{text}");
}

#[test]
fn events_arrive_as_they_happen_and_end_with_the_server() {
    let mut example = Example::start("events");
    let mut curl = example.command(&["-N", "B/events"]);
    let mut curl = ChildGuard::spawn(curl.stdout(Stdio::piped()));
    let mut stream = curl.stdout.take().expect("it is piped");
    let mut text = String::new();
    for (post, until) in [(false, "data: 0\n\n"), (true, "data: 1\n\n"), (true, "data: 2\n\n")] {
        if post {
            assert_eq!(example.curl(&["-X", "POST", "B/"]), "added\n");
        }
        let mut byte = [0];
        while !text.ends_with(until) && matches!(stream.read(&mut byte), Ok(1)) {
            text.push(byte[0].into());
        }
        assert!(text.ends_with(until), "{until:?} in {text:?}");
    }
    example.child.signal("-TERM");
    let stopped = std::time::Instant::now();
    assert_eq!(example.child.exit_code(), Some(0));
    // A stop that waited for the stream would take five seconds.
    assert!(stopped.elapsed().as_secs() < 4, "{:?}", stopped.elapsed());
}

#[test]
fn own_store_counts_on_after_a_restart() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples/own_store");
    let _ = fs::remove_dir_all(&folder);
    let jar = folder.with_extension("jar").display().to_string();
    let _ = fs::remove_file(&jar);
    for visit in 1..=3 {
        let example = Example::start("own_store");
        assert_eq!(example.curl(&["-b", &jar, "-c", &jar, "B/"]), format!("visit {visit}\n"));
    }
}

#[test]
fn an_example_is_short_and_part_of_the_package() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml can be read");
    let folder = fs::read_dir(root().join("tests/examples")).expect("the folder can be read");
    let mut names: Vec<String> = folder
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
        .collect();
    names.sort();
    assert_eq!(names, EXAMPLES.map(|name| format!("{name}.rs")));
    for name in EXAMPLES {
        let path = format!("tests/examples/{name}.rs");
        let example = format!("[[example]]\nname = \"{name}\"\npath = \"{path}\"\n");
        assert!(manifest.contains(&example), "{name}");
        let text = fs::read_to_string(root().join(&path)).expect("the example can be read");
        let lines = text.lines().count();
        assert!((15..=40).contains(&lines), "{name} has {lines} lines");
    }
}

#[test]
fn the_package_has_what_a_user_needs_and_nothing_else() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(root());
    let output = cargo.output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let warnings = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!warnings.contains("not included"), "{warnings}");
    let list = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = ["src/", "templates/", "www/", "tests/examples/"];
    let single = [
        ".cargo_vcs_info.json",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
    ];
    for path in list.lines() {
        let is_wanted = wanted.iter().any(|folder| path.starts_with(folder));
        assert!(is_wanted || single.contains(&path), "{path}");
    }
    for path in ["src/lib.rs", "templates/error.html", "tests/examples/hello.rs", "README.md"] {
        assert!(list.lines().any(|line| line == path), "{path}");
    }
}
