//! The names that every program may rely on, used once in a program that compiles.

use carafe::http::{Method, Request, Status};
use carafe::web::client::Client;
use carafe::{App, Context, Error, Map, Response, Server, Value};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

#[derive(Default)]
struct Shared {
    hits: AtomicU64,
}

fn upload(ctx: &mut Context) -> Result<String, Error> {
    let form = ctx.form()?;
    let photo = form.file("photo")?;
    let (_, _, bytes): (&String, &String, &Vec<u8>) =
        (&photo.file_name, &photo.content_type, &photo.bytes);
    Ok(format!("{} {} {}\n", photo.file_name, form.parse::<i64>("age")? + 1, bytes.len()))
}

fn create(ctx: &mut Context) -> Result<(Status, Value), Error> {
    let sent = ctx.json()?;
    let id: i64 = ctx.param("id").parse()?;
    let link = ctx.url_for("item", &[("id", id.into()), ("q", "a b".into())])?;
    ctx.state::<Shared>().hits.fetch_add(1, SeqCst);
    assert_eq!(link, format!("/item/{id}?q=a+b"));
    Ok((Status::CREATED, sent))
}

fn app() -> App {
    let mut app = App::new();
    app.state(Shared::default());
    app.post("/upload", upload);
    app.post("/item/<id>", create).name("item");
    app.route([Method::Put, Method::Patch], "/item/<id>", create).name("change");
    app.get("/hits", |ctx: &mut Context| {
        Map::from([("hits", ctx.state::<Shared>().hits.load(SeqCst))])
    });
    app.blueprint("admin", "/admin", |admin| {
        admin.get(format!("/user-<{}>", "id"), |ctx: &mut Context| ctx.param("id").to_owned());
    });
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
            .starts_with("/api/")
            .then(|| Response::text(error.status().to_string()).with_status(error.status()))
    });
    app
}

#[test]
fn the_promised_names_do_what_they_promise() {
    let app = app();
    let mut client = Client::new(&app);
    let form = "--x\r\nContent-Disposition: form-data; name=\"age\"\r\n\r\n36\r\n\
        --x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"../me.png\"\r\n\r\n\
        123\r\n--x--";
    let multipart = "multipart/form-data; boundary=x";
    for (method, path, content_type, body, status, text) in [
        (Method::Post, "/upload", multipart, form, 200, "me.png 37 3\n"),
        (Method::Post, "/upload", multipart, "--x--", 400, "missing file \"photo\""),
        (
            Method::Post,
            "/upload",
            multipart,
            &form.replace("36", "x"),
            400,
            "form field \"age\": found \"x\", expected a whole number",
        ),
        (Method::Post, "/item/3", "application/json", "{\"a\": 1}", 201, "{\"a\": 1}\n"),
        (Method::Patch, "/item/%33", "application/json", "[]", 201, "[]\n"),
        (Method::Put, "/item/x", "application/json", "[]", 500, ""),
        (Method::Get, "/hits", "", "", 200, "{\"hits\": 2}\n"),
        (Method::Get, "/admin/user-7", "", "", 200, "7"),
        (Method::Get, "/%61dmin/user-7", "", "", 200, "7"),
        (Method::Get, "/api/x", "", "", 404, "404"),
    ] {
        let mut request = Request::new(method, path);
        request.headers.set("Content-Type", content_type);
        request.body = body.into();
        let answer = client.send(request);
        assert_eq!(answer.status(), status, "{path}: {}", answer.text());
        let spaceless = |text: &str| text.replace(": ", ":");
        assert!(spaceless(&answer.text()).contains(&spaceless(text)), "{}", answer.text());
        assert_eq!(answer.header("X-Time"), Some("1"), "{path}");
    }
}

#[test]
fn a_program_ends_on_a_signal_if_it_asks_for_it() {
    let server = Server::bind("127.0.0.1:0").expect("a port is free").quiet();
    carafe::stop_on_signals(&server.stopper()).expect("signals can be watched");
    server.stopper().stop();
    server.run(app()).expect("it ran");
}
