//! Who may look, and that looking is not recorded.

use crate::carafe::{Carafe, header};

#[test]
fn only_this_machine_may_look_and_only_by_its_name() {
    let hosts = ["--allow-host", "shop.test", "--allow-host", "[2001:db8::1]"];
    let carafe = Carafe::start(&[&["--log", "off"][..], &hosts].concat());
    let port = carafe.address.port();
    carafe.curl(&["$B/hello"]);
    for (head, status) in [
        ("Host: localhost", "200"),
        ("Host: 127.0.0.1:9", "200"),
        ("Host: shop.test", "200"),
        ("Host: [2001:db8::1]:8000", "200"),
        ("Host: [2001:db8::2]", "403"),
        ("Host: evil.example", "403"),
        ("X-Forwarded-For: 1.2.3.4", "403"),
        ("Via: 1.1 x", "403"),
    ] {
        for path in ["/cycles", "/cycles/1", "/cycles/last.json", "/memory", "/memory.json"] {
            assert_eq!(carafe.status(&["-H", head, &format!("$B{path}")]), status, "{head} {path}");
        }
        assert_eq!(carafe.status(&["-H", head, "-X", "POST", "$B/forget"]), status, "{head}");
    }
    for (origin, status) in [
        (format!("http://127.0.0.1:{port}"), "200"),
        ("http://evil.example".into(), "403"),
        ("null".into(), "403"),
        (format!("http://localhost:{port}"), "403"),
    ] {
        let origin = format!("Origin: {origin}");
        assert_eq!(carafe.status(&["-H", &origin, "-X", "POST", "$B/forget"]), status, "{origin}");
    }
    let everywhere = Carafe::start(&["--log", "off", "--host", "0.0.0.0"]);
    assert!(
        everywhere.banner.contains("other machines can reach this server"),
        "{}",
        everywhere.banner
    );
    let url = format!("http://127.0.0.1:{}/cycles", everywhere.address.port());
    assert_eq!(everywhere.status(&[&url]), "403", "other machines could look");
    let off = Carafe::start(&["--log", "off", "--no-cycles"]);
    assert!(header(&off.curl(&["-i", "$B/hello"]), "Carafe-Cycle").is_none());
    // No page leads to what is not there, and who asks for it learns why.
    lead_nowhere(&off, &["/", "/memory", "/source", "/shop", "/ladder", "/formtest"], &["/cycles"]);
    for path in ["/cycles", "/cycles.json", "/cycles/last", "/cycles/live"] {
        let answer = off.curl(&["-i", &format!("$B{path}")]);
        assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("--no-cycles"), "{answer}");
        assert!(answer.ends_with(&format!("\nthis works: curl {}\n", off.url("/"))), "{answer}");
    }
    let answer = off.curl(&["-d", "cycle=1", "-d", "line=hello.rs:9", "$B/lessons/3"]);
    assert!(answer.contains("--no-cycles"), "{answer}");
}

#[test]
fn what_the_glass_itself_fetches_is_no_cycle() {
    let carafe = Carafe::start(&["--log", "off"]);
    for page in ["/cycles", "/cycles/1", "/memory?page=1", "/source/src/lib.rs"] {
        let referer = format!("Referer: {}", carafe.url(page));
        let answer = carafe.curl(&["-i", "-H", &referer, "$B/static/css/carafe.css"]);
        assert!(
            answer.starts_with("HTTP/1.1 200") && header(&answer, "Carafe-Cycle").is_none(),
            "{page}"
        );
    }
    let referer = format!("Referer: {}", carafe.url("/cyclesandmore"));
    let answer = carafe.curl(&["-i", "-H", &referer, "$B/static/css/carafe.css"]);
    assert_eq!(header(&answer, "Carafe-Cycle"), Some("1"));
    // A stranger cannot take a request out of the record.
    let stranger = ["-H", "Host: evil.example", "-H", "Referer: http://x/cycles"];
    carafe.curl(&[&stranger[..], &["$B/static/css/carafe.css"]].concat());
    let list = carafe.curl(&["$B/cycles"]);
    assert!(list.contains("\n#2 "), "{list}");
}

/// No page and no text of these, and no lesson, names a page that is hidden.
fn lead_nowhere(server: &Carafe, pages: &[&str], hidden: &[&str]) {
    let lessons = (1..=18).map(|number| format!("/lessons/{number}"));
    for path in pages.iter().map(ToString::to_string).chain(lessons) {
        for accept in ["Accept: */*", "Accept: text/html"] {
            let page = server.curl(&["-H", accept, &format!("$B{path}")]);
            let page = page.replace("js/cycles", "");
            assert!(!page.is_empty(), "{path}");
            for name in hidden {
                assert!(!page.contains(name), "{path} leads to {name}: {page}");
            }
        }
    }
}

/// Where the inside is closed, a page leads to nothing that would be refused.
#[test]
fn no_page_leads_inside_where_nobody_may_look() {
    let closed = Carafe::start(&["--log", "off", "--trust-proxy", "10.0.0.1", "--expose-cycles"]);
    assert_eq!(closed.status(&["$B/cycles"]), "403");
    let hidden = ["/cycles", "href=\"/memory", "href=\"/source", "/source\n"];
    lead_nowhere(&closed, &["/", "/shop", "/ladder", "/formtest"], &hidden);
    // A lesson asks for nothing that would be refused, and says how it can be finished.
    for server in [closed, Carafe::start(&["--log", "off", "--host", "0.0.0.0"])] {
        let url = format!("http://127.0.0.1:{}/lessons/3", server.address.port());
        let text = server.curl(&[&url]);
        for refused in ["-d cycle=", "carafe check", "Say which line"] {
            assert!(!text.contains(refused), "{refused}: {text}");
        }
        let page = server.curl(&["-H", "Accept: text/html", &url]);
        for shown in [text, page] {
            assert!(
                shown.contains("takes no answer") && shown.contains("--expose-cycles"),
                "{shown}"
            );
        }
    }
}
