//! A GET form: its data stands in the URL, for everyone to see and to keep.

use carafe::http::Response;
use carafe::{App, Context, Error};

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/search", search);
}

fn search(ctx: &mut Context) -> Result<Response, Error> {
    let all: Vec<&str> = ctx.request.query.get_all("q").collect();
    let first = all.first().copied().unwrap_or("").to_owned();
    let response = if ctx.request.prefers_html() {
        ctx.render("search.html", [("q", first)])?
    } else if all.len() > 1 {
        Response::text(format!("first q is {first}, all are [{}]\n", all.join(", ")))
    } else {
        Response::text(format!("q = {first}\n"))
    };
    Ok(response.with_header("Vary", "Accept"))
}
