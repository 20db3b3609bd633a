//! What the server keeps: rungs 4 to 6. The client holds a random id, and that id is all there is
//! to steal.
//!
//! The three rungs differ in who else can reach the table: nobody, whoever has the same disk,
//! whoever reaches the Redis.

use super::bench::{Bench, Carafe, Trouble};
use super::visitor::{SESSION, Visitor};
use super::{Rung, kept_or_lost, met, over_restart, two_servers, visited_twice, works_or_unknown};
use std::fs;
use std::thread;
use std::time::Duration;

const MEMORY_STORE: &[&str] = &["--store", "memory"];
const ID_COOKIE: &str = "carafe_sid";

/// Rung 4: a table in the process.
pub const MEMORY: Rung = Rung {
    name: "4 table in memory + random id",
    cells: [
        ("lost", memory_restart),
        ("unknown there", memory_elsewhere),
        ("unknown id: stranger", |bench| edited(bench, MEMORY_STORE)),
        ("works until revoked", |bench| stolen(bench, MEMORY_STORE)),
        ("server's memory: cap and expiry", memory_size),
        ("real, at once", memory_logout),
    ],
};

/// Rung 5: a file on the server's disk.
pub const FILE: Rung = Rung {
    name: "5 file",
    cells: [
        ("kept, also after kill -9", file_restart),
        ("only on the same disk", file_elsewhere),
        ("as 4", |bench| as_memory(2, edited(bench, &["--store", &file(bench)]))),
        ("as 4", |bench| as_memory(3, stolen(bench, &["--store", &file(bench)]))),
        ("disk; two writers need a lock", file_size),
        ("real", file_logout),
    ],
};

/// Rung 6: a Redis that all servers share.
pub const REDIS: Rung = Rung {
    name: "6 shared store behind a balancer",
    cells: [
        ("kept", redis_restart),
        ("works", redis_elsewhere),
        ("as 4", |bench| as_memory(2, edited(bench, &["--store", &bench.redis()?.url]))),
        ("as 4", |bench| as_memory(3, stolen(bench, &["--store", &bench.redis()?.url]))),
        ("the store's; it is now the one thing that must not die", redis_size),
        ("real, everywhere", redis_logout),
    ],
};

fn memory_restart(bench: &Bench) -> Result<String, Trouble> {
    kept_or_lost(over_restart(bench, MEMORY_STORE, None, None, SESSION)?, "kept")
}

fn memory_elsewhere(bench: &Bench) -> Result<String, Trouble> {
    works_or_unknown(two_servers(bench, (MEMORY_STORE, None), (MEMORY_STORE, None), SESSION)?)
}

/// An id that the server did not make, a digit away from a true one: it leads nowhere, and is not
/// adopted.
fn edited(bench: &Bench, store: &[&str]) -> Result<String, Trouble> {
    let carafe = bench.carafe(store, None)?;
    let (mut visitor, _) = visited_twice(&carafe, SESSION)?;
    let id = visitor.jar.value(ID_COOKIE).unwrap_or_default().to_owned();
    let forged = format!(
        "{}{}",
        if id.starts_with('0') { '1' } else { '0' },
        id.get(1..).unwrap_or_default()
    );
    visitor.jar.put(ID_COOKIE, &forged);
    let count = visitor.visit(&carafe)?;
    let is_adopted = visitor.jar.value(ID_COOKIE) == Some(&forged);
    met(
        count == 1 && !is_adopted,
        "unknown id: stranger",
        format!("visit {count}, adopted: {is_adopted}"),
    )
}

/// Who holds the cookie is the visitor, until the visitor ends the session.
fn stolen(bench: &Bench, store: &[&str]) -> Result<String, Trouble> {
    let carafe = bench.carafe(store, None)?;
    let (mut visitor, mut thief) = visited_twice(&carafe, SESSION)?;
    let taken = thief.visit(&carafe)?;
    visitor.log_out(&carafe)?;
    let counts = (taken, thief.visit(&carafe)?);
    met(counts == (3, 1), "works until revoked", format!("visits {counts:?}"))
}

/// Two bounds keep the memory from growing: so many sessions, and so long each.
fn memory_size(bench: &Bench) -> Result<String, Trouble> {
    let small = bench.carafe(&[MEMORY_STORE, &["--session-cap", "3"]].concat(), None)?;
    let (mut first, _) = visited_twice(&small, SESSION)?;
    for _ in 0..3 {
        Visitor::new(SESSION).visit(&small)?;
    }
    let capped = first.visit(&small)?;
    let short = bench.carafe(&[MEMORY_STORE, &["--session-ttl", "1s"]].concat(), None)?;
    let (mut visitor, _) = visited_twice(&short, SESSION)?;
    bench.wait(Duration::from_millis(1200))?;
    let counts = (capped, visitor.visit(&short)?);
    met(counts == (1, 1), "server's memory: cap and expiry", format!("visits {counts:?}"))
}

fn memory_logout(bench: &Bench) -> Result<String, Trouble> {
    let carafe = bench.carafe(MEMORY_STORE, None)?;
    real(logged_out(&carafe, &carafe)?, "real, at once")
}

/// What comes of a visitor who logs out at one server, and of a copy of their cookie at another,
/// right afterwards.
fn logged_out(here: &Carafe, there: &Carafe) -> Result<(i64, i64), Trouble> {
    let (mut visitor, mut copy) = visited_twice(here, SESSION)?;
    visitor.log_out(here)?;
    Ok((visitor.visit(here)?, copy.visit(there)?))
}

fn real(counts: (i64, i64), word: &str) -> Result<String, Trouble> {
    met(counts == (1, 1), word, format!("visits {counts:?}"))
}

/// The store in a file that is not there yet.
fn file(bench: &Bench) -> String {
    format!("file:{}", bench.file().display())
}

fn file_restart(bench: &Bench) -> Result<String, Trouble> {
    // The carafe is killed right behind its answer: what it acknowledged must be on the disk by
    // then.
    kept_or_lost(
        over_restart(bench, &["--store", &file(bench)], None, None, SESSION)?,
        "kept, also after kill -9",
    )
}

fn file_elsewhere(bench: &Bench) -> Result<String, Trouble> {
    let (here, there) = (file(bench), file(bench));
    let (here, there) = (["--store", here.as_str()], ["--store", there.as_str()]);
    let same = works_or_unknown(two_servers(bench, (&here, None), (&here, None), SESSION)?)?;
    let another = works_or_unknown(two_servers(bench, (&here, None), (&there, None), SESSION)?)?;
    let as_expected = same == "works" && another == "unknown there";
    met(as_expected, "only on the same disk", format!("same file: {same}, another: {another}"))
}

/// The same word as on rung 4, said shortly.
fn as_memory(column: usize, word: Result<String, Trouble>) -> Result<String, Trouble> {
    let word = word?;
    Ok(if word == MEMORY.cells[column].0 { "as 4".into() } else { word })
}

/// Two servers write into one file at the same time, for one visitor, and no visit is lost.
fn file_size(bench: &Bench) -> Result<String, Trouble> {
    const EACH: i64 = 20;
    let path = bench.file();
    let store = format!("file:{}", path.display());
    let servers =
        [bench.carafe(&["--store", &store], None)?, bench.carafe(&["--store", &store], None)?];
    let (mut visitor, copy) = visited_twice(&servers[0], SESSION)?;
    let bytes = || fs::metadata(&path).map_or(0, |file| file.len());
    let before = bytes();
    let visited: Result<Vec<i64>, Trouble> = thread::scope(|scope| {
        let visits = (0..EACH).flat_map(|_| &servers).map(|server| {
            let mut copy = copy.clone();
            scope.spawn(move || copy.visit(server))
        });
        let visits: Vec<_> = visits.collect();
        visits
            .into_iter()
            .map(|visit| visit.join().unwrap_or(Err(Trouble::Failed("a visit panicked".into()))))
            .collect()
    });
    visited?;
    let count = visitor.visit(&servers[1])?;
    let grows = bytes() > before;
    met(
        count == 2 + 2 * EACH + 1 && grows,
        "disk; two writers need a lock",
        format!("visit {count} after {} visits, on the disk: {grows}", 2 + 2 * EACH),
    )
}

fn file_logout(bench: &Bench) -> Result<String, Trouble> {
    let store = file(bench);
    let carafe = bench.carafe(&["--store", &store], None)?;
    real(logged_out(&carafe, &carafe)?, "real")
}

fn redis_restart(bench: &Bench) -> Result<String, Trouble> {
    kept_or_lost(
        over_restart(bench, &["--store", &bench.redis()?.url], None, None, SESSION)?,
        "kept",
    )
}

fn redis_elsewhere(bench: &Bench) -> Result<String, Trouble> {
    let redis = bench.redis()?;
    let store = ["--store", redis.url.as_str()];
    works_or_unknown(two_servers(bench, (&store, None), (&store, None), SESSION)?)
}

/// How much fits, is the store's affair now. And so is everybody's session: without it, no page
/// that needs one.
fn redis_size(bench: &Bench) -> Result<String, Trouble> {
    let redis = bench.redis()?;
    let carafe = bench.carafe(&["--store", &redis.url], None)?;
    let (mut visitor, _) = visited_twice(&carafe, SESSION)?;
    drop(redis);
    let status = carafe.ask(&mut visitor.jar, SESSION)?.status.0;
    let others = carafe.ask(&mut visitor.jar, "/hello")?.status.0;
    met(
        (status, others) == (503, 200),
        "the store's; it is now the one thing that must not die",
        format!("{status} without the store, {others} for a page that needs none"),
    )
}

fn redis_logout(bench: &Bench) -> Result<String, Trouble> {
    let redis = bench.redis()?;
    let store = ["--store", redis.url.as_str()];
    let (here, there) = (bench.carafe(&store, None)?, bench.carafe(&store, None)?);
    real(logged_out(&here, &there)?, "real, everywhere")
}
