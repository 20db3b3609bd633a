//! Near names.

use carafe::near::nearest;

#[test]
fn a_name_a_few_slips_away_is_near() {
    let names = ["name", "session", "/getsession", "templates", "--port", "x", "été"];
    for (met, near) in [
        ("nmae", Some("name")),
        ("Name", Some("name")),
        ("nam", Some("name")),
        ("naame", Some("name")),
        ("nume", Some("name")),
        ("sesion", Some("session")),
        ("/getsesion", Some("/getsession")),
        ("template", Some("templates")),
        ("--prot", Some("--port")),
        ("ete", None),
        ("éte", Some("été")),
        ("basket", None),
        ("y", None),
        ("", None),
        ("name", None),
    ] {
        assert_eq!(nearest(met, names), near, "{met}");
    }
}

#[test]
fn of_several_near_names_the_nearest_is_taken_and_of_equals_the_first() {
    assert_eq!(nearest("session", ["sessio", "sesion", "sessionx"]), Some("sessio"));
    assert_eq!(nearest("abcdef", ["abcxyf", "abcdxf"]), Some("abcdxf"));
}

#[test]
fn a_very_long_name_is_not_compared() {
    let long = "a".repeat(1_000_000);
    assert_eq!(nearest(&long, [&*"a".repeat(999_999)]), None);
}
