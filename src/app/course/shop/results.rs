//! Deeper: Steps 3 and 4 of the shop, a search that is remembered, and its results.
//!
//! `/search` keeps the query in the address of its results. Here the first request saves the words
//! in the session and redirects the browser. The second request holds no word of the search, and
//! its answer comes from the session. A visitor without a cookie gets no results.

use super::catalogue::{Product, search};
use super::{page, text_of};
use carafe::http::Response;
use carafe::{App, Context, Error, Value};

/// The longest search that is remembered, in characters.
const LONGEST: usize = 100;

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/search", shop_search).example("/shop/search?q=tea", "");
    app.get("/shop/results", shop_results);
}

/// Saves the words, and sends the browser to the results.
fn shop_search(ctx: &mut Context) -> Result<Response, Error> {
    let words = ctx.request.query.get("q").unwrap_or("").trim().to_owned();
    let length = words.chars().count();
    if length == 0 {
        let why = "found nothing to search for, expected ?q= and a word: /shop/search?q=kettle";
        return Err(Error::BadRequest(why.into()));
    }
    if length > LONGEST {
        let why = format!("q: found {length} characters, expected at most {LONGEST}");
        return Err(Error::BadRequest(why));
    }
    ctx.session.set("search", words);
    Ok(Response::redirect("/shop/results"))
}

/// Answers from the session. A stranger and a visitor who has not searched get different words.
fn shop_results(ctx: &mut Context) -> Result<Response, Error> {
    let words = text_of(ctx.session.values(), "search");
    let heading = match (words.as_str(), ctx.session.key()) {
        ("", None) => "Results for what? I have never met you.".to_owned(),
        ("", Some(_)) => "Results for what? You have not searched for anything yet.".to_owned(),
        (words, _) => format!("Results for '{words}'"),
    };
    let found: Vec<&Product> = if words.is_empty() { Vec::new() } else { search(&words) };
    let lines: String = found.iter().map(|product| product.to_line()).collect();
    let hint = if found.is_empty() { "try: /shop/search?q=jee\n" } else { "" };
    let text = format!("{heading}\n{lines}{hint}");
    let items: Value = found.iter().map(|product| product.to_value()).collect();
    let variables = [("search", words.into()), ("heading", heading.into()), ("items", items)];
    page(ctx, "shop/results.html", variables, text)
}
