//! One answer in two forms: text for curl, a page for a browser.

use carafe::http::Response;
use carafe::{Context, Error, Map};

/// The answer to this request: the template with its variables if the client prefers HTML, else
/// the text.
///
/// # Errors
///
/// As `ctx.render`.
#[track_caller]
pub fn text_or_page(
    ctx: &mut Context,
    text: String,
    template: &str,
    variables: impl Into<Map>,
) -> Result<Response, Error> {
    let response = if ctx.request.prefers_html() {
        ctx.render(template, variables)?
    } else {
        Response::text(text)
    };
    // RFC 9110 §12.5.5: a cache must not give the page to a client that wants the text.
    Ok(response.with_header("Vary", "Accept"))
}
