//! Sessions and the profile, as a terminal sees them.

use crate::carafe::{Carafe, header};

#[test]
fn an_id_of_ones_own_is_answered_with_a_fresh_one() {
    let carafe = Carafe::start(&[]);
    let answer = carafe.curl(&["-i", "-b", "carafe_sid=iamadmin", "$B/ladder/session"]);
    assert!(answer.ends_with("\r\n\r\nvisit 1\n"), "{answer}");
    let cookie = header(&answer, "Set-Cookie").expect("a fresh id");
    let id = cookie.split(['=', ';']).nth(1).unwrap_or("");
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{cookie}");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "{cookie}");
}

#[test]
fn the_profile_shows_what_was_posted() {
    let carafe = Carafe::start(&[]);
    let answer =
        carafe.curl(&["-i", "-c", "j", "-d", "name=Ada&email=ada@example.org", "$B/profile"]);
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    let page = carafe.curl(&["-b", "j", "$B/profile"]);
    assert!(page.contains("Ada") && page.contains("ada@example.org"), "{page}");
    let big = format!("name={}&email=x", "n".repeat(17_000));
    assert_eq!(
        carafe.status(&["-b", "j", "-d", &big, "$B/profile"]),
        "413",
        "a row is at most 16 KiB"
    );
    assert!(carafe.curl(&["-b", "j", "$B/profile"]).contains("Ada"), "and nothing was lost");
}
