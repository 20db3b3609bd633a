//! What a kind of rows may be called.

use carafe::web::store::Kind;

#[test]
fn a_name_that_stores_would_mix_up_is_refused() {
    for (name, expected) in [
        ("", "found a kind of rows with an empty name, expected a word"),
        ("order:1", "found a colon in a kind's name, expected none"),
    ] {
        let panic = std::panic::catch_unwind(|| Kind::kept(name, 1)).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&expected), "{name}");
    }
}
