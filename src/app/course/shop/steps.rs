//! Deeper: The eight steps at the top of each page of the shop, and the count of their cycles.
//!
//! A step is done if the visitor's row shows it. So where nothing is remembered, nothing is done.
//!
//! The cycles are counted in the record. A visitor's cycles have the visitor's cookie. The cookie
//! changes at the login, and that one cycle has both: the old one sent, the new one given.
//!
//! Before its first cookie a visitor is a stranger. The cycles of strangers with the same address
//! and the same browser, just before, are probably the same visitor's. They are counted too, and
//! the page says so.

use super::numbers_in;
use crate::app::glass::CycleFacts;
use carafe::{Context, Map, Value};

/// The steps: each with its name, its path, whether it is done, and whether it is this page.
pub fn all(ctx: &Context) -> Value {
    let row = ctx.session.values();
    let here = ctx.request.path.as_str();
    // A row that this very request began is that of a visitor who came by a link.
    let was_here = ctx.session.received().is_some() && !row.is_empty();
    let searched = row.get("search").is_some();
    let orders = numbers_in(row, "orders");
    let ordered = !orders.is_empty();
    let confirmation = orders.last().map(|number| format!("/shop/order/{number}"));
    let viewed = numbers_in(row, "viewed").first().map(|id| format!("/shop/item/{id}"));
    let has_viewed = viewed.is_some() || here.starts_with("/shop/item/");
    let has_cart = ordered || row.get("cart").is_some();
    let path = |path: &str| Some(path.to_owned());
    let steps = [
        ("Visit home", path("/shop"), here == "/shop" || was_here),
        ("Log in", path("/shop/login"), row.get("account").is_some()),
        ("Search", None, searched),
        ("Browse results", path("/shop/results"), searched),
        ("View details", viewed, has_viewed),
        ("Add to cart", path("/shop/cart"), has_cart),
        ("Check out", None, ordered),
        ("Confirmation", confirmation, ordered),
    ];
    let step = |(name, path, done): (&str, Option<String>, bool)| {
        let is_here = path.as_deref() == Some(here);
        let (name, path) = (Value::from(name), Value::from(path));
        Map::from([("name", name), ("path", path), ("done", done.into()), ("here", is_here.into())])
    };
    steps.into_iter().map(step).collect()
}

/// How many cycles of the shop this visitor took, with this one, and how many of them as a
/// stranger. Null if cycles are not recorded.
pub fn cycles(ctx: &Context) -> Value {
    let Some(recorder) = ctx.recorder() else { return Value::Null };
    let records = recorder.all();
    let agent = ctx.request.headers.get("User-Agent");
    let address = ctx.request.peer.map(|peer| peer.ip());
    let mut cookies: Vec<&str> =
        ctx.session.received().into_iter().chain(ctx.session.key()).collect();
    // This request itself is not in the record yet.
    let (mut own, mut as_stranger) = if cookies.is_empty() { (0, 1) } else { (1, 0) };
    let mut another_visitor_follows = false;
    // From the newest to the oldest: so the cookie after a change is known before the one before.
    for cycle in records.iter().rev().map(|record| CycleFacts::of(record)) {
        let theirs: Vec<&str> = cycle.ids().collect();
        let is_of_shop =
            i64::from(cycle.request.path_and_query().0.split('/').nth(1) == Some("shop"));
        if theirs.iter().any(|cookie| cookies.contains(cookie)) {
            cookies.extend(theirs);
            // The strangers after this cycle were others: this visitor had a cookie by then.
            (as_stranger, another_visitor_follows) = (0, false);
            own += is_of_shop;
        } else if cycle.address == address && cycle.request.header("User-Agent") == agent {
            // A stranger just before another visitor of this browser was probably that visitor.
            another_visitor_follows |= !theirs.is_empty();
            as_stranger += if another_visitor_follows { 0 } else { is_of_shop };
        }
    }
    Map::from([("all", own + as_stranger), ("as_stranger", as_stranger)]).into()
}
