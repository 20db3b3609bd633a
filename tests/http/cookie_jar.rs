use carafe::http::CookieJar;

#[test]
fn a_cookie_is_kept_and_sent_as_a_browser_does() {
    for (line, asked, path, sent) in [
        ("a=1", "/", "/x", true),
        ("a=1; Path=/shop", "/", "/shop", true),
        ("a=1; Path=/shop", "/", "/shop/cart?x", true),
        ("a=1; Path=/shop", "/shop", "/", false),
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
    assert_eq!(jar.header("/").as_deref(), Some("a=3"));
    assert_eq!(jar.lost, ["the cookie a goes to /shop alone, not to /"]);
    jar.keep(&format!("a={}", "x".repeat(4096)), "/");
    assert_eq!(jar.value("a"), Some("4"), "it is too large");
}
