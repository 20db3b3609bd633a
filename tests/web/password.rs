//! Hashed passwords. That two at a time are hashed: tests/app/course/shop/account.rs.

use carafe::web::password::{fits, hash};
use carafe::web::sign::{hex, pbkdf2};

#[test]
fn a_hash_fits_its_password_alone_and_no_two_are_alike() {
    let [one, other] = [hash("tea").unwrap(), hash("tea").unwrap()];
    assert_ne!(one, other, "each has a salt of its own");
    assert_eq!((fits("tea", &one).unwrap(), fits("Tea", &one).unwrap()), (true, false));
    assert!(one.starts_with("600000$") && one.len() == 7 + 32 + 1 + 64, "{one}");
}

#[test]
fn a_hash_of_other_rounds_is_still_read_and_a_damaged_one_fits_nothing() {
    let kept = format!("1000$salt${}", hex(&pbkdf2(b"tea", b"salt", 1000)));
    assert!(fits("tea", &kept).unwrap() && !fits("coffee", &kept).unwrap());
    for damaged in ["1$", "1$salt", "1$salt$", &kept[..kept.len() - 1]] {
        assert!(!fits("tea", damaged).unwrap(), "{damaged}");
    }
}
