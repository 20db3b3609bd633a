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
            "\"text\":\"user = 'Anthony'\",\"pieces\":[[\"\",\"user = 'Anthony'\"]],\"end\":\"\",\
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
