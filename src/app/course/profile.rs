//! Deeper: A form with two fields whose values stay in the session.

use carafe::{App, Context, Error, Response};

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/profile", profile);
    app.post("/profile", save_profile).example("/profile", "name=Ada&email=ada@example.org");
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
