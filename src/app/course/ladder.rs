//! The ladder: one counter, and a memory for it on each rung. Nowhere, in the URL, in a cookie,
//! signed, in the server.
//!
//! On the first rungs the client carries the count and the server believes what comes. What it may
//! not believe, and why a signature helps only so far, can be tried with curl on each.

use super::say::say;
use carafe::http::{Response, SetCookie, cookie::SameSite, cookie_value};
use carafe::web::sign::{hex, hmac, same};
use carafe::{App, Context, Error, Value};

/// The routes of this file.
pub fn routes(app: &mut App) {
    app.get("/ladder/none", none);
    app.get("/ladder/url", url);
    app.post("/ladder/url", url_posted).example("/ladder/url", "n=1");
    app.get("/ladder/cookie", cookie);
    app.get("/ladder/signed", signed);
    app.get("/ladder/session", session);
}

const LINKS: &[(&str, &str)] = &[
    ("/ladder/none", "Nowhere"),
    ("/ladder/url", "In the URL"),
    ("/ladder/cookie", "In a cookie"),
    ("/ladder/signed", "In a signed cookie"),
    ("/ladder/session", "In the server"),
];

/// No memory anywhere: every visit is the first.
fn none(ctx: &mut Context) -> Result<Response, Error> {
    say(ctx, "visit 1", "Nothing was kept, here or there: every visit is the first.", LINKS)
}

/// The count lives in the link that leads to the next visit, for everybody to see and to change.
fn url(ctx: &mut Context) -> Result<Response, Error> {
    let n = ctx.request.query.get("n").map(str::to_owned);
    carried(ctx, n.as_deref(), "The URL said how many visits there were, and was believed.")
}

/// The same in a hidden field of a form: out of sight is not out of reach.
fn url_posted(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    carried(
        ctx,
        Some(form.required("n")?),
        "A hidden field said how many visits there were, and was believed.",
    )
}

/// One more than the count that came along, and two ways to carry it to the next visit.
fn carried(ctx: &mut Context, n: Option<&str>, message: &str) -> Result<Response, Error> {
    let visits = match n {
        Some(n) => 1 + number(n).map_err(|why| Error::BadRequest(format!("n: {why}")))?,
        None => 1,
    };
    let sentence = format!("visit {visits}");
    if !ctx.request.prefers_html() {
        return say(ctx, &sentence, message, LINKS);
    }
    let links = LINKS.iter().map(|&(path, text)| [path, text].into()).collect::<Vec<Value>>();
    let variables: [(&str, Value); 4] = [
        ("title", sentence.into()),
        ("message", message.into()),
        ("links", links.into()),
        ("visits", Value::Int(i64::try_from(visits).unwrap_or(i64::MAX))),
    ];
    Ok(ctx.render("carried.html", variables)?.with_header("Vary", "Accept"))
}

/// The count lives in a cookie that anybody can edit.
fn cookie(ctx: &mut Context) -> Result<Response, Error> {
    let came = cookie_value(&ctx.request.headers, "visits").map(number);
    count(
        ctx,
        came,
        "visits",
        "The cookie said how many visits there were, and was believed.",
        |visits| visits.to_string(),
    )
}

/// The count lives in a cookie that only the server can write. An old one is as good as a new one.
fn signed(ctx: &mut Context) -> Result<Response, Error> {
    let key = ctx.secret_key().to_vec();
    // The name is signed, too: nothing that this server signed for another purpose is taken for a
    // count.
    let signature = |visits: &str| hex(&hmac(&key, format!("visits_signed={visits}").as_bytes()));
    let came = cookie_value(&ctx.request.headers, "visits_signed").map(|value| {
        let (visits, signed) = value
            .split_once('.')
            .ok_or("found no dot, expected a number, a dot and a signature")?;
        if !same(signed.as_bytes(), signature(visits).as_bytes()) {
            return Err("signature does not match".to_owned());
        }
        number(visits)
    });
    count(
        ctx,
        came,
        "visits_signed",
        "The cookie's signature shows that this server wrote it, once.",
        |visits| format!("{visits}.{}", signature(&visits.to_string())),
    )
}

/// The count lives in the store.
fn session(ctx: &mut Context) -> Result<Response, Error> {
    let visits = ctx.session.update("visits", |visits| {
        (visits.as_ref().and_then(Value::as_int).unwrap_or(0) + 1).into()
    });
    let sentence = format!("visit {}", visits.as_int().unwrap_or(1));
    say(
        ctx,
        &sentence,
        "The count lives in the session; with most stores your cookie only names its row.",
        LINKS,
    )
}

/// One more than the cookie that `came`, or the first visit and a word on why it was refused; and
/// the next cookie.
fn count(
    ctx: &mut Context,
    came: Option<Result<u64, String>>,
    name: &str,
    message: &str,
    value: impl Fn(u64) -> String,
) -> Result<Response, Error> {
    let (visits, refused) = match came {
        Some(Ok(visits)) => (visits + 1, None),
        Some(Err(why)) => (1, Some(format!("cookie refused: {why}"))),
        None => (1, None),
    };
    let sentence = match &refused {
        Some(refused) if !ctx.request.prefers_html() => format!("{refused}\nvisit {visits}"),
        _ => format!("visit {visits}"),
    };
    let mut response = say(ctx, &sentence, refused.as_deref().unwrap_or(message), LINKS)?;
    let mut cookie = SetCookie::new(name, &value(visits)).expect("digits and a dot fit any cookie");
    cookie.http_only = true;
    cookie.same_site = Some(SameSite::Lax);
    cookie.secure = ctx.base().starts_with("https:");
    response.set_cookie(&cookie);
    response.headers.append("Vary", "Cookie");
    Ok(response)
}

/// A count that a client sent. The bound leaves room to add one.
fn number(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|&number: &u64| number < 1_000_000_000_000);
    number.ok_or_else(|| format!("found {text:?}, expected a number of visits"))
}
