//! Deeper: The request as the server read it, sent back; the icon; and a handler that fails.
//!
//! The first page of the course shows the request at its foot.
//!
//! # Security
//!
//! Scripts can read these pages, so they must not hold the visitor's session id, here or at another
//! program of this host. Four characters of it are shown, which is enough to compare two of them.

use crate::app::answer::form_of;
use crate::app::assets;
use crate::app::glass::masked_cookies;
use carafe::http::{Method, Request, fields};
use carafe::{App, Context, Error, Map, Response, Value};

/// Registers `/echo` for every method, and two pages that help elsewhere.
pub fn routes(app: &mut App) {
    // HEAD and OPTIONS need no route: they come with every GET.
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    app.route(methods, "/echo", echo);
    app.get("/favicon.ico", favicon);
    app.get("/boom", boom).example("/", "");
}

fn echo(ctx: &mut Context) -> Result<Response, Error> {
    let request = &ctx.request;
    // A byte that is no text becomes a character of three bytes, and a control character six
    // letters of JSON.
    ctx.count(7 * request.body.len())?;
    let response = match form_of(ctx) {
        "html" => ctx.render("echo.html", [("request_text", as_text(request))])?,
        "json" => Response::json(&as_value(request)),
        _ => Response::text(as_text(request)),
    };
    Ok(response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store"))
}

/// The request as text: the request line, the headers, an empty line, the body.
pub fn as_text(request: &Request) -> String {
    let (method, target) = (method(request), &request.target);
    let mut text = format!("{method} {target} {}\n", request.version.as_str());
    for (name, value) in request.headers.iter() {
        text.push_str(&format!("{name}: {}\n", without_ids(name, value)));
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
    let headers = headers.map(|(name, value)| pair(name, without_ids(name, value)));
    Map::from([
        ("method", Value::from(method(request).as_str())),
        ("target", request.target.as_str().into()),
        ("path", fields::percent_decode(&request.path).into_owned().into()),
        ("query", query.collect()),
        ("headers", headers.collect()),
        ("body", String::from_utf8_lossy(&request.body).into_owned().into()),
    ])
    .into()
}

/// The answer to HEAD has the length of the answer to GET, and nobody sees it (RFC 9110 §9.3.2).
fn method(request: &Request) -> &Method {
    if request.method == Method::Head { &Method::Get } else { &request.method }
}

/// The value of a header. In `Cookie`, session ids are cut to four characters.
fn without_ids(name: &str, value: &str) -> String {
    match name.eq_ignore_ascii_case("Cookie") {
        true => masked_cookies(value),
        false => value.to_owned(),
    }
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
