//! The shortener of `shortener.py` with carafe.

use carafe::http::{SetCookie, Status};
use carafe::{App, Context, Error, Response, random};
use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A URL and its hits, by code.
type Links = BTreeMap<String, (String, u64)>;

static LINKS: Mutex<Links> = Mutex::new(Links::new());
static HITS: Mutex<u64> = Mutex::new(0);
static CHANGED: Condvar = Condvar::new();

fn count_hits(hits: Receiver<String>) {
    for code in hits {
        LINKS.lock().unwrap().entry(code).and_modify(|(_, hits)| *hits += 1);
        *HITS.lock().unwrap() += 1;
        CHANGED.notify_all();
    }
}

fn shorten(url: &str) -> Result<String, Error> {
    if !url.starts_with("http://") && !url.starts_with("https://") {
        return Err(Error::BadRequest(format!("found {url}, expected http:// or https://")));
    }
    let code = random::hex_id()[..8].to_owned();
    LINKS.lock().unwrap().insert(code.clone(), (url.to_owned(), 0));
    Ok(code)
}

fn table() -> String {
    LINKS.lock().unwrap().iter().map(|(code, (url, n))| format!("{code},{url},{n}\n")).collect()
}

fn stream(out: &mut dyn std::io::Write) -> std::io::Result<()> {
    let mut seen = None;
    loop {
        let is_seen = |hits: &mut u64| Some(*hits) == seen;
        let waited = CHANGED.wait_timeout_while(HITS.lock().unwrap(), SECOND, is_seen);
        write!(out, "data: {}\n\n", seen.insert(*waited.unwrap().0))?;
        out.flush()?;
    }
}

pub fn app() -> App {
    let (hits, received) = channel::<String>();
    std::thread::spawn(|| count_hits(received));
    let mut app = App::new();
    app.state(hits);
    app.get("/", |ctx: &mut Context| {
        format!("your last link: {}\n{}", ctx.cookie("last").unwrap_or("none".into()), table())
    })
    .name("index");
    app.post("/", |ctx: &mut Context| -> Result<Response, Error> {
        let code = shorten(ctx.form()?.required("url")?)?;
        let mut response = Response::redirect(&ctx.url_for("index", &[])?);
        response.set_cookie(&SetCookie::new("last", &code)?);
        Ok(response)
    });
    app.post("/forget", |ctx: &mut Context| -> Result<Response, Error> {
        let mut response = Response::redirect(&ctx.url_for("index", &[])?);
        response.delete_cookie("last");
        Ok(response)
    });
    app.get("/<code>", |ctx: &mut Context| -> Result<Response, Error> {
        let (links, code) = (LINKS.lock().unwrap(), ctx.param("code"));
        let (url, _) = links.get(code).ok_or(Error::NotFound)?;
        ctx.state::<Sender<String>>().send(code.to_owned())?;
        Ok(Response::redirect_with(Status::FOUND, url))
    });
    app.post("/upload", |ctx: &mut Context| -> Result<(Status, String), Error> {
        let form = ctx.form()?;
        let lines = str::from_utf8(&form.file("list")?.bytes)?.split_whitespace();
        let codes: Result<String, Error> = lines.map(|line| Ok(shorten(line)? + "\n")).collect();
        Ok((Status::CREATED, codes?))
    });
    app.get("/links.csv", |_: &mut Context| {
        Response::typed("text/csv; charset=utf-8", table().into()).download("links–today.csv")
    });
    app.get("/events", |_: &mut Context| Response::stream("text/event-stream", stream));
    app
}
