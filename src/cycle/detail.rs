//! Deeper: The values that each kind of step notes.

use crate::http::{Method, Status};
use crate::value::Map;
use std::net::IpAddr;
use std::panic::Location;
use std::sync::Arc;

/// How many bytes of each side are kept; of the rest, only the number.
pub const KEPT_BYTES: usize = 8 * 1024;

/// The values of a step. The pages that show a cycle make text of them.
#[derive(Debug)]
pub enum Detail {
    /// A connection.
    Connection {
        /// The connection's number since the server started.
        number: u64,
        /// 1 for the first request on it.
        nth: u64,
        /// The client's address.
        peer: IpAddr,
    },
    /// The bytes of the request, which the cycle itself holds.
    Received {
        /// False if it was refused before it was understood.
        is_parsed: bool,
    },
    /// The bytes of the answer, which the cycle itself holds.
    Sent {
        /// True if the next request had begun to arrive, so its client did not wait for this answer
        /// (RFC 9112 §9.3.2: pipelining).
        is_followed: bool,
    },
    /// The route that answers.
    Route {
        /// Its method.
        method: Method,
        /// Its pattern, as it was registered.
        pattern: Arc<str>,
        /// The route's name; empty for a closure that was given none.
        handler: Arc<str>,
        /// The line that registered it.
        registered: &'static Location<'static>,
        /// The values that it captured.
        params: Box<[(String, String)]>,
    },
    /// No route answers: the similar ones, as method and pattern.
    NoRoute(Vec<(Method, String)>),
    /// The path is known with other methods only: its routes, as method and pattern.
    WrongMethod(Vec<(Method, String)>),
    /// A file answers: its path below the folder.
    File(String),
    /// The visitor's row as it was found. A visitor without a cookie has no such step.
    Row {
        /// The cookie that came.
        cookie: String,
        /// Why it was refused.
        refused: Option<Box<str>>,
        /// What the row held; `None` if it was not looked up.
        row: Option<Map>,
        /// Where it is kept.
        place: StorePlace,
    },
    /// The handler asked for the form.
    Form,
    /// A message for the next page: category and text.
    Flash(String, String),
    /// Messages that were shown and taken away.
    Taken(Vec<(String, String)>),
    /// A note that the handler left.
    Note(String),
    /// A page was made.
    Template {
        /// The template's name.
        name: String,
        /// The variables that the handler gave it.
        variables: Map,
    },
    /// The visitor's row as the answer leaves it.
    Change {
        /// The cookie's value from now on; `None` without a row.
        cookie: Option<String>,
        /// What the row holds now.
        after: Map,
        /// The line that changed it last; `None` if none did.
        by: Option<&'static Location<'static>>,
        /// Where it is kept.
        place: StorePlace,
    },
    /// Rows of other kinds that the handler changed.
    Stored {
        /// Each once, as it was left.
        rows: Vec<StoredRow>,
        /// The line that asked for the store last.
        by: &'static Location<'static>,
        /// Where they are kept.
        place: StorePlace,
    },
    /// An error took the place of an answer: its status, and what the log says of it.
    Failure(Status, String),
}

/// A row that was changed: the name of its kind, its key, and false if it was deleted.
pub type StoredRow = (&'static str, String, bool);

/// Where the rows of a store are. A store says this about itself. The pages that tell what the
/// server knows about a visitor choose their words by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorePlace {
    /// Nowhere: each request comes from a stranger.
    Nowhere,
    /// With the visitor, who sends the row along.
    Cookie,
    /// In the memory of this process, which a restart empties.
    Memory,
    /// In a file, which outlasts this process.
    File,
    /// In another program, which several servers may share and which must be asked.
    Elsewhere,
}

/// The front of some bytes, and how many there were in all.
#[derive(Debug, Default)]
pub struct Excerpt {
    /// At most [`KEPT_BYTES`] of them.
    pub bytes: Vec<u8>,
    /// The number of all; `None` if none has come yet, or if it is not known, as for a stream.
    pub total: Option<u64>,
}

impl Excerpt {
    /// Forgets the bytes, and keeps the memory for the next ones.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.total = None;
    }

    /// Adds what came after it.
    pub fn extend(&mut self, bytes: &[u8]) {
        let room = KEPT_BYTES - self.bytes.len();
        self.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.total = Some(self.total.unwrap_or(0) + bytes.len() as u64);
    }
}
