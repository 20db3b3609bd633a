//! Who the client is behind proxies, and who is believed.

use carafe::http::forwarded::Proxies;
use carafe::http::{Method, Request};
use std::error::Error;

fn proxies(lists: &[&str]) -> Proxies {
    let mut proxies = Proxies::default();
    for list in lists {
        proxies.trust(list).unwrap_or_else(|expected| panic!("{list}: {expected}"));
    }
    proxies
}

/// A request that came from this peer: its client, and whether that one speaks https.
fn ask(proxies: &Proxies, peer: &str, headers: &[(&str, &str)]) -> (String, bool) {
    let mut sent = Request::new(Method::Get, "/");
    // What the request before it has left there.
    sent.secure = true;
    headers.iter().for_each(|(name, value)| sent.headers.append(name, value));
    proxies.find_client(peer.parse().expect("an address"), &mut sent).expect("no https URL");
    (sent.peer.expect("a client").to_string(), sent.secure)
}

#[test]
fn only_a_trusted_proxy_may_ask_for_an_https_url() {
    let trusted = proxies(&["127.0.0.1"]);
    for (peer, target, admitted) in [
        ("127.0.0.1:9", "https://x/", true),
        ("203.0.113.9:9", "https://x/", false),
        ("203.0.113.9:9", "HTTPS://x", false),
        ("203.0.113.9:9", "http://x/", true),
        ("203.0.113.9:9", "/https://x/", true),
        ("203.0.113.9:9", "/é", true),
    ] {
        let mut sent = Request::new(Method::Get, target);
        let checked = trusted.find_client(peer.parse().expect("an address"), &mut sent);
        assert_eq!(sent.peer.is_some(), admitted, "{target} from {peer}");
        assert_eq!(checked.is_ok(), admitted, "{target} from {peer}");
        assert!(checked.map_err(|error| error.status.0).err().is_none_or(|status| status == 421));
    }
}

#[test]
fn the_rightmost_address_that_is_not_trusted_is_the_client() {
    let near = &["127.0.0.1"][..];
    let chain = &["127.0.0.1, 10.0.0.0/8", "2001:db8::/32"][..];
    for (trusted, peer, lists, client) in [
        // Nobody is trusted, or not this one: the headers mean nothing, however they look.
        (&[][..], "127.0.0.1:9", &["203.0.113.9"][..], "127.0.0.1:9"),
        (near, "203.0.113.1:9", &["198.51.100.1"], "203.0.113.1:9"),
        (near, "203.0.113.1:9", &["what?"], "203.0.113.1:9"),
        // The trusted one says nothing: it asks for itself.
        (near, "127.0.0.1:9", &[], "127.0.0.1:9"),
        (near, "127.0.0.1:9", &["203.0.113.9"], "203.0.113.9:0"),
        (near, "[::ffff:127.0.0.1]:9", &["203.0.113.9"], "203.0.113.9:0"),
        (near, "127.0.0.1:9", &["203.0.113.9:4000"], "203.0.113.9:0"),
        (near, "127.0.0.1:9", &["2001:DB8::9"], "[2001:db8::9]:0"),
        (near, "127.0.0.1:9", &["[2001:db8::9]"], "[2001:db8::9]:0"),
        (near, "127.0.0.1:9", &["[2001:db8::9]:4000"], "[2001:db8::9]:0"),
        (near, "127.0.0.1:9", &["::ffff:203.0.113.9"], "203.0.113.9:0"),
        // What stands left of the client it has written itself: not believed, not even read.
        (near, "127.0.0.1:9", &["127.0.0.1, 198.51.100.1, 203.0.113.9"], "203.0.113.9:0"),
        (near, "127.0.0.1:9", &["nonsense,, \u{7f}, 203.0.113.9"], "203.0.113.9:0"),
        (near, "127.0.0.1:9", &["nonsense", "203.0.113.9"], "203.0.113.9:0"),
        // Through several that are trusted.
        (chain, "127.0.0.1:9", &["198.51.100.1, 203.0.113.9 ,\t10.1.2.3"], "203.0.113.9:0"),
        (chain, "127.0.0.1:9", &["203.0.113.9, 2001:db8:5::1", "10.255.255.255"], "203.0.113.9:0"),
        (chain, "[2001:db8::1]:9", &["11.0.0.0"], "11.0.0.0:0"),
        (chain, "[2001:db9::1]:9", &["11.0.0.0"], "[2001:db9::1]:9"),
        // All of them are: then the farthest asks for itself.
        (chain, "127.0.0.1:9", &["10.0.0.9, 10.0.0.8"], "10.0.0.9:0"),
    ] {
        let headers: Vec<_> = lists.iter().map(|list| ("x-forwarded-for", *list)).collect();
        let asked = ask(&proxies(trusted), peer, &headers);
        assert_eq!(asked.0, client, "{trusted:?} {peer} {lists:?}");
    }
}

/// What is no address says nothing, and nothing left of it is read: the client is who sent it.
#[test]
fn what_a_trusted_proxy_sends_counts_only_if_it_is_an_address() {
    let long = "x".repeat(5000);
    let near = proxies(&["127.0.0.1", "10.0.0.0/8"]);
    for list in [
        "_hidden",
        "unix:",
        "localhost",
        "203.0.113",
        "203.0.113.256",
        "203.0.113.9:",
        "203.0.113.9:70000",
        "203.0.113.9 203.0.113.8",
        "203.0.113.9;",
        "\"203.0.113.9\"",
        "[203.0.113.9]:x",
        "[2001:db8::9",
        "2001:db8::9]",
        "fe80::1%eth0",
        "for=203.0.113.9",
        "0x7f.0.0.1",
        "0177.0.0.1",
        &long,
        "",
        " ",
        "unknown",
    ] {
        let only = ask(&near, "127.0.0.1:9", &[("X-Forwarded-For", list)]);
        assert_eq!(only.0, "127.0.0.1:9", "{list}");
        let behind =
            ask(&near, "127.0.0.1:9", &[("X-Forwarded-For", &format!("{list}, 10.0.0.1"))]);
        assert_eq!(behind.0, "10.0.0.1:0", "{list}");
        let right =
            ask(&near, "127.0.0.1:9", &[("X-Forwarded-For", &format!("192.0.2.1, {list}"))]);
        // Empty elements are passed over, as lists are.
        let passed = list.trim().is_empty();
        let client = if passed { "192.0.2.1:0" } else { "127.0.0.1:9" };
        assert_eq!(right.0, client, "{list}");
    }
}

#[test]
fn the_scheme_is_one_word_from_a_trusted_proxy() {
    let trusting = proxies(&["127.0.0.1"]);
    for (peer, values, secure) in [
        ("127.0.0.1:9", &[][..], false),
        ("127.0.0.1:9", &["http"], false),
        ("127.0.0.1:9", &["https"], true),
        ("127.0.0.1:9", &["HTTPS"], true),
        ("127.0.0.1:9", &["wss"], false),
        ("127.0.0.1:9", &[""], false),
        ("127.0.0.1:9", &["https, http"], false),
        ("127.0.0.1:9", &["https", "https"], false),
        ("203.0.113.1:9", &["https"], false),
        ("203.0.113.1:9", &["wss", "wss"], false),
    ] {
        let headers: Vec<_> = values.iter().map(|value| ("X-Forwarded-Proto", *value)).collect();
        assert_eq!(ask(&trusting, peer, &headers).1, secure, "{peer} {values:?}");
    }
}

#[test]
fn only_addresses_and_networks_can_be_trusted() {
    let network =
        "an address such as 127.0.0.1 or a network such as 10.0.0.0/8, commas between several";
    let behind = "a network with nothing after its prefix: 10.0.0.0/8, not 10.1.2.3/8";
    let everybody = "a prefix of at least 1 bit: /0 would believe everybody";
    for (list, expected) in [
        ("", network),
        ("localhost", network),
        ("*", network),
        ("127.0.0.1:80", network),
        ("127.0.0.1,", network),
        ("10.0.0.0/33", network),
        ("10.0.0.0/-1", network),
        ("10.0.0.0/", network),
        ("10.0.0.0/255.0.0.0", network),
        ("::/129", network),
        ("10.1.2.3/8", behind),
        ("128.0.0.1/1", behind),
        ("2001:db8::1/32", behind),
        ("0.0.0.0/0", everybody),
        ("127.0.0.1, ::/0", everybody),
    ] {
        let refused: Box<dyn Error> = Proxies::default().trust(list).expect_err(list).into();
        assert_eq!(refused.to_string(), format!("found {list:?}, expected {expected}"));
    }
    let shown = proxies(&[
        "127.0.0.1, 10.0.0.0/8",
        "[::1]",
        "128.0.0.0/1",
        "2001:db8::/32",
        "192.0.2.7/32",
    ])
    .to_string();
    assert_eq!(shown, "127.0.0.1, 10.0.0.0/8, ::1, 128.0.0.0/1, 2001:db8::/32, 192.0.2.7");
    assert!(Proxies::default().is_empty() && !proxies(&["::1"]).is_empty());
}
