//! The API of `api.py` with carafe.

use carafe::http::Status;
use carafe::{App, Context, Error, Map, Response, Value};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

const PAGE: usize = 2;

/// The items, by number.
type Items = BTreeMap<i64, Map>;

fn items<'a>(ctx: &Context<'a>) -> MutexGuard<'a, Items> {
    ctx.state::<Mutex<Items>>().lock().unwrap()
}

fn checked(ctx: &Context, number: i64) -> Result<Map, Error> {
    let sent = ctx.json()?;
    let get = |name| sent.get(name).cloned().unwrap_or_default();
    if get("name").as_str().is_none() || get("price").as_int().is_none() {
        return Err(Error::abort(Status::UNPROCESSABLE_CONTENT, "expected a name and a price"));
    }
    let fields = ["name", "price", "colour"].map(|name| (name, get(name)));
    Ok([("id", number.into())].into_iter().chain(fields).collect())
}

fn list_items(ctx: &mut Context) -> Result<Map, Error> {
    let colour = Value::from(ctx.request.query.get("colour"));
    let page: usize = ctx.request.query.get("page").and_then(|it| it.parse().ok()).unwrap_or(1);
    let mut found: Vec<Map> = items(ctx).values().cloned().collect();
    found.retain(|item| colour == Value::Null || item.get("colour") == Some(&colour));
    let next = ctx.url_for("list_items", &[("colour", colour), ("page", (page + 1).into())])?;
    let (total, next) = (found.len(), Some(next).filter(|_| found.len() > page * PAGE));
    let shown: Value = found.into_iter().skip((page.max(1) - 1) * PAGE).take(PAGE).collect();
    Ok(Map::from([("items", shown), ("total", total.into()), ("next", next.into())]))
}

fn show_item(ctx: &mut Context) -> Result<Option<Map>, Error> {
    Ok(items(ctx).get(&ctx.param("number").parse()?).cloned())
}

pub fn app() -> App {
    let mut app = App::new();
    app.state(Instant::now());
    app.state(Mutex::new(Items::new()));
    app.state(AtomicI64::new(1));
    app.allow_origin("https://shop.example");
    let now = |ctx: &Context| ctx.state::<Instant>().elapsed().as_secs_f64();
    app.before(move |ctx: &mut Context| {
        ctx.g.insert("started", now(ctx));
        match ctx.request.headers.get("X-Key") {
            Some("secret") => Ok(None),
            _ => Err(Error::abort(Status::UNAUTHORIZED, "found no right X-Key, expected the key")),
        }
    });
    app.after(move |ctx: &mut Context, response: &mut Response| {
        let started = ctx.g.get("started").and_then(Value::as_float).unwrap_or(now(ctx));
        response.headers.set("X-Time", format!("{:.6}", now(ctx) - started));
    });
    app.on_error(|_: &mut Context, error: &Error| {
        let told = [("status", Value::from(error.status().0)), ("error", error.public().into())];
        Some(Response::json(&Map::from(told).into()).with_status(error.status()))
    });
    app.get("/api/items", list_items);
    app.post("/api/items", |ctx: &mut Context| -> Result<Response, Error> {
        let number = ctx.state::<AtomicI64>().fetch_add(1, SeqCst);
        let item = checked(ctx, number)?;
        items(ctx).insert(number, item.clone());
        let location = ctx.url_for("show_item", &[("number", number.into())])?;
        let response = Response::json(&item.into()).with_status(Status::CREATED);
        Ok(response.with_header("Location", location))
    });
    app.get("/api/items/<int:number>", show_item);
    app.put("/api/items/<int:number>", |ctx: &mut Context| -> Result<Map, Error> {
        let number = ctx.param("number").parse()?;
        let mut items = items(ctx);
        let item = items.get_mut(&number).ok_or(Error::NotFound)?;
        *item = checked(ctx, number)?;
        Ok(item.clone())
    });
    app.delete("/api/items/<int:number>", |ctx: &mut Context| -> Result<Response, Error> {
        items(ctx).remove(&ctx.param("number").parse()?).ok_or(Error::NotFound)?;
        Ok(Response::new(Status::NO_CONTENT))
    });
    app.get("/api/average", |ctx: &mut Context| {
        let items = items(ctx).clone();
        let prices = items.values().filter_map(|item| item.get("price")?.as_int());
        Map::from([("average", prices.sum::<i64>() / items.len() as i64)])
    });
    app
}
