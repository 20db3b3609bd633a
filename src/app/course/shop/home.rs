//! Step 1: the door. It greets whom it knows, and sets no cookie for whom it does not.

use super::catalogue::{ITEMS, Item, SHELVES};
use super::{account, page};
use carafe::http::Response;
use carafe::{App, Context, Error, Map, Value};

/// So many items of each shelf stand at the front.
const FRONT: usize = 4;

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop", shop);
}

/// The front of every shelf, or the whole of the one that is asked for: `/shop?shelf=cups`.
fn shop(ctx: &mut Context) -> Result<Response, Error> {
    let asked = ctx.request.query.get("shelf").map(str::to_owned);
    if let Some(asked) = asked.as_ref().filter(|asked| SHELVES.iter().all(|(key, _)| key != asked))
    {
        let keys = SHELVES.map(|(key, _)| key).join(", ");
        let found = super::catalogue::shortened(asked);
        return Err(Error::BadRequest(format!("shelf: found {found:?}, expected one of {keys}")));
    }
    let greeting = match account::name(&ctx.session) {
        Some(name) => format!("Welcome, {name}"),
        None => "Welcome, stranger".to_owned(),
    };
    let mut text = format!("{greeting}\n");
    let mut shelves = Vec::new();
    for (key, heading) in
        SHELVES.iter().filter(|(key, _)| asked.as_ref().is_none_or(|asked| asked == key))
    {
        let all: Vec<&Item> = ITEMS.iter().filter(|item| item.shelf == *key).collect();
        let shown = &all[..if asked.is_some() { all.len() } else { all.len().min(FRONT) }];
        text.push_str(&format!(
            "\n{heading}\n{}",
            shown.iter().map(|item| item.to_line()).collect::<String>()
        ));
        if shown.len() < all.len() {
            text.push_str(&format!("      all {}: /shop?shelf={key}\n", all.len()));
        }
        let goods: Vec<Value> = shown.iter().map(|item| item.to_value()).collect();
        shelves.push(Value::Map(Map::from([
            ("key", Value::from(*key)),
            ("heading", (*heading).into()),
            ("all", all.len().into()),
            ("goods", goods.into()),
        ])));
    }
    let variables =
        [("greeting", Value::from(greeting)), ("shelves", shelves.into()), ("asked", asked.into())];
    page(ctx, "shop/home.html", variables, text)
}
