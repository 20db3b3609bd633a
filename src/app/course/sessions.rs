//! What the server remembers of a visitor: three handlers of the course notes.
//!
//! HTTP is stateless: each request stands alone. These handlers are stateful by a session, a map
//! that belongs to one visitor. The framework finds it by the visitor's cookie. A change goes to
//! the store at once, and is safe before the answer leaves.
//!
//! `say` answers curl with a sentence, and a browser with a page that explains it.

use crate::app::answer::say;
use carafe::{App, Context, Error, Response};

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/sessions", index);
    app.get("/getsession", getsession);
    app.get("/dropsession", dropsession);
}

/// Writes to the session, so a stranger gets a cookie with this answer.
fn index(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.set("user", "Anthony");
    say(ctx, "sessions.html", "Index", "Your session now holds user = 'Anthony'.")
}

/// Reads the session. A visitor without a cookie has an empty session.
fn getsession(ctx: &mut Context) -> Result<Response, Error> {
    match ctx.session.text("user") {
        Some(user) => say(ctx, "sessions.html", &user, "This user is in your session."),
        None => say(ctx, "sessions.html", "Not logged in!", "No user is in your session."),
    }
}

/// Deletes the session, as a logout does.
fn dropsession(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.clear();
    say(ctx, "sessions.html", "Dropped!", "The session is gone, and your browser drops the cookie.")
}
