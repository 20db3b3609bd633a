//! Deeper: the address of a Redis, `redis://USER:PASSWORD@HOST:PORT/DB`.

use crate::http::fields::percent_decode;
use std::fmt;

/// The address of a Redis. `Display` leaves out name and password, and so does `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl {
    /// A name or an address, an IPv6 one without its brackets.
    pub host: String,
    /// 6379, if the address names none.
    pub port: u16,
    /// Who asks; empty for Redis's `default`.
    pub user: String,
    /// The password; empty if there is none.
    pub password: String,
    /// The number of the database.
    pub database: u32,
}

impl RedisUrl {
    /// Reads an address. User and password are percent-decoded. `None` if it has another form.
    ///
    /// ```text
    /// url  = "redis://" [ [ user ] ":" password "@" ] host [ ":" port ] [ "/" [ number ] ]
    /// host = name | "[" IPv6 "]"
    /// ```
    pub fn parse(text: &str) -> Option<RedisUrl> {
        let rest = text.strip_prefix("redis://")?;
        // The last @ counts. So a password in which an @ was not encoded leads to the right host.
        let (account, rest) = rest.rsplit_once('@').unwrap_or((":", rest));
        let (user, password) = account.split_once(':')?;
        let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (host, port) = match place.strip_prefix('[') {
            Some(place) => place.split_once(']')?,
            None => place.split_at(place.find(':').unwrap_or(place.len())),
        };
        let port = port.strip_prefix(':').filter(|port| !port.is_empty()).unwrap_or("6379");
        let database = if database.is_empty() { "0" } else { database };
        let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
        Some(RedisUrl {
            host: Some(host).filter(|host| !host.is_empty() && host.bytes().all(is_host))?.into(),
            port: port.parse().ok().filter(|port| *port > 0)?,
            user: percent_decode(user).into_owned(),
            password: percent_decode(password).into_owned(),
            database: database.parse().ok()?,
        })
    }
}

impl fmt::Display for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}, database {}", self.host, self.port, self.database)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}
