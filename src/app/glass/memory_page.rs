//! Deeper: Shows what the server holds in memory now, and empties it.
//!
//! It is the picture of stateful beside stateless: each visitor's row, and when it ends; other
//! rows, connections and threads. With the stores that keep nothing here, the page says so. A row
//! leads to the cycles of its visitor, and the reader's own row is marked.
//!
//! To forget is to do what a restart would do, and that depends on the store.
//!
//! Left out: what rows of other kinds hold, because nobody else may see what is in an account; and
//! forgetting one visitor, which `/dropsession` does.

use super::cycle_facts::CycleFacts;
use super::cycle_rows::{hue, number};
use super::mask::{Mask, cut_id};
use super::own_requests::admit;
use super::part_line::named;
use super::words::{name_of, say};
use super::{Glass, in_form};
use carafe::cycle::{Recorder, StorePlace};
use carafe::web::session::COOKIE_NAME;
use carafe::web::sign::{hex, sha256};
use carafe::{Context, Error, Map, Response, Value, json};
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// This many rows are on a page.
const ROWS: usize = 50;

/// `/memory`, `/memory.txt`, `/memory.json`, `/memory?page=2`, `/memory?visitor=7f3a`
pub fn memory(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    let (site, query) = (ctx.site(), &ctx.request.query);
    // The sessions, without what they hold, and the number of rows of each other kind.
    let (mut sessions, mut others) = (Vec::new(), Map::new());
    site.inspect(&mut |row| match row.kind == site.session_kind().name {
        true => sessions.push((row.expires_in.unwrap_or_default(), row.key.to_owned())),
        false => _ = others.insert(row.kind, others.int(row.kind).unwrap_or(0) + 1),
    });
    let facts = facts(ctx, sessions.len(), &others);
    let names = ctx.recorder().map_or(HashMap::new(), |recorder| names_of_rows(recorder));
    let name = |key: &str| names.get(key).map_or_else(|| short(key), String::clone);
    if let Some(visitor) = query.get("visitor").filter(|visitor| !visitor.is_empty()) {
        sessions.retain(|(_, key)| name(key) == visitor);
    }
    let count = sessions.len();
    let pages = count.div_ceil(ROWS).max(1);
    let page = number(ctx, "page")?.unwrap_or(1).clamp(1, pages as u64) as usize;
    // The row that was used last comes first.
    let sessions = BinaryHeap::from(sessions).into_sorted_vec().into_iter().rev();
    let sessions: Vec<_> = sessions.skip((page - 1) * ROWS).take(ROWS).collect();
    // Only of these rows the text is written: other requests wait for the table.
    let shown: HashSet<&str> = sessions.iter().map(|(_, key)| &**key).collect();
    let mut texts = Map::new();
    site.inspect(&mut |row| {
        if row.kind == site.session_kind().name && shown.contains(row.key) {
            texts.insert(row.key, values(&row.text()));
        }
    });
    let lifetime = site.session_kind().lifetime.unwrap_or_default();
    let own = keys_of(&ctx.cookie(COOKIE_NAME).unwrap_or_default());
    let rows = sessions.into_iter().map(|(left, key)| {
        Map::from([
            ("hue", Value::from(hue(&name(&key)))),
            ("has_cycles", names.contains_key(&key).into()),
            ("row", name(&key).into()),
            ("own", own.contains(&key).into()),
            ("values", texts.remove(&key).unwrap_or(Value::List(Arc::default()))),
            ("used", format!("{} ago", in_words(lifetime.saturating_sub(left))).into()),
            ("expires", format!("in {}", in_words(left)).into()),
        ])
    });
    let map = Map::from([
        ("facts", facts),
        ("sessions", rows.collect::<Value>()),
        ("count", count.into()),
        ("page", page.into()),
        ("pages", pages.into()),
    ]);
    in_form(ctx, "memory", map)
}

/// The first characters of an id.
fn short(id: &str) -> String {
    cut_id(id).trim_end_matches('.').to_owned()
}

/// The keys that the row of this id has: the id itself, and in a file its hash.
fn keys_of(id: &str) -> [String; 2] {
    [id.to_owned(), hex(&sha256(id.as_bytes()))]
}

/// The keys of the rows that the recorded cycles name, with what is shown of each.
fn names_of_rows(recorder: &Recorder) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for record in recorder.all() {
        for id in CycleFacts::of(&record).ids() {
            names.extend(keys_of(id).map(|key| (key, short(id))));
        }
    }
    names
}

/// The values of a row, masked as in a cycle.
fn values(text: &str) -> Vec<String> {
    let row = json::parse(text.as_bytes()).unwrap_or_default();
    let values = row.as_map().into_iter().flat_map(Map::iter);
    values.map(|(name, value)| named(&Mask::default(), name, value)).collect()
}

/// Everything but the sessions: a name and a sentence for each.
fn facts(ctx: &Context, sessions: usize, others: &Map) -> Value {
    let (site, kind) = (ctx.site(), ctx.site().session_kind());
    let place = &name_of(site.place());
    let filled = [
        ("count", &*sessions.to_string()),
        ("most", &kind.most.to_string()),
        ("lifetime", &in_words(kind.lifetime.unwrap_or_default())),
    ];
    let others = others.iter();
    let others = others.map(|(kind, count)| {
        format!("{kind}: {} ({})", json::write(count), say("rows", kind, &[]))
    });
    let others = others.collect::<BinaryHeap<_>>().into_sorted_vec();
    let others = if others.is_empty() { say("others", place, &[]) } else { others.join(", ") };
    let mut facts = vec![("sessions", say("held", place, &filled)), ("other rows", others)];
    if let Some(now) = ctx.state::<Glass>().gauge.read() {
        facts.push(("connections", format!("{} open, this one included", now.connections)));
        facts.push(("threads", format!("{} serve, or wait for a client to connect", now.threads)));
    }
    let (templates, files) = site.kept_files();
    facts.push(("templates", format!("{templates} parsed, ready to be filled in")));
    facts.push(("files", format!("{files} of /static, in memory")));
    let cycles = ctx.recorder().map(|recorder| format!("the last {}", recorder.all().len()));
    facts.push(("cycles", cycles.unwrap_or("none: they are not recorded".to_owned())));
    facts.iter().map(|(name, text)| Value::from([*name, text])).collect()
}

/// `12 s`, `30 min`, `3 h`: rounded, so that what was used just now has its whole time left.
fn in_words(time: Duration) -> String {
    match (time.as_millis() + 500) / 1000 {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", (seconds + 30) / 60),
        seconds => format!("{} h", (seconds + 1800) / 3600),
    }
}

/// `POST /forget`
pub fn forget(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    ctx.site().forget();
    if ctx.request.prefers_html() {
        let page = ctx.request.headers.get("Referer").and_then(|url| url.strip_prefix(&ctx.base()));
        // `//host` would lead to another server.
        let page = page.filter(|path| path.starts_with('/') && !path.starts_with("//"));
        return Ok(Response::redirect(page.unwrap_or("/memory")));
    }
    let place = ctx.site().place();
    let effect = [("effect", &*effect(place))];
    Ok(Response::text(say("forgotten", &name_of(place), &effect) + "\n"))
}

/// What forgetting does if sessions are kept here: the end of a sentence.
pub fn effect(place: StorePlace) -> String {
    say("forget", &name_of(place), &[])
}
