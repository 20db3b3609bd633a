//! Every command of the lessons, run by a real shell with the real curl, and compared line by line
//! with what the lessons say will be seen.
//!
//! A lesson runs in a folder of its own, from its first line to its last. What it says to do by
//! hand is done by the actions that stand below it in the file.

use crate::carafe::{address_in, path_with_carafe, read_banner};
use crate::common::{ChildGuard, empty_folder, free_port, of_python, wait_until};
use crate::proxy::{all_installed, installed};
use crate::redis_server::Redis;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[allow(dead_code, reason = "the pages need more of it")]
#[path = "../../../../src/app/course/lessons/lesson_file.rs"]
pub mod lesson_file;

use lesson_file::{Lesson, LessonLine};

/// A carafe of the lesson.
struct Running {
    /// The port that the lesson writes for it.
    written: String,
    port: String,
    arguments: Vec<String>,
    child: ChildGuard,
}

/// The desk of somebody who does a lesson: a folder, and the terminals in which servers run.
pub struct Desk {
    pub folder: PathBuf,
    servers: Vec<Running>,
    /// Once a lesson has asked for one.
    redis: Option<Redis>,
}

impl Desk {
    pub fn new() -> Desk {
        let folder = empty_folder();
        // Without a terminal, curl would draw its progress; errors are wanted still.
        fs::write(folder.join(".curlrc"), "silent\nshow-error\n").expect("a file can be written");
        Desk { folder, servers: Vec::new(), redis: None }
    }

    /// Starts a carafe as a lesson writes it: `carafe --port 8001 --store none`. One without a port
    /// takes the place of the one before it.
    pub fn serve(&mut self, line: &str) {
        if !line.starts_with("carafe") {
            return self.serve_other(line);
        }
        let mut words: Vec<&str> = line.split(' ').skip(1).collect();
        let at = words.iter().position(|word| *word == "--port");
        let written = at.map_or("8000", |at| words.drain(at..at + 2).nth(1).expect("a port"));
        self.stop(written, "-INT");
        let words = words.into_iter().map(|word| self.with_ports(word)).collect();
        self.start(written.to_owned(), words);
    }

    /// Starts another server: `./s1 8001`, which prints where it serves if the port is 0, or one
    /// whose file names its port, as `venv/bin/python app.py` and `haproxy -f haproxy.cfg`.
    fn serve_other(&mut self, line: &str) {
        let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let last = words.pop().expect("a program and an argument");
        let written = match &*last {
            "app.py" => "5001",
            "haproxy.cfg" => "8080",
            port => port,
        };
        let has_file = written != last;
        let port = if has_file { free_port().to_string() } else { "0".to_owned() };
        let old = self.stop(written, "-KILL").and_then(|arguments| arguments.first().cloned());
        if has_file {
            let file = self.folder.join(&last);
            let text = fs::read_to_string(&file).expect("the lesson made the file");
            let old = old.unwrap_or(written.to_owned());
            fs::write(&file, self.with_ports(&text).replace(&old, &port)).expect("it is written");
        }
        words.push(if has_file { last.clone() } else { port.clone() });
        let program = installed(&words[0]).unwrap_or_else(|| self.folder.join(&words[0]));
        let mut command = Command::new(program);
        command.args(&words[1..]).current_dir(&self.folder).stdin(Stdio::null());
        let mut child = ChildGuard::spawn(command.stdout(Stdio::piped()).stderr(Stdio::null()));
        let lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let mut lines = lines.map_while(Result::ok);
        let port = if has_file {
            let connect = || TcpStream::connect(format!("127.0.0.1:{port}"));
            wait_until!(connect().is_ok(), "{line} does not serve");
            port
        } else {
            let said =
                lines.find(|line| line.contains("http://")).expect("it says where it serves");
            address_in(&said).port().to_string()
        };
        // What it says later is read, so that it can go on.
        std::thread::spawn(move || lines.for_each(drop));
        let arguments = vec![port.clone()];
        self.servers.push(Running { written: written.to_owned(), port, arguments, child });
    }

    fn start(&mut self, written: String, arguments: Vec<String>) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command
            .args(["--port", "0", "--log", "off"])
            .args(&arguments)
            .env("XDG_STATE_HOME", self.folder.join(".state"))
            .env("PATH", path_with_carafe())
            .current_dir(&self.folder);
        let mut child = ChildGuard::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()));
        let port = address_in(&read_banner(&mut child)).port().to_string();
        self.servers.push(Running { written, port, arguments, child });
    }

    /// Ends the server of this port, if there is one, and gives back how it was started.
    fn stop(&mut self, written: &str, signal: &str) -> Option<Vec<String>> {
        let at = self.servers.iter().position(|server| server.written == written)?;
        let mut server = self.servers.remove(at);
        server.child.signal(signal);
        let mut is_over = || server.child.try_wait().expect("it can be waited for").is_some();
        wait_until!(is_over(), "carafe did not end");
        Some(server.arguments)
    }

    /// The text with the ports of this desk's servers in place of those that the lesson writes.
    fn with_ports(&self, text: &str) -> String {
        let redis = self.redis.as_ref().map_or("6379".to_owned(), |redis| redis.port.to_string());
        let servers = self.servers.iter().map(|it| (it.written.as_str(), it.port.as_str()));
        let others = [
            ("6379", redis.as_str()),
            // The reader's own server, which nobody has written yet: nobody listens on port 1.
            ("127.0.0.1:5001", "127.0.0.1:1"),
        ];
        let ports: Vec<(&str, &str)> = servers.chain(others).collect();
        // First marks, because one port may hold the digits of another: 8001 stands in 38001.
        let mark = |number: usize| format!("\0{number}\0");
        let marked =
            (0..ports.len()).fold(text.to_owned(), |text, at| text.replace(ports[at].0, &mark(at)));
        (0..ports.len()).fold(marked, |text, at| text.replace(&mark(at), ports[at].1))
    }

    /// What a terminal shows for a command.
    pub fn shell(&self, command: &str) -> String {
        let port =
            self.servers.iter().find(|server| server.written == "8000").map(|server| &server.port);
        let output = Command::new("timeout")
            .args(["60", "bash", "-c", &format!("{{ {}\n}} 2>&1", self.with_ports(command))])
            .env("PATH", path_with_carafe())
            // With nobody there, any port that is free will do: nobody is there, either.
            .env("B", format!("http://127.0.0.1:{}", port.map_or("1", String::as_str)))
            .env("CURL_HOME", &self.folder)
            .envs(wheels())
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
            .expect("bash runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// What `carafe check` of one server says it has seen of a lesson; true if that is all.
    pub fn check(&self, lesson: usize) -> (bool, BTreeSet<String>) {
        let written = self.servers.first().map_or("8000", |server| &server.written);
        let command = format!("carafe check {lesson} --server http://127.0.0.1:{written}");
        let report = self.shell(&format!("{command}; echo exit $?"));
        let seen = report.lines().filter_map(|line| line.strip_prefix("  seen     "));
        let seen = seen.filter_map(|line| Some(line.rsplit_once(" (")?.0.to_owned()));
        (report.ends_with("exit 0\n"), seen.collect())
    }

    fn act(&mut self, action: &str, stopped: &mut Option<Vec<String>>) {
        let (word, rest) = action.split_once(' ').unwrap_or((action, ""));
        let file = |name: &str| self.folder.join(name);
        match word {
            "nothing" => {}
            "stop" if rest.is_empty() => *stopped = self.stop("8000", "-INT"),
            "stop" => drop(self.stop(rest, "-KILL")),
            "kill" => *stopped = self.stop("8000", "-KILL"),
            "start" => self.start("8000".into(), stopped.take().expect("it was stopped")),
            "write" => {
                let (name, text) = rest.split_once(' ').expect("write FILE TEXT");
                fs::write(file(name), text).expect("the file can be written");
            }
            "replace" => {
                let (name, edit) = rest.split_once(' ').expect("replace FILE OLD => NEW");
                let (old, new) = edit.split_once(" => ").expect("replace FILE OLD => NEW");
                let text = fs::read_to_string(file(name)).expect("the file can be read");
                assert_eq!(text.matches(old).count(), 1, "{old:?} stands once in {name}:\n{text}");
                fs::write(file(name), text.replace(old, new)).expect("the file can be written");
            }
            _ => panic!(
                "found the action {action:?}, expected stop, kill, start, write, replace or nothing"
            ),
        }
    }

    /// The command with the value that the lesson prints for `CYCLE`, and with the right answer.
    fn with_last_cycle(&self, lesson: &Lesson, command: &str) -> String {
        let Some((front, _)) = command.split_once("CYCLE") else { return command.to_owned() };
        let printed = self.shell(&format!("curl $B/lessons/{}", lesson.number));
        let mut lines = printed.lines().filter_map(|line| line.strip_prefix("    $ "));
        let line = lines.find(|line| line.starts_with(front)).expect("the lesson prints it");
        let number = line[front.len()..].split(' ').next().expect("a number");
        let cycle = self.shell(&format!("curl $B/cycles/{number}"));
        let place = cycle.lines().next().and_then(|first| first.split(' ').next_back());
        line.replace("...", place.expect("the first line names it"))
    }

    /// Does a lesson from its first line to its last.
    pub fn run(&mut self, lesson: &Lesson) {
        let mut stopped = None;
        for step in lesson.steps() {
            match step.word {
                "serve" | "also" => {
                    if step.text.contains("redis://") && self.redis.is_none() {
                        self.redis = Redis::start(&[]);
                        // Not installed here, which it has said: the rest of the lesson needs it.
                        if self.redis.is_none() {
                            return;
                        }
                    }
                    if step.text.starts_with("haproxy") && !all_installed(&["haproxy"]) {
                        return;
                    }
                    self.serve(&step.text);
                }
                "do" => {
                    let (number, what) = (lesson.number, &step.text);
                    assert!(!step.below.is_empty(), "lesson {number}: no test does this: {what}");
                    for act in &step.below {
                        self.act(act, &mut stopped);
                    }
                }
                "$" => {
                    let shown = self.shell(&self.with_last_cycle(lesson, &step.text));
                    let sees: Vec<String> =
                        step.below.iter().map(|line| self.with_ports(line)).collect();
                    let lines: Vec<&str> =
                        shown.lines().map(|line| line.trim_end_matches('\r')).collect();
                    let expected: Vec<&str> = sees.iter().map(String::as_str).collect();
                    assert!(
                        are_seen(&expected, &lines),
                        "lesson {}: {}\n--- the lesson says\n{}\n--- the terminal shows\n{shown}",
                        lesson.number,
                        step.text,
                        sees.join("\n")
                    );
                }
                _ => {}
            }
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.child.kill();
            let _ = server.child.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// True if the lines are those expected; `…` alone stands for any lines.
fn are_seen(expected: &[&str], lines: &[&str]) -> bool {
    match expected {
        [] => lines.is_empty(),
        ["…", rest @ ..] => (0..=lines.len()).any(|skipped| are_seen(rest, &lines[skipped..])),
        [first, rest @ ..] => lines
            .split_first()
            .is_some_and(|(line, more)| is_seen(first, line) && are_seen(rest, more)),
    }
}

/// True if the line is the one expected; `…` inside stands for any text.
fn is_seen(expected: &str, line: &str) -> bool {
    match expected.split_once('…') {
        None => expected == line,
        Some((front, rest)) => line.strip_prefix(front).is_some_and(|line| {
            let starts = line.char_indices().map(|(at, _)| at).chain([line.len()]);
            starts.into_iter().any(|at| is_seen(rest, &line[at..]))
        }),
    }
}

/// What makes pip take Flask from the folder into which tests/setup has loaded it from PyPI.
fn wheels() -> Vec<(&'static str, PathBuf)> {
    let folder = target().join("wheels");
    if !folder.exists() {
        return Vec::new();
    }
    vec![("PIP_NO_INDEX", PathBuf::from("1")), ("PIP_FIND_LINKS", folder)]
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target")
}

/// Does a lesson, answers its question, and gives back the ticks that there must be.
fn do_lesson(desk: &mut Desk, lesson: &Lesson) -> BTreeSet<String> {
    desk.run(lesson);
    if let Some(right) = lesson.text("right").split(" | ").find(|right| !right.is_empty()) {
        let wrong = format!("\"Nothing\" is not right. {}\n", lesson.text("question"));
        // It ends with the address of any other server.
        let right = right.replace('…', "http://127.0.0.1:5001");
        for (answer, said) in [("Nothing", wrong.as_str()), (right.as_str(), "Right.\n")] {
            let command = format!("curl -d answer='{answer}' $B/lessons/{}", lesson.number);
            assert_eq!(desk.shell(&command), said);
        }
    }
    lesson.all("seen").map(|seen| seen.text.clone()).collect()
}

fn can_be_done(lesson: &Lesson) -> bool {
    !lesson.text("needs").starts_with("python3") || of_python("python").is_some()
}

fn lesson(number: usize) {
    let lessons =
        lesson_file::parse(lesson_file::text()).expect("the lessons' file keeps its rules");
    let mut desk = Desk::new();
    let lesson = &lessons[number - 1];
    if can_be_done(lesson) {
        desk.serve("carafe");
        assert_eq!(desk.check(number), (false, BTreeSet::new()), "nothing was done yet");
        let expected = do_lesson(&mut desk, lesson);
        assert_eq!(desk.check(number).1, expected, "these are the ticks of lesson {number}");
    }
}

#[test]
fn the_whole_course_in_one_folder_ends_with_all_ticks() {
    let lessons =
        lesson_file::parse(lesson_file::text()).expect("the lessons' file keeps its rules");
    let mut desk = Desk::new();
    desk.serve("carafe");
    let done: Vec<usize> = lessons
        .iter()
        .filter(|lesson| can_be_done(lesson))
        .map(|lesson| {
            do_lesson(&mut desk, lesson);
            lesson.number
        })
        .collect();
    let report = desk.shell("carafe check --server $B");
    for number in &done {
        assert!(report.contains(&format!("{number:>2}  done ")), "{report}");
    }
    // Without Redis or Flask, which has been said, a lesson is not done, and the report says so.
    let is_whole = done.len() == lessons.len();
    assert_eq!(report.lines().count() == lessons.len(), is_whole, "{report}");
}

/// A test for each lesson, so that they run side by side.
macro_rules! lessons {
    ($($name:ident $number:literal)*) => {
        $(#[test] fn $name() { lesson($number); })*

        #[test]
        fn no_lesson_is_left_out() {
            let lessons = lesson_file::parse(lesson_file::text()).expect("the lessons' file keeps its rules");
            assert_eq!(lessons.iter().map(|lesson| lesson.number).collect::<Vec<_>>(), [$($number),*]);
        }
    };
}

lessons! {
    lesson_1_is_true 1
    lesson_2_is_true 2
    lesson_3_is_true 3
    lesson_4_is_true 4
    lesson_5_is_true 5
    lesson_6_is_true 6
    lesson_7_is_true 7
    lesson_8_is_true 8
    lesson_9_is_true 9
    lesson_10_is_true 10
    lesson_11_is_true 11
    lesson_12_is_true 12
    lesson_13_is_true 13
    lesson_14_is_true 14
    lesson_15_is_true 15
    lesson_16_is_true 16
    lesson_17_is_true 17
    lesson_18_is_true 18
}

#[test]
fn every_chapter_that_a_lesson_sends_to_is_there() {
    for lesson in
        lesson_file::parse(lesson_file::text()).expect("the lessons' file keeps its rules")
    {
        for LessonLine { name, .. } in lesson.all("read") {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
            assert!(path.is_file(), "lesson {}: there is no {name}", lesson.number);
        }
    }
}

/// The numbers of lessons in a text, each with what stands behind it.
fn numbers_in(text: &str) -> Vec<(usize, &str)> {
    let parts = ["lesson ", "Lesson ", "/lessons/", "carafe check "];
    let found = parts.iter().flat_map(|front| text.split(front).skip(1));
    let numbers = found.filter_map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Some((rest[..digits].parse().ok()?, &rest[digits..]))
    });
    numbers.collect()
}

#[test]
fn every_number_of_a_lesson_leads_to_the_lesson_that_is_meant() {
    let lessons =
        lesson_file::parse(lesson_file::text()).expect("the lessons' file keeps its rules");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A lesson names another one by `{lesson NAME}`, and by number only itself.
    for part in lesson_file::text().split("\nlesson ").skip(1) {
        let name = part.split(':').next().expect("it has a name");
        let own = lessons.iter().find(|lesson| lesson.name == name).expect("it was read").number;
        for (number, rest) in numbers_in(part) {
            assert_eq!(number, own, "lesson {name}: {}", rest.lines().next().unwrap_or(""));
        }
    }
    // A document says the title behind the number.
    for document in ["README.md", "DESIGN.md", "SECURITY.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(root.join(document)).expect("the document can be read");
        for (number, rest) in numbers_in(&text) {
            let title = &lessons[number - 1].title;
            let is_named = rest.trim_start_matches([',', ' ', '(']).starts_with(title.as_str());
            assert!(is_named, "{document}: lesson {number} is {title}, found {rest:.60}");
        }
    }
    // The code names lessons by name; a number in an example is one that there is.
    let mut files = BTreeSet::new();
    for folder in ["src/app", "src/cli", "templates"] {
        files_below(&root.join(folder), &mut files);
    }
    for file in files.iter().filter(|file| !file.ends_with("lessons.txt")) {
        for (number, _) in numbers_in(&fs::read_to_string(file).unwrap_or_default()) {
            assert!((1..=lessons.len()).contains(&number), "{}: {number}", file.display());
        }
    }
    assert_eq!(lessons.len(), 18);
}

fn files_below(folder: &Path, files: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, files);
        } else {
            files.insert(path);
        }
    }
}

#[test]
fn dots_stand_for_lines_and_for_text_and_for_nothing_else() {
    for (expected, shown, fits) in [
        (&["a", "…", "c"][..], &["a", "c"][..], true),
        (&["a", "…", "c"], &["a", "b", "b", "c"], true),
        (&["a", "…", "c"], &["a", "b"], false),
        (&["a"], &["a", "b"], false),
        (&["a…c"], &["abc"], true),
        (&["a…c"], &["abd"], false),
        (&["a…"], &["é"], false),
        (&[], &[""], false),
    ] {
        assert_eq!(are_seen(expected, shown), fits, "{expected:?} {shown:?}");
    }
}

#[test]
fn a_mistake_in_the_lessons_file_is_named_with_its_line() {
    let whole = "lesson a: A\naim: a\nask: b\nanswer: c\nseen d: e\n";
    assert!(lesson_file::parse(whole).is_ok());
    for (text, expected) in [
        ("aim: a\n", "line 1: found \"aim: a\", expected"),
        ("lesson a\n", "line 1: found \"lesson a\""),
        ("lesson a: A\nlesson a: B\n", "line 2: found \"lesson a: B\""),
        ("# note\n\nlesson a: A\nnonsense\n", "line 4: found \"nonsense\""),
        ("lesson a: A\nwhat: x\n", "line 2: found \"what: x\""),
        ("lesson a: A\n> x\n", "line 2: found \"> x\""),
        ("lesson a: A\nwhy: x\n", "line 2: found \"why: x\""),
        ("lesson a: A\nact: stop\n", "line 2: found \"act: stop\""),
        ("lesson a: A\n$ x\n  y\n", "line 3: found \"  y\""),
        ("lesson a: A\naim: x\naim: y\n", "line 3: found \"aim: y\""),
        ("lesson a: A\nsay: {lesson b}\n", "line 2: found \"say: {lesson b}\""),
        ("lesson a: A\nshow x.conf: y\n", "line 2: found \"show x.conf: y\""),
        ("lesson a: A\naim: x\nask: y\n", "lesson a has no answer:"),
        (&whole.replace("seen d: e\n", ""), "lesson a has no seen:"),
    ] {
        let why = lesson_file::parse(text).expect_err(text);
        assert!(why.starts_with(expected), "{text:?}: {why}");
    }
}
