//! The first answers: a text, a page with a name in it, the icon, what the server read, and a
//! handler that fails.

use carafe::http::{Method, Request, Response, fields};
use carafe::{App, Context, Error, Map, Value, json};

use crate::app::assets;

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/hello", hello);
    app.get("/hello/<name>", hello_name).example("/hello/Ada", "");
    app.get("/favicon.ico", favicon);
    app.get("/boom", boom).no_example();
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        app.route(method, "/echo", echo);
    }
}

fn hello(_: &mut Context) -> &'static str {
    "Hello, World!\n"
}

fn hello_name(ctx: &mut Context) -> Result<Response, Error> {
    let name = ctx.param("name").to_owned();
    ctx.render("hello.html", [("name", name)])
}

fn favicon(_: &mut Context) -> Response {
    let icon = assets::WWW
        .iter()
        .find(|(name, _)| *name == "favicon.ico")
        .map_or(&[][..], |(_, bytes)| bytes);
    Response::typed("image/x-icon", icon.to_vec()).with_header("Cache-Control", "max-age=86400")
}

/// Fails on purpose: one 500, and the next request is served. With `?why=` it has a visitor's words
/// in its message, as happens to programs that did not mean to fail.
#[expect(clippy::panic, reason = "this is what the route is for")]
fn boom(ctx: &mut Context) -> &'static str {
    match ctx.request.query.get("why") {
        Some(why) => panic!("this handler panics on purpose: {why}"),
        None => panic!("this handler panics on purpose"),
    }
}

/// The request as the server read it: text, or JSON for whoever asks for it.
fn echo(ctx: &mut Context) -> Response {
    let request = &ctx.request;
    let response = if request.accepts("application/json") {
        Response::json(json::write(&echo_value(request)) + "\n")
    } else {
        Response::text(echo_text(request))
    };
    response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store")
}

/// The request as text, the visitor's id cut.
pub fn echo_text(request: &Request) -> String {
    let mut text = format!("{} {} {}\n", request.method, request.target, request.version.as_str());
    for (name, value) in request.headers.iter() {
        text.push_str(&format!("{name}: {}\n", cut_id(name, value)));
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(&request.body));
    if !request.body.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

fn echo_value(request: &Request) -> Value {
    let pairs = |pairs: Vec<(String, String)>| -> Value {
        pairs.into_iter().map(|(name, value)| Value::from([name, value])).collect()
    };
    let headers = request
        .headers
        .iter()
        .map(|(name, value)| (name.to_owned(), cut_id(name, value)))
        .collect();
    let query =
        request.query.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Value::Map(Map::from([
        ("method", Value::from(request.method.as_str())),
        ("target", request.target.as_str().into()),
        ("path", fields::percent_decode(&request.path).into_owned().into()),
        ("query", pairs(query)),
        ("headers", pairs(headers)),
        ("body", String::from_utf8_lossy(&request.body).into_owned().into()),
    ]))
}

/// Scripts can read this page and must not find the visitor's id on it: four characters of it are
/// enough to see it.
fn cut_id(name: &str, value: &str) -> String {
    if !name.eq_ignore_ascii_case("Cookie") {
        return value.to_owned();
    }
    let cut = value.split(';').map(|pair| match pair.split_once('=') {
        Some((name, id)) if name.trim() == "carafe_sid" => {
            format!("{name}={}..", id.trim().chars().take(4).collect::<String>())
        }
        _ => pair.to_owned(),
    });
    cut.collect::<Vec<_>>().join(";")
}
