//! Deeper: One answer in two forms: text for curl, a page for a browser.

use carafe::{Context, Error, Map, Response};

/// The template with its variables if the client prefers HTML, else the text.
#[track_caller]
pub fn text_or_page(
    ctx: &mut Context,
    text: String,
    template: &str,
    variables: Map,
) -> Result<Response, Error> {
    let is_page = ctx.request.prefers_html();
    let response = if is_page { ctx.render(template, variables)? } else { Response::text(text) };
    // RFC 9110 §12.5.5: a cache must not give the page to a client that wants the text.
    Ok(response.with_header("Vary", "Accept"))
}

/// One sentence. A page has it as its title, and the message below it, which explains it.
#[track_caller]
pub fn say(
    ctx: &mut Context,
    template: &str,
    sentence: &str,
    message: &str,
) -> Result<Response, Error> {
    let variables = Map::from([("title", sentence), ("message", message)]);
    text_or_page(ctx, format!("{sentence}\n"), template, variables)
}

/// The form of an answer that has three: `html`, `json` or `txt`. The ending of the path says it,
/// or else what the client prefers.
pub fn form_of(ctx: &Context) -> &'static str {
    match ctx.request.path.rsplit_once('.') {
        Some((_, "txt")) => "txt",
        Some((_, "json")) => "json",
        _ => match ctx.request.preferred(&["text/html", "application/json"]) {
            Some("text/html") => "html",
            Some(_) => "json",
            None => "txt",
        },
    }
}

/// One set of variables for two templates: `NAME.html` for a page, else `NAME.txt`.
#[track_caller]
pub fn render(ctx: &mut Context, name: &str, variables: Map) -> Result<Response, Error> {
    let ending = if form_of(ctx) == "html" { "html" } else { "txt" };
    let mut response = ctx.render(&format!("{name}.{ending}"), variables)?;
    if ending == "txt" {
        response.headers.set("Content-Type", "text/plain; charset=utf-8");
    }
    Ok(response.with_header("Vary", "Accept"))
}
