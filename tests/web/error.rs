//! What a client is told of an error.

use crate::common::wait_until;
use carafe::cycle::Cycle;
use carafe::http::{Limits, Method, Request, Status, parse_head};
use carafe::web::client::Client;
use carafe::web::store::{Kind, NoneStore, StoreError};
use carafe::web::template::Templates;
use carafe::{App, Context, Error, Response, Service};
use std::io;
use std::panic;
use std::sync::{Arc, Mutex};
use std::time::Instant;

#[test]
fn a_stranger_is_told_the_status_of_a_failure_alone() {
    let mut app = App::new();
    app.get("/abort", |_: &mut Context| -> Result<&str, Error> {
        Err(Error::abort(Status::SERVICE_UNAVAILABLE, "the printer is out of paper"))
    });
    app.get("/io", |_: &mut Context| -> Result<String, Error> {
        Ok(std::fs::read_to_string("/no/such/file")?)
    });
    app.get("/wrong", |_: &mut Context| -> Result<&str, Error> {
        Err(Error::abort(Status::CONFLICT, "somebody was faster"))
    });
    app.get("/large", |_: &mut Context| -> Result<&str, Error> {
        Err(StoreError::TooLarge("the row would be 108 bytes".into()))?
    });
    for (path, status, inside, outside) in [
        ("/large", 413, "108 bytes", "413 Content Too Large\nGET /large\nthe row would be"),
        ("/abort", 503, "out of paper", "503 Service Unavailable\nGET /abort\n"),
        ("/io", 500, "tests/web/error.rs:", "500 Internal Server Error\nGET /io\n"),
        ("/wrong", 409, "somebody was", "409 Conflict\nGET /wrong\nsomebody was faster\n"),
        ("/abotr", 404, "did you mean GET /abort", "404 Not Found\nGET /abotr\nthere is nothing"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!(answer.status(), status, "{path}");
        let text = answer.text();
        assert_eq!(text.matches(inside).count(), 1, "{path}: {text}");
        assert_eq!(status >= 500 || path == "/large", answer.warnings.len() == 1, "{path}");
        let mut request = Request::new(Method::Get, path);
        request.headers.set("Host", "shop.example");
        let text = Client::new(&app).send(request).text();
        assert!(text.starts_with(outside) && !text.contains("did you mean"), "{path}: {text}");
        assert_eq!(text.contains(inside), ["/wrong", "/large"].contains(&path), "{path}: {text}");
        assert!(!text.contains(".rs:"), "{path}: {text}");
    }
}

#[test]
fn the_log_names_a_line_of_the_program_for_each_failure() {
    fn own_error(_: &mut Context) -> Result<String, std::io::Error> {
        std::fs::read_to_string("/no/such/file")
    }
    const NOTE: Kind = Kind::kept("note", 1);
    let mut app = App::new();
    app.templates(Templates::embedded(&[]));
    app.store(Arc::new(NoneStore));
    app.get("/own", own_error);
    app.get("/into", |_: &mut Context| -> Result<String, Error> {
        std::fs::read_to_string("/no/such/file").map_err(Into::into)
    });
    app.get("/store", |ctx: &mut Context| -> Result<String, Error> {
        ctx.store().keys(&NOTE).next().unwrap()?;
        Ok(String::new())
    });
    app.get("/page", |ctx: &mut Context| ctx.render("none.html", ()));
    app.get("/abort", |_: &mut Context| {
        Err::<&str, _>(Error::abort(Status::SERVICE_UNAVAILABLE, "out of paper"))
    });
    app.get("/panic", |_: &mut Context| -> &str { panic!("boom") });
    app.get("/status", |_: &mut Context| (Status(99), "x"));
    app.get("/only-status", |_: &mut Context| Status(99));
    let lines =
        app.routes().iter().map(|route| (route.pattern.text().to_owned(), route.source.line()));
    let lines: Vec<(String, u32)> = lines.collect();
    for (path, line) in lines {
        let answer = Client::new(&app).get(&path);
        assert!(answer.status() >= 500, "{path}");
        let [warning] = &answer.warnings[..] else { panic!("{:?}", answer.warnings) };
        // The line of the `?`, or else that of the route.
        let line = if path == "/store" { line + 1 } else { line };
        assert!(warning.contains(&format!("tests/web/error.rs:{line}")), "{path}: {warning}");
        assert_eq!(warning.matches(".rs:").count(), 1, "{path}: {warning}");
    }
}

#[test]
fn a_row_that_is_too_large_for_its_store_is_in_the_log() {
    let mut app = App::new();
    app.get("/big", |ctx: &mut Context| {
        ctx.session.set("x", "a".repeat(20_000));
        "big"
    });
    let answer = Client::new(&app).get("/big");
    assert_eq!(answer.status(), 413);
    let [warning] = &answer.warnings[..] else { panic!("{:?}", answer.warnings) };
    assert!(warning.contains("expected at most 16384"), "{warning}");
}

#[test]
fn an_error_page_for_strangers_has_an_empty_command() {
    let mut app = App::new();
    app.templates(Templates::embedded(&[("error.html", "<{{ command }}>")]));
    app.get("/fails", |_: &mut Context| Err::<&str, _>(Error::Failed("x".into())));
    let mut request = Request::new(Method::Get, "/fails");
    request.headers.append("Host", "elsewhere.example");
    request.headers.append("Accept", "text/html");
    assert_eq!(Client::new(&app).send(request).text(), "<>");
}

#[test]
fn a_panic_names_the_line_that_made_the_mistake() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let (seen, before) = (Arc::clone(&lines), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        seen.lock().unwrap().extend(panic.location().map(ToString::to_string));
        before(panic);
    }));
    let first = line!() + 2;
    let mistakes: [fn(); 6] = [
        || drop(Response::text("x").with_header("X Y", "1")),
        || drop(Error::with_header(Status::CONFLICT, "x", "X Y", "1")),
        || drop(Response::text("x").with_status(Status(99))),
        || drop(Response::redirect_with(Status(99), "/")),
        || drop(Error::abort(Status(100), "x")),
        || Response::text("x").delete_cookie("a; Domain=evil.example"),
    ];
    for (line, mistake) in (first..).zip(mistakes) {
        panic::catch_unwind(mistake).expect_err("it panics");
        let place = format!("tests/web/error.rs:{line}:");
        assert!(lines.lock().unwrap().iter().any(|it| it.starts_with(&place)), "{place}");
    }
}

#[cfg(unix)]
#[test]
fn a_handler_without_a_descriptor_for_its_file_is_a_503_that_says_when_to_come_again() {
    let mut app = App::new();
    app.get("/full", |_: &mut Context| Err::<&str, Error>(io::Error::from_raw_os_error(24).into()));
    app.get("/other", |_: &mut Context| Err::<&str, Error>(io::Error::from_raw_os_error(5).into()));
    let mut visitor = Client::new(&app);
    let answer = visitor.get("/full");
    assert_eq!((answer.status(), answer.header("Retry-After")), (503, Some("1")));
    assert_eq!(visitor.get("/other").status(), 500);
}

#[test]
fn a_site_need_not_have_a_page_for_errors() {
    for (files, warnings) in [(&[][..], 0), (&[("error.html", "{% if %}")][..], 1)] {
        let mut app = App::new();
        app.templates(Templates::embedded(files));
        let answer = Client::new(&app).header("Accept", "text/html").get("/nowhere");
        assert!(answer.text().starts_with("404 Not Found\n"), "{}", answer.text());
        assert_eq!(answer.warnings.len(), warnings, "{:?}", answer.warnings);
        // Of a message that the server itself refuses, the page fails likewise. The server logs the
        // message's own error, here a 505.
        let (mut request, mut cycle) = (Request::new(Method::Get, "/"), Cycle::default());
        let (wrong, limits) = (b"GET / HTTP/3.0\r\n\r\n", Limits::default());
        let wrong = parse_head(wrong, &limits, &mut Request::default());
        request.headers.append("Accept", "text/html");
        app.refused(&request, &wrong.unwrap_err(), &mut cycle).expect("an answer");
        assert_eq!(cycle.warnings().len(), warnings, "{:?}", cycle.warnings());
    }
}

#[test]
fn a_long_path_that_nothing_answers_costs_no_more_where_names_are_compared() {
    let mut app = App::new();
    for number in 0..300 {
        app.get(format!("/p{number}/<path:rest>"), |_: &mut Context| "");
    }
    let ask = |host: &str| {
        let mut request = Request::new(Method::Get, &"/a".repeat(4_000));
        request.headers.set("Host", host);
        let (mut visitor, begun) = (Client::new(&app), Instant::now());
        assert_eq!(visitor.send(request).status(), 404);
        begun.elapsed()
    };
    let stranger = (0..5).map(|_| ask("shop.example")).min().unwrap();
    wait_until!(ask("localhost") < stranger * 4, "more than four times {stranger:?}");
}
