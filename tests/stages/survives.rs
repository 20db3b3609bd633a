//! What each stage must survive that the one before it did not.

use crate::common::is_there;
use crate::program::{Program, empty_folder};
use std::fs;
use std::io::Write;
use std::process::Command;
use std::thread;

#[test]
fn bytes_that_are_no_text_end_the_first_stage_and_no_other() {
    for stage in 1..=7 {
        let mut server = Program::stage(stage);
        server.raw(b"GET /hello HTTP/1.1\r\nHost: x\r\nX: \xff\r\n\r\n");
        if stage == 1 {
            assert_ne!(server.child.exit_code(), Some(0), "an error leaves main");
        } else {
            assert!(server.is_serving(), "stage {stage}");
        }
    }
}

#[test]
fn a_client_that_resets_its_connection_ends_the_first_stage_and_no_other() {
    // Rust's library cannot ask for a reset; Python's can: close without waiting for anything.
    let script = "import socket, struct, sys
connection = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
connection.send(b'GET /hello')
connection.close()";
    for stage in 1..=7 {
        let mut server = Program::stage(stage);
        let port = server.address.port().to_string();
        let run = Command::new("python3").args(["-c", script, &port]).status();
        if !is_there(run.is_ok_and(|status| status.success()), "python3") {
            return;
        }
        if stage == 1 {
            assert_ne!(server.child.exit_code(), Some(0), "an error leaves main");
        } else {
            assert!(server.is_serving(), "stage {stage}");
        }
    }
}

#[test]
fn no_path_leads_out_of_the_folder_of_static_files() {
    let folder = empty_folder("static");
    fs::create_dir_all(folder.join("www/css")).expect("a folder can be made");
    fs::write(folder.join("www/carafe.txt"), "").expect("a file can be written");
    fs::write(folder.join("secret.css"), "secret").expect("a file can be written");
    fs::write(folder.join("www/open.css"), "open").expect("a file can be written");
    fs::write(folder.join("www/css/open.css"), "open").expect("a file can be written");
    fs::write(folder.join("www/.hidden.css"), "secret").expect("a file can be written");
    fs::write(folder.join("www/css/.hidden.css"), "secret").expect("a file can be written");
    #[cfg(unix)]
    for (file, link) in [("../secret.css", "link.css"), (".hidden.css", "shown.css")] {
        std::os::unix::fs::symlink(file, folder.join("www").join(link)).expect("a link is made");
    }
    let outside = folder.join("secret.css");
    let encoded = outside.to_string_lossy().replace('/', "%2F");
    for stage in 3..=7 {
        let server = Program::stage_in(&folder, stage);
        assert_eq!(server.curl("$B/static/open.css"), "open");
        assert_eq!(server.curl("$B/static/css/open.css"), "open");
        for path in [
            "../secret.css",
            "%2e%2e/secret.css",
            "..%2fsecret.css",
            "x/../../secret.css",
            "link.css",
            ".hidden.css",
            "css%2F.hidden.css",
            "css%2Fopen.css",
            "css/../open.css",
            "shown.css",
            "open.css/",
            "open.css%00",
            "",
            "/",
            &encoded,
            &format!("/{}", outside.display()),
        ] {
            let said = server.curl(&format!("-i --path-as-is $B/static/{path}"));
            let right = said.starts_with("HTTP/1.1 404") && !said.contains("secret");
            assert!(right, "stage {stage}: {path:?}: {said:?}");
        }
    }
}

/// The first cookie of an answer, as the client sends it back.
fn cookie(answer: &str) -> String {
    let value = answer.split("Set-Cookie: ").nth(1).and_then(|rest| rest.split(';').next());
    value.unwrap_or_else(|| panic!("no cookie in {answer:?}")).to_owned()
}

#[test]
fn the_table_believes_its_own_ids_alone_and_forgets_for_good() {
    for stage in 5..=7 {
        let server = Program::stage(stage);
        let first = server.curl("-i -b sid=iamadmin $B/ladder/session");
        let id = cookie(&first);
        assert!(first.ends_with("visit 1\n") && !id.contains("iamadmin"), "{first:?}");
        assert_eq!(id.len(), "sid=".len() + 32, "{id}");
        assert_ne!(cookie(&server.curl("-i $B/ladder/session")), id);
        assert_eq!(server.curl(&format!("-b {id} $B/ladder/session")), "visit 2\n");
        // A blank that is not ASCII is a part of a name.
        assert_eq!(server.curl(&format!("-b \u{a0}{id} $B/ladder/session")), "visit 1\n");
        assert_eq!(server.curl(&format!("-b {id} $B/dropsession")), "Dropped!\n");
        assert_eq!(server.curl(&format!("-b {id} $B/ladder/session")), "visit 1\n");
        let page = server.curl("-i $B/formtest");
        assert!(!page.contains("Set-Cookie"), "looking starts no session: {page:?}");
    }
}

#[test]
fn threads_lose_no_visit() {
    for stage in 6..=7 {
        let server = Program::stage(stage);
        let id = cookie(&server.curl("-i $B/ladder/session"));
        let request = format!("GET /ladder/session HTTP/1.1\r\nHost: x\r\nCookie: {id}\r\n\r\n");
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..25).for_each(|_| drop(server.raw(request.as_bytes()))));
            }
        });
        assert_eq!(server.curl(&format!("-b {id} $B/ladder/session")), "visit 202\n");
    }
}

#[test]
fn neither_panics_nor_errors_that_nobody_reads_cost_a_worker() {
    for stage in 2..=7 {
        let server = Program::stage_unheard(stage);
        for _ in 0..20 {
            server.raw(b"no request\r\n\r\n");
            if stage >= 6 {
                assert!(server.curl("-i $B/boom").starts_with("HTTP/1.1 500 "), "stage {stage}");
            }
        }
        assert!(server.is_serving(), "stage {stage}");
    }
}

#[test]
fn a_client_that_says_nothing_is_given_up() {
    // Fewer than the workers, so that each of them waits for its own and somebody still answers.
    for stage in 6..=7 {
        let server = Program::stage(stage);
        let mut silent: Vec<_> = (0..7).map(|_| server.connect()).collect();
        silent.iter_mut().for_each(|stream| stream.write_all(b"GET /he").expect("it is sent"));
        assert!(server.is_serving(), "stage {stage}");
        for stream in silent {
            let answer = std::io::read_to_string(stream).unwrap_or_default();
            let expected = if stage == 7 { "HTTP/1.1 408 Request Timeout\r\n" } else { "" };
            assert!(answer.starts_with(expected), "stage {stage}: {answer:?}");
        }
    }
}
