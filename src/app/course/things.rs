//! Deeper: A collection over HTTP, with five methods: list, create, read, replace, change, delete.
//!
//! All things are in one row of the store, `{"last": 2, "things": {"1": {"id": 1, …}}}`. Each
//! change is one step of the store, so two changes at the same time cannot mix. The fields of a
//! thing come as a form or as JSON.
//!
//! Two clients that change one thing can overwrite each other's changes. A client prevents that as
//! follows: a GET answers with a mark of the version, `ETag`, and the client sends the mark back in
//! `If-Match`. If the thing has changed since, the answer is 412 and nothing is changed.

use crate::app::answer::form_of;
use carafe::http::conditions::{Validators, Verdict, evaluate};
use carafe::http::{Method, Status};
use carafe::web::store::Kind;
use carafe::{App, Context, Error, Map, Response, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// The largest number of things, and of fields in one thing.
const MOST: usize = 100;
const FIELDS: usize = 20;
/// The types of a body.
const EXPECTED: &str = "application/json, application/x-www-form-urlencoded";
const KIND: Kind = Kind::kept("things", 1);

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/things", list);
    app.post("/things", create).example("/things", "name=kettle");
    app.get("/things/<int:id>", show);
    app.put("/things/<int:id>", replace);
    app.patch("/things/<int:id>", change);
    app.delete("/things/<int:id>", delete);
    app.route([Method::Options], "/things/<int:id>", options);
}

/// Answers in three forms: a page, one JSON list, or one JSON object a line for curl, which a
/// person reads.
fn list(ctx: &mut Context) -> Result<Response, Error> {
    let things = all(ctx)?;
    let response = match form_of(ctx) {
        "html" => page(ctx, None)?,
        "json" => Response::json(&things.into()),
        _ if things.is_empty() => Response::text("there are no things yet\n"),
        _ => {
            Response::text(things.iter().map(|thing| json::write(thing) + "\n").collect::<String>())
        }
    };
    Ok(response.with_header("Vary", "Accept"))
}

fn all(ctx: &Context) -> Result<Vec<Value>, Error> {
    let things = things_in(&ctx.store().load(&KIND, "all")?.found().unwrap_or_default());
    Ok(things.iter().map(|(_, thing)| thing.clone()).collect())
}

/// The list as a page, with a word on the thing that was `made`.
#[track_caller]
fn page(ctx: &mut Context, made: Option<Value>) -> Result<Response, Error> {
    let (things, base) = (all(ctx)?, ctx.base());
    let variables = [("things", Value::from(things)), ("made", made.into()), ("base", base.into())];
    ctx.render("things.html", variables)
}

/// 201 and `Location` tell the client where the new thing is. A browser that sent a form gets a
/// page.
fn create(ctx: &mut Context) -> Result<Response, Error> {
    let fields = fields_of(ctx)?;
    let thing = edit(ctx, &mut |things, last| {
        if things.len() >= MOST {
            let why = format!("there are {MOST} things already, expected fewer; DELETE one first");
            return Err(Error::abort(Status::SERVICE_UNAVAILABLE, why));
        }
        // An id is never given twice, also if its thing was deleted.
        *last += 1;
        let thing = checked(Map::from([("id", *last)]), &fields)?;
        things.insert(last.to_string(), thing.clone());
        Ok(Some(thing))
    })?;
    let thing = thing.unwrap_or_default();
    let id = thing.int("id").unwrap_or(0);
    let response = match ctx.request.prefers_html() {
        true => page(ctx, Some(id.into()))?,
        false => Response::json(&thing.into()),
    };
    let response = response.with_status(Status::CREATED).with_header("Vary", "Accept");
    Ok(response.with_header("Location", format!("/things/{id}")))
}

/// The framework compares the mark with the one that a client may send: 304 if it is the same.
fn show(ctx: &mut Context) -> Result<Response, Error> {
    let things = things_in(&ctx.store().load(&KIND, "all")?.found().unwrap_or_default());
    let thing = things.get(&id_of(ctx)).ok_or(Error::NotFound)?;
    Ok(Response::json(thing).with_header("ETag", version_of(thing).etag))
}

/// A PUT says what the whole thing shall be. Fields that it does not name are gone.
fn replace(ctx: &mut Context) -> Result<Response, Error> {
    // RFC 9110 §14.5: "An origin server SHOULD respond with a 400 ... if it receives Content-Range
    // on a PUT for a target resource that does not support partial PUT requests". Otherwise a part
    // would replace the whole thing.
    if ctx.request.headers.contains("Content-Range") {
        let why = "found Content-Range, expected a whole thing: PATCH changes a part";
        return Err(Error::BadRequest(why.into()));
    }
    let fields = fields_of(ctx)?;
    edit_one(ctx, &|thing| {
        let id = thing.get("id").cloned();
        checked(Map::from([("id", id)]), &fields).map(Some)
    })
}

/// A PATCH names the fields that change.
fn change(ctx: &mut Context) -> Result<Response, Error> {
    let fields = fields_of(ctx)?;
    if fields.iter().all(|(name, _)| name == "id") {
        return Err(Error::BadRequest("found no field, expected at least one to change".into()));
    }
    edit_one(ctx, &|thing| checked(thing.clone(), &fields).map(Some))
}

/// A second DELETE finds no thing, and gets a 404.
fn delete(ctx: &mut Context) -> Result<Response, Error> {
    edit_one(ctx, &|_| Ok(None))
}

/// RFC 5789 §3.1: a server "SHOULD" name the types of a PATCH in its answer to OPTIONS.
fn options(_: &mut Context) -> Response {
    let allow = "DELETE, GET, HEAD, OPTIONS, PATCH, PUT";
    let response = Response::new(Status::NO_CONTENT).with_header("Allow", allow);
    response.with_header("Accept-Patch", EXPECTED)
}

/// The id in the path, written in one way only: `007` is `7`.
fn id_of(ctx: &Context) -> String {
    ctx.param("id").parse::<u64>().unwrap_or(0).to_string()
}

/// Replaces one thing by what `change` makes of it. `None` deletes the thing.
fn edit_one(
    ctx: &Context,
    change: &dyn Fn(&Map) -> Result<Option<Map>, Error>,
) -> Result<Response, Error> {
    let id = id_of(ctx);
    let changed = edit(ctx, &mut |things, _| {
        // A PUT creates nothing: the server alone gives ids.
        let thing = things.get(&id).ok_or(Error::NotFound)?;
        // RFC 9110 §13.1.1: if no mark in `If-Match` fits, the server "MUST NOT perform the
        // requested method".
        if evaluate(ctx.request, &version_of(thing), 0) == Verdict::Failed {
            let why = "this is not the version that you named; GET it again";
            return Err(Error::abort(Status::PRECONDITION_FAILED, why));
        }
        let changed = change(thing.as_map().ok_or(Error::NotFound)?)?;
        match &changed {
            Some(thing) => drop(things.insert(id.as_str(), thing.clone())),
            None => drop(things.remove(&id)),
        }
        Ok(changed)
    })?;
    // RFC 9110 §9.3.4: a server "MUST NOT send a validator field" in the answer to a PUT, unless it
    // saved the content as it came. Here the content was decoded first.
    Ok(changed.map_or(Response::new(Status::NO_CONTENT), |thing| Response::json(&thing.into())))
}

/// The mark of a thing's version: a hash of its JSON.
fn version_of(thing: &Value) -> Validators {
    let mut hasher = DefaultHasher::new();
    json::write(thing).hash(&mut hasher);
    Validators { etag: format!("\"{:016x}\"", hasher.finish()), modified: None }
}

/// Gets all things and the last id that was given, and returns the thing that it made. If it fails,
/// the store keeps what it has.
type ThingsChange<'c> = dyn FnMut(&mut Map, &mut i64) -> Result<Option<Map>, Error> + 'c;

/// Changes the things in one step of the store.
fn edit(ctx: &Context, change: &mut ThingsChange) -> Result<Option<Map>, Error> {
    let mut outcome = Err(Error::NotFound);
    ctx.store().update(&KIND, "all", &mut |row| {
        let known = row.clone().unwrap_or_default();
        let mut last = known.int("last").unwrap_or(0);
        let mut things = things_in(&known);
        outcome = change(&mut things, &mut last);
        if outcome.is_ok() {
            *row = Some(Map::from([("last", Value::from(last)), ("things", things.into())]));
        }
    })?;
    outcome
}

/// The things in the row of the store.
fn things_in(row: &Map) -> Map {
    row.get("things").and_then(Value::as_map).cloned().unwrap_or_default()
}

/// The fields that a client sent for a thing, as a form or as a JSON object.
fn fields_of(ctx: &mut Context) -> Result<Map, Error> {
    let bad = |why: String| Err(Error::BadRequest(why));
    match ctx.request.content_type().as_deref() {
        Some("application/json") => match ctx.json()? {
            Value::Map(map) => Ok(Arc::unwrap_or_clone(map)),
            _ => bad("found JSON that is not an object, expected {\"name\": …}".into()),
        },
        Some("application/x-www-form-urlencoded" | "multipart/form-data") => {
            let form = ctx.form()?;
            // The first value of a name counts.
            Ok(form.fields().iter().map(|(name, _)| (name, form.get(name))).collect())
        }
        found => {
            let is_empty = ctx.request.body.is_empty();
            let untold = if is_empty { "no body" } else { "a body without Content-Type" };
            let found = found.unwrap_or(untold);
            let why = format!("found {found}, expected a form or JSON: one of {EXPECTED}");
            // RFC 5789 §2.2: the answer to a PATCH names the types in Accept-Patch.
            let is_patch = ctx.request.method == Method::Patch;
            let name = if is_patch { "Accept-Patch" } else { "Accept" };
            Err(Error::with_header(Status::UNSUPPORTED_MEDIA_TYPE, why, name, EXPECTED))
        }
    }
}

/// The thing with these fields. It must have a name, and not too many fields. A client's own field
/// `id` does not count.
fn checked(mut thing: Map, fields: &Map) -> Result<Map, Error> {
    for (name, value) in fields.iter().filter(|(name, _)| *name != "id") {
        thing.insert(name, value.clone());
    }
    let told = fields.iter().filter(|(_, value)| **value != Value::Null);
    let names: Vec<&str> = told.map(|(name, _)| name).collect();
    match thing.len() - 1 {
        ..=FIELDS if !matches!(thing.get("name"), None | Some(Value::Null)) => Ok(thing),
        ..=FIELDS => {
            let names = if names.is_empty() { "no fields".to_owned() } else { names.join(", ") };
            Err(Error::BadRequest(format!("missing field \"name\"; there is: {names}")))
        }
        found => Err(Error::BadRequest(format!("found {found} fields, expected at most {FIELDS}"))),
    }
}
