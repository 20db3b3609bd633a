//! Deeper: Where state lives: opens the stores that `--store` means.
//!
//! The same application runs on each store. This file alone knows them all. Sessions may live in a
//! cookie, or nowhere. An order that was promised to a visitor may not: with those two stores all
//! other rows are kept in memory, and the banner says so.

use super::command_line::warn;
use carafe::cycle::StorePlace;
use carafe::web::store::{
    CookieStore, FileStore, MemoryStore, NoneStore, RedisStore, RedisUrl, Store,
};
use std::sync::Arc;

/// The values of `--store`, as errors and the help name them.
pub const STORES: &str =
    "none, cookie, memory, file:PATH or redis://[USER:PASSWORD@]HOST:PORT[/DB]";

/// The banner's line about all other rows, where they are not with the sessions.
const REST: &str = "things, accounts and orders in memory, gone with this process";

/// The stores of a server.
pub struct OpenStores {
    /// What the visitor's cookie opens.
    pub sessions: Arc<dyn Store>,
    /// Things, accounts, orders. It may be the same store.
    pub rows: Arc<dyn Store>,
    /// The banner's line about them.
    pub banner: String,
}

/// Checks a value of `--store`. An error lists those that [`open`] knows.
pub fn check(value: &str) -> Result<String, &'static str> {
    // In the URL `file://a.db` the host is `a.db`; `file:///a.db` means the file `/a.db`.
    let has_host = |path: &str| path.starts_with("//") && !path.starts_with("///");
    let is_store = ["none", "cookie", "memory"].contains(&value)
        || value.strip_prefix("file:").is_some_and(|path| !path.is_empty() && !has_host(path))
        || RedisUrl::parse(value).is_some();
    if is_store { Ok(value.to_owned()) } else { Err(STORES) }
}

/// Opens the stores that a value of `--store` means. The key signs what leaves the server.
pub fn open(value: &str, secret_key: &[u8]) -> Result<OpenStores, String> {
    let (sessions, place): (Arc<dyn Store>, String) = match (value, value.strip_prefix("file:")) {
        ("none", _) => (Arc::new(NoneStore), "nowhere: every request comes from a stranger".into()),
        ("cookie", _) => {
            let store = CookieStore::new(secret_key);
            (Arc::new(store), "in a cookie that each visitor keeps, signed".into())
        }
        ("memory", _) => (Arc::new(MemoryStore::new()), "in memory, gone with this process".into()),
        (_, Some(path)) => {
            let file = FileStore::open(path.as_ref()).map_err(|error| error.to_string())?;
            file.warning().inspect(|warning| warn(&format!("carafe: {warning}")));
            (Arc::new(file), format!("in the file {path}"))
        }
        _ => {
            let url = RedisUrl::parse(value).ok_or(STORES)?;
            let redis = RedisStore::new(url.clone());
            // Redis may start later. Until then pages that need no state are served.
            if let Err(error) = redis.ping() {
                let served = "pages that need state answer 503";
                warn(&format!("carafe: Redis at {url}: {error}; {served}"));
            }
            (Arc::new(redis), format!("in Redis at {url}"))
        }
    };
    if !matches!(sessions.place(), StorePlace::Nowhere | StorePlace::Cookie) {
        return Ok(OpenStores { rows: Arc::clone(&sessions), sessions, banner: place });
    }
    let banner = format!("sessions {place}\n             {REST}");
    Ok(OpenStores { sessions, rows: Arc::new(MemoryStore::new()), banner })
}
