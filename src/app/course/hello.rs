//! The first answers: a text, a page with a name in it, the icon, and a handler that fails.
//!
//! A handler is a function that takes the context of one request and returns an answer. What it
//! returns becomes a `Response`: a text, a response, or an error.

use crate::app::assets;
use carafe::http::Response;
use carafe::{App, Context, Error};

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/hello", hello);
    app.get("/hello/<name>", hello_name).example("/hello/Ada", "");
    app.get("/favicon.ico", favicon);
    app.get("/boom", boom).no_example();
}

fn hello(_: &mut Context) -> &'static str {
    "Hello, World!\n"
}

/// `<name>` in the pattern becomes `param("name")`, and `{{ name }}` in the template shows it.
fn hello_name(ctx: &mut Context) -> Result<Response, Error> {
    let name = ctx.param("name").to_owned();
    ctx.render("hello.html", [("name", name)])
}

/// The icon of the browser's tab. Browsers ask for it at this path, and a 404 would puzzle a
/// beginner.
fn favicon(_: &mut Context) -> Response {
    let icon = assets::WWW.iter().find(|(name, _)| *name == "favicon.ico");
    let bytes = icon.map_or(&[][..], |(_, bytes)| bytes);
    Response::typed("image/x-icon", bytes.to_vec()).with_header("Cache-Control", "max-age=86400")
}

/// Panics on purpose. The client gets a 500, and the server goes on. With `?why=`, the message
/// holds words of the client, as messages of real failures often do.
#[expect(clippy::panic, reason = "this route shows what a panic does")]
fn boom(ctx: &mut Context) -> &'static str {
    match ctx.request.query.get("why") {
        Some(why) => panic!("this handler panics on purpose: {why}"),
        None => panic!("this handler panics on purpose"),
    }
}
