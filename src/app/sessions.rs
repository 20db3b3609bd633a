//! What the server remembers of a visitor: the three handlers of the notes, a profile, and two counters.

use carafe::http::Response;
use carafe::{App, Context, Error, Value};

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/sessions", index);
    app.get("/getsession", getsession);
    app.get("/dropsession", dropsession);
    app.get("/profile", profile);
    app.post("/profile", save_profile);
    app.get("/ladder/none", ladder_none);
    app.get("/ladder/session", ladder_session);
}

fn index(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.set("user", "Anthony");
    say(ctx, "Index", "The server now keeps user = 'Anthony' for you, in a row that your cookie names.")
}

fn getsession(ctx: &mut Context) -> Result<Response, Error> {
    match ctx.session.get("user").as_ref().and_then(Value::as_str) {
        Some(user) => say(ctx, user, "Your cookie names a row, and this is the user in it."),
        None => say(ctx, "Not logged in!", "No cookie came, or none that names a row with a user in it."),
    }
}

fn dropsession(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.clear();
    say(ctx, "Dropped!", "The row is gone, and your browser was told to forget the cookie.")
}

fn profile(ctx: &mut Context) -> Result<Response, Error> {
    let kept = |name: &str| ctx.session.get(name).unwrap_or_else(|| "".into());
    let variables = [("name", kept("profile_name")), ("email", kept("profile_email"))];
    ctx.render("profile.html", variables)
}

fn save_profile(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    ctx.session.set("profile_name", form.required("name")?);
    ctx.session.set("profile_email", form.required("email")?);
    Ok(Response::redirect("/profile"))
}

/// No memory anywhere: every visit is the first.
fn ladder_none(ctx: &mut Context) -> Result<Response, Error> {
    say(ctx, "visit 1", "Nothing was kept, here or there: every visit is the first.")
}

/// The count lives in the store; the client holds only a random id.
fn ladder_session(ctx: &mut Context) -> Result<Response, Error> {
    let visits =
        ctx.session.update("visits", |visits| (visits.as_ref().and_then(Value::as_int).unwrap_or(0) + 1).into());
    let sentence = format!("visit {}", visits.as_int().unwrap_or(1));
    say(ctx, &sentence, "The count lives in the server; your cookie only names the row.")
}

/// One sentence: a line for curl; for a browser a page, with a word on what happened and where to go on.
fn say(ctx: &mut Context, sentence: &str, message: &str) -> Result<Response, Error> {
    let response = if ctx.request.prefers_html() {
        let link = |path: &str, text: &str| Value::List(vec![path.into(), text.into()]);
        let links = vec![
            link("/sessions", "Set the user"),
            link("/getsession", "Who am I?"),
            link("/dropsession", "Drop the session"),
            link("/ladder/session", "Count my visits"),
        ];
        let variables: [(&str, Value); 3] =
            [("title", sentence.into()), ("message", message.into()), ("links", links.into())];
        ctx.render("message.html", variables)?
    } else {
        Response::text(format!("{sentence}\n"))
    };
    Ok(response.with_header("Vary", "Accept"))
}
