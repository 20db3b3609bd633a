//! Forgetting.

use crate::carafe::Carafe;

#[test]
fn forgetting_makes_every_visitor_a_stranger() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Anthony\n");
    carafe.curl(&["-X", "POST", "$B/forget"]);
    assert_eq!(carafe.curl(&["-b", "j", "$B/getsession"]), "Not logged in!\n");
}
