//! Deeper: Shows what the server holds in memory now: visitors, other rows, connections, threads.
//!
//! It is the picture of stateful beside stateless: each visitor's row, and when it ends. With the
//! stores that keep nothing here, the page says so. A row leads to the cycles of its visitor, and
//! the reader's own row is marked.
//!
//! Left out: what rows of other kinds hold. Nobody else may see what is in an account.

use super::columns::Columns;
use super::cycle_facts::CycleFacts;
use super::cycle_rows::hue;
use super::mask::{Mask, cut_id};
use super::own_requests::{admit, uncached};
use super::row_words::named;
use super::words::{name_of, say};
use carafe::cycle::Recorder;
use carafe::http::{Response, cookie_value};
use carafe::server::ServerGauge;
use carafe::web::sign::{hex, sha256};
use carafe::web::site::Site;
use carafe::{Context, Error, Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// This many rows are on a page.
const ROWS: usize = 50;

/// A session in the table, without what it holds.
type HeldSession = (Option<Duration>, Arc<str>);

/// `/memory`, `/memory.json`, `/memory?page=2`, `/memory?visitor=7f3a`
pub fn memory(
    ctx: &mut Context,
    recorder: Option<&Recorder>,
    gauge: &ServerGauge,
) -> Result<Response, Error> {
    admit(ctx)?;
    let (site, query) = (ctx.site(), &ctx.request.query);
    let (mut sessions, others) = held(site);
    // The row that was used last comes first.
    sessions.sort_by(|one, other| other.cmp(one));
    let facts = facts(site, sessions.len(), &others, recorder, gauge);
    let visitors = recorder.map_or(HashMap::new(), visitors);
    let shown = |key: &str| visitors.get(key).cloned().unwrap_or_else(|| cut_id(key));
    let own = cookie_value(&ctx.request.headers, "carafe_sid").unwrap_or_default();
    let own = [hex(&sha256(own.as_bytes())), own.into_owned()];
    if let Some(visitor) = query.get("visitor").filter(|visitor| !visitor.is_empty()) {
        sessions.retain(|(_, key)| shown(key).trim_end_matches('.') == visitor);
    }
    let pages = sessions.len().div_ceil(ROWS).max(1);
    let page = query.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, pages);
    let sessions: Vec<_> = sessions.into_iter().skip((page - 1) * ROWS).take(ROWS).collect();
    let texts = texts_of(site, &sessions);
    let lifetime = site.session_kind().lifetime.unwrap_or_default();
    let rows = sessions.iter().map(|(left, key)| {
        let left = left.unwrap_or_default();
        let row = shown(key).trim_end_matches('.').to_owned();
        Map::from([
            ("hue", Value::from(hue(&row))),
            ("has_cycles", visitors.contains_key(&**key).into()),
            ("row", row.into()),
            ("own", own.iter().any(|own| **own == **key).into()),
            ("values", texts.get(key).map_or(Vec::new(), |text| values(text)).into()),
            ("used", format!("{} ago", in_words(lifetime.saturating_sub(left))).into()),
            ("expires", format!("in {}", in_words(left)).into()),
        ])
    });
    let map = Map::from([
        ("facts", facts.iter().map(|(name, text)| Value::from([*name, text])).collect()),
        ("sessions", rows.collect::<Value>()),
        ("page", page.into()),
        ("pages", pages.into()),
    ]);
    Ok(uncached(if ctx.request.prefers_html() {
        ctx.render("memory.html", map)?
    } else if ctx.request.path.ends_with(".json") || ctx.request.accepts("application/json") {
        Response::json(&map.into())
    } else {
        Response::text(as_text(&facts, &map))
    }))
}

/// The sessions that are held here, and how many rows of each other kind.
fn held(site: &Site) -> (Vec<HeldSession>, BTreeMap<String, usize>) {
    let (mut sessions, mut others) = (Vec::new(), BTreeMap::new());
    site.inspect(&mut |row| match row.kind == site.session_kind().name {
        true => sessions.push((row.expires_in, row.key.into())),
        false => *others.entry(row.kind.to_owned()).or_default() += 1,
    });
    (sessions, others)
}

/// What these sessions hold. Of the others no text is copied.
fn texts_of(site: &Site, sessions: &[HeldSession]) -> HashMap<Arc<str>, String> {
    let mut texts = HashMap::new();
    site.inspect(&mut |row| {
        let known = sessions.iter().find(|(_, key)| **key == *row.key);
        if let Some((_, key)) = known.filter(|_| row.kind == site.session_kind().name) {
            texts.insert(Arc::clone(key), row.text.to_owned());
        }
    });
    texts
}

/// The keys of the rows that the recorded cycles name, with what is shown of each. A file has
/// hashes of the keys.
fn visitors(recorder: &Recorder) -> HashMap<String, String> {
    let mut visitors = HashMap::new();
    for record in recorder.all() {
        for id in CycleFacts::of(&record).ids() {
            visitors.insert(hex(&sha256(id.as_bytes())), cut_id(id));
            visitors.insert(id.to_owned(), cut_id(id));
        }
    }
    visitors
}

/// The values of a row, masked as in a cycle.
fn values(text: &str) -> Vec<String> {
    let row = json::parse(text.as_bytes()).unwrap_or_default();
    let values = row.as_map().into_iter().flat_map(Map::iter);
    values.map(|(name, value)| named(&Mask::default(), name, value)).collect()
}

/// Everything but the sessions: a name and a sentence for each.
fn facts(
    site: &Site,
    sessions: usize,
    others: &BTreeMap<String, usize>,
    recorder: Option<&Recorder>,
    gauge: &ServerGauge,
) -> Vec<(&'static str, String)> {
    let kind = site.session_kind();
    let filled = [
        ("count", &*sessions.to_string()),
        ("most", &kind.most.to_string()),
        ("lifetime", &in_words(kind.lifetime.unwrap_or_default())),
    ];
    let others = others.iter();
    let others =
        others.map(|(kind, count)| format!("{kind}: {count} ({})", say("rows", kind, &[])));
    let others: Vec<_> = others.collect();
    let others = if others.is_empty() { "none".to_owned() } else { others.join(", ") };
    let mut facts =
        vec![("sessions", say("held", name_of(site.place()), &filled)), ("other rows", others)];
    if let Some(now) = gauge.read() {
        let serve = now.threads.saturating_sub(now.accepting);
        let each = format!("{serve} serve, {} wait for a client to connect", now.accepting);
        facts.push(("connections", format!("{} open, this one included", now.connections)));
        facts.push(("threads", format!("{}: {each}", now.threads)));
    }
    let (templates, files) = site.kept_files();
    facts.push(("templates", format!("{templates} parsed, ready to be filled in")));
    facts.push(("files", format!("{files} of /static, in memory")));
    let cycles = recorder.map(|recorder| format!("the last {}", recorder.all().len()));
    facts.push(("cycles", cycles.unwrap_or("none: they are not recorded".to_owned())));
    facts
}

/// The page as text.
fn as_text(facts: &[(&str, String)], map: &Map) -> String {
    let mut out = Columns::default();
    for (name, text) in facts {
        out.wrapped(&format!("   {name:<12}"), text);
    }
    let text = |row: &Value, name| row.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
    let sessions = map.get("sessions").and_then(Value::as_list).unwrap_or_default();
    if !sessions.is_empty() {
        let named = "A row is named by the session id in its visitor's cookie, cut to 4 characters";
        out.wrapped("   ", &format!("{named}; a star marks your own."));
    }
    for row in sessions {
        let values = row.get("values").and_then(Value::as_list).unwrap_or_default();
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        let values = if values.is_empty() { "empty".to_owned() } else { values.join(", ") };
        let (used, expires) = (text(row, "used"), text(row, "expires"));
        let sentence = format!("{values} (used {used}, expires {expires})");
        let is_own = row.get("own").is_some_and(|own| *own == Value::Bool(true));
        let mark = if is_own { '*' } else { ' ' };
        out.wrapped(&format!(" {mark} row {:<8}", text(row, "row")), &sentence);
    }
    out.into_text()
}

/// `12 s`, `29 min`, `3 h`
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds @ ..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}
