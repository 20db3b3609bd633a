//! The first answers: a text, and a page with a name in it.
//!
//! A handler is a function that takes the context of one request and returns an answer.

use carafe::{App, Context, Error, Response};

/// Registers the routes of this file. Pages about errors show the example (a path, a form).
pub fn routes(app: &mut App) {
    app.get("/hello", hello);
    app.get("/hello/<name>", hello_name).example("/hello/Ada", "");
}

fn hello(_: &mut Context) -> &'static str {
    "Hello, World!\n"
}

/// `<name>` in the pattern becomes `param("name")`, and `{{ name }}` in the template shows it.
fn hello_name(ctx: &mut Context) -> Result<Response, Error> {
    ctx.render("hello.html", [("name", ctx.param("name"))])
}
