//! Deeper: What a recorded cycle says of its request, its visitor and its answer.
//!
//! A record is a list of steps. The pages and the lessons ask short questions about it: which
//! connection, which path, which cookie, which row? One pass over the steps answers most of them,
//! without a copy, because lists and lessons look at every cycle.

use super::message::Message;
use carafe::Map;
use carafe::cycle::{Detail, Record, StorePlace, StoredRow};
use carafe::http::Status;
use std::net::IpAddr;

/// What a record says. Nothing in it is masked before `describe` does it.
pub struct CycleFacts<'r> {
    pub record: &'r Record,
    pub request: Message<'r>,
    pub response: Message<'r>,
    /// The number of the connection, and 1 for the first request on it.
    pub connection: (u64, u64),
    /// The client's address.
    pub address: Option<IpAddr>,
    /// False if the request was refused before it was understood.
    pub is_parsed: bool,
    /// The session's cookie that arrived, and why it was refused.
    pub cookie: Option<&'r str>,
    pub refused: Option<&'r str>,
    /// The visitor's row, if that cookie leads to one.
    pub row: Option<&'r Map>,
    /// If the session was used: the cookie from now on, and the row that the answer leaves.
    pub left: Option<(Option<&'r str>, &'r Map)>,
    /// Where rows are kept, as far as this cycle had to do with one.
    pub store: StorePlace,
    /// Other rows that were changed: kind, key, and false if it was deleted.
    pub stored: &'r [StoredRow],
    /// The status of an error, and what the log says of it.
    pub failure: Option<(Status, &'r str)>,
}

impl<'r> CycleFacts<'r> {
    /// Reads a record.
    pub fn of(record: &'r Record) -> CycleFacts<'r> {
        let mut it = CycleFacts {
            record,
            request: Message::of(&record.cycle.received),
            response: Message::of(&record.cycle.sent),
            connection: (0, 0),
            address: None,
            is_parsed: false,
            cookie: None,
            refused: None,
            row: None,
            left: None,
            store: StorePlace::Memory,
            stored: &[],
            failure: None,
        };
        for step in record.cycle.steps() {
            match &step.detail {
                Detail::Connection { number, nth, peer } => {
                    it.connection = (*number, *nth);
                    it.address = Some(*peer);
                }
                Detail::Received { is_parsed } => it.is_parsed = *is_parsed,
                Detail::Row { cookie, refused, row, place } => {
                    it.store = *place;
                    it.cookie = Some(cookie);
                    it.refused = refused.as_deref();
                    it.row = row.as_ref().filter(|_| refused.is_none());
                }
                Detail::Change { cookie, after, place, .. } => {
                    it.store = *place;
                    it.left = Some((cookie.as_deref(), after));
                }
                Detail::Stored { rows, .. } => it.stored = rows,
                Detail::Failure(status, why) => it.failure = Some((*status, why)),
                _ => {}
            }
        }
        it
    }

    /// The session's cookie from this cycle on.
    pub fn cookie_after(&self) -> Option<&'r str> {
        self.left.and_then(|(cookie, _)| cookie)
    }

    /// The row that the answer leaves, if a cookie leads to it.
    pub fn row_after(&self) -> Option<&'r Map> {
        self.left.filter(|(cookie, _)| cookie.is_some()).map(|(_, row)| row)
    }

    /// The whole ids that the visitor sent or was given. They are compared, never shown.
    pub fn ids(&self) -> impl Iterator<Item = &'r str> + use<'r> {
        self.cookie.into_iter().chain(self.cookie_after())
    }
}

/// Where the request of a record ended: the pattern of a route; the path of a file below
/// `/static/`; or `no-route` or `no-method` if there was neither.
pub fn place_of(record: &Record) -> &str {
    let place = record.cycle.steps().iter().find_map(|step| match &step.detail {
        Detail::Route { pattern, .. } => Some(&**pattern),
        Detail::File(path) => Some(path.as_str()),
        Detail::WrongMethod(_) => Some("no-method"),
        Detail::NoRoute(_) => Some("no-route"),
        _ => None,
    });
    place.unwrap_or("")
}
