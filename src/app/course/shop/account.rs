//! Step 2: who is it? An account, made at the first login, and a session that knows its owner from
//! then on.
//!
//! * The session gets a fresh id at the moment of logging in. Whoever knew the old one, or had
//!   slipped the visitor one of their own, does not know the new one.
//! * Wrong passwords are slowed down: see `tries.rs`. If that were all, anybody could lock a
//!   customer out by guessing. So each browser that has logged in gets a cookie of its own,
//!   `carafe_device`, sent to this page alone; the account knows the hashes of the last few, and a
//!   browser that shows one of them has a count for itself.
//! * A login costs the same work whether the account is known or not.
//!
//! Left out: a proof that the e-mail address is the visitor's, and a way out for who has forgotten
//! the password. Both need somebody to send mail.

use super::page;
use super::password;
use super::tries::Tries;
use carafe::http::cookie::SameSite;
use carafe::http::{Response, SetCookie, cookie_value};
use carafe::web::form::Form;
use carafe::web::session::Session;
use carafe::web::sign::{hex, sha256};
use carafe::web::store::Kind;
use carafe::{App, Context, Error, Map, Value, random};
use std::time::Duration;

/// So many accounts there may be; beyond that a new one is refused with 503.
const KIND: Kind = Kind::kept("account", 10_000);

/// From this wrong password of a minute on, an account is closed to strangers: 429.
const MOST_WRONG: usize = 10;
/// The same for a browser that has logged in to it before.
const MOST_WRONG_KNOWN: usize = 100;

/// The longest name, e-mail address and password, in bytes.
const NAME: usize = 100;
const EMAIL: usize = 200;
const PASSWORD: usize = 1000;

/// So many browsers are remembered for an account, the latest; each for so long.
const DEVICES: usize = 5;
const DEVICE_AGE: Duration = Duration::from_secs(90 * 24 * 3600);
const DEVICE_COOKIE: &str = "carafe_device";

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/shop/login", login_form);
    app.post("/shop/login", log_in);
    app.post("/shop/logout", log_out);
}

/// The name of the customer who is logged in.
pub fn name(session: &Session) -> Option<String> {
    session.get("account")?.as_map()?.get("name")?.as_str().map(str::to_owned)
}

/// The e-mail address of the customer who is logged in: the key of the account.
pub fn email(session: &Session) -> Option<String> {
    session.get("account")?.as_map()?.get("email")?.as_str().map(str::to_owned)
}

fn login_form(ctx: &mut Context) -> Result<Response, Error> {
    form_page(ctx, Map::new())
}

/// The form; `typed` fills it again, and says what was wrong.
#[track_caller]
fn form_page(ctx: &mut Context, typed: Map) -> Result<Response, Error> {
    let known = name(&ctx.session).map_or_else(String::new, |name| format!("You are {name}.\n"));
    let text = format!(
        "{known}log in: POST /shop/login name=Ada email=ada@example.org password=…\nThe first login makes the account.\n"
    );
    page(ctx, "shop/login.html", typed, text)
}

fn log_in(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    match admit(ctx, &form) {
        Err(error) if ctx.request.prefers_html() && error.status().0 < 500 => {
            // A browser gets the form again, with what was typed and what was wrong; never the
            // password.
            let field = |name: &str| Value::from(form.fields().get(name).unwrap_or(""));
            let typed = [
                ("name", field("name")),
                ("email", field("email")),
                ("error", error.public().into()),
            ];
            let mut response = form_page(ctx, Map::from(typed))?.with_status(error.status());
            if let Error::Status(_, _, headers) = &error {
                headers.iter().for_each(|(name, value)| response.headers.set(name, value));
            }
            Ok(response)
        }
        outcome => outcome,
    }
}

fn admit(ctx: &mut Context, form: &Form) -> Result<Response, Error> {
    let email = email_in(form)?;
    let name = short_text(form, "name", NAME)?;
    let password = form.required("password")?;
    if password.is_empty() || password.len() > PASSWORD {
        let found = password.len();
        return Err(Error::BadRequest(format!(
            "password: found {found} bytes, expected 1 to {PASSWORD}"
        )));
    }
    let device = cookie_value(&ctx.request.headers, DEVICE_COOKIE)
        .map(|token| (token.to_owned(), fingerprint(token)));
    let (account, is_known_device) = loop {
        let Some(account) = ctx.store().load(&KIND, &email)?.found() else {
            match open_account(ctx, &email, &name, password)? {
                Some(account) => break (account, false),
                // Somebody was quicker by a moment, and now it is an account like any other.
                None => continue,
            }
        };
        let known =
            device.as_ref().filter(|(_, fingerprint)| devices(&account).contains(fingerprint));
        let tries = match known {
            Some((_, fingerprint)) => {
                Tries::begin(ctx.store(), fingerprint.clone(), MOST_WRONG_KNOWN)
            }
            None => Tries::begin(ctx.store(), email.clone(), MOST_WRONG),
        }?;
        if !password::fits(password, &super::text_of(&account, "password"))? {
            return Err(tries.wrong());
        }
        tries.right()?;
        break (account, known.is_some());
    };
    welcome(ctx, &email, &super::text_of(&account, "name"));
    let mut response = Response::redirect("/shop");
    if !is_known_device {
        let (token, fingerprint) = device.unwrap_or_else(|| {
            let token = random::hex_id();
            let fingerprint = fingerprint(&token);
            (token, fingerprint)
        });
        remember_device(ctx, &email, &fingerprint)?;
        response.set_cookie(&device_cookie(&token, ctx)?);
    }
    Ok(response)
}

/// Makes an account; `None` if there is one by now.
fn open_account(
    ctx: &Context,
    email: &str,
    name: &str,
    password: &str,
) -> Result<Option<Map>, Error> {
    if name.is_empty() {
        return Err(Error::BadRequest(
            "there is no account of this e-mail address; with a name, this makes one".into(),
        ));
    }
    let kept = password::hash(password)?;
    let account = Map::from([("name", name), ("password", kept.as_str())]);
    let updated = ctx.store().update(&KIND, email, &mut |row| {
        row.get_or_insert_with(|| account.clone());
    })?;
    Ok(updated.row.filter(|row| super::text_of(row, "password") == kept))
}

/// From now on the session knows its owner.
fn welcome(ctx: &mut Context, email: &str, name: &str) {
    // Another customer at the same browser finds neither the cart nor the orders of the one before.
    if self::email(&ctx.session).is_some_and(|before| before != email) {
        ctx.session.clear();
    }
    ctx.session.renew();
    ctx.session.set("account", Map::from([("name", name), ("email", email)]));
}

fn log_out(ctx: &mut Context) -> Result<Response, Error> {
    ctx.session.clear();
    Ok(Response::redirect("/shop"))
}

fn remember_device(ctx: &Context, email: &str, fingerprint: &str) -> Result<(), Error> {
    ctx.store().update(&KIND, email, &mut |row| {
        let Some(row) = row else { return };
        let mut known = devices(row);
        known.retain(|known| known != fingerprint);
        known.push(fingerprint.to_owned());
        let latest = known.split_off(known.len().saturating_sub(DEVICES));
        row.insert("devices", latest.into_iter().map(Value::from).collect::<Vec<_>>());
    })?;
    Ok(())
}

/// The hashes of the tokens that the last browsers hold.
fn devices(account: &Map) -> Vec<String> {
    let list = account.get("devices").and_then(Value::as_list).unwrap_or_default();
    list.iter().filter_map(|device| device.as_str().map(str::to_owned)).collect()
}

/// What is kept of a browser's token. One round is enough: 128 random bits cannot be guessed, as a
/// password can.
fn fingerprint(token: &str) -> String {
    hex(&sha256(token.as_bytes()))
}

fn device_cookie(token: &str, ctx: &Context) -> Result<SetCookie, Error> {
    let mut cookie = SetCookie::new(DEVICE_COOKIE, token).map_err(Error::BadRequest)?;
    cookie.max_age = Some(DEVICE_AGE);
    cookie.http_only = true;
    cookie.secure = ctx.request.secure;
    cookie.same_site = Some(SameSite::Lax);
    cookie.path = "/shop/login";
    Ok(cookie)
}

/// The address in its one spelling: without blanks around it, in small letters.
fn email_in(form: &Form) -> Result<String, Error> {
    let email = short_text(form, "email", EMAIL)?.to_lowercase();
    let is_address = email.split_once('@').is_some_and(|(who, host)| {
        !who.is_empty()
            && !host.is_empty()
            && !host.contains('@')
            && !email.contains(char::is_whitespace)
    });
    if is_address {
        Ok(email)
    } else {
        Err(Error::BadRequest(format!(
            "email: found {email:?}, expected one such as ada@example.org"
        )))
    }
}

fn short_text(form: &Form, field: &str, longest: usize) -> Result<String, Error> {
    let text = form.required(field)?.trim();
    if text.len() > longest {
        return Err(Error::BadRequest(format!(
            "{field}: found {} bytes, expected at most {longest}",
            text.len()
        )));
    }
    if text.contains(char::is_control) {
        return Err(Error::BadRequest(format!(
            "{field}: found a control character, expected text"
        )));
    }
    Ok(text.to_owned())
}
