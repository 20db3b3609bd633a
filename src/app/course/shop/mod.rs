//! The shop: eight steps from the door to "Thank you", and what the server must remember for each
//! of them.
//!
//! HTTP brings every request from a stranger. A shop is what shows how much has to be remembered
//! all the same, and where that lies: the visitor's row (the session) or rows that outlast it
//! (accounts and orders).
//!
//! | step | request | what is remembered |
//! |---|---|---|
//! | 1 visit home | GET /shop | nothing, and no cookie is set |
//! | 2 log in | POST /shop/login | an account; in the session: `account`, under a fresh id |
//! | 3 search | GET /shop/search?q=jee | session: `search` |
//! | 4 browse results | GET /shop/results | the request holds no word of the search: it comes from the session |
//! | 5 view details | GET /shop/item/3 | session: `viewed` |
//! | 6 add to cart | POST /shop/cart | session: `cart`, and the order's `token` |
//! | 7 check out | POST /shop/checkout | an order; session: `orders`, cart and token are gone |
//! | 8 confirmation | GET /shop/order/1001 | the order, shown to its owner alone |
//!
//! The same source runs on every store. On `--store none` it is the same shop, and eight strangers
//! walk through it.
//!
//! Each page is text for curl and HTML for a browser, with the same facts.
//!
//! Left out: payment, delivery, and a stock that could run out.

mod account;
mod cart;
mod catalogue;
mod home;
mod item;
mod order;
mod password;
mod search;
mod steps;
mod tries;

use crate::app::glass;
use carafe::http::Response;
use carafe::{App, Context, Error, Map, Value};

/// The routes of this folder, in the order of the steps.
pub fn routes(app: &mut App) {
    home::routes(app); // 1
    account::routes(app); // 2
    search::routes(app); // 3 and 4
    item::routes(app); // 5
    cart::routes(app); // 6
    order::routes(app); // 7 and 8
}

/// A page of the shop: the text for curl, the template for a browser.
#[track_caller]
fn page(
    ctx: &mut Context,
    template: &str,
    variables: impl Into<Map>,
    text: String,
) -> Result<Response, Error> {
    let response = if ctx.request.prefers_html() {
        let mut variables = variables.into();
        // What the frame around every page of the shop shows.
        variables.insert("customer", account::name(&ctx.session));
        variables.insert("count", cart::Cart::of(ctx.session.values()).count());
        variables.insert("steps", steps::all(ctx));
        variables.insert("cycles", steps::cycles(ctx));
        variables.insert("refused", ctx.session.refusal().map(|refusal| refusal.to_string()));
        variables.insert("inside", ctx.check_inside().is_ok());
        variables.insert("forgets", glass::effect_of_forgetting(ctx.site().place()));
        ctx.render(template, variables)?
    } else {
        Response::text(text)
    };
    Ok(response.with_header("Vary", "Accept"))
}

/// So many things, in words: `1 item`, `2 items`.
fn items(count: i64) -> String {
    if count == 1 { "1 item".to_owned() } else { format!("{count} items") }
}

/// The text of a value of the visitor's row; empty if there is none.
fn text_of(row: &Map, name: &str) -> String {
    row.get(name).and_then(Value::as_str).unwrap_or("").to_owned()
}
