//! The laboratory: `carafe lab ladder` measures what the course says of seven memories.

use crate::common::{ChildGuard, empty_folder};
use crate::proxy::all_installed;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The course's table, as the page prints it.
const TABLE: [[&str; 7]; 7] = [
    ["0 nowhere", "-", "-", "-", "-", "-", "-"],
    [
        "1 URL / hidden field",
        "kept",
        "works",
        "believed",
        "who gets the link gets the count",
        "URL 8 KB",
        "nothing to end",
    ],
    [
        "2 cookie in clear",
        "kept",
        "works",
        "believed",
        "works for ever",
        "~4 KB, then dropped in silence",
        "a polite request",
    ],
    [
        "3 signed cookie",
        "kept if the key is",
        "works if the key is shared",
        "refused, reason shown",
        "works until it expires; old values replay",
        "~4 KB; anyone can read it",
        "cannot: copies live on",
    ],
    [
        "4 table in memory + random id",
        "lost",
        "unknown there",
        "unknown id: stranger",
        "works until revoked",
        "server's memory: cap and expiry",
        "real, at once",
    ],
    [
        "5 file",
        "kept, also after kill -9",
        "only on the same disk",
        "as 4",
        "as 4",
        "disk; two writers need a lock",
        "real",
    ],
    [
        "6 shared store behind a balancer",
        "kept",
        "works",
        "as 4",
        "as 4",
        "the store's; it is now the one thing that must not die",
        "real, everywhere",
    ],
];

/// A laboratory with a folder of its own for whatever it leaves behind.
struct Lab {
    folder: PathBuf,
}

impl Lab {
    fn new() -> Lab {
        Lab { folder: empty_folder() }
    }

    fn run(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_carafe"));
        command.args(["lab", "ladder"]).env("TMPDIR", &self.folder).current_dir(&self.folder);
        // What is set for a carafe of the reader's own must not count.
        command.env("CARAFE_PORT", "1").env("CARAFE_STORE", "none").env("CARAFE_HOST", "192.0.2.1");
        command
    }

    /// Nothing is left: no file, and no process that inherited the folder's name (Linux tells).
    fn assert_clean(&self) {
        let left: Vec<_> =
            fs::read_dir(&self.folder).expect("the folder can be read").flatten().collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        let own = self.folder.to_string_lossy().into_owned();
        let has_it = |process: &Path| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains(&own)
        };
        let processes =
            fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.path());
        let running: Vec<_> = processes.filter(|process| has_it(process)).collect();
        assert!(running.is_empty(), "still running: {running:?}");
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    (text(&output.stdout), text(&output.stderr))
}

/// The rows of a printed table, each cell put together from its lines.
fn rows(table: &str) -> Vec<Vec<String>> {
    let mut blocks = table.split("\n\n");
    let (head, first) =
        blocks.next().and_then(|block| block.split_once("\n---")).expect("there is a head");
    let (rule, first) = first.split_once('\n').expect("there is a rule");
    let rule = format!("---{rule}");
    let widths: Vec<usize> = rule.split("  ").map(str::len).collect();
    let cells = |block: &str| -> Vec<String> {
        let mut cells = vec![Vec::new(); widths.len()];
        for line in block.lines() {
            let letters: Vec<char> = line.chars().collect();
            let mut start = 0;
            for (cell, width) in cells.iter_mut().zip(&widths) {
                let part: String = letters.iter().skip(start).take(*width).collect();
                cell.extend(part.split_whitespace().map(str::to_owned));
                start += width + 2;
            }
        }
        cells.iter().map(|words| words.join(" ")).collect()
    };
    let columns = [
        "rung, where it lives",
        "restart",
        "second server",
        "edited by the client",
        "stolen or replayed",
        "size",
        "logout",
    ];
    assert_eq!(cells(head), columns);
    [first]
        .into_iter()
        .chain(blocks)
        .filter(|block| !block.contains("measured ("))
        .map(cells)
        .collect()
}

#[test]
fn every_cell_of_the_ladder_turns_out_as_the_course_says() {
    if !all_installed(&["redis-server"]) {
        return;
    }
    let lab = Lab::new();
    let output = lab.run().output().expect("carafe starts");
    let (table, complaints) = texts(&output);
    assert_eq!(rows(&table), TABLE, "{table}");
    assert_eq!((output.status.code(), complaints.as_str()), (Some(0), ""), "{table}");
    assert!(table.contains("\n42 cells measured (") && !table.contains("not run"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    lab.assert_clean();
}

#[test]
fn what_the_machine_lacks_is_named_and_the_rest_is_measured() {
    let lab = Lab::new();
    let output = lab.run().env("PATH", &lab.folder).output().expect("carafe starts");
    let (table, _) = texts(&output);
    let mut expected = TABLE.map(|row| row.map(str::to_owned).to_vec());
    expected[2][5] = "not run".into();
    expected[6][1..].fill("not run".into());
    assert_eq!(rows(&table), expected, "{table}");
    for line in [
        "\n35 cells measured (",
        "\nnot run: rung 2 cookie in clear, size: curl is not installed\n",
        "\nnot run: rung 6 shared store behind a balancer, restart: redis-server is not installed\n",
        "\nnot run: rung 6 shared store behind a balancer, logout: redis-server is not installed\n",
    ] {
        assert!(table.contains(line), "{line:?}: {table}");
    }
    assert_eq!(output.status.code(), Some(0), "{table}");
    lab.assert_clean();
}

#[test]
fn what_turns_out_otherwise_is_printed_and_told_by_the_exit_code() {
    let lab = Lab::new();
    // A curl that keeps every cookie, however large, and not a word of whose is believed to be
    // silence.
    let bin = empty_folder();
    let curl = bin.join("curl");
    for (script, cell, line) in [
        (
            "#!/bin/sh\nfor last; do :; done\nprintf '%40000s' '' | tr ' ' x > \"$8\"\n/usr/bin/curl -s -o /dev/null \"$last\"\n",
            "curl keeps 4200 bytes",
            "differs: rung 2 cookie in clear, size: found \"curl keeps 4200 bytes\", expected \"~4 KB, then dropped in silence\"",
        ),
        (
            "#!/bin/sh\necho 'a cookie was dropped' >&2\n",
            "failed",
            "failed: rung 2 cookie in clear, size: curl: a cookie was dropped",
        ),
    ] {
        fs::write(&curl, script).expect("a file can be written");
        Command::new("chmod").args(["+x"]).arg(&curl).status().expect("chmod runs");
        let path = format!("{}:/usr/bin:/bin", bin.display());
        let output = lab.run().env("PATH", path).output().expect("carafe starts");
        let (table, _) = texts(&output);
        assert_eq!(rows(&table)[2][5], cell, "{table}");
        assert!(table.contains(line), "{table}");
        assert_eq!(output.status.code(), Some(1), "{table}");
        lab.assert_clean();
    }
    let _ = fs::remove_dir_all(bin);
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    let lab = Lab::new();
    for signal in ["-INT", "-TERM"] {
        let mut child = ChildGuard::spawn(lab.run().stdout(Stdio::piped()).stderr(Stdio::piped()));
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut line = String::new();
        // In the middle of its work, with servers under way.
        while !line.starts_with("0 nowhere") {
            line.clear();
            assert_ne!(stdout.read_line(&mut line).expect("it is text"), 0, "it ended too early");
        }
        child.signal(signal);
        let (mut rest, mut said) = (String::new(), String::new());
        let _ = stdout.read_to_string(&mut rest);
        let _ = child.stderr.take().expect("it is piped").read_to_string(&mut said);
        assert_eq!(child.exit_code(), Some(130), "{signal}: {rest}");
        assert_eq!(said, "carafe lab: stopped; everything it started has ended\n", "{signal}");
        assert!(!rest.contains("measured"), "{signal}: {rest}");
        lab.assert_clean();
    }
}

#[test]
fn where_nothing_can_be_started_it_says_so() {
    let lab = Lab::new();
    let output =
        lab.run().env("TMPDIR", lab.folder.join("missing")).output().expect("carafe starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(texts(&output).1.starts_with("carafe lab: cannot make "), "{:?}", texts(&output));

    // A program that was removed while it runs cannot be started once more.
    let copy = lab.folder.join("carafe");
    crate::carafe::copy_program(&copy);
    let script = "exec 3< carafe; rm carafe; exec /proc/self/fd/3 lab ladder";
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(&lab.folder)
        .env("TMPDIR", &lab.folder)
        .output();
    let output = output.expect("bash starts");
    let (table, complaint) = texts(&output);
    assert_eq!((output.status.code(), table.as_str()), (Some(1), ""), "{complaint}");
    assert!(complaint.contains("cannot be started: No such file"), "{complaint}");
    lab.assert_clean();
}

#[test]
fn the_laboratory_has_one_experiment() {
    for (arguments, found) in [
        (&["lab"][..], "found nothing"),
        (&["lab", "lader"], "found \"lader\""),
        (&["lab", "ladder", "now"], "now"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_carafe"))
            .args(arguments)
            .output()
            .expect("carafe starts");
        let (table, complaint) = texts(&output);
        assert_eq!((output.status.code(), table.as_str()), (Some(2), ""), "{arguments:?}");
        // It is called as it was started, by its whole path.
        let usage = concat!("usage: ", env!("CARGO_BIN_EXE_carafe"), " lab ladder");
        assert!(complaint.contains(found) && complaint.contains(usage), "{complaint}");
    }
}
