//! One sentence as an answer: a line for curl; for a browser a page, with a word on what happened
//! and where to go on.

use carafe::http::Response;
use carafe::{Context, Error, Value};

/// The answer. `links` are paths and what they say; only the page has them, and the `message`.
pub fn say(
    ctx: &mut Context,
    sentence: &str,
    message: &str,
    links: &[(&str, &str)],
) -> Result<Response, Error> {
    let response = if ctx.request.prefers_html() {
        let links: Vec<Value> = links.iter().map(|&(path, text)| [path, text].into()).collect();
        let variables: [(&str, Value); 3] =
            [("title", sentence.into()), ("message", message.into()), ("links", links.into())];
        ctx.render("message.html", variables)?
    } else {
        Response::text(format!("{sentence}\n"))
    };
    Ok(response.with_header("Vary", "Accept"))
}
