//! Deeper: The shop: eight steps from the first page to "Thank you".
//!
//! The shop shows what the server must remember in each step. HTTP knows nothing of earlier
//! requests. What the shop remembers is in the visitor's row, which is the session, or in rows that
//! stay longer than a visit: accounts and orders.
//!
//! | step | request | what is remembered |
//! |---|---|---|
//! | 1 visit home | GET /shop | nothing, and no cookie is set |
//! | 2 log in | POST /shop/login | an account; in the session: `account`, under a fresh id |
//! | 3 search | GET /shop/search?q=jee | in the session: `search` |
//! | 4 browse results | GET /shop/results | nothing new: the words come from the session |
//! | 5 view details | GET /shop/item/3 | in the session: `viewed` |
//! | 6 add to cart | POST /shop/cart | in the session: `cart`, and the order's `token` |
//! | 7 check out | POST /shop/checkout | an order; in the session: `orders`, `till`, and no cart |
//! | 8 confirmation | GET /shop/order/1001 | nothing new: only its owner sees the order |
//!
//! The same source runs on every store. With `--store none` every step is made by a stranger.
//!
//! Left out: payment, delivery, and a stock that could run out.

mod account;
mod browse;
mod cart;
mod catalogue;
mod guesses;
mod order;
mod steps;

use crate::app::answer::text_or_page;
use crate::app::glass;
use carafe::{App, Context, Error, Map, Response, Value};

/// Registers the routes of this folder.
pub fn routes(app: &mut App) {
    // A mistake in the catalogue stops the start, not a visitor's request.
    catalogue::products();
    browse::routes(app);
    account::routes(app);
    cart::routes(app);
    order::routes(app);
}

/// A page of the shop: the text for curl, the template for a browser.
#[track_caller]
fn page(
    ctx: &mut Context,
    template: &str,
    mut variables: Map,
    text: String,
) -> Result<Response, Error> {
    if ctx.request.prefers_html() {
        // What `shop/frame.html` shows around every page.
        variables.insert("customer", account::field(&ctx.session, "name"));
        variables.insert("count", cart::Bill::of(&cart::lines(ctx.session.values())).count);
        variables.insert("steps", steps::all(ctx));
        variables.insert("cycles", steps::cycles(ctx));
        variables.insert("refused", ctx.session.refusal().map(|refusal| refusal.to_string()));
        variables.insert("inside", ctx.check_inside().is_ok());
        variables.insert("forgets", glass::effect_of_forgetting(ctx.site().place()));
    }
    text_or_page(ctx, text, template, variables)
}

/// `1 item`, `2 items`.
fn count_of_items(count: i64) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

/// The text under this name in a row. Empty if there is none.
fn text_of(row: &Map, name: &str) -> String {
    row.text(name).unwrap_or("").to_owned()
}

/// The whole number under this name in a row. 0 if there is none.
fn number_in(row: &Map, name: &str) -> i64 {
    row.int(name).unwrap_or(0)
}

/// The list of numbers under this name in a row. Empty if there is none.
fn numbers_in(row: &Map, name: &str) -> Vec<i64> {
    row.list(name).unwrap_or_default().iter().filter_map(Value::as_int).collect()
}
