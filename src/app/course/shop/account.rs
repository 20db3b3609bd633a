//! Deeper: Step 2 of the shop, logging in.
//!
//! The first login makes the account. After a login the session knows its owner.
//!
//! * The session gets a fresh id at the login. So a stranger who knew the old id, or gave it to the
//!   visitor, does not know the new one.
//! * Wrong passwords are counted and slowed down, see `guesses.rs`.
//! * A login with a name takes the same time whether the account is known or not: each hashes once
//!   (unless no account can be added).
//!
//! Left out: a proof that the e-mail address is the visitor's, and help for a visitor who has
//! forgotten the password. Both need a program that sends mail.

use super::guesses::guess;
use super::{page, text_of};
use carafe::web::form::Form;
use carafe::web::password;
use carafe::web::session::Session;
use carafe::web::store::Kind;
use carafe::{App, Context, Error, Map, Response, random};

/// The accounts. With 10,000 of them, the store refuses a new one with 503.
const ACCOUNT: Kind = Kind::kept("account", 10_000);

/// The longest name, e-mail address and password, in bytes.
const NAME: usize = 100;
const EMAIL: usize = 200;
const PASSWORD: usize = 1000;

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/login", login_form);
    app.post("/shop/login", log_in);
    app.post("/shop/logout", log_out);
}

/// The `name` or the `email` of the customer who is logged in. The e-mail address is the key of the
/// account.
pub fn field(session: &Session, name: &str) -> Option<String> {
    session.get("account")?.get(name)?.as_str().map(str::to_owned)
}

/// The empty form.
fn login_form(ctx: &mut Context) -> Result<Response, Error> {
    form_page(ctx, Map::new())
}

/// The form. `typed` holds what the visitor typed before, and what was wrong with it.
#[track_caller]
fn form_page(ctx: &mut Context, typed: Map) -> Result<Response, Error> {
    let known = field(&ctx.session, "name").map(|name| format!("You are {name}.\n"));
    let known = known.unwrap_or_default();
    let text = format!(
        "{known}log in: POST /shop/login name=Ada email=ada@example.org password=…\n\
         The first login makes the account. Later ones need no name.\n"
    );
    page(ctx, "shop/login.html", typed, text)
}

fn log_in(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    let error = match enter(ctx, &form) {
        Err(error) if ctx.request.prefers_html() && error.status().0 < 500 => error,
        outcome => return outcome,
    };
    // A browser gets the form again, with what was typed and what was wrong, but without the
    // password.
    let [name, email] = ["name", "email"].map(|field| form.fields().get(field).unwrap_or(""));
    let typed = Map::from([("name", name), ("email", email), ("error", error.public())]);
    let mut response = form_page(ctx, typed)?.with_status(error.status());
    error.headers().for_each(|(name, value)| response.headers.set(name, value));
    Ok(response)
}

/// Logs the visitor in, or makes an account, or says what is wrong with the form.
fn enter(ctx: &mut Context, form: &Form) -> Result<Response, Error> {
    let email = email_in(form)?;
    let name = short_text("name", form.get("name").unwrap_or(""), NAME)?;
    let password = form.required("password")?;
    if password.is_empty() || password.len() > PASSWORD {
        let found = password.len();
        let why = format!("password: found {found} bytes, expected 1 to {PASSWORD}");
        return Err(Error::BadRequest(why));
    }
    let account = match ctx.store().load(&ACCOUNT, &email)?.found() {
        Some(account) => {
            check(ctx, &email, password, &account)?;
            account
        }
        None => open_account(ctx, &email, &name, password)?,
    };
    // Another customer at the same browser must not find the cart and orders of the one before.
    if field(&ctx.session, "email").is_some_and(|before| before != email) {
        ctx.session.clear();
    }
    ctx.session.renew();
    let (name, id) = (text_of(&account, "name"), text_of(&account, "id"));
    ctx.session.set("account", Map::from([("name", name), ("email", email)]));
    ctx.session.set("account_id", id);
    Ok(Response::redirect("/shop"))
}

/// Refuses a password that is not that of the account.
fn check(ctx: &Context, email: &str, password: &str, account: &Map) -> Result<(), Error> {
    let known = text_of(account, "password");
    guess(ctx, Some(email), || password::fits(password, &known))
}

/// Makes an account. If another request has just made it, the password must fit.
fn open_account(ctx: &Context, email: &str, name: &str, password: &str) -> Result<Map, Error> {
    if name.is_empty() {
        let why = "there is no account of this e-mail address; with a name, this makes one";
        return Err(Error::BadRequest(why.into()));
    }
    let mut hash = String::new();
    guess(ctx, None, || {
        // Asked first, because a hash takes long.
        let known: Result<Vec<_>, _> = ctx.store().keys(&ACCOUNT).collect();
        if known?.len() >= ACCOUNT.most {
            return Err(ACCOUNT.full().into());
        }
        hash = password::hash(password)?;
        Ok(true)
    })?;
    // Somebody else may have had this address before a restart, and still be logged in by a cookie.
    let id = random::hex_id();
    let account = Map::from([("name", name), ("password", hash.as_str()), ("id", id.as_str())]);
    let made = ctx.store().update(&ACCOUNT, email, &mut |row| {
        row.get_or_insert_with(|| account.clone());
    })?;
    let row = made.row().unwrap_or_default();
    if row != account {
        check(ctx, email, password, &row)?;
    }
    Ok(row)
}

/// Ends the session. The account stays.
fn log_out(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.clear();
    Ok(Response::redirect("/shop"))
}

/// The e-mail address of the form in small letters, without blanks around it. Small letters can
/// have more bytes than large ones, so the length is checked after.
fn email_in(form: &Form) -> Result<String, Error> {
    let email = short_text("email", &form.required("email")?.to_lowercase(), EMAIL)?;
    let is_whole =
        |(who, host): (&str, &str)| !who.is_empty() && !host.is_empty() && !host.contains('@');
    if !email.split_once('@').is_some_and(is_whole) || email.contains(char::is_whitespace) {
        let why = format!("email: found {email:?}, expected one such as ada@example.org");
        return Err(Error::BadRequest(why));
    }
    Ok(email)
}

/// The text of a field without blanks around it, if it is short enough and holds no control
/// character.
fn short_text(field: &str, text: &str, longest: usize) -> Result<String, Error> {
    let text = text.trim();
    let why = if text.len() > longest {
        format!("{field}: found {} bytes, expected at most {longest}", text.len())
    } else if text.contains(char::is_control) {
        format!("{field}: found a control character, expected text")
    } else {
        return Ok(text.to_owned());
    };
    Err(Error::BadRequest(why))
}
