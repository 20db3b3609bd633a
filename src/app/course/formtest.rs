//! A POST form: check the data, save it or say what is wrong, then send the browser to a page.

use carafe::{App, Context, Error, Response};

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/formtest", formtest);
    app.post("/process", process).example("/process", "name=Ada");
}

/// The page shows the name in the session, and the flashed messages.
fn formtest(ctx: &mut Context) -> Result<Response, Error> {
    // The page shows a curl command, and that needs the address of this server.
    let base = ctx.base();
    ctx.render("formtest.html", [("base", base)])
}

fn process(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let name = form.required("name")?;
    // Characters, not bytes: "é" is one character, "李明" are two.
    if name.chars().count() < 2 {
        ctx.flash("need valid name");
    } else {
        ctx.session.set("name", name);
    }
    // The answer is a 303: the browser asks for /formtest. A reload then repeats this GET, and not
    // the POST.
    Ok(Response::redirect("/formtest"))
}
