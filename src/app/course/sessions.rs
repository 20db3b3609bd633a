//! What the server remembers of a visitor: the three handlers of the notes, and a profile.

use super::say::say;
use carafe::http::Response;
use carafe::{App, Context, Error, Value};

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/sessions", index);
    app.get("/getsession", getsession);
    app.get("/dropsession", dropsession);
    app.get("/profile", profile);
    app.post("/profile", save_profile).example("/profile", "name=Ada&email=ada@example.org");
}

const LINKS: &[(&str, &str)] = &[
    ("/sessions", "Set the user"),
    ("/getsession", "Who am I?"),
    ("/dropsession", "Drop the session"),
    ("/ladder/session", "Count my visits"),
];

fn index(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.set("user", "Anthony");
    say(ctx, "Index", "Your session now holds user = 'Anthony'; your cookie leads to it.", LINKS)
}

fn getsession(ctx: &mut Context) -> Result<Response, Error> {
    match ctx.session.get("user").as_ref().and_then(Value::as_str) {
        Some(user) => {
            say(ctx, user, "Your cookie leads to a session, and this is the user in it.", LINKS)
        }
        None => say(
            ctx,
            "Not logged in!",
            "No cookie came, or none that leads to a session with a user in it.",
            LINKS,
        ),
    }
}

fn dropsession(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.clear();
    say(
        ctx,
        "Dropped!",
        "The session has ended, and your browser was told to forget the cookie.",
        LINKS,
    )
}

fn profile(ctx: &mut Context) -> Result<Response, Error> {
    let kept = |name: &str| ctx.session.get(name).unwrap_or_else(|| "".into());
    let variables = [("name", kept("profile_name")), ("email", kept("profile_email"))];
    ctx.render("profile.html", variables)
}

fn save_profile(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    // Both first, then both: a form that lacks one changes nothing.
    let (name, email) = (form.required("name")?, form.required("email")?);
    ctx.session.set("profile_name", name);
    ctx.session.set("profile_email", email);
    Ok(Response::redirect("/profile"))
}
