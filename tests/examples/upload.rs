//! A form with a file: what came is said, and sent back as a file to keep.
//!
//! `cargo run --example upload`, then open http://127.0.0.1:8000 in a browser, or
//! `curl -F age=36 -F photo=@me.png http://127.0.0.1:8000 -OJ`. A body of more than 1 MiB is a 413,
//! unless `server.limits(Limits { body_bytes: 20 << 20, ..Limits::default() })` allows 20 MiB.

use carafe::{App, Context, Error, Response, Server, stop_on_signals};

const PAGE: &str = r#"<!doctype html>
<title>An upload</title>
<form method="post" enctype="multipart/form-data">
<input name="age" type="number"> <input name="photo" type="file"> <button>Send</button>
</form>
"#;

fn index(_: &mut Context) -> Response {
    Response::html(PAGE)
}

fn upload(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let age: i64 = form.parse("age")?; // not a number: 400, and the page says why
    let photo = form.file("photo")?;
    println!("{} bytes of {} at {age}", photo.bytes.len(), photo.content_type);
    // The bytes are a stranger's: as a download no browser shows them as a page of this site.
    Ok(Response::typed("application/octet-stream", photo.bytes.clone()).download(&photo.file_name))
}

fn main() -> std::io::Result<()> {
    let mut app = App::new();
    app.get("/", index);
    app.post("/", upload);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let server = Server::bind(address)?;
    stop_on_signals(&server.stopper())?;
    server.run(app)
}
