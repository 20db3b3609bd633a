//! What the server remembers of a visitor: three handlers from the course notes, and a profile.
//!
//! A session is a map that belongs to one visitor. A handler reads it and writes it, and the
//! framework saves it when the handler has returned. The visitor's cookie names it.

use super::answer::text_or_page;
use carafe::http::Response;
use carafe::{App, Context, Error, Value};

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/sessions", index);
    app.get("/getsession", getsession);
    app.get("/dropsession", dropsession);
    app.get("/profile", profile);
    app.post("/profile", save_profile).example("/profile", "name=Ada&email=ada@example.org");
}

/// Writes to the session, so a stranger gets a cookie with this answer.
fn index(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.set("user", "Anthony");
    say(ctx, "Index", "Your session now holds user = 'Anthony'. Your cookie leads to the session.")
}

/// Reads the session. A visitor without a cookie has an empty one.
fn getsession(ctx: &mut Context) -> Result<Response, Error> {
    match ctx.session.get("user").as_ref().and_then(Value::as_str) {
        Some(user) => say(ctx, user, "Your cookie leads to a session. This is the user in it."),
        None => say(ctx, "Not logged in!", "No cookie came that leads to a session with a user."),
    }
}

/// Deletes the session, as a logout does.
fn dropsession(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.clear();
    say(ctx, "Dropped!", "The session has ended. The answer told your browser to drop the cookie.")
}

/// Answers with one sentence. Only the page has the message, which explains it.
#[track_caller]
fn say(ctx: &mut Context, sentence: &str, message: &str) -> Result<Response, Error> {
    let variables = [("title", sentence), ("message", message)];
    text_or_page(ctx, format!("{sentence}\n"), "sessions.html", variables)
}

fn profile(ctx: &mut Context) -> Result<Response, Error> {
    let saved = |name: &str| ctx.session.get(name).unwrap_or_else(|| "".into());
    let variables = [("name", saved("profile_name")), ("email", saved("profile_email"))];
    ctx.render("profile.html", variables)
}

fn save_profile(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    // Both fields are read before one is saved: a form that lacks a field changes nothing.
    let (name, email) = (form.required("name")?, form.required("email")?);
    ctx.session.set("profile_name", name);
    ctx.session.set("profile_email", email);
    Ok(Response::redirect("/profile"))
}
