//! What a cycle says of a visitor's memory on each store: on none of them may it claim what is not
//! so. And what changed, with the lines that did it.

use super::text;
use crate::carafe::Carafe;
use crate::redis_server::Redis;
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The text of the cycle that these arguments for curl make.
fn cycle(carafe: &Carafe, arguments: &[&str]) -> String {
    carafe.curl(&[&["-c", "j", "-b", "j"], arguments].concat());
    let text = carafe.curl(&["$B/cycles/last"]);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn expect(text: &str, words: &[&str], never: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
    for word in never {
        assert!(!text.contains(word), "{word:?} is in: {text}");
    }
}

#[test]
fn a_table_in_memory_or_in_a_file_knows_a_row_and_only_the_file_is_written() {
    let journal = crate::common::empty_folder();
    let file = format!("file:{}", journal.join("shop.db").display());
    for (store, written, lasts, does, said) in [
        ("memory", "", "", "wipes the memory", "Forgotten. Every visitor is a stranger now"),
        (
            file.as_str(),
            ", written to the file",
            ", in the file, also after a restart",
            "does what a restart would: nothing, for the rows are in a file",
            "This does what a restart would: nothing",
        ),
    ] {
        let carafe = Carafe::start(&["--log", "off", "--store", store]);
        let first = cycle(&carafe, &["$B/sessions"]);
        expect(
            &first,
            &[
                &format!("and a cookie that names it{written} (src/app/course/sessions.rs:"),
                "added: user = 'Anthony'",
            ],
            &[],
        );
        expect(&first, &[&format!("(user){lasts}. Nothing else about this visitor.")], &[]);
        expect(
            &cycle(&carafe, &["$B/hello"]),
            &["names row", "(1 value: user)"],
            &["added", "written"],
        );
        // An order is kept beside the visitor's row, and the row is not all that the server knows.
        let login = cycle(
            &carafe,
            &["-d", "name=Ada&email=ada@example.org&password=hunter22", "$B/shop/login"],
        );
        expect(
            &login,
            &[&format!(
                "+ stored: account 'ada@example.org'{written} (src/app/course/shop/account.rs:"
            )],
            &[],
        );
        expect(
            &login,
            &["This request also stored: guess '127.0.0.1', account 'ada@example.org'."],
            &["Nothing else", "hunter22"],
        );
        expect(
            &cycle(&carafe, &["$B/shop"]),
            &["Beside it: the account, and its orders."],
            &["Nothing else"],
        );
        let page = carafe.curl(&["-H", "Accept: text/html", "$B/cycles"]);
        expect(&page, &[does, "account stored"], &[]);
        expect(
            &carafe.curl(&["-H", "Accept: text/html", "$B/shop"]),
            &[&format!("Amnesia {does}")],
            &[],
        );
        expect(&carafe.curl(&["-X", "POST", "$B/forget"]), &[said], &[]);
        // And it does what it says.
        let user = if store == "memory" { "Not logged in!\n" } else { "Anthony\n" };
        assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), user, "{store}");
    }
    let _ = std::fs::remove_dir_all(journal);
}

#[test]
fn a_signed_cookie_carries_everything_and_the_server_remembers_nothing() {
    let carafe = Carafe::start(&["--log", "off", "--store", "cookie"]);
    let first = cycle(&carafe, &["$B/sessions"]);
    expect(
        &first,
        &["added: a cookie that carries the row, signed", "added: user = 'Anthony'"],
        &[],
    );
    expect(
        &first,
        &[
            "still knows: nothing of the row, which the cookie carries: user. Nothing else about this visitor.",
        ],
        &["names it"],
    );
    let second = cycle(&carafe, &["$B/ladder/session"]);
    expect(
        &second,
        &["nothing of its own: the cookie carries its row (1 value: user), signed by this server"],
        &[],
    );
    expect(
        &second,
        &["changed: the cookie: it carries the row", "added: visits = 1"],
        &["names row"],
    );
    expect(
        &cycle(&carafe, &["$B/dropsession"]),
        &["removed: the cookie; copies of it still count"],
        &["removed: row"],
    );
    carafe.curl(&[
        "-b",
        "carafe_sid=eyJ1IjoxfQ.AAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$B/getsession",
    ]);
    let refused = carafe.curl(&["$B/cycles/last"]);
    expect(&refused, &["your cookie was refused:"], &["names row"]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/cycles"]);
    expect(&page, &["who visitors are, their cookies carry"], &[]);
}

#[test]
fn without_a_store_nothing_is_kept_and_the_cycle_says_so() {
    let carafe = Carafe::start(&["--log", "off", "--store", "none"]);
    let first = cycle(&carafe, &["$B/sessions"]);
    expect(
        &first,
        &[
            "added: user = 'Anthony'",
            "nothing about this visitor: no store keeps what was set here.",
        ],
        &["row "],
    );
    carafe.curl(&["-b", "carafe_sid=0123456789abcdef0123456789abcdef", "$B/getsession"]);
    let sent = carafe.curl(&["$B/cycles/last"]);
    expect(
        &sent,
        &["this server keeps no rows, so your cookie names none", "of no use: no row is kept"],
        &["/forget empties"],
    );
}

#[test]
fn a_row_in_redis_is_shared_and_looked_at_only_if_the_page_needs_it() {
    let Some(redis) = Redis::start(&[]) else { return };
    let carafe =
        Carafe::start(&["--log", "off", "--store", &format!("redis://127.0.0.1:{}", redis.port)]);
    let first = cycle(&carafe, &["$B/sessions"]);
    expect(
        &first,
        &["and a cookie that names it", "(user), in the store that other servers share."],
        &[],
    );
    let needed = cycle(&carafe, &["$B/getsession"]);
    expect(
        &needed,
        &["(1 value: user), asked of the shared store", "user = 'Anthony'"],
        &["not looked at"],
    );
    let not_needed = cycle(&carafe, &["$B/hello"]);
    expect(
        &not_needed,
        &["not looked at", "but nobody looked: this answer does not depend on it"],
        &["Anthony"],
    );
    expect(&not_needed, &[" holds; nobody looked."], &[]);
    carafe.curl(&["-b", "carafe_sid=0123456789abcdef0123456789abcdef", "$B/getsession"]);
    expect(
        &carafe.curl(&["$B/cycles/last"]),
        &["but no row of that id is known here"],
        &["/forget empties"],
    );
}

#[test]
fn recording_asks_a_store_elsewhere_nothing_of_its_own() {
    // A Redis that takes every call and answers none.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it has an address").port();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || stream.map(|mut stream| stream.read_to_end(&mut Vec::new())));
        }
    });
    let carafe = Carafe::start(&["--log", "off", "--store", &format!("redis://127.0.0.1:{port}")]);
    let before = calls.load(Ordering::SeqCst);
    assert!(before > 0, "the start asks it");
    let cookie = "carafe_sid=0123456789abcdef0123456789abcdef";
    for _ in 0..3 {
        assert_eq!(carafe.curl(&["-b", cookie, "$B/hello"]), "Hello, World!\n");
        assert!(carafe.curl(&["$B/cycles/last"]).contains("nobody looked"));
    }
    assert_eq!(calls.load(Ordering::SeqCst), before);
    // A page that needs the session does ask.
    assert_eq!(carafe.status(&["-b", cookie, "$B/getsession"]), "503");
    assert!(calls.load(Ordering::SeqCst) > before);
    let text = carafe.curl(&["$B/cycles/last"]).split_whitespace().collect::<Vec<_>>().join(" ");
    expect(
        &text,
        &["failed: 503", "but the store could not say what it holds"],
        &["0 values", "no name"],
    );
    expect(&text, &["still knows: what row 0123.. holds; the store could not say."], &[]);
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
            "\"text\":\"user = 'Anthony'\",\"end\":\"\",\
             \"note\":\"\",\"source\":\"src/app/course/sessions.rs:{line}\""
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
fn a_note_of_the_handler_stands_among_the_changes_with_its_line() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-d", "token=unknown", "$B/shop/checkout"]);
    let cycle = text(&carafe).split_whitespace().collect::<Vec<_>>().join(" ");
    let note = "= note: this token is not the next one: it may be that of an order made before \
                (src/app/course/shop/order.rs:";
    assert!(cycle.contains(note), "{cycle}");
}

#[test]
fn a_page_names_the_handlers_own_line_as_the_text_does() {
    let carafe = Carafe::start(&["--log", "off"]);
    for path in ["/sessions", "/ladder/none", "/ladder/session", "/search?q=tea", "/getsession"] {
        for accept in ["Accept: */*", "Accept: text/html"] {
            carafe.curl(&["-H", accept, &format!("$B{path}")]);
            let cycle = carafe.curl(&["$B/cycles/last.json"]);
            let source = cycle.split("\"source\":\"").nth(1).unwrap_or("");
            let is_own = ["sessions.rs", "ladder.rs", "search.rs"]
                .iter()
                .any(|file| source.starts_with(&format!("src/app/course/{file}:")));
            assert!(is_own, "{path}, {accept}: {source:.40}");
        }
    }
}
