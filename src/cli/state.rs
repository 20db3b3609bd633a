//! Where state lives: what `--store` and `CARAFE_SECRET_KEY` come to.
//!
//! The same application runs on each store; this is the one place that knows them all. Sessions may
//! live in a cookie, or nowhere, but an order that was promised to a visitor may not: with those
//! two, all other rows are kept in memory, and the banner says so.

use carafe::web::store::{
    CookieStore, FileStore, MemoryStore, NoneStore, RedisStore, RedisUrl, Store,
};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The words for `--store`, as errors and the help name them.
pub const STORES: &str =
    "none, cookie, memory, file:PATH or redis://[USER:PASSWORD@]HOST:PORT[/DB]";

/// What `--store` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// Nowhere.
    None,
    /// In a cookie that each visitor keeps, signed.
    Cookie,
    /// In this process.
    Memory,
    /// In this file.
    File(PathBuf),
    /// In the Redis of this address.
    Redis(RedisUrl),
}

/// The stores of a server: one for sessions, one for all other rows. They may be the same.
pub struct State {
    /// What the visitor's cookie opens.
    pub sessions: Arc<dyn Store>,
    /// Things, accounts, orders.
    pub kept: Arc<dyn Store>,
}

impl Where {
    /// What a word on the command line means. `None` if it means nothing; [`STORES`] says what
    /// would.
    pub fn parse(word: &str) -> Option<Where> {
        match word {
            "none" => Some(Where::None),
            "cookie" => Some(Where::Cookie),
            "memory" => Some(Where::Memory),
            _ => match word.strip_prefix("file:") {
                Some(path) => {
                    Some(path).filter(|path| !path.is_empty()).map(|path| Where::File(path.into()))
                }
                None => RedisUrl::parse(word).map(Where::Redis),
            },
        }
    }

    /// The stores. What goes out of the house is signed with the key.
    ///
    /// # Errors
    ///
    /// A sentence, if they cannot be had.
    pub fn open(&self, secret_key: &[u8]) -> Result<State, String> {
        let memory: Arc<dyn Store> = Arc::new(MemoryStore::new());
        Ok(match self {
            Where::None => State { sessions: Arc::new(NoneStore), kept: memory },
            Where::Cookie => {
                State { sessions: Arc::new(CookieStore::new(secret_key)), kept: memory }
            }
            Where::File(path) => {
                let file = FileStore::open(path)?;
                if let Some(warning) = file.warning() {
                    let _ = writeln!(io::stderr(), "carafe: {warning}");
                }
                let file: Arc<dyn Store> = Arc::new(file);
                State { sessions: Arc::clone(&file), kept: file }
            }
            Where::Redis(url) => {
                let redis = RedisStore::new(url.clone());
                // It may come later, and what needs no state is served meanwhile.
                if let Err(error) = redis.ping() {
                    let _ = writeln!(
                        io::stderr(),
                        "carafe: Redis at {url}: {error}; pages that need state answer 503"
                    );
                }
                let redis: Arc<dyn Store> = Arc::new(redis);
                State { sessions: Arc::clone(&redis), kept: redis }
            }
            Where::Memory => State { sessions: Arc::clone(&memory), kept: memory },
        })
    }

    /// The banner's lines about it.
    pub fn banner(&self) -> String {
        const REST: &str =
            "\n             things, accounts and orders in memory, gone with this process";
        match self {
            Where::None => format!("sessions nowhere: every request comes from a stranger{REST}"),
            Where::Cookie => format!("sessions in a cookie that each visitor keeps, signed{REST}"),
            Where::File(path) => format!("in the file {}", path.display()),
            Where::Redis(url) => format!("in Redis at {url}"),
            Where::Memory => "in memory, gone with this process".to_owned(),
        }
    }
}

/// The banner's line about the key that signs, which comes from the environment: a flag could be
/// read by everybody who lists this machine's processes.
pub fn key_banner(key: Option<&[u8]>) -> &'static str {
    match key {
        None => {
            "random: what it signs is worth nothing after a restart; CARAFE_SECRET_KEY sets one"
        }
        // RFC 2104 §3: keys shorter than the hash are "strongly discouraged"; half of it nobody
        // tries through.
        Some(key) if key.len() < 16 => {
            "from CARAFE_SECRET_KEY, and so short that it can be guessed"
        }
        Some(_) => "from CARAFE_SECRET_KEY",
    }
}
