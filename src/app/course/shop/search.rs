//! Steps 3 and 4: a search that is remembered, and a page of results that is asked for without a
//! word of it.
//!
//! `/search` puts the query into the address of its results. Here the first request leaves the
//! words in the session and sends the browser on; the second says nothing, and is answered from
//! memory. Whoever keeps no cookie sees that it *is* memory.

use super::catalogue::{self, Item};
use super::{page, text_of};
use carafe::http::Response;
use carafe::{App, Context, Error, Value};

/// The longest search that is remembered, in characters.
const LONGEST: usize = 100;

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/search", shop_search).example("/shop/search?q=tea", "");
    app.get("/shop/results", shop_results);
}

fn shop_search(ctx: &mut Context) -> Result<Response, Error> {
    let words = ctx.request.query.get("q").map(|words| words.trim().to_owned());
    let words = words.filter(|words| !words.is_empty()).ok_or_else(|| {
        Error::BadRequest(
            "found nothing to search for, expected ?q= and a word: /shop/search?q=kettle".into(),
        )
    })?;
    let length = words.chars().count();
    if length > LONGEST {
        return Err(Error::BadRequest(format!(
            "q: found {length} characters, expected at most {LONGEST}"
        )));
    }
    ctx.session.set("search", words);
    Ok(Response::redirect("/shop/results"))
}

fn shop_results(ctx: &mut Context) -> Result<Response, Error> {
    let words = text_of(ctx.session.values(), "search");
    let heading = match (words.as_str(), ctx.session.key()) {
        ("", None) => "Results for what? I have never met you.".to_owned(),
        ("", Some(_)) => "Results for what? You have not searched for anything yet.".to_owned(),
        (words, _) => format!("Results for '{words}'"),
    };
    let found: Vec<&Item> = if words.is_empty() { Vec::new() } else { catalogue::search(&words) };
    let mut text =
        format!("{heading}\n{}", found.iter().map(|item| item.to_line()).collect::<String>());
    if found.is_empty() {
        text.push_str("try: /shop/search?q=jee\n");
    }
    let items: Vec<Value> = found.iter().map(|item| item.to_value()).collect();
    let variables =
        [("search", Value::from(words)), ("heading", heading.into()), ("items", items.into())];
    page(ctx, "shop/results.html", variables, text)
}
