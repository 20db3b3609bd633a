//! The eight steps as the shop sees them: which this visitor has done, and how many cycles that
//! took.
//!
//! Which steps are done is read from the visitor's row: where nothing is remembered, nothing has
//! been done. The number of cycles comes from the record of all of them, if there is one. A visitor
//! is known there by the cookie's value, also when it has changed on the way: a cycle that was sent
//! one and gave back another belongs to both.
//!
//! Before its first cookie a visitor is a stranger like any other. The cycles of a stranger with
//! the same address and the same browser, just before, were probably this one's; they are counted,
//! and the page says so.

use super::cart::Cart;
use super::{account, item, order};
use carafe::cycle::{Detail, Record};
use carafe::{Context, Map, Value};
use std::net::IpAddr;

/// The steps: each with its name, where it leads, and whether it is done.
pub fn all(ctx: &Context) -> Value {
    let row = ctx.session.values();
    let here = ctx.request.path.as_str();
    let searched = row.get("search").is_some();
    let orders = order::own_numbers(row);
    let confirmation = orders.last().map(|number| format!("/shop/order/{number}"));
    let viewed = item::viewed(row).first().map(|id| format!("/shop/item/{id}"));
    let link = |path: &str| Some(path.to_owned());
    let steps = [
        ("Visit home", link("/shop"), here == "/shop" || !row.is_empty()),
        ("Log in", link("/shop/login"), account::name(&ctx.session).is_some()),
        ("Search", None, searched),
        ("Browse results", link("/shop/results"), searched),
        ("View details", viewed, here.starts_with("/shop/item/")),
        (
            "Add to cart",
            link("/shop/cart"),
            !orders.is_empty() || !Cart::of(row).lines().is_empty(),
        ),
        ("Check out", None, !orders.is_empty()),
        ("Confirmation", confirmation, !orders.is_empty()),
    ];
    let steps = steps.into_iter().map(|(name, path, done)| {
        let is_here = path.as_deref() == Some(here);
        let done = done || (name == "View details" && path.is_some());
        Value::Map(Map::from([
            ("name", Value::from(name)),
            ("path", path.into()),
            ("done", done.into()),
            ("here", is_here.into()),
        ]))
    });
    steps.collect()
}

/// How many cycles of the shop this visitor took so far, this one included, and how many of them as
/// a stranger; nothing if cycles are not recorded.
pub fn cycles(ctx: &Context) -> Value {
    let Some(recorder) = ctx.recorder() else { return Value::Null };
    let records = recorder.all();
    let mut ids: Vec<String> =
        ctx.session.sent().into_iter().chain(ctx.session.key()).map(str::to_owned).collect();
    let browser = Browser {
        address: ctx.request.peer.map(|peer| peer.ip()),
        agent: ctx.request.headers.get("User-Agent").unwrap_or("").to_owned(),
    };
    let (mut own, mut as_stranger) = (0, 0);
    // This request itself.
    if ids.is_empty() {
        as_stranger += 1
    } else {
        own += 1
    }
    let mut met_another = false;
    // From the latest back to the first: so an id that was replaced is met after the one that
    // replaced it.
    for record in records.iter().rev() {
        let theirs = ids_of(record);
        if theirs.iter().any(|id| ids.iter().any(|own| own == id)) {
            ids.extend(theirs.into_iter().map(str::to_owned));
            // Strangers after this one were others, since this visitor had a cookie by then.
            (as_stranger, met_another) = (0, false);
            own += i64::from(is_of_the_shop(record));
        } else if Browser::of(record).is_some_and(|other| other == browser) {
            // Whoever came before another visitor of the same browser was probably that one.
            met_another = met_another || !theirs.is_empty();
            as_stranger += i64::from(!met_another && is_of_the_shop(record));
        }
    }
    Map::from([("all", own + as_stranger), ("as_stranger", as_stranger)]).into()
}

/// What a stranger can be recognised by, more or less.
#[derive(PartialEq)]
struct Browser {
    address: Option<IpAddr>,
    agent: String,
}

impl Browser {
    fn of(record: &Record) -> Option<Browser> {
        let address = record.cycle.steps().iter().find_map(|step| match step.detail {
            Detail::Connection { peer, .. } => Some(peer.ip()),
            _ => None,
        });
        let head = head_of(record)?;
        let agent = head.lines().filter_map(|line| line.split_once(':'));
        let mut agent = agent
            .filter(|(name, _)| name.eq_ignore_ascii_case("User-Agent"))
            .map(|(_, value)| value.trim());
        Some(Browser { address, agent: agent.next().unwrap_or("").to_owned() })
    }
}

/// The values of the session's cookie that a cycle was sent, or gave.
fn ids_of(record: &Record) -> Vec<&str> {
    let ids = record.cycle.steps().iter().filter_map(|step| match &step.detail {
        Detail::Row { cookie, .. } | Detail::Change { cookie, .. } => cookie.as_deref(),
        _ => None,
    });
    ids.collect()
}

fn is_of_the_shop(record: &Record) -> bool {
    let target = head_of(record)
        .and_then(|head| head.split(' ').nth(1).map(str::to_owned))
        .unwrap_or_default();
    let path = target.split('?').next().unwrap_or("");
    path == "/shop" || path.starts_with("/shop/")
}

/// The request as it came, up to the empty line.
fn head_of(record: &Record) -> Option<String> {
    let bytes = record.cycle.steps().iter().find_map(|step| match &step.detail {
        Detail::Bytes(excerpt) if step.name == "received" => Some(&excerpt.bytes),
        _ => None,
    })?;
    let text = String::from_utf8_lossy(bytes);
    Some(text.split("\r\n\r\n").next().unwrap_or("").to_owned())
}
