use carafe::http::{Method, Request, Status};
use carafe::web::client::Client;
use carafe::{App, Context, Response};
use std::io;

fn app() -> App {
    let mut app = App::new();
    for status in [204, 205, 304] {
        let answer = move |_: &mut Context| (Status(status), "not sent");
        app.get(format!("/{status}"), answer);
    }
    app.get("/page", |_: &mut Context| "a page");
    app.get("/fails", |_: &mut Context| {
        Response::stream("text/plain", |out| {
            out.write_all(b"begun")?;
            Err(io::Error::other("the source is dry"))
        })
    });
    app.get("/panics", |_: &mut Context| {
        Response::stream("text/plain", |out| {
            out.write_all(b"begun")?;
            panic!("at the disco")
        })
    });
    app
}

#[test]
fn an_answer_has_a_body_where_the_wire_has_one() {
    let app = app();
    for (method, path, body) in [
        (Method::Get, "/page", "a page"),
        (Method::Head, "/page", ""),
        (Method::Get, "/204", ""),
        (Method::Get, "/205", ""),
        (Method::Get, "/304", ""),
        // The stream does not run.
        (Method::Head, "/panics", ""),
    ] {
        let answer = Client::new(&app).send(Request::new(method.clone(), path));
        assert_eq!(answer.text(), body, "{method} {path}");
        assert_eq!(answer.warnings, [""; 0], "{method} {path}");
        assert!(answer.header("Content-Type").is_some(), "{method} {path}");
    }
}

#[test]
fn a_stream_that_fails_or_panics_breaks_off_with_a_warning() {
    let app = app();
    for (path, why) in [("/fails", "the source is dry"), ("/panics", "it panicked: at the disco")] {
        let answer = Client::new(&app).get(path);
        assert_eq!(answer.text(), "begun", "{path}");
        assert_eq!(answer.warnings, [format!("the body broke off: {why}")]);
    }
}
