//! The same application on each store: what the banner says, and what a restart leaves.

mod cookie;

use crate::carafe::{Carafe, empty_folder};

/// What a visitor with a cookie jar of its own is told on its next visits.
pub fn visits(carafe: &Carafe, jar: &str, times: usize) -> Vec<String> {
    (0..times).map(|_| carafe.curl(&["-c", jar, "-b", jar, "$B/ladder/session"]).trim().to_owned()).collect()
}

#[test]
fn without_a_store_every_request_is_a_strangers_but_things_are_kept() {
    let carafe = Carafe::start(&["--store", "none"]);
    assert!(
        carafe.banner.contains("state      sessions nowhere: every request comes from a stranger\n"),
        "{}",
        carafe.banner
    );
    assert!(
        carafe.banner.contains("things, accounts and orders in memory, gone with this process\n"),
        "{}",
        carafe.banner
    );
    assert_eq!(visits(&carafe, "j", 3), ["visit 1", "visit 1", "visit 1"]);
    assert!(!carafe.curl(&["-i", "$B/ladder/session"]).contains("Set-Cookie"));
    assert_eq!(carafe.status(&["-d", "name=kettle", "$B/things"]), "201");
    assert_eq!(carafe.curl(&["$B/things/1"]), "{\"id\":1,\"name\":\"kettle\"}\n");
}

#[test]
fn the_environment_chooses_the_store_too_and_the_command_line_wins() {
    let in_environment = [("CARAFE_STORE", "none")];
    let carafe = Carafe::start_with(&empty_folder(), &[], &in_environment);
    assert!(carafe.banner.contains("sessions nowhere"), "{}", carafe.banner);
    let carafe = Carafe::start_with(&empty_folder(), &["--store=memory"], &in_environment);
    assert!(carafe.banner.contains("state      in memory, gone with this process\n"), "{}", carafe.banner);
}

#[test]
fn the_banner_says_where_the_key_comes_from_and_never_the_key() {
    let banner = |variables: &[(&str, &str)]| Carafe::start_with(&empty_folder(), &[], variables).banner.clone();
    assert!(banner(&[]).contains("  key        random: "));
    assert!(banner(&[("CARAFE_SECRET_KEY", "short")]).contains("so short that it can be guessed"));
    let long = banner(&[("CARAFE_SECRET_KEY", "a long and secret key")]);
    assert!(long.contains("  key        from CARAFE_SECRET_KEY\n") && !long.contains("a long"), "{long}");
}
