//! What changed, and the lines that did it.

use super::text;
use crate::carafe::Carafe;

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
