//! Step 5: one item in detail. The shop remembers what was looked at, so that the visitor finds it
//! again.

use super::catalogue;
use super::page;
use carafe::http::Response;
use carafe::{App, Context, Error, Map, Value};

/// So many of the last items are remembered.
const VIEWED: usize = 6;

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/item/<int:id>", shop_item).example("/shop/item/3", "");
}

fn shop_item(ctx: &mut Context) -> Result<Response, Error> {
    let item = catalogue::named(ctx.param("id"))?;
    let before = viewed(ctx.session.values());
    // The same page again changes nothing, and what changes nothing need not be written.
    if before.first() != Some(&item.id) {
        ctx.session.change(|row| {
            let mut viewed = viewed(row);
            viewed.retain(|id| *id != item.id);
            viewed.insert(0, item.id);
            viewed.truncate(VIEWED);
            row.insert("viewed", viewed);
        });
    }
    let others: Vec<_> =
        before.into_iter().filter(|id| *id != item.id).filter_map(catalogue::item).collect();
    let mut text = format!("{}\n{}\n{}\n", item.name, item.about, catalogue::price(item.cents));
    if !others.is_empty() {
        text.push_str("\nyou also looked at\n");
        text.extend(others.iter().map(|item| item.to_line()));
    }
    text.push_str(&format!("\ninto the cart: POST /shop/cart item={}\n", item.id));
    let others: Vec<Value> = others.iter().map(|item| item.to_value()).collect();
    page(ctx, "shop/item.html", [("item", item.to_value()), ("others", others.into())], text)
}

/// The numbers of the last items, the latest first.
pub fn viewed(row: &Map) -> Vec<i64> {
    let list = row.get("viewed").and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(Value::as_int).collect()
}
