//! Step 6: the cart, a map in the visitor's row from the number of an item to how many: `{"3": 2,
//! "10": 1}`.
//!
//! Each change is one step of the store, so a hundred requests at once leave a hundred items. (On
//! `--store cookie` the row travels with the requests, and of two at once the later answer wins.)
//!
//! A cart that holds something has a token: the number that is good for one order, see `order.rs`.
//!
//! Left out: a reservation. What lies in a cart is nobody's yet.

use super::catalogue::{self, Item, price};
use super::{items, page, text_of};
use carafe::http::Response;
use carafe::{App, Context, Error, Map, Value, random};

/// So many of one item are an order; more are a mistake.
const MOST: i64 = 999;

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/cart", shop_cart);
    app.post("/shop/cart", change_cart).example("/shop/cart", "item=3");
}

/// What a visitor wants to buy: items, and how many of each, in the order in which they came.
pub struct Cart(Vec<(&'static Item, i64)>);

impl Cart {
    /// The cart of this row. An item that is not sold any more is passed over.
    pub fn of(row: &Map) -> Cart {
        let lines = row.get("cart").and_then(Value::as_map).into_iter().flat_map(Map::iter);
        Cart(
            lines
                .filter_map(|(id, count)| {
                    Some((catalogue::item(id.parse().ok()?)?, count.as_int()?))
                })
                .collect(),
        )
    }

    /// The items and how many of each.
    pub fn lines(&self) -> &[(&'static Item, i64)] {
        &self.0
    }

    /// How many items in all.
    pub fn count(&self) -> i64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// What they cost, in cents.
    pub fn total(&self) -> i64 {
        self.0.iter().map(|(item, count)| item.cents * count).sum()
    }

    /// How many there are of an item.
    pub fn count_of(&self, item: &Item) -> i64 {
        self.0.iter().find(|(known, _)| known.id == item.id).map_or(0, |(_, count)| *count)
    }

    /// Makes it so many of an item; none takes it out.
    pub fn set(&mut self, item: &'static Item, count: i64) {
        match self.0.iter_mut().find(|(known, _)| known.id == item.id) {
            Some(line) => line.1 = count,
            None => self.0.push((item, count)),
        }
        self.0.retain(|(_, count)| *count > 0);
    }

    /// Puts the cart into the row. It comes with a token, `fresh` if it had none; an empty one
    /// needs neither.
    pub fn keep(&self, row: &mut Map, fresh: &str) {
        if self.0.is_empty() {
            row.remove("cart");
            row.remove("token");
            return;
        }
        row.insert(
            "cart",
            self.0.iter().map(|(item, count)| (item.id.to_string(), *count)).collect::<Map>(),
        );
        if row.get("token").is_none() {
            row.insert("token", fresh);
        }
    }
}

fn shop_cart(ctx: &mut Context) -> Result<Response, Error> {
    let cart = Cart::of(ctx.session.values());
    let token = text_of(ctx.session.values(), "token");
    let count = items(cart.count());
    let mut text = format!("{count}\n");
    for (item, count) in cart.lines() {
        let sum = price(item.cents * count);
        text.push_str(&format!(
            "{:>4}  {:<26} {count:>3} x {:>8} {sum:>10}\n",
            item.id,
            item.name,
            price(item.cents)
        ));
    }
    if token.is_empty() {
        text.push_str("put something in: POST /shop/cart item=3\n");
    } else {
        text.push_str(&format!("total {}\ntoken: {token}\n", price(cart.total())));
    }
    let lines = cart.lines().iter().map(|(item, count)| {
        let sum = price(item.cents * count);
        Map::from([("item", item.to_value()), ("count", (*count).into()), ("sum", sum.into())])
            .into()
    });
    let variables = [
        ("items", Value::from(count)),
        ("lines", lines.collect::<Vec<Value>>().into()),
        ("total", price(cart.total()).into()),
        ("token", token.into()),
        ("most", MOST.into()),
    ];
    page(ctx, "shop/cart.html", variables, text)
}

/// `item=3` adds one; `item=3&quantity=5` makes it five, and `quantity=0` takes it out.
fn change_cart(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let item = catalogue::named(form.required("item")?)?;
    let quantity = form.fields().get("quantity").map(quantity).transpose()?;
    if quantity == Some(0) && Cart::of(ctx.session.values()).count_of(item) == 0 {
        // Nothing to take out, and no reason to begin remembering a stranger.
        return Ok(Response::redirect("/shop/cart"));
    }
    let fresh = random::hex_id();
    let changed = ctx.session.change(|row| {
        let mut cart = Cart::of(row);
        let count = quantity.unwrap_or(cart.count_of(item) + 1);
        if count > MOST {
            return Err(Error::BadRequest(format!(
                "found {count} of item {}, expected at most {MOST}",
                item.id
            )));
        }
        cart.set(item, count);
        cart.keep(row, &fresh);
        Ok(())
    });
    changed.map(|()| Response::redirect("/shop/cart"))
}

fn quantity(word: &str) -> Result<i64, Error> {
    let number = word.trim().parse().ok().filter(|number| (0..=MOST).contains(number));
    number.ok_or_else(|| {
        let found = catalogue::shortened(word);
        Error::BadRequest(format!("quantity: found {found:?}, expected a number from 0 to {MOST}"))
    })
}
