use carafe::http::CookieJar;

#[test]
fn a_cookie_is_kept_and_sent_as_a_browser_does() {
    for (line, asked, path, sent) in [
        ("a=1", "/", "/x", true),
        ("a=1; Path=/shop", "/", "/shop", true),
        ("a=1; Path=/shop", "/", "/shop/cart?x", true),
        ("a=1; Path=/shop", "/shop", "/", false),
        ("a=1; Path=/shop?x", "/", "/shop?x", false),
        ("a=1; Path=/shop", "/shop", "/shopping", false),
        // Without a path, or with a wrong one, the folder counts of the page that was asked.
        ("a=1", "/shop/cart?back=/x/y", "/shop/other", true),
        ("a=1; Path=shop", "/shop/cart", "/other", false),
        ("a=1; Max-Age=60", "/", "/", true),
        ("a=1; Max-Age=0", "/", "/", false),
        ("a=1; Max-Age=-5", "/", "/", false),
        ("a=1; max-age=soon", "/", "/", true),
        ("a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "/", "/", false),
        ("a=1; Expires=Fri, 31 Dec 9999 23:59:59 GMT", "/", "/", true),
        // The age counts more than the date.
        ("a=1; Max-Age=60; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "/", "/", true),
        // What is no number does not count, and no number is too large.
        ("a=1; Max-Age=0; Max-Age=soon", "/", "/", false),
        ("a=1; Max-Age=+0", "/", "/", true),
        ("a=1; Max-Age=-99999999999999999999", "/", "/", false),
        (
            "a=1; Max-Age=99999999999999999999; Expires=Sun, 06 Nov 1994 08:49:37 GMT",
            "/",
            "/",
            true,
        ),
        // Dates as servers write them.
        ("a=1; Expires=Thu, 01-Jan-70 00:00:01 GMT", "/", "/", false),
        ("a=1; Expires=Fri, 31-Dec-69 23:59:59 GMT", "/", "/", true),
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 -0000", "/", "/", false),
        ("a=1; Expires=Thu Jan 01 1970 0:00:00 GMT+0000 (Greenwich)", "/", "/", false),
        ("a=1; Expires=0", "/", "/", true),
        ("a=1; Expires=Thu, 01 Jan 1970 0:0:0x GMT", "/", "/", false),
        // §5.1.1: no second 60, and no year before 1601.
        ("a=1; Expires=Thu, 01 Jan 1970 00:00:60 GMT", "/", "/", true),
        ("a=1; Expires=Fri, 31 Dec 1600 00:00:00 GMT", "/", "/", true),
        ("a=1; Expires=Mon, 01 Jan 1601 00:00:00 GMT", "/", "/", false),
        // The last path counts, also if it is wrong.
        ("a=1; Path=/shop; Path=shop", "/", "/", true),
        ("=1", "/", "/", false),
        ("a=1; Secure", "/", "/", false),
    ] {
        let mut jar = CookieJar::default();
        jar.keep(line, asked);
        assert_eq!(jar.header(path).as_deref(), sent.then_some("a=1"), "{line} {path}");
    }
}

#[test]
fn a_later_cookie_takes_the_place_of_one_with_the_same_name_and_path() {
    let mut jar = CookieJar::secure();
    for line in ["a=1; Secure", "b=2", "a=3", "a=4; Path=/shop", "b=; Max-Age=0"] {
        jar.keep(line, "/");
    }
    assert_eq!(jar.header("/shop").as_deref(), Some("a=4; a=3"), "the longer path comes first");
    for _ in 0..2 {
        assert_eq!(jar.header("/").as_deref(), Some("a=3"));
        assert_eq!(jar.lost, ["the cookie a goes to /shop alone, not to /"]);
    }
    jar.keep(&format!("a={}", "x".repeat(4096)), "/");
    assert_eq!(jar.value("a"), Some("4"), "it is too large");
    jar.keep("a=; Max-Age=0; Path=/shop", "/");
    assert_eq!(jar.header("/shop").as_deref(), Some("a=3"), "only that of /shop is over");
}

#[test]
fn a_cookie_that_is_set_again_keeps_its_place_and_a_line_without_a_pair_is_ignored() {
    let mut jar = CookieJar::default();
    for line in ["a=1", "b=2", "a=3", "c", "", "; Path=/"] {
        jar.keep(line, "/");
    }
    assert_eq!(jar.header("/").as_deref(), Some("a=3; b=2"));
}

#[test]
fn a_name_that_promises_too_much_is_dropped_as_browsers_do() {
    let kept = |line: &str| {
        let mut jar = CookieJar::secure();
        jar.keep(line, "/");
        assert_eq!(jar.header("/").is_none(), jar.lost.len() == 1, "{line}");
        jar.header("/").is_some()
    };
    assert!(kept("__Host-a=1; Secure; Path=/") && kept("__Secure-a=1; Secure; Domain=x.example"));
    assert!(!kept("__Host-a=1; Path=/") && !kept("__Secure-a=1; Path=/"));
    assert!(!kept("__Host-a=1; Secure") && !kept("__Host-a=1; Secure; Path=/; Domain=x.example"));
}
