//! Deeper: Step 5 of the shop, one product in detail.
//!
//! The shop remembers the last products that a visitor looked at.

use super::catalogue::{named, price, product};
use super::{numbers_in, page};
use carafe::http::Response;
use carafe::{App, Context, Error, Value};

/// How many products are remembered.
const VIEWED: usize = 6;

/// Registers the route of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/item/<int:id>", shop_item).example("/shop/item/3", "");
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
    let others: Vec<_> =
        before.into_iter().filter(|id| *id != shown.id).filter_map(product).collect();
    let mut text = format!("{}\n{}\n{}\n", shown.name, shown.about, price(shown.cents));
    if !others.is_empty() {
        text.push_str("\nyou also looked at\n");
        text.extend(others.iter().map(|other| other.to_line()));
    }
    text.push_str(&format!("\ninto the cart: POST /shop/cart item={}\n", shown.id));
    let others: Value = others.iter().map(|other| other.to_value()).collect();
    page(ctx, "shop/item.html", [("item", shown.to_value()), ("others", others)], text)
}
