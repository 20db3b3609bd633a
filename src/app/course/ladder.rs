//! Deeper: The ladder, which counts visits with seven memories, and the page that compares them.
//!
//! | rung | path | where the count is |
//! |---|---|---|
//! | 0 | /ladder/none | nowhere |
//! | 1 | /ladder/url | in the URL, or in a hidden field of a form |
//! | 2 | /ladder/cookie | in a cookie that anybody can edit |
//! | 3 | /ladder/signed | in a cookie that only the server can write |
//! | 4 to 6 | /ladder/session | in the store: in memory, in a file, or in Redis |
//!
//! On rungs 1 and 2 the server believes the client. On rung 3 it checks a signature, which proves
//! that this server wrote the count, but not that the count is the newest one.

use super::rungs::{COLUMNS, rungs};
use crate::app::answer::{render, say, text_or_page};
use crate::app::program_for;
use carafe::cycle::StorePlace;
use carafe::http::{SetCookie, cookie::SameSite};
use carafe::web::sign::{hex, hmac, same};
use carafe::{App, Context, Error, Map, Response, Value};

/// Registers the routes of this file.
pub fn routes(app: &mut App) {
    app.get("/ladder", ladder);
    app.get("/ladder/none", none);
    app.get("/ladder/url", url);
    app.post("/ladder/url", hidden_field).example("/ladder/url", "n=1");
    app.get("/ladder/cookie", cookie);
    app.get("/ladder/signed", signed);
    app.get("/ladder/session", session);
}

/// All rungs, with the one of this server marked.
fn ladder(ctx: &mut Context) -> Result<Response, Error> {
    let here = match ctx.site().place() {
        StorePlace::Nowhere => 0,
        StorePlace::Cookie => 3,
        StorePlace::Memory => 4,
        StorePlace::File => 5,
        StorePlace::Elsewhere => 6,
    };
    let (rungs, program) = (rungs(), program_for(ctx));
    let list = rungs.iter().enumerate().map(|(number, rung)| {
        let is_here = number == here;
        let page = if is_here { "/ladder/session" } else { rung.setting("try ") };
        // Where nothing is saved there is nothing to try.
        let trials = rung.cells.iter().zip(COLUMNS).filter(|(cell, _)| cell.words != "-");
        let trials = trials.map(|(cell, column)| Value::from([column, cell.words, cell.reason]));
        Map::from([
            ("number", Value::from(number)),
            ("name", rung.title().get(2..).unwrap_or("").into()),
            ("lives", rung.setting("lives ").into()),
            ("cart", rung.setting("cart ").into()),
            ("here", is_here.into()),
            ("page", page.into()),
            ("start", rung.setting("start ").replacen("carafe", &program, 1).into()),
            ("trials", trials.collect()),
        ])
    });
    let variables = [("rungs", list.collect::<Value>()), ("program", program.clone().into())];
    render(ctx, "rungs", variables.into())
}

/// Rung 0.
fn none(ctx: &mut Context) -> Result<Response, Error> {
    say(ctx, PAGE, "visit 1", "Nothing was saved anywhere, so every visit is the first.")
}

/// The template of each rung's page.
const PAGE: &str = "ladder.html";

/// Rung 1. A link without `n` leads to the first visit.
fn url(ctx: &mut Context) -> Result<Response, Error> {
    let sent = ctx.request.query.get("n").map(str::to_owned);
    carried(ctx, sent.as_deref().unwrap_or("0"), "The server believed the count in the URL.")
}

fn hidden_field(ctx: &mut Context) -> Result<Response, Error> {
    let form = ctx.form()?;
    carried(ctx, form.required("n")?, "The server believed the count in a hidden field.")
}

/// One visit more than the client `sent`. The page carries the new count to the next visit, in a
/// link and in a hidden field.
#[track_caller]
fn carried(ctx: &mut Context, sent: &str, message: &str) -> Result<Response, Error> {
    let visits = 1 + count_in(sent).map_err(|why| Error::BadRequest(format!("n: {why}")))?;
    let title = format!("visit {visits}");
    let text = format!("{title}\n");
    let variables: [(&str, Value); 3] =
        [("title", title.into()), ("message", message.into()), ("visits", visits.into())];
    text_or_page(ctx, text, PAGE, variables.into())
}

/// Rung 2.
fn cookie(ctx: &mut Context) -> Result<Response, Error> {
    let sent = ctx.cookie("visits").map(|text| count_in(&text));
    let message = "The server believed the count in the cookie.";
    in_cookie(ctx, sent, "visits", message, |visits| visits.to_string())
}

/// Rung 3. The cookie is `3.` and a signature, in hexadecimal digits.
fn signed(ctx: &mut Context) -> Result<Response, Error> {
    let key = ctx.secret_key().to_vec();
    // The name is signed too. So a signature that this server made for something else does not
    // pass for the signature of a count.
    let signature = |visits: &str| hex(&hmac(&key, format!("visits_signed={visits}").as_bytes()));
    let sent = ctx.cookie("visits_signed").map(|value| {
        let parts = value.split_once('.');
        let (visits, sent) =
            parts.ok_or("found no dot, expected a number, a dot and a signature")?;
        let is_ours = same(sent.as_bytes(), signature(visits).as_bytes());
        if is_ours { count_in(visits) } else { Err("signature does not match".to_owned()) }
    });
    let message = "The signature shows that this server wrote the cookie at some time.";
    in_cookie(ctx, sent, "visits_signed", message, |visits| {
        format!("{visits}.{}", signature(&visits.to_string()))
    })
}

/// Rungs 4 to 6. `update` is one step of the store, so two visits at once count as two.
fn session(ctx: &mut Context) -> Result<Response, Error> {
    let visits = ctx.session.update("visits", |visits| {
        (visits.as_ref().and_then(Value::as_int).unwrap_or(0) + 1).into()
    });
    let sentence = format!("visit {}", visits.as_int().unwrap_or(1));
    let message = "The count is in the session. In most stores your cookie only names it.";
    say(ctx, PAGE, &sentence, message)
}

/// One visit more than the cookie `sent`, and the cookie for the next visit. A cookie that is
/// refused counts as none, and the answer says why.
#[track_caller]
fn in_cookie(
    ctx: &mut Context,
    sent: Option<Result<i64, String>>,
    name: &str,
    message: &str,
    value_of: impl Fn(i64) -> String,
) -> Result<Response, Error> {
    let sent = sent.unwrap_or(Ok(0));
    let visits = 1 + sent.as_ref().copied().unwrap_or(0);
    let refused = sent.err().map(|why| format!("cookie refused: {why}"));
    let sentence = match &refused {
        Some(refused) if !ctx.request.prefers_html() => format!("{refused}\nvisit {visits}"),
        _ => format!("visit {visits}"),
    };
    let mut response = say(ctx, PAGE, &sentence, refused.as_deref().unwrap_or(message))?;
    let mut cookie = SetCookie::new(name, &value_of(visits))?;
    cookie.http_only = true;
    cookie.same_site = Some(SameSite::Lax);
    cookie.secure = ctx.base().starts_with("https:");
    response.set_cookie(&cookie);
    response.headers.append("Vary", "Cookie");
    Ok(response)
}

/// The count that a client sent. The upper bound leaves room to add one.
pub fn count_in(text: &str) -> Result<i64, String> {
    let count = text.parse().ok().filter(|count| (0..1_000_000_000_000).contains(count));
    count.ok_or_else(|| format!("found {text:?}, expected a number of visits"))
}
