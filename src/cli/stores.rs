//! Deeper: Where state lives: what `--store` and `CARAFE_SECRET_KEY` mean.
//!
//! The same application runs on each store; this is the one place that knows them all. Sessions may
//! live in a cookie, or nowhere. An order that was promised to a visitor may not: with those two
//! stores all other rows are kept in memory, and the banner says so.

use super::command_line::warn;
use carafe::web::store::{
    CookieStore, FileStore, MemoryStore, NoneStore, RedisStore, RedisUrl, Store,
};
use std::sync::Arc;

/// The values of `--store`, as errors and the help name them.
pub const STORES: &str =
    "none, cookie, memory, file:PATH or redis://[USER:PASSWORD@]HOST:PORT[/DB]";

/// The stores of a server.
pub struct OpenStores {
    /// What the visitor's cookie opens.
    pub sessions: Arc<dyn Store>,
    /// Things, accounts, orders. It may be the same store.
    pub rows: Arc<dyn Store>,
    /// The banner's line about them.
    pub banner: String,
}

/// True for a value of `--store` that [`open`] knows.
pub fn is_store(value: &str) -> bool {
    ["none", "cookie", "memory"].contains(&value)
        || value.strip_prefix("file:").is_some_and(|path| !path.is_empty())
        || RedisUrl::parse(value).is_some()
}

/// Opens the stores that a value of `--store` means. The key signs what leaves the server.
///
/// # Errors
///
/// A sentence, if they cannot be opened.
pub fn open(value: &str, secret_key: &[u8]) -> Result<OpenStores, String> {
    const REST: &str = "things, accounts and orders in memory, gone with this process";
    let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let (sessions, banner): (Arc<dyn Store>, String) = match value {
        "none" => (
            Arc::new(NoneStore),
            format!("sessions nowhere: every request comes from a stranger\n             {REST}"),
        ),
        "cookie" => (
            Arc::new(CookieStore::new(secret_key)),
            format!("sessions in a cookie that each visitor keeps, signed\n             {REST}"),
        ),
        "memory" => (Arc::clone(&memory), "in memory, gone with this process".to_owned()),
        _ => {
            let (store, banner) = shared(value)?;
            return Ok(OpenStores { sessions: Arc::clone(&store), rows: store, banner });
        }
    };
    Ok(OpenStores { sessions, rows: memory, banner })
}

/// A file or a Redis.
fn shared(value: &str) -> Result<(Arc<dyn Store>, String), String> {
    if let Some(path) = value.strip_prefix("file:") {
        let file = FileStore::open(path.as_ref())?;
        if let Some(warning) = file.warning() {
            warn(&format!("carafe: {warning}"));
        }
        return Ok((Arc::new(file), format!("in the file {path}")));
    }
    let url =
        RedisUrl::parse(value).ok_or_else(|| format!("found a store that is not {STORES}"))?;
    let banner = format!("in Redis at {url}");
    let redis = RedisStore::new(url.clone());
    // Redis may start later. Until then pages that need no state are served.
    if let Err(error) = redis.ping() {
        warn(&format!("carafe: Redis at {url}: {error}; pages that need state answer 503"));
    }
    Ok((Arc::new(redis), banner))
}

/// The banner's line about the key. It comes from the environment: everybody who lists this
/// machine's processes can read a flag.
pub fn key_banner(key: Option<&[u8]>) -> &'static str {
    match key {
        None => {
            "random: what it signs is worth nothing after a restart; CARAFE_SECRET_KEY sets one"
        }
        // RFC 2104 §3: keys shorter than the hash are "strongly discouraged". Nobody can try all
        // keys of half its length.
        Some(key) if key.len() < 16 => {
            "from CARAFE_SECRET_KEY, and so short that it can be guessed"
        }
        Some(_) => "from CARAFE_SECRET_KEY",
    }
}
