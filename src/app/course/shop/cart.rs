//! Deeper: Step 6 of the shop, the cart: a map from a product's number to a count.
//!
//! The cart is in the visitor's row. `{"3": 2, "10": 1}` means two of product 3 and one of product
//! 10. Each change is one step of the store, so a hundred requests at once leave a hundred products
//! in the cart. With `--store cookie` the row is in the requests, and of two changes at once only
//! the later answer counts.
//!
//! A cart that holds something has a token: a random number that is good for one order, see
//! `order.rs`. Left out: a reservation. A product in a cart can still be ordered by others.

use super::catalogue::{Product, named, price, product, shortened};
use super::{count_of_items, number_in, page, text_of};
use carafe::http::Response;
use carafe::{App, Context, Error, Map, Value, random};

/// The most of one product in a cart.
const MOST: i64 = 999;

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/cart", shop_cart);
    app.post("/shop/cart", change_cart).example("/shop/cart", "item=3");
}

/// What a visitor wants to buy: products and their counts, in the order of their arrival.
pub struct Cart(Vec<(&'static Product, i64)>);

impl Cart {
    /// The cart in this row. A product that is no longer in the catalogue is left out.
    pub fn of(row: &Map) -> Cart {
        let lines = row.get("cart").and_then(Value::as_map).into_iter().flat_map(Map::iter);
        let line =
            |(id, count): (&str, &Value)| Some((product(id.parse().ok()?)?, count.as_int()?));
        Cart(lines.filter_map(line).collect())
    }

    /// True if nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many pieces in all.
    pub fn count(&self) -> i64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// The price of all, in cents.
    pub fn total(&self) -> i64 {
        self.0.iter().map(|(product, count)| product.cents * count).sum()
    }

    /// How many of one product.
    pub fn count_of(&self, id: i64) -> i64 {
        self.0.iter().find(|(known, _)| known.id == id).map_or(0, |(_, count)| *count)
    }

    /// Sets the count of one product. A count of 0 takes it out.
    pub fn set(&mut self, product: &'static Product, count: i64) {
        match self.0.iter_mut().find(|(known, _)| known.id == product.id) {
            Some(line) => line.1 = count,
            None => self.0.push((product, count)),
        }
        self.0.retain(|(_, count)| *count > 0);
    }

    /// Saves the cart in the row. A cart without a token gets the `fresh` one. An empty cart has
    /// none.
    pub fn save(&self, row: &mut Map, fresh: &str) {
        if self.is_empty() {
            row.remove("cart");
            row.remove("token");
            return;
        }
        let lines = self.0.iter().map(|(product, count)| (product.id.to_string(), *count));
        row.insert("cart", lines.collect::<Map>());
        if row.get("token").is_none() {
            row.insert("token", fresh);
        }
    }

    /// Its lines, as an order keeps them: names and prices as they are today.
    pub fn to_lines(&self) -> Vec<Map> {
        let line = |(product, count): &(&Product, i64)| {
            Map::from([
                ("item", Value::from(product.id)),
                ("name", product.name.into()),
                ("cents", product.cents.into()),
                ("count", (*count).into()),
            ])
        };
        self.0.iter().map(line).collect()
    }
}

/// The lines of a cart or of an order: as text, and with what a template shows of them.
pub fn bill<'l>(lines: impl Iterator<Item = &'l Map>) -> (String, Vec<Map>) {
    let line = |line: &Map| {
        let [id, count, cents] = ["item", "count", "cents"].map(|name| number_in(line, name));
        let (name, each, sum) = (text_of(line, "name"), price(cents), price(cents * count));
        let text = format!("{id:>4}  {name:<26} {count:>3} x {each:>8} {sum:>10}\n");
        let mut shown = line.clone();
        shown.insert("price", each);
        shown.insert("sum", sum);
        shown.insert("picture", product(id).map(Product::picture));
        (text, shown)
    };
    lines.map(line).unzip()
}

fn shop_cart(ctx: &mut Context) -> Result<Response, Error> {
    let cart = Cart::of(ctx.session.values());
    let token = text_of(ctx.session.values(), "token");
    let (count, total) = (count_of_items(cart.count()), price(cart.total()));
    let (lines, shown) = bill(cart.to_lines().iter());
    let end = match token.as_str() {
        "" => "put something in: POST /shop/cart item=3\n".to_owned(),
        token => format!("total {total}\ntoken: {token}\n"),
    };
    let text = format!("{count}\n{lines}{end}");
    let variables = [
        ("items", Value::from(count)),
        ("lines", shown.into()),
        ("total", total.into()),
        ("token", token.into()),
        ("most", MOST.into()),
    ];
    page(ctx, "shop/cart.html", variables, text)
}

/// `item=3` adds one; `item=3&quantity=5` makes it five, and `quantity=0` takes it out.
fn change_cart(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let product = named(form.required("item")?)?;
    let quantity = form.fields().get("quantity").map(quantity_in).transpose()?;
    // A stranger who takes nothing out gets no cookie, because nothing changes.
    if quantity != Some(0) || Cart::of(ctx.session.values()).count_of(product.id) > 0 {
        let fresh = random::hex_id();
        ctx.session.change(|row| {
            let mut cart = Cart::of(row);
            let count = quantity.unwrap_or(cart.count_of(product.id) + 1);
            if count > MOST {
                let why = format!("found {count} of item {}, expected at most {MOST}", product.id);
                return Err(Error::BadRequest(why));
            }
            cart.set(product, count);
            cart.save(row, &fresh);
            Ok(())
        })?;
    }
    Ok(Response::redirect("/shop/cart"))
}

fn quantity_in(word: &str) -> Result<i64, Error> {
    let number = word.trim().parse().ok().filter(|number| (0..=MOST).contains(number));
    number.ok_or_else(|| {
        let found = shortened(word);
        Error::BadRequest(format!("quantity: found {found:?}, expected a number from 0 to {MOST}"))
    })
}
