//! Steps 7 and 8: an order, made once however often it is sent, and shown to its owner alone.
//!
//! A browser that hears no answer asks again; a visitor who sees no page presses the button again.
//! So the form carries a token, a random number that is good for one order, and the order is kept
//! *under* it: the second time there is one already. That holds for three requests at once, too,
//! since the store makes each change in one step.
//!
//! Three kinds of rows:
//!
//! * `order`, by its token: what was ordered, and its number. This row is the order.
//! * `number`, by the order's number: the token, to find it by.
//! * `till`, one row: the last number given, and which tokens the last numbers were given to. So
//!   three requests at once get one number, and none is skipped.
//!
//! Left out: cancelling an order, and a list of all of them.

use super::cart::Cart;
use super::catalogue::{self, price};
use super::{account, items, page, text_of};
use carafe::http::Response;
use carafe::web::store::Kind;
use carafe::{App, Context, Error, Map, Value, random};

/// So many orders there may be; beyond that a new one is refused with 503.
const MOST: usize = 10_000;
const ORDER: Kind = Kind::kept("order", MOST);
const NUMBER: Kind = Kind::kept("number", MOST);
const TILL: Kind = Kind::kept("till", 1);

/// The number before the first.
const BEFORE_FIRST: i64 = 1000;

/// So many tokens the till remembers. One that it has forgotten still makes no second order, but
/// may skip a number.
const REMEMBERED: usize = 100;

/// So many of the last orders a session knows as its own.
const OWN: usize = 20;

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.post("/shop/checkout", check_out);
    app.get("/shop/order/<int:id>", shop_order);
}

fn check_out(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let token = form.required("token")?.to_owned();
    let cart = Cart::of(ctx.session.values());
    let is_next = !cart.lines().is_empty() && text_of(ctx.session.values(), "token") == token;
    let order = if is_next {
        place(ctx, &token, &cart)?
    } else {
        // The same form once more: its order is there already.
        let order = ctx.store().load(&ORDER, &token)?.found().filter(|order| is_own(ctx, order));
        order.ok_or_else(|| refusal(ctx, &cart))?
    };
    Ok(Response::redirect(&format!("/shop/order/{}", number_of(&order))))
}

/// The order of this token: a new one, or the one that another request has made of it meanwhile.
fn place(ctx: &mut Context, token: &str, cart: &Cart) -> Result<Map, Error> {
    let number = take_number(ctx, token)?;
    // Names and prices as they are today: the catalogue may change, an order may not.
    let lines = cart.lines().iter().map(|(item, count)| {
        let line = [
            ("item", Value::from(item.id)),
            ("name", item.name.into()),
            ("cents", item.cents.into()),
            ("count", (*count).into()),
        ];
        Value::Map(Map::from(line))
    });
    let order = Map::from([
        ("number", Value::from(number)),
        ("token", token.into()),
        ("account", account::email(&ctx.session).into()),
        ("name", account::name(&ctx.session).into()),
        ("total", cart.total().into()),
        ("lines", lines.collect::<Vec<_>>().into()),
    ]);
    let updated = ctx.store().update(&ORDER, token, &mut |row| {
        row.get_or_insert_with(|| order.clone());
    })?;
    let order = updated.row.unwrap_or(order);
    ctx.store().update(&NUMBER, &number_of(&order).to_string(), &mut |row| {
        row.get_or_insert_with(|| Map::from([("token", token)]));
    })?;
    settle(ctx, token, &order);
    Ok(order)
}

/// The number for this token: the next one, unless it has one already.
fn take_number(ctx: &Context, token: &str) -> Result<i64, Error> {
    let mut number = 0;
    ctx.store().update(&TILL, "till", &mut |row| {
        let row = row.get_or_insert_default();
        let last = row.get("last").and_then(Value::as_int).unwrap_or(BEFORE_FIRST);
        let mut given = row.get("given").and_then(Value::as_map).cloned().unwrap_or_default();
        if let Some(known) = given.get(token).and_then(Value::as_int) {
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
    Ok(number)
}

/// Takes what was ordered out of the cart, with the token, and notes whose order it is. Once: the
/// second time the token is another one, or gone.
fn settle(ctx: &mut Context, token: &str, order: &Map) {
    let fresh = random::hex_id();
    let number = number_of(order);
    ctx.session.change(|row| {
        if text_of(row, "token") != token {
            return;
        }
        row.remove("token");
        // What came into the cart meanwhile stays there.
        let mut cart = Cart::of(row);
        for (item, count) in
            lines_of(order).filter_map(|line| Some((catalogue::item(line.item)?, line.count)))
        {
            let left = cart.count_of(item) - count;
            cart.set(item, left.max(0));
        }
        cart.keep(row, &fresh);
        let mut own = own_numbers(row);
        own.push(number);
        let own = own.split_off(own.len().saturating_sub(OWN));
        row.insert("orders", own.into_iter().map(Value::Int).collect::<Vec<_>>());
    });
}

/// The confirmation.
fn shop_order(ctx: &mut Context) -> Result<Response, Error> {
    let number = ctx.param("id").parse::<i64>().map_err(|_| Error::NotFound)?.to_string();
    let token = ctx
        .store()
        .load(&NUMBER, &number)?
        .found()
        .map(|row| text_of(&row, "token"))
        .ok_or(Error::NotFound)?;
    let order = ctx.store().load(&ORDER, &token)?.found();
    // Somebody else's order looks as if there were none: even that it exists is nobody's business.
    let order = order.filter(|order| is_own(ctx, order)).ok_or(Error::NotFound)?;
    let name = text_of(&order, "name");
    let thanks =
        if name.is_empty() { "Thank you".to_owned() } else { format!("Thank you, {name}") };
    let total = price(order.get("total").and_then(Value::as_int).unwrap_or(0));
    let mut text = format!("{thanks}\norder {number}\n");
    let mut shown = Vec::new();
    let mut all = 0;
    for Line { item, name, cents, count } in lines_of(&order) {
        let sum = price(cents * count);
        all += count;
        text.push_str(&format!(
            "{item:>4}  {name:<26} {count:>3} x {:>8} {sum:>10}\n",
            price(cents)
        ));
        let line = [
            ("id", Value::from(item)),
            ("name", name.into()),
            ("count", count.into()),
            ("sum", sum.into()),
        ];
        shown.push(Value::Map(Map::from(line)));
    }
    text.push_str(&format!("total {total}\n"));
    let variables = [
        ("thanks", Value::from(thanks)),
        ("number", number.into()),
        ("items", items(all).into()),
        ("lines", shown.into()),
        ("total", total.into()),
    ];
    page(ctx, "shop/order.html", variables, text)
}

/// One line of an order, with the name and the price of that day.
struct Line {
    item: i64,
    name: String,
    cents: i64,
    count: i64,
}

fn lines_of(order: &Map) -> impl Iterator<Item = Line> {
    let lines = order
        .get("lines")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_map);
    lines.map(|line| {
        let whole = |name: &str| line.get(name).and_then(Value::as_int).unwrap_or(0);
        Line {
            item: whole("item"),
            name: text_of(line, "name"),
            cents: whole("cents"),
            count: whole("count"),
        }
    })
}

/// True if this visitor's account or this visitor's session made the order, or is about to.
fn is_own(ctx: &Context, order: &Map) -> bool {
    let row = ctx.session.values();
    let account = account::email(&ctx.session);
    let same_account = account.is_some_and(|email| email == text_of(order, "account"));
    same_account
        || own_numbers(row).contains(&number_of(order))
        || text_of(row, "token") == text_of(order, "token")
}

/// The numbers of the last orders of a session, the latest last.
pub fn own_numbers(row: &Map) -> Vec<i64> {
    row.get("orders")
        .and_then(Value::as_list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_int)
        .collect()
}

fn number_of(order: &Map) -> i64 {
    order.get("number").and_then(Value::as_int).unwrap_or(0)
}

/// Why a token leads to no order, as far as can be known.
fn refusal(ctx: &Context, cart: &Cart) -> Error {
    let why = if ctx.session.key().is_none() {
        "I have never met you, so this token is not one of yours; put something into the cart first"
    } else if cart.lines().is_empty() {
        "your cart is empty, and this token is none of an order of yours; put something in first"
    } else {
        "this token is none of yours; /shop/cart shows the one that is"
    };
    Error::BadRequest(why.to_owned())
}
