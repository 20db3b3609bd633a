//! A collection over HTTP: list, create, read, replace, change a part, delete.
//!
//! All things are one row of the store, `{"last": 2, "things": {"1": {…}}}`, changed in one atomic
//! step. The fields of a thing come as a form or as JSON.
//!
//! Two who change one thing overwrite each other, unless each says which version it saw: GET gives
//! a mark, `ETag`, and a change with `If-Match` and another mark than the thing's own is 412.

use carafe::http::conditions::{Validators, Verdict, evaluate};
use carafe::http::{Headers, Method, Request, Response, Status};
use carafe::web::store::Kind;
use carafe::{App, Context, Error, Map, Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

/// So many things there may be, and so many fields of one.
const MOST: usize = 100;
const FIELDS: usize = 20;
const KIND: Kind = Kind::kept("things", 1);

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/things", list);
    app.post("/things", create).example("/things", "name=kettle");
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
        ctx.render("things.html", [("things", Value::from(things)), ("base", base.into())])?
    } else if ctx.request.accepts("application/json") {
        Response::json(json::write(&things.into()) + "\n")
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
    Ok(as_json(&with_id(&id.to_string(), &thing.into()))
        .with_status(Status::CREATED)
        .with_header("Location", location))
}

fn show(ctx: &mut Context) -> Result<Response, Error> {
    let row = ctx.store().load(&KIND, "all")?.found().unwrap_or_default();
    let id = id_of(ctx);
    let thing = things_of(&row).get(&id).map(|thing| with_id(&id, thing)).ok_or(Error::NotFound)?;
    let marks = marks_of(&thing);
    let response = match evaluate(&ctx.request, &marks, 0) {
        Verdict::NotModified => Response::new(Status::NOT_MODIFIED),
        Verdict::Failed => return Err(another_version()),
        _ => as_json(&thing),
    };
    Ok(response.with_header("ETag", &marks.etag))
}

fn replace(ctx: &mut Context) -> Result<Response, Error> {
    // RFC 9110 §14.5: "An origin server SHOULD respond with a 400 ... if it receives Content-Range
    // on a PUT for a target resource that does not support partial PUT requests": it would take the
    // part for the whole.
    if ctx.request.headers.contains("Content-Range") {
        return Err(Error::BadRequest(
            "found Content-Range, expected a whole thing: PATCH changes a part".into(),
        ));
    }
    let thing = fields_of(ctx)?;
    edit_one(ctx, |_| Ok(Some(thing.clone())))
}

fn change(ctx: &mut Context) -> Result<Response, Error> {
    let changes = fields_of(ctx)?;
    edit_one(ctx, |thing| {
        let mut thing = thing.clone();
        for (name, value) in changes.iter() {
            thing.insert(name, value.clone());
        }
        if thing.len() > FIELDS {
            return Err(Error::BadRequest(format!(
                "found {} fields, expected at most {FIELDS}",
                thing.len()
            )));
        }
        Ok(Some(thing))
    })
}

fn delete(ctx: &mut Context) -> Result<Response, Error> {
    edit_one(ctx, |_| Ok(None))
}

/// The id in its one spelling: `007` is 7.
fn id_of(ctx: &Context) -> String {
    ctx.param("id").parse::<u64>().unwrap_or(0).to_string()
}

/// Puts what `change` makes of a thing into its place, if it is the version that the client means;
/// `None` removes it.
fn edit_one(
    ctx: &Context,
    change: impl Fn(&Map) -> Result<Option<Map>, Error>,
) -> Result<Response, Error> {
    let id = id_of(ctx);
    let mut outcome = Err(Error::NotFound);
    edit(ctx, |things, _| {
        let Some(Value::Map(thing)) = things.get(&id) else {
            outcome = Err(Error::NotFound);
            return;
        };
        outcome = check_version(&ctx.request, &with_id(&id, &thing.clone().into()))
            .and_then(|()| change(thing));
        match &outcome {
            Ok(Some(thing)) => drop(things.insert(&*id, thing.clone())),
            Ok(None) => drop(things.remove(&id)),
            Err(_) => {}
        }
    })?;
    // RFC 9110 §9.3.4: no ETag in the answer, "unless the request's content was saved without any
    // transformation".
    Ok(match outcome? {
        Some(thing) => as_json(&with_id(&id, &thing.into())),
        None => Response::new(Status::NO_CONTENT),
    })
}

/// RFC 9110 §13.1.1: if none of the marks in `If-Match` is the thing's, the method MUST NOT be
/// performed.
fn check_version(request: &Request, thing: &Value) -> Result<(), Error> {
    if evaluate(request, &marks_of(thing), 0) == Verdict::Failed {
        Err(another_version())
    } else {
        Ok(())
    }
}

fn another_version() -> Error {
    Error::abort(
        Status::PRECONDITION_FAILED,
        "this is not the version that you named; GET it again",
    )
}

/// The mark of a thing: a hash of what is shown of it.
fn marks_of(thing: &Value) -> Validators {
    let mut hasher = DefaultHasher::new();
    json::write(thing).hash(&mut hasher);
    Validators { etag: format!("\"{:016x}\"", hasher.finish()), modified: None }
}

/// Changes the table of things in one step; `change` gets it and the last id that was given.
fn edit(ctx: &Context, mut change: impl FnMut(&mut Map, &mut i64)) -> Result<(), Error> {
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
    for (name, value) in
        thing.as_map().into_iter().flat_map(Map::iter).filter(|(name, _)| *name != "id")
    {
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
        Some("application/json") => match json::parse(ctx.body()?) {
            Ok(Value::Map(map)) => map,
            Ok(_) => {
                return Err(Error::BadRequest(
                    "found JSON that is not an object, expected {\"name\": …}".into(),
                ));
            }
            Err(error) => {
                return Err(Error::BadRequest(format!("the JSON is not well formed: {error}")));
            }
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
        return Err(Error::BadRequest(format!(
            "found {} fields, expected at most {FIELDS}",
            fields.len()
        )));
    }
    Ok(fields)
}
