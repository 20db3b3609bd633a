//! Deeper: Steps 7 and 8 of the shop, an order and its confirmation.
//!
//! A browser may send the same form twice: after a lost answer, or when the visitor presses the
//! button again. The form carries a token, a random number that is good for one order, and the
//! order is saved *under* it. So the second request finds the order of the first one. The store
//! makes each change in one step, so this also holds for three requests at once.
//!
//! There are three kinds of rows:
//!
//! * `order`, by its token: what was ordered, and its number. This row is the order. It is written
//!   first, so that a store that is full refuses before anything else has changed.
//! * `number`, by the order's number: the token.
//! * `till`, one row: the last number, and the tokens that the last numbers were given to. So three
//!   requests at once with one token get one number, and no number is left out.
//!
//! A visitor's cookie may hold the session itself, and then it outlives the orders in memory. After
//! a restart the numbers begin again, and another visitor gets the same number. So the till has a
//! random id. A session keeps this id beside its numbers, and they count only at the same till.
//!
//! Left out: cancelling an order, and a list of all orders.

use super::cart::{self, Bill};
use super::catalogue::price;
use super::{account, count_of_items, number_in, numbers_in, page, text_of};
use carafe::web::store::{Kind, Store, StoreError, Updated};
use carafe::{App, Context, Error, Map, Response, Value, random};

/// The most orders. The store refuses one more with 503.
const MOST: usize = 10_000;
const ORDER: Kind = Kind::kept("order", MOST);
const NUMBER: Kind = Kind::kept("number", MOST);
const TILL: Kind = Kind::kept("till", 1);

/// The number before the first.
const BEFORE_FIRST: i64 = 1000;

/// How many tokens the till remembers. A token that it has forgotten makes no second order, but may
/// leave out a number.
const REMEMBERED: usize = 100;

/// How many orders a session remembers as its own.
const OWN: usize = 20;

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.post("/shop/checkout", check_out);
    app.get("/shop/order/<int:id>", shop_order);
}

/// Makes the order of this token, or finds the one that it was made before.
fn check_out(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let token = form.required("token")?.to_owned();
    let lines = cart::lines(ctx.session.values());
    let is_next = !lines.is_empty() && text_of(ctx.session.values(), "token") == token;
    let order = if is_next {
        place_order(ctx, &token, &lines)?
    } else {
        ctx.note("this token is not the next one: it may be that of an order made before");
        let order = ctx.store().load(&ORDER, &token)?.found().filter(|order| is_own(ctx, order));
        order.ok_or_else(|| refusal(ctx, lines.is_empty()))?
    };
    Ok(Response::redirect(&format!("/shop/order/{}", number_in(&order, "number"))))
}

/// The order of this token: a new one, or the one that another request has just made.
fn place_order(ctx: &mut Context, token: &str, lines: &[Map]) -> Result<Map, Error> {
    let mut order = Map::from([
        ("token", Value::from(token)),
        ("account", account::field(&ctx.session, "email").into()),
        ("account_id", text_of(ctx.session.values(), "account_id").into()),
        ("name", account::field(&ctx.session, "name").into()),
        ("total", Bill::of(lines).total.into()),
        // The catalogue may change, an order may not.
        ("lines", lines.to_vec().into()),
    ]);
    let store = ctx.store();
    let keep = |order: &Map| -> Result<Option<Map>, StoreError> {
        let update = &mut |row: &mut Option<Map>| {
            // Another request may have given it its number.
            if row.as_ref().is_none_or(|row| row.get("number").is_none()) {
                *row = Some(order.clone());
            }
        };
        store.update(&ORDER, token, update).map(Updated::row)
    };
    order = keep(&order)?.unwrap_or(order);
    if order.get("number").is_none() {
        let (number, till) = take_number(store, token)?;
        order.insert("number", number);
        order.insert("till", till);
        order = keep(&order)?.unwrap_or(order);
    }
    let of_token = Map::from([("token", token)]);
    let number = number_in(&order, "number").to_string();
    store.update(&NUMBER, &number, &mut |row| *row = Some(of_token.clone()))?;
    settle(ctx, token, &order);
    Ok(order)
}

/// The number for this token, which is the one that it was given before or the next one, and the id
/// of the till.
fn take_number(store: &dyn Store, token: &str) -> Result<(i64, String), StoreError> {
    let (mut number, mut till, fresh) = (0, String::new(), random::hex_id());
    store.update(&TILL, "till", &mut |row| {
        let row = row.get_or_insert_default();
        if row.get("id").is_none() {
            row.insert("id", fresh.as_str());
        }
        till = text_of(row, "id");
        let last = row.int("last").unwrap_or(BEFORE_FIRST);
        let mut given = row.get("given").and_then(Value::as_map).cloned().unwrap_or_default();
        if let Some(known) = given.int(token) {
            number = known;
            return;
        }
        number = last + 1;
        given.insert(token, number);
        let oldest = given.iter().next().map(|(token, _)| token.to_owned());
        if let Some(oldest) = oldest.filter(|_| given.len() > REMEMBERED) {
            given.remove(&oldest);
        }
        row.insert("last", number);
        row.insert("given", given);
    })?;
    Ok((number, till))
}

/// Takes what was ordered and the token out of the session, and notes the order as the session's
/// own. A second request finds another token or none, and changes nothing.
fn settle(ctx: &mut Context, token: &str, order: &Map) {
    let fresh = random::hex_id();
    ctx.session.change(|row| {
        if text_of(row, "token") != token {
            return;
        }
        row.remove("token");
        // A product that was added after the form was made stays in the cart.
        for line in lines_of(order) {
            let id = number_in(&line, "item");
            let left = cart::count_of(row, id) - number_in(&line, "count");
            cart::set_count(row, id, left, &fresh);
        }
        let till = text_of(order, "till");
        let is_same_till = text_of(row, "till") == till;
        let mut own = if is_same_till { numbers_in(row, "orders") } else { Vec::new() };
        own.push(number_in(order, "number"));
        row.insert("orders", own.split_off(own.len().saturating_sub(OWN)));
        row.insert("till", till);
    });
}

/// The confirmation.
fn shop_order(ctx: &mut Context) -> Result<Response, Error> {
    let number = ctx.param("id").parse::<i64>().map_err(|_| Error::NotFound)?.to_string();
    let token = ctx.store().load(&NUMBER, &number)?.found().ok_or(Error::NotFound)?;
    let order = ctx.store().load(&ORDER, &text_of(&token, "token"))?.found();
    // An order of another visitor is a 404, as if there were none: a 403 would tell that there is.
    let order = order.filter(|order| is_own(ctx, order)).ok_or(Error::NotFound)?;
    let thanks = match text_of(&order, "name").as_str() {
        "" => "Thank you".to_owned(),
        name => format!("Thank you, {name}"),
    };
    let total = price(number_in(&order, "total"));
    let bill = Bill::of(&lines_of(&order));
    let text = format!("{thanks}\norder {number}\n{}total {total}\n", bill.text);
    let variables = [
        ("thanks", Value::from(thanks)),
        ("number", number.into()),
        ("items", count_of_items(bill.count).into()),
        ("lines", bill.shown.into()),
        ("total", total.into()),
    ];
    page(ctx, "shop/order.html", variables.into(), text)
}

/// True if the visitor's account or session made the order, or is just making it.
fn is_own(ctx: &Context, order: &Map) -> bool {
    let row = ctx.session.values();
    let is_same = |name| text_of(row, name) == text_of(order, name);
    let email = account::field(&ctx.session, "email");
    let is_accounts = email.is_some_and(|email| email == text_of(order, "account"));
    let is_sessions = numbers_in(row, "orders").contains(&number_in(order, "number"));
    is_accounts && is_same("account_id") || is_sessions && is_same("till") || is_same("token")
}

/// The lines of an order, each a map with `item`, `name`, `cents` and `count`.
fn lines_of(order: &Map) -> Vec<Map> {
    order.list("lines").unwrap_or_default().iter().filter_map(Value::as_map).cloned().collect()
}

/// Why a token leads to no order.
fn refusal(ctx: &Context, is_cart_empty: bool) -> Error {
    let why = if ctx.session.key().is_none() {
        "I have never met you, so this token is not yours; put something into the cart first"
    } else if is_cart_empty {
        "your cart is empty, and no order of yours has this token; put something in first"
    } else {
        "this token is not yours; /shop/cart shows the one that is"
    };
    Error::BadRequest(why.to_owned())
}
