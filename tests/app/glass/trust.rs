//! What is believed of a proxy in front, and by whom: `--trust-proxy`.

use crate::carafe::{Carafe, header};

const CLIENT: &str = "X-Forwarded-For: 198.51.100.1, 203.0.113.9";
const HTTPS: &str = "X-Forwarded-Proto: https";
const HOST: &str = "Host: shop.example";

#[test]
fn a_trusted_proxy_says_who_asks_and_that_it_was_https() {
    let carafe = Carafe::start(&["--trust-proxy", "127.0.0.1", "--log", "common"]);
    let through = |arguments: &[&str]| {
        carafe.curl(&[&["-i", "-H", CLIENT, "-H", HTTPS, "-H", HOST], arguments].concat())
    };

    let cookie = header(&through(&["$B/sessions"]), "Set-Cookie").unwrap_or("").to_owned();
    assert!(cookie.starts_with("carafe_sid=") && cookie.contains("; Secure"), "{cookie}");
    assert!(through(&["$B/formtest"]).contains("https://shop.example/process"));
    // Whoever may not look inside gets no hint.
    assert!(!through(&["$B/getsesion"]).contains("getsession"));
    // A path alone leads back to where the client came from, whatever that is called there.
    assert_eq!(header(&through(&["-d", "name=Ada", "$B/process"]), "Location"), Some("/formtest"));
    assert_eq!(header(&through(&["$B/hello/"]), "Location"), Some("/hello"));
    // The site's own form is no other site's, and another site's is.
    assert!(
        through(&["-d", "name=Ada", "-H", "Origin: https://shop.example", "$B/process"])
            .contains(" 303 ")
    );
    assert!(
        through(&["-d", "name=Ada", "-H", "Origin: https://evil.example", "$B/process"])
            .contains(" 403 ")
    );

    let http = carafe.curl(&["-i", "-H", CLIENT, "-H", "X-Forwarded-Proto: http", "$B/sessions"]);
    assert!(header(&http, "Set-Cookie").is_some_and(|cookie| !cookie.contains("Secure")), "{http}");
    let log = carafe.log();
    assert!(log.lines().all(|line| line.starts_with("203.0.113.9 - - [")), "{log}");
}

#[test]
fn nobody_else_is_believed() {
    let headers = ["-i", "-H", CLIENT, "-H", HTTPS, "-H", HOST];
    // Somebody else on this machine, beside the proxy that is trusted; and a server that trusts
    // nobody.
    for (trusted, from, shown) in [
        (&["--trust-proxy", "127.0.0.1"][..], "127.0.0.2", "127.0.0.2"),
        (&["--trust-proxy=10.0.0.0/8,::1", "--trust-proxy", "127.0.0.1"], "127.0.0.2", "127.0.0.2"),
        (&["--trust-proxy", "127.0.0.0/8"], "127.0.0.2", "203.0.113.9"),
        (&[], "127.0.0.1", "127.0.0.1"),
    ] {
        let carafe = Carafe::start(&[trusted, &["--log", "common"]].concat());
        let answer = carafe.curl(&[&headers[..], &["--interface", from, "$B/sessions"]].concat());
        let cookie = header(&answer, "Set-Cookie").unwrap_or("").to_owned();
        let believed = shown == "203.0.113.9";
        assert!(
            cookie.starts_with("carafe_sid=") && cookie.contains("; Secure") == believed,
            "{trusted:?}: {cookie}"
        );
        let log = carafe.log();
        assert!(log.starts_with(&format!("{shown} - - [")), "{trusted:?}: {log}");
    }
}

#[test]
fn what_a_trusted_proxy_sends_and_nobody_understands_counts_as_absent() {
    let carafe = Carafe::start(&["--trust-proxy", "127.0.0.1", "--log", "common"]);
    let heads = [
        "X-Forwarded-For: unknown",
        "X-Forwarded-Proto: ftp",
        "X-Forwarded-Proto: https, http",
        "X-Forwarded-For: \u{e9}",
    ];
    for head in heads {
        assert_eq!(carafe.status(&["-H", head, "-d", "a=b", "$B/echo"]), "200", "{head}");
        let from_another = ["-H", head, "--interface", "127.0.0.2", "$B/hello"];
        assert_eq!(carafe.status(&from_another), "200", "{head}");
        assert_eq!(carafe.curl(&["$B/hello"]), "Hello, World!\n", "the next one is served");
    }
    let log = carafe.log();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("\"POST /echo")).collect();
    assert_eq!(lines.len(), heads.len(), "{log}");
    assert!(lines.iter().all(|line| line.starts_with("127.0.0.1 - - [")), "{log}");
}

#[test]
fn behind_a_proxy_the_inside_is_closed_to_everybody() {
    let carafe = Carafe::start(&["--trust-proxy", "127.0.0.1, 10.0.0.0/8", "--log", "off"]);
    for line in [
        "  proxies    believed when they say who asks: 127.0.0.1, 10.0.0.0/8\n",
        "  cycles     off: behind a proxy",
    ] {
        assert!(carafe.banner.contains(line), "{}", carafe.banner);
    }
    for head in ["Accept: */*", CLIENT, "X-Forwarded-For: 127.0.0.1"] {
        for path in [
            "/cycles",
            "/cycles/1",
            "/cycles/last.json",
            "/cycles/live",
            "/memory",
            "/memory.json",
            "/source",
            "/source/src/lib.rs",
        ] {
            let status =
                carafe.status(&["-H", head, "-H", "Host: localhost", &format!("$B{path}")]);
            assert_eq!(status, "403", "{path} with {head}");
        }
        assert_eq!(
            carafe.status(&["-H", head, "-X", "POST", "$B/forget"]),
            "403",
            "/forget with {head}"
        );
        assert!(!carafe.curl(&["-H", head, "$B/boom"]).contains("on purpose"), "{head}");
    }
    let alone = Carafe::start(&["--log", "off"]);
    assert!(
        alone.banner.contains("for this machine only") && alone.banner.contains("--trust-proxy"),
        "{}",
        alone.banner
    );
    assert!(!alone.banner.contains("proxies"), "{}", alone.banner);
}
