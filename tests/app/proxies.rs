//! Behind a proxy: the configurations that the project recommends, and what a bare one in front exposes.

use crate::carafe::{Carafe, empty_folder, header};
use crate::proxy::{HAPROXY, NGINX, Proxy, all_installed, certificate};

/// A proxy that was told no more than where to.
const BARE_HAPROXY: &str = "defaults\n mode http\n timeout connect 5s\n timeout client 9s\n timeout server 9s\n\
    listen all\n bind 127.0.0.1:8080\n server a 127.0.0.1:8001\n";
const BARE_NGINX: &str =
    "events {}\nhttp { server { listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:8001; } } }\n";

/// The pages for whoever sits at this machine, under every name that could lead to them.
const INNER: &[&str] = &[
    "/cycles",
    "/cycles/",
    "/cycles/last",
    "/cycles/1.json",
    "/cycles/live",
    "/cycles?after=0",
    "/%63ycles",
    "/cycle%73/last",
    "/%63%79%63%6c%65%73",
    "/source",
    "/source/src/lib.rs",
    "/sourc%65/src/lib.rs",
];

fn trusting(arguments: &[&str]) -> Carafe {
    Carafe::start(&[&["--trust-proxy", "127.0.0.1"], arguments].concat())
}

#[test]
fn the_example_configurations_take_turns_and_pass_on_who_asks() {
    if !all_installed(&["haproxy", "nginx"]) {
        return;
    }
    for (name, configuration) in [("haproxy", HAPROXY), ("nginx", NGINX)] {
        let servers = [(); 3].map(|()| trusting(&["--log", "common"]));
        let proxy = Proxy::start(name, configuration, &servers.each_ref());
        for _ in 0..6 {
            assert_eq!(proxy.curl(&["http://$B/hello"]), "Hello, World!\n", "{name}");
        }
        // What a client claims about itself is overwritten.
        let claims = ["-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Forwarded-Proto: https"];
        let answer = proxy.curl(&[&["-i"], &claims[..], &["http://$B/sessions"]].concat());
        assert!(header(&answer, "Set-Cookie").is_some_and(|cookie| !cookie.contains("Secure")), "{name}: {answer}");
        // Host passes, port and all: so links are right, and a form of this site is known as its own.
        let shop = "Host: shop.example:81";
        let answer = proxy.curl(&["-H", shop, "http://$B/getsesion"]);
        assert!(answer.contains("this works: curl http://shop.example:81/getsession"), "{name}: {answer}");
        let post = |origin: &str| proxy.status(&["-H", shop, "-H", origin, "-d", "name=Ada", "http://$B/process"]);
        assert_eq!(post("Origin: http://shop.example:81"), "303", "{name}");
        assert_eq!(post("Origin: http://shop.example"), "403", "{name}");
        for path in INNER {
            let status = proxy.status(&["-H", "Host: localhost", &format!("http://$B{path}")]);
            assert_eq!(status, "403", "{name}: {path}");
        }
        assert_eq!(proxy.status(&["-X", "POST", "-H", "Host: localhost", "http://$B/forget"]), "403", "{name}");
        drop(proxy);
        for server in servers {
            let log = server.log();
            let visits = log.lines().filter(|line| line.contains("\"GET /hello HTTP/1.1\" 200")).count();
            assert_eq!(visits, 2, "{name}: each server has its turn: {log}");
            assert!(log.lines().all(|line| line.starts_with("127.0.0.1 - - [")), "{name}: {log}");
            assert!(!log.contains("ycle") && !log.contains("/source"), "{name} has denied these itself: {log}");
        }
    }
}

#[test]
fn https_at_the_proxy_makes_the_cookie_secure() {
    if !all_installed(&["haproxy", "nginx", "openssl"]) {
        return;
    }
    let folder = empty_folder();
    let file = certificate(&folder);
    let file = file.display();
    let address = "127.0.0.1:8080";
    let haproxy = HAPROXY.replace(&format!("bind {address}"), &format!("bind {address} ssl crt {file}"));
    let secure = format!("listen {address} ssl; ssl_certificate {file}; ssl_certificate_key {file};");
    let nginx = NGINX.replace(&format!("listen {address};"), &secure);
    for (name, configuration) in [("haproxy", haproxy), ("nginx", nginx)] {
        let servers = [(); 3].map(|()| trusting(&["--log", "off"]));
        let proxy = Proxy::start(name, &configuration, &servers.each_ref());
        let answer = proxy.curl(&["-i", "https://$B/sessions"]);
        let cookie = header(&answer, "Set-Cookie").unwrap_or("");
        assert!(cookie.starts_with("carafe_sid=") && cookie.contains("; Secure"), "{name}: {answer}");
        let base = format!("https://{}", proxy.address);
        let answer = proxy.curl(&["https://$B/getsesion"]);
        assert!(answer.contains(&format!("this works: curl {base}/getsession")), "{name}: {answer}");
        let answer = proxy.curl(&["-i", "-H", &format!("Origin: {base}"), "-d", "name=Ada", "https://$B/process"]);
        assert!(answer.contains(" 303 ") && header(&answer, "Location") == Some("/formtest"), "{name}: {answer}");
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_bare_proxy_on_this_machine_shows_nobody_the_inside() {
    if !all_installed(&["haproxy", "nginx"]) {
        return;
    }
    for (name, configuration) in [("haproxy", BARE_HAPROXY), ("nginx", BARE_NGINX)] {
        let carafe = Carafe::start(&["--log", "off"]);
        let proxy = Proxy::start(name, configuration, &[&carafe]);
        assert_eq!(proxy.curl(&["http://$B/hello"]), "Hello, World!\n", "{name}");
        let own = format!("Host: {}", carafe.address);
        let refused = |arguments: &[&str]| {
            let answer = proxy.curl(&[&["-i"], arguments].concat());
            let refused = answer.contains(" 403 ") && answer.contains("for whoever sits at this machine");
            assert!(refused, "{name}, {arguments:?}: {answer}");
        };
        for path in INNER.iter().filter(|path| !path.ends_with('/')) {
            refused(&["-H", "Host: localhost", &format!("http://$B{path}")]);
        }
        for host in ["Host: 127.0.0.1", "Host: [::1]:8000", &own, "Host: shop.example"] {
            for version in ["--http1.1", "--http1.0"] {
                refused(&[version, "-H", host, "http://$B/cycles"]);
            }
            refused(&["-X", "POST", "-H", host, "http://$B/forget"]);
            assert!(!proxy.curl(&["-H", host, "http://$B/boom"]).contains("on purpose"), "{name}, {host}");
        }
        // As one asks a proxy that leads anywhere: with a host in the target.
        let whole = ["--request-target", "http://localhost/cycles", "-H", "Host: localhost", "http://$B/"];
        assert_eq!(proxy.status(&whole), "403", "{name}");
        assert_eq!(carafe.status(&["$B/cycles"]), "200", "whoever sits at the machine may look");
    }
}

/// The limit of what can be told from a request, as SECURITY.md states it.
#[test]
fn a_proxy_that_writes_as_browsers_do_cannot_be_told_and_must_be_named() {
    if !all_installed(&["nginx"]) {
        return;
    }
    let modern =
        BARE_NGINX.replace("proxy_pass", "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_pass");
    for (arguments, status) in
        [(&["--log", "off"][..], "200"), (&["--log", "off", "--trust-proxy", "127.0.0.1"], "403")]
    {
        let carafe = Carafe::start(arguments);
        let proxy = Proxy::start("nginx", &modern, &[&carafe]);
        assert_eq!(proxy.status(&["-H", "Host: shop.example", "http://$B/cycles"]), status, "{arguments:?}");
    }
}
