//! Deeper: Step 6 of the shop, the cart: a map from a product's number to a count.
//!
//! The cart is in the visitor's row. `{"3": 2, "10": 1}` means two of product 3 and one of product
//! 10. Each change is one step of the store, so a hundred requests at once leave a hundred products
//! in the cart. With `--store cookie` the row is in the requests, and of two changes at once only
//! the later answer counts.
//!
//! A cart that holds something has a token: a random number that is good for one order, see
//! `order.rs`. Left out: a reservation. A product in a cart can still be ordered by others.

use super::catalogue::{named, price, product, shortened};
use super::{count_of_items, number_in, page, text_of};
use carafe::{App, Context, Error, Map, Response, Value, random};

/// The most of one product in a cart.
const MOST: i64 = 999;

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/cart", shop_cart);
    app.post("/shop/cart", change_cart).example("/shop/cart", "item=3");
}

/// The lines of the cart in this row, in the order of their arrival. Each is a map with `item`,
/// `name`, `cents` and `count`. A product that is no longer in the catalogue is left out.
pub fn lines(row: &Map) -> Vec<Map> {
    let counts = row.get("cart").and_then(Value::as_map).into_iter().flat_map(Map::iter);
    let line = |(id, count): (&str, &Value)| {
        let product = product(id.parse().ok()?)?;
        Some(Map::from([
            ("item", Value::from(product.id)),
            ("name", product.name.into()),
            ("cents", product.cents.into()),
            ("count", count.clone()),
        ]))
    };
    counts.filter_map(line).collect()
}

/// How many of one product are in the cart of this row.
pub fn count_of(row: &Map, id: i64) -> i64 {
    row.get("cart").and_then(|cart| cart.get(&id.to_string())?.as_int()).unwrap_or(0)
}

/// Sets the count of one product. A count of 0 takes it out. A cart without a token gets the
/// `fresh` one. An empty cart has none.
pub fn set_count(row: &mut Map, id: i64, count: i64, fresh: &str) {
    let mut cart = row.get("cart").and_then(Value::as_map).cloned().unwrap_or_default();
    match count {
        ..=0 => cart.remove(&id.to_string()),
        _ => cart.insert(id.to_string(), count),
    };
    if cart.is_empty() {
        row.remove("cart");
        row.remove("token");
        return;
    }
    row.insert("cart", cart);
    if row.get("token").is_none() {
        row.insert("token", fresh);
    }
}

/// The lines of a cart or of an order, added up.
pub struct Bill {
    /// How many pieces in all.
    pub count: i64,
    /// The price of all, in cents.
    pub total: i64,
    /// The lines as text.
    pub text: String,
    /// The lines for a template.
    pub shown: Vec<Map>,
}

impl Bill {
    /// Adds up these lines.
    pub fn of(lines: &[Map]) -> Bill {
        let mut bill = Bill { count: 0, total: 0, text: String::new(), shown: Vec::new() };
        for line in lines {
            let [id, count, cents] = ["item", "count", "cents"].map(|name| number_in(line, name));
            bill.count += count;
            bill.total += count * cents;
            let (name, each, sum) = (text_of(line, "name"), price(cents), price(cents * count));
            bill.text += &format!("{id:>4}  {name:<26} {count:>3} x {each:>8} {sum:>10}\n");
            let mut shown = line.clone();
            shown.insert("price", each);
            shown.insert("sum", sum);
            shown.insert("picture", product(id).map(|product| &product.picture));
            bill.shown.push(shown);
        }
        bill
    }
}

fn shop_cart(ctx: &mut Context) -> Result<Response, Error> {
    let bill = Bill::of(&lines(ctx.session.values()));
    let token = text_of(ctx.session.values(), "token");
    let (count, total) = (count_of_items(bill.count), price(bill.total));
    let end = match token.as_str() {
        "" => "put something in: POST /shop/cart item=3\n".to_owned(),
        token => format!("total {total}\ntoken: {token}\n"),
    };
    let text = format!("{count}\n{}{end}", bill.text);
    let variables = [
        ("items", Value::from(count)),
        ("lines", bill.shown.into()),
        ("total", total.into()),
        ("token", token.into()),
        ("most", MOST.into()),
    ];
    page(ctx, "shop/cart.html", variables.into(), text)
}

/// `item=3` adds one; `item=3&quantity=5` makes it five, and `quantity=0` takes it out.
fn change_cart(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let product = named(form.required("item")?)?;
    let quantity = form.get("quantity").map(quantity_in).transpose()?;
    // A stranger who takes nothing out gets no cookie, because nothing changes.
    if quantity != Some(0) || count_of(ctx.session.values(), product.id) > 0 {
        let fresh = random::hex_id();
        ctx.session.change(|row| {
            let count = quantity.unwrap_or(count_of(row, product.id) + 1);
            if count > MOST {
                let why = format!("found {count} of item {}, expected at most {MOST}", product.id);
                return Err(Error::BadRequest(why));
            }
            set_count(row, product.id, count, &fresh);
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
