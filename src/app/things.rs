//! A collection over HTTP: list, create, read, replace, change a part, delete.
//!
//! All things are one row of the store, `{"last": 2, "things": {"1": {…}}}`, changed in one atomic step. The fields of a
//! thing come as a form or as JSON.

use carafe::http::{Headers, Method, Response, Status};
use carafe::web::store::Kind;
use carafe::{App, Context, Error, Map, Value, json};

/// So many things there may be, and so many fields of one.
const MOST: usize = 100;
const FIELDS: usize = 20;
const KIND: Kind = Kind::kept("things", 1);

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/things", list);
    app.post("/things", create);
    app.get("/things/<int:id>", show);
    app.route(Method::Put, "/things/<int:id>", replace);
    app.route(Method::Patch, "/things/<int:id>", change);
    app.route(Method::Delete, "/things/<int:id>", delete);
}

fn list(ctx: &mut Context) -> Result<Response, Error> {
    let row = ctx.store().load(&KIND, "all")?.found().unwrap_or_default();
    let things: Vec<Value> = things_of(&row).iter().map(|(id, thing)| with_id(id, thing)).collect();
    let response = if ctx.request.prefers_html() {
        let base = ctx.base();
        ctx.render("things.html", [("things", Value::List(things)), ("base", base.into())])?
    } else if ctx.request.accepts("application/json") {
        Response::json(json::write(&Value::List(things)) + "\n")
    } else {
        Response::text(things.iter().map(|thing| json::write(thing) + "\n").collect::<String>())
    };
    Ok(response.with_header("Vary", "Accept"))
}

fn create(ctx: &mut Context) -> Result<Response, Error> {
    let thing = fields_of(ctx)?;
    if thing.get("name").is_none() {
        let came: Vec<&str> = thing.iter().map(|(name, _)| name).collect();
        let came = if came.is_empty() { "no fields".to_owned() } else { came.join(", ") };
        return Err(Error::BadRequest(format!("missing field \"name\"; there is: {came}")));
    }
    let mut id = 0;
    let mut full = false;
    edit(ctx, |things, last| {
        full = things.len() >= MOST;
        if !full {
            *last += 1;
            id = *last;
            things.insert(id.to_string(), thing.clone());
        }
    })?;
    if full {
        return Err(Error::abort(
            Status::SERVICE_UNAVAILABLE,
            format!("there are {MOST} things, and no room for more; DELETE one"),
        ));
    }
    let location = format!("/things/{id}");
    Ok(as_json(&with_id(&id.to_string(), &thing.into())).with_status(Status::CREATED).with_header("Location", location))
}

fn show(ctx: &mut Context) -> Result<Response, Error> {
    let row = ctx.store().load(&KIND, "all")?.found().unwrap_or_default();
    let id = id_of(ctx);
    let thing = things_of(&row).get(&id).map(|thing| with_id(&id, thing)).ok_or(Error::NotFound)?;
    Ok(as_json(&thing))
}

fn replace(ctx: &mut Context) -> Result<Response, Error> {
    let thing = fields_of(ctx)?;
    edit_one(ctx, |old| *old = thing.clone())
}

fn change(ctx: &mut Context) -> Result<Response, Error> {
    let changes = fields_of(ctx)?;
    edit_one(ctx, |thing| {
        for (name, value) in changes.iter() {
            thing.insert(name, value.clone());
        }
    })
}

fn delete(ctx: &mut Context) -> Result<Response, Error> {
    let id = id_of(ctx);
    let mut known = false;
    edit(ctx, |things, _| known = things.remove(&id).is_some())?;
    if known { Ok(Response::new(Status::NO_CONTENT)) } else { Err(Error::NotFound) }
}

/// The id in its one spelling: `007` is 7.
fn id_of(ctx: &Context) -> String {
    ctx.param("id").parse::<u64>().unwrap_or(0).to_string()
}

fn edit_one(ctx: &mut Context, change: impl Fn(&mut Map)) -> Result<Response, Error> {
    let id = id_of(ctx);
    let mut changed = None;
    edit(ctx, |things, _| {
        changed = None;
        if let Some(Value::Map(thing)) = things.get_mut(&id) {
            change(thing);
            changed = Some(thing.clone());
        }
    })?;
    let thing = changed.ok_or(Error::NotFound)?;
    if thing.len() > FIELDS {
        return Err(Error::BadRequest(format!("found {} fields, expected at most {FIELDS}", thing.len())));
    }
    Ok(as_json(&with_id(&id, &thing.into())))
}

/// Changes the table of things in one step; `change` gets it and the last id that was given.
fn edit(ctx: &mut Context, mut change: impl FnMut(&mut Map, &mut i64)) -> Result<(), Error> {
    let mut apply = |row: &mut Option<Map>| {
        let row = row.get_or_insert_with(Map::new);
        let mut last = row.get("last").and_then(Value::as_int).unwrap_or(0);
        let mut things = things_of(row);
        change(&mut things, &mut last);
        row.insert("last", last);
        row.insert("things", things);
    };
    ctx.store().update(&KIND, "all", &mut apply)?;
    Ok(())
}

fn things_of(row: &Map) -> Map {
    row.get("things").and_then(Value::as_map).cloned().unwrap_or_default()
}

fn with_id(id: &str, thing: &Value) -> Value {
    let mut shown = Map::from([("id", Value::from(id.parse::<i64>().unwrap_or(0)))]);
    for (name, value) in thing.as_map().into_iter().flat_map(Map::iter).filter(|(name, _)| *name != "id") {
        shown.insert(name, value.clone());
    }
    shown.into()
}

fn as_json(value: &Value) -> Response {
    Response::json(json::write(value) + "\n")
}

/// What was sent of a thing: a form, or a JSON object.
fn fields_of(ctx: &mut Context) -> Result<Map, Error> {
    const EXPECTED: &str = "application/json, application/x-www-form-urlencoded";
    let fields = match ctx.request.content_type().as_deref() {
        Some("application/json") => match json::parse(&ctx.request.body) {
            Ok(Value::Map(map)) => map,
            Ok(_) => return Err(Error::BadRequest("found JSON that is not an object, expected {\"name\": …}".into())),
            Err(error) => return Err(Error::BadRequest(format!("the JSON is not well formed: {error}"))),
        },
        Some("application/x-www-form-urlencoded") => ctx.form()?.fields().iter().collect(),
        found => {
            let why = format!(
                "found {}, expected a form or JSON: one of {EXPECTED}",
                found.unwrap_or("a body without Content-Type")
            );
            let mut headers = Headers::new();
            headers.append("Accept", EXPECTED);
            return Err(Error::Status(Status::UNSUPPORTED_MEDIA_TYPE, why, headers));
        }
    };
    if fields.len() > FIELDS {
        return Err(Error::BadRequest(format!("found {} fields, expected at most {FIELDS}", fields.len())));
    }
    Ok(fields)
}
