//! Deeper: Step 1 of the shop, its first page.
//!
//! It greets a customer by name. It sets no cookie for a stranger: there is nothing to remember.

use super::catalogue::{Product, SHELVES, products, shortened};
use super::{account, page};
use carafe::http::Response;
use carafe::{App, Context, Error, Map, Value};

/// How many products of each shelf the first page shows.
const FRONT: usize = 4;

/// Registers the route of this file.
pub fn routes(app: &mut App) {
    app.get("/shop", shop);
}

/// The first products of every shelf; or all products of one shelf, with `/shop?shelf=cups`.
fn shop(ctx: &mut Context) -> Result<Response, Error> {
    let asked = ctx.request.query.get("shelf").map(str::to_owned);
    let is_shown = |key: &str| asked.as_ref().is_none_or(|asked| asked == key);
    if let Some(asked) = asked.as_ref().filter(|_| !SHELVES.iter().any(|(key, _)| is_shown(key))) {
        let keys = SHELVES.map(|(key, _)| key).join(", ");
        let found = shortened(asked);
        return Err(Error::BadRequest(format!("shelf: found {found:?}, expected one of {keys}")));
    }
    let name = account::name(&ctx.session).unwrap_or_else(|| "stranger".to_owned());
    let greeting = format!("Welcome, {name}");
    let mut text = format!("{greeting}\n");
    let mut shelves: Vec<Value> = Vec::new();
    for (key, heading) in SHELVES.into_iter().filter(|(key, _)| is_shown(key)) {
        // The whole shelf if it was asked for, else its first products and a link to the rest.
        let all: Vec<&Product> = products().iter().filter(|product| product.shelf == key).collect();
        let shown = if asked.is_some() { &all[..] } else { &all[..FRONT.min(all.len())] };
        let lines: String = shown.iter().map(|product| product.to_line()).collect();
        text.push_str(&format!("\n{heading}\n{lines}"));
        if shown.len() < all.len() {
            text.push_str(&format!("      all {}: /shop?shelf={key}\n", all.len()));
        }
        let shelf = [
            ("key", Value::from(key)),
            ("heading", heading.into()),
            ("all", all.len().into()),
            ("goods", shown.iter().map(|product| product.to_value()).collect()),
        ];
        shelves.push(Map::from(shelf).into());
    }
    let variables =
        [("greeting", Value::from(greeting)), ("shelves", shelves.into()), ("asked", asked.into())];
    page(ctx, "shop/home.html", variables, text)
}
