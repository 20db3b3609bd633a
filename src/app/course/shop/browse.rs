//! Deeper: Steps 1, 3, 4 and 5 of the shop: the first page, a search, its results, one product.
//!
//! The catalogue is the same for all visitors. Only the session differs.
//! The first page sets no cookie for a stranger: there is nothing to remember.
//!
//! `/search` keeps the query in the address of its results. The shop's search saves the words in
//! the session and redirects the browser. The second request holds no word of the search, and its
//! answer comes from the session. A visitor without a cookie gets no results.

use super::catalogue::{SHELVES, lines_of, named, price, product, products, search};
use super::{account, numbers_in, page, text_of};
use carafe::{App, Context, Error, Map, Response, Value};

/// How many products of each shelf the first page shows.
const FRONT: usize = 4;

/// The longest search that is remembered, in characters.
const LONGEST: usize = 100;

/// How many viewed products are remembered.
const VIEWED: usize = 6;

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop", shop);
    app.get("/shop/search", shop_search).example("/shop/search?q=tea", "");
    app.get("/shop/results", shop_results);
    app.get("/shop/item/<int:id>", shop_item).example("/shop/item/3", "");
}

/// The first products of every shelf. A search for the name of a shelf finds all of them.
fn shop(ctx: &mut Context) -> Result<Response, Error> {
    let name = account::field(&ctx.session, "name").unwrap_or_else(|| "stranger".to_owned());
    let greeting = format!("Welcome, {name}");
    let mut text = format!("{greeting}\n");
    let shelves = SHELVES.into_iter().map(|(key, heading)| {
        let goods = products().iter().filter(|product| product.shelf == key).take(FRONT);
        let goods: Vec<_> = goods.collect();
        text.push_str(&format!("\n{heading}\n{}", lines_of(&goods)));
        Map::from([("heading", Value::from(heading)), ("goods", goods.into())])
    });
    let shelves: Value = shelves.collect();
    let variables = [("greeting", Value::from(greeting)), ("shelves", shelves)];
    page(ctx, "shop/home.html", variables.into(), text)
}

/// Saves the words, and sends the browser to the results.
fn shop_search(ctx: &mut Context) -> Result<Response, Error> {
    let words = ctx.request.query.get("q").unwrap_or("").trim().to_owned();
    let length = words.chars().count();
    if length == 0 {
        let why = "q: found no word; expected ?q= and a word, as in /shop/search?q=kettle";
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
    let found = if words.is_empty() { Vec::new() } else { search(&words) };
    // Nothing was found, or nothing was searched for: name a search that finds something.
    let hint = if found.is_empty() { "try: /shop/search?q=jee\n" } else { "" };
    let text = format!("{heading}\n{}{hint}", lines_of(&found));
    let variables =
        [("search", Value::from(words)), ("heading", heading.into()), ("items", found.into())];
    page(ctx, "shop/results.html", variables.into(), text)
}

/// The page of one product, with the products that the visitor looked at before.
fn shop_item(ctx: &mut Context) -> Result<Response, Error> {
    let shown = named(ctx.param("id"))?;
    let before = numbers_in(ctx.session.values(), "viewed");
    // Looking at the same page again changes nothing, so nothing is written.
    if before.first() != Some(&shown.id) {
        ctx.session.change(|row| {
            let mut viewed = numbers_in(row, "viewed");
            viewed.retain(|id| *id != shown.id);
            viewed.insert(0, shown.id);
            viewed.truncate(VIEWED);
            row.insert("viewed", viewed);
        });
    }
    // The page shows what was viewed before it, and not itself.
    let others = before.into_iter().filter(|id| *id != shown.id).filter_map(product);
    let others: Vec<_> = others.collect();
    let mut text = format!("{}\n{}\n{}\n", shown.name, shown.about, price(shown.cents));
    if !others.is_empty() {
        text.push_str(&format!("\nyou also looked at\n{}", lines_of(&others)));
    }
    text.push_str(&format!("\ninto the cart: POST /shop/cart item={}\n", shown.id));
    let variables = [("item", Value::from(shown)), ("others", others.into())];
    page(ctx, "shop/item.html", variables.into(), text)
}
