//! What a page of another site may do here, which is nothing.

use carafe::http::{Limits, Method, Request, Response, SetCookie, parse_head};
use carafe::web::client::Client;
use carafe::web::origin;
use carafe::web::store::{MemoryStore, Store};
use carafe::{App, Context, Error};
use std::sync::Arc;
use std::time::Duration;

fn check(request: &Request) -> Result<(), String> {
    origin::admit(&mut request.clone(), &[])
}

fn post(host: &str, origins: &[&str]) -> Request {
    let mut request = Request::new(Method::Post, "/");
    request.headers.set("Host", host);
    for origin in origins {
        request.headers.append("Origin", origin);
    }
    request
}

#[test]
fn a_change_is_asked_for_by_this_site_or_by_no_page_at_all() {
    for (host, origin, passes) in [
        ("localhost:8000", "http://localhost:8000", true),
        ("LocalHost:8000", "HTTP://localHOST:8000", true),
        ("shop.example", "http://shop.example", true),
        ("shop.example", "http://shop.example:80", true),
        ("shop.example:80", "http://shop.example", true),
        ("shop.example:", "http://shop.example", true),
        // A proxy that speaks TLS passes on the host and keeps the scheme to itself.
        ("shop.example", "https://shop.example", true),
        ("shop.example:443", "https://shop.example", true),
        ("shop.example", "https://shop.example:443", true),
        ("127.0.0.1:8000", "https://127.0.0.1:8000", true),
        ("[::1]:8000", "http://[::1]:8000", true),
        ("[::1]", "http://[::1]", true),
        // Another host, another port, another spelling.
        ("localhost:8000", "null", false),
        ("localhost:8000", "", false),
        ("localhost:8000", "http://localhost:8001", false),
        ("localhost:8000", "http://localhost", false),
        ("localhost:8000", "http://127.0.0.1:8000", false),
        ("shop.example", "http://shop.example:8000", false),
        ("shop.example:443", "http://shop.example", false),
        ("shop.example:80", "https://shop.example", false),
        ("shop.example", "http://evil.example", false),
        ("shop.example", "http://shop.example.evil.example", false),
        ("shop.example", "http://evilshop.example", false),
        ("shop.example", "http://my.shop.example", false),
        ("shop.example", "http://shop.example@evil.example", false),
        ("shop.example", "http://shop.example/", false),
        ("shop.example", "http://shop.example http://evil.example", false),
        ("shop.example", "http://evil.example http://shop.example", false),
        ("shop.example", "ftp://shop.example", false),
        ("shop.example", "//shop.example", false),
        ("shop.example", "shop.example", false),
        ("[::1]:8000", "http://[::2]:8000", false),
        ("[::1]:8000", "http://[::1]", false),
        ("", "http://", false),
    ] {
        assert_eq!(check(&post(host, &[origin])).is_ok(), passes, "Host: {host}, Origin: {origin}");
    }
    assert!(check(&post("x", &[])).is_ok(), "curl says nothing of where it comes from");
    assert!(check(&post("x", &["http://x", "http://x"])).is_ok());
    assert!(
        check(&post("x", &["http://x", "http://y"])).is_err()
            && check(&post("x", &["null", "http://x"])).is_err()
    );
    let mut without_host = post("x", &["http://x"]);
    without_host.headers.remove("Host");
    assert!(check(&without_host).is_err(), "HTTP/1.0: there is nothing to compare with");
}

/// Something took `Origin` out of a request, and left what else a browser says (Fetch Metadata
/// §2.3). A word that no browser says counts as nothing.
#[test]
fn without_an_origin_the_site_that_a_browser_names_must_be_this_one() {
    for (site, passes) in [
        ("same-origin", true),
        ("none", true),
        ("same-site", false),
        ("cross-site", false),
        ("elsewhere", true),
    ] {
        let mut request = post("localhost", &[]);
        request.headers.append("Sec-Fetch-Site", site);
        assert_eq!(check(&request).is_ok(), passes, "{site}");
        request.headers.append("Origin", "http://localhost");
        assert_eq!(check(&request), Ok(()), "{site}: the origin is this site's");
        request.headers.remove("Origin");
        request.method = Method::Get;
        assert_eq!(check(&request), Ok(()), "{site}: a link on another site leads here");
    }
}

#[test]
fn every_method_that_may_change_something_is_checked_and_no_other() {
    let mut app = App::new();
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        app.route([method], "/", |_: &mut Context| "done");
    }
    for (method, status) in [
        (Method::Get, 200),
        (Method::Head, 200),
        (Method::Options, 204),
        (Method::Post, 403),
        (Method::Put, 403),
        (Method::Patch, 403),
        (Method::Delete, 403),
        (Method::Other("BREW".into()), 501),
    ] {
        let mut request = Request::new(method.clone(), "/");
        request.headers.append("Origin", "http://evil.example");
        let answer = Client::new(&app).send(request);
        assert_eq!(answer.status(), status, "{method}");
        let seen =
            "found Origin: http://evil.example, expected http://localhost or https://localhost";
        assert_eq!(answer.text().contains(seen), status == 403, "{method}: {}", answer.text());
        // Otherwise a script of the other site could ask first, and then send the request.
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None);
    }
}

/// The browser would put a fresh cookie in the place of the visitor's, who would be logged out.
#[test]
fn an_answer_to_another_site_sets_no_cookie_and_keeps_no_session() {
    let store = Arc::new(MemoryStore::new());
    let mut app = App::new();
    app.prefix("/app");
    app.sessions(store.clone(), Duration::from_secs(60), 100);
    app.allow_origin("https://friend.example");
    app.get("/login", |ctx: &mut Context| {
        ctx.session.set("user", "Ada");
        "in"
    });
    app.get("/me", |ctx: &mut Context| ctx.session.text("user"));
    app.post("/change", |_: &mut Context| "changed");
    app.before(|ctx: &mut Context| {
        ctx.flash("seen");
        Ok((ctx.request.path == "/early").then(|| Response::text("early")))
    });
    app.on_error(|ctx: &mut Context, _: &Error| {
        ctx.session.clear();
        ctx.flash("wrong");
        None
    });
    app.after(|ctx: &mut Context, response: &mut Response| {
        if ctx.request.method == Method::Post {
            response.set_cookie(&SetCookie::new("theme", "dark").expect("a plain value"));
            response.delete_cookie("carafe_sid");
        }
    });
    let mut visitor = Client::new(&app);
    visitor.get("/app/login");
    let (evil, friend) = ("Origin: https://evil.example", "Origin: https://friend.example");
    for (line, header, status) in [
        ("POST /app/change", evil, 403),
        ("POST /app/change", "Origin: null", 403),
        ("POST /app/change", "Sec-Fetch-Site: cross-site", 403),
        ("POST /app/change", friend, 200),
        ("POST /app/early", evil, 200),
        ("POST /app/nowhere", friend, 404),
        ("POST /outside", evil, 404),
        ("BREW /app/change", evil, 501),
        ("GET /app/me", friend, 404),
        ("POST /app/change", "Origin: http://localhost", 200),
    ] {
        let bytes = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n");
        let mut request = Request::default();
        parse_head(bytes.as_bytes(), &Limits::default(), &mut request).expect("it is whole");
        let answer = visitor.send(request);
        let sets = answer.header("Set-Cookie").is_some();
        let is_own = header.ends_with("localhost");
        assert_eq!((answer.status(), sets), (status, is_own), "{line}, {header}");
        let mut rows = 0;
        store.inspect(&mut |_| rows += 1);
        assert_eq!(rows, 1, "{line}, {header}: the visitor's row alone");
        if !is_own {
            assert_eq!(visitor.get("/app/me").text(), "Ada", "{line}, {header}");
        }
    }
}

#[test]
fn every_answer_tells_the_browser_what_it_may_do_with_it() {
    let mut app = App::new();
    app.get("/page", |_: &mut Context| Response::html("<p>"));
    app.get("/moved", |_: &mut Context| Response::redirect("/page"));
    app.get("/panic", |_: &mut Context| -> &str { panic!("on purpose") });
    app.get("/own", |_: &mut Context| {
        Response::html("").with_header("Content-Security-Policy", "sandbox")
    });
    for (path, status, policy) in [
        ("/page", 200, "frame-ancestors 'none'"),
        ("/moved", 303, "frame-ancestors 'none'"),
        ("/panic", 500, "frame-ancestors 'none'"),
        ("/nowhere", 404, "frame-ancestors 'none'"),
        ("/own", 200, "sandbox"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!(
            (answer.status(), answer.header("Content-Security-Policy")),
            (status, Some(policy)),
            "{path}"
        );
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("Referrer-Policy"), Some("same-origin"), "{path}");
    }
}

#[test]
fn what_is_one_visitors_is_kept_by_no_cache() {
    let mut app = App::new();
    app.get("/set", |ctx: &mut Context| {
        ctx.session.set("user", "Ada");
        Response::text("set").with_header("Cache-Control", "public, max-age=600")
    });
    app.get("/read", |ctx: &mut Context| format!("{:?}", ctx.session.get("user")));
    app.get("/own", |_: &mut Context| {
        let mut response = Response::text("own").with_header("Cache-Control", "public");
        response.set_cookie(&SetCookie::new("theme", "dark").expect("a plain value"));
        response
    });
    app.get("/plain", |_: &mut Context| {
        Response::text("plain").with_header("Cache-Control", "max-age=60")
    });
    let mut client = Client::new(&app);
    for (path, cached, vary) in [
        ("/set", Some("no-store"), Some("Cookie")),
        ("/read", None, Some("Cookie")),
        ("/own", Some("no-store"), None),
        ("/plain", Some("max-age=60"), None),
    ] {
        let answer = client.get(path);
        assert_eq!(
            (answer.header("Cache-Control"), answer.header("Vary")),
            (cached, vary),
            "{path}"
        );
    }
}
