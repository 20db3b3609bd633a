//! Deeper: A GET form: the browser puts the data into the URL, which can be saved and shared.

use crate::app::answer::text_or_page;
use carafe::{App, Context, Error, Response};

/// Registers the route of this file.
pub fn routes(app: &mut App) {
    app.get("/search", search);
}

/// `text_or_page` answers curl with the text, and a browser with the page.
/// `ctx.request.query` is Flask's `request.args`. A name may come several times: `?q=a&q=b`.
fn search(ctx: &mut Context) -> Result<Response, Error> {
    let all: Vec<&str> = ctx.request.query.get_all("q").collect();
    let first = all.first().copied().unwrap_or("").to_owned();
    let text = match all.len() {
        0 | 1 => format!("q = {first}\n"),
        _ => format!("first q is {first}, all are [{}]\n", all.join(", ")),
    };
    text_or_page(ctx, text, "search.html", [("q", first)].into())
}
