//! What a site remembers about a visitor: a name from a form, a count, and a message for one page.
//!
//! `cargo run --example session`, then open http://127.0.0.1:8000 in a browser.

use carafe::web::template::Templates;
use carafe::{App, Context, Error, Response, Server, stop_on_signals};

const PAGE: &str = r#"<!doctype html>
<title>A session</title>
{% for message in get_flashed_messages() %}<p><em>{{ message }}</em>{% endfor %}
<p>Hello {{ session.name or "stranger" }}! This is visit {{ visits }}.
<form method="post"><input name="name" autofocus><button>That is my name</button></form>
"#;

fn index(ctx: &mut Context) -> Result<Response, Error> {
    let visits = ctx.session.int("visits").unwrap_or(0) + 1;
    ctx.session.set("visits", visits);
    ctx.render("index.html", [("visits", visits)])
}

fn save(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let name = form.required("name")?;
    match name {
        "" => ctx.flash("A name has at least one letter."),
        name => ctx.session.set("name", name),
    }
    Ok(Response::redirect(&ctx.url_for("index", &[])?))
}

fn main() -> std::io::Result<()> {
    let mut app = App::new();
    app.templates(Templates::embedded(&[("index.html", PAGE)]));
    app.get("/", index);
    app.post("/", save);
    let address = std::env::args().nth(1).unwrap_or("127.0.0.1:8000".into());
    let server = Server::bind(address)?;
    stop_on_signals(&server.stopper())?;
    server.run(app)
}
