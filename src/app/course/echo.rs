//! Deeper: The request as the server read it, sent back as text or as JSON.
//!
//! The first page of the course shows the same text at its foot.
//!
//! # Security
//!
//! Scripts can read these pages, so they must not hold the visitor's session id. Four characters
//! of it are shown, which is enough to compare two of them.

use carafe::http::{Method, Request, Response, fields};
use carafe::{App, Context, Map, Value, json};

/// Registers `/echo` for every method. HEAD and OPTIONS need no route: they come with every GET.
pub fn routes(app: &mut App) {
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        app.route(method, "/echo", echo);
    }
}

fn echo(ctx: &mut Context) -> Response {
    let request = &ctx.request;
    let response = if request.accepts("application/json") {
        Response::json(json::write(&as_value(request)) + "\n")
    } else {
        Response::text(as_text(request))
    };
    response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store")
}

/// The request as text: the request line, the headers, an empty line, the body.
pub fn as_text(request: &Request) -> String {
    let mut text = format!("{} {} {}\n", request.method, request.target, request.version.as_str());
    for (name, value) in request.headers.iter() {
        text.push_str(&format!("{name}: {}\n", without_id(name, value)));
    }
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(&request.body));
    if !request.body.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The same for a program: the parts of the request as JSON.
fn as_value(request: &Request) -> Value {
    // A list of pairs, not a map: a name may come twice.
    let pair = |name: &str, value: String| Value::from(vec![Value::from(name), value.into()]);
    let query = request.query.iter().map(|(name, value)| pair(name, value.to_owned()));
    let headers = request.headers.iter();
    let headers = headers.map(|(name, value)| pair(name, without_id(name, value)));
    Map::from([
        ("method", Value::from(request.method.as_str())),
        ("target", request.target.as_str().into()),
        ("path", fields::percent_decode(&request.path).into_owned().into()),
        ("query", query.collect::<Vec<_>>().into()),
        ("headers", headers.collect::<Vec<_>>().into()),
        ("body", String::from_utf8_lossy(&request.body).into_owned().into()),
    ])
    .into()
}

/// The value of a header. In `Cookie`, the session id is cut to four characters.
fn without_id(name: &str, value: &str) -> String {
    if !name.eq_ignore_ascii_case("Cookie") {
        return value.to_owned();
    }
    let cookies = value.split(';').map(|cookie| match cookie.split_once('=') {
        Some((name, id)) if name.trim() == "carafe_sid" => {
            format!("{name}={}..", id.trim().chars().take(4).collect::<String>())
        }
        _ => cookie.to_owned(),
    });
    cookies.collect::<Vec<_>>().join(";")
}
