//! What a handler is given and may return; and the small program that the framework promises to run.

use carafe::http::{Method, Request, Status};
use carafe::web::client::Client;
use carafe::{App, Context, Error, Response, Server, Value};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

struct Shared {
    hits: AtomicU64,
}

fn upload(ctx: &mut Context) -> Result<String, Error> {
    let form = ctx.form()?;
    let photo = form.file("photo")?;
    Ok(format!("{} {}\n", photo.file_name, form.parse::<i64>("age")? + 1))
}

fn create(ctx: &mut Context) -> Result<(Status, Value), Error> {
    let sent = ctx.json()?;
    let id: i64 = ctx.param("id").parse()?;
    let link = ctx.url_for("item", &[("id", id.into()), ("q", "a b".into())])?;
    assert_eq!(link, format!("/item/{id}?q=a+b"));
    ctx.state::<Shared>().hits.fetch_add(1, SeqCst);
    Ok((Status::CREATED, sent))
}

fn program() -> App {
    let mut app = App::new();
    app.state(Shared { hits: AtomicU64::new(0) });
    app.get("/item/<int:id>", |ctx: &mut Context| ctx.param("id").to_owned()).name("item");
    app.post("/upload", upload);
    app.post("/create/<id>", create);
    app.get("/hits", |ctx: &mut Context| ctx.state::<Shared>().hits.load(SeqCst).to_string());
    app.get("/motto", |ctx: &mut Context| ctx.g.get("motto").cloned());
    app.before(|ctx: &mut Context| -> Result<Option<Response>, Error> {
        ctx.g.insert("motto", "clear glass");
        Ok(None)
    });
    app.after(|_: &mut Context, response: &mut Response| {
        response.headers.set("X-Time", "1");
    });
    app.on_error(|ctx: &mut Context, error: &Error| -> Option<Response> {
        ctx.request
            .path
            .starts_with("/create/")
            .then(|| Response::text(error.status().to_string()).with_status(error.status()))
    });
    app
}

#[test]
fn the_program_of_the_manual_runs() {
    let app = program();
    let mut client = Client::new(&app);
    let answer = client.send_json(Method::Post, "/create/7", Value::from([1, 2]));
    assert_eq!((answer.status(), answer.text().as_str()), (201, "[1,2]\n"));
    assert_eq!(answer.header("X-Time"), Some("1"));
    assert_eq!(client.get("/hits").text(), "1");
    assert_eq!(client.get("/motto").text(), "\"clear glass\"\n");
    let answer = client.send_json(Method::Post, "/create/seven", Value::Null);
    assert_eq!((answer.status(), answer.text().as_str()), (500, "500 Internal Server Error"));
    assert!(answer.warnings[0].contains("tests/web/handler.rs:"), "{:?}", answer.warnings);
    assert!(answer.warnings[0].contains("invalid digit"), "{:?}", answer.warnings);

    let server = Server::bind("127.0.0.1:0").unwrap();
    carafe::stop_on_signals(&server.stopper()).unwrap();
}

#[test]
fn each_thing_that_a_handler_returns_becomes_an_answer() {
    let mut app = App::new();
    app.get("/text", |_: &mut Context| String::from("t"));
    app.get("/bytes", |_: &mut Context| vec![1u8, 2]);
    app.get("/value", |_: &mut Context| Value::from([1]));
    app.get("/made", |_: &mut Context| (Status::CREATED, "made"));
    app.get("/status", |_: &mut Context| -> Result<Status, Error> { Ok(Status::NO_CONTENT) });
    app.get("/some", |_: &mut Context| Some("some"));
    app.get("/none", |_: &mut Context| None::<&str>);
    app.get("/io", |_: &mut Context| -> Result<&str, std::io::Error> {
        Err(std::io::ErrorKind::NotFound.into())
    });
    for (path, status, media_type, body) in [
        ("/text", 200, "text/plain; charset=utf-8", &b"t"[..]),
        ("/bytes", 200, "application/octet-stream", &[1, 2]),
        ("/value", 200, "application/json", b"[1]\n"),
        ("/made", 201, "text/plain; charset=utf-8", b"made"),
        ("/some", 200, "text/plain; charset=utf-8", b"some"),
    ] {
        let answer = Client::new(&app).get(path);
        let found = (answer.status(), answer.header("Content-Type"), answer.bytes());
        assert_eq!(found, (status, Some(media_type), body), "{path}");
    }
    let empty = Client::new(&app).get("/status");
    assert_eq!((empty.status(), empty.bytes()), (204, &b""[..]));
    assert_eq!(Client::new(&app).get("/none").status(), 404);
    assert_eq!(Client::new(&app).get("/io").status(), 500);
}

#[test]
fn json_that_is_none_is_refused_with_a_reason() {
    let app = program();
    let send = |media_type, body: &str| {
        Client::new(&app).send_body(Method::Post, "/create/1", media_type, body)
    };
    assert_eq!(send("application/json", "{").status(), 400);
    assert_eq!(send("application/problem+json", "{}").status(), 201);
    let answer = send("text/plain", "{}");
    // A hook made the answer; what the error must carry is kept.
    assert_eq!((answer.status(), answer.header("Accept")), (415, Some("application/json")));
    // Without a hook the answer says what came.
    let mut plain = App::new();
    plain.post("/", |ctx: &mut Context| ctx.json());
    plain.patch("/", |ctx: &mut Context| ctx.json());
    let answer = Client::new(&plain).send_body(Method::Patch, "/", "text/plain", "{}");
    assert_eq!((answer.status(), answer.header("Accept-Patch")), (415, Some("application/json")));
    for (media_type, body, expected) in [
        ("application/json", "99999999999999999999", "does not fit 64 bits"),
        ("", "{}", "found no Content-Type, expected application/json"),
    ] {
        let answer = Client::new(&plain).send_body(Method::Post, "/", media_type, body);
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
}

#[test]
fn a_cookie_is_read_and_one_is_deleted() {
    let mut app = App::new();
    app.get("/theme", |ctx: &mut Context| ctx.cookie("theme").map(|it| it.to_string()));
    app.get("/drop", |_: &mut Context| {
        let mut response = Response::text("gone");
        response.delete_cookie("theme");
        response
    });
    let mut request = Request::new(Method::Get, "/theme");
    request.headers.append("Cookie", "theme=dark");
    let mut client = Client::new(&app);
    assert_eq!(client.send(request).text(), "dark");
    assert_eq!(client.get("/drop").header("Set-Cookie"), Some("theme=; Max-Age=0; Path=/"));
}

#[test]
fn a_page_takes_what_the_path_holds_without_a_copy() {
    let mut app = App::new();
    let pages: &[(&str, &str)] = &[("x.html", "{{ x }} {{ request.endpoint }} {{ g.motto }}")];
    app.templates(carafe::web::template::Templates::embedded(Box::leak(pages.into())));
    app.get("/<x>", |ctx: &mut Context| ctx.render("x.html", [("x", ctx.param("x"))])).name("show");
    app.before(|ctx: &mut Context| {
        ctx.g.insert("motto", "clear");
        Ok(None)
    });
    assert_eq!(Client::new(&app).get("/a").text(), "a show clear");
}
