//! Who the client is, when a proxy stands in between.
//!
//! A proxy asks in the client's name, over a connection of its own: all that the server sees at the
//! other end is the proxy. So the proxy writes down whom it heard, and how: `X-Forwarded-For:
//! 203.0.113.9`, `X-Forwarded-Proto: https`. But these are headers like any other, and any client
//! can send them. They are believed only from an address that was named as a proxy's, and only as
//! far as that trust reaches:
//!
//! ```
//! use carafe::http::{Headers, forwarded::Proxies};
//!
//! let mut proxies = Proxies::default();
//! proxies.trust("10.0.0.0/8").unwrap();
//!
//! // The client claimed to be 192.0.2.1; the outer proxy put the true address behind it, the inner one the outer's.
//! let mut headers = Headers::new();
//! headers.append("X-Forwarded-For", "192.0.2.1, 203.0.113.9, 10.0.0.1");
//! headers.append("X-Forwarded-Proto", "https");
//!
//! let client = proxies.client("10.0.0.2:4000".parse().unwrap(), &headers).unwrap();
//! assert_eq!((client.address.ip().to_string(), client.secure), ("203.0.113.9".into(), true));
//!
//! // From an address that is no proxy's, the same headers mean nothing.
//! let client = proxies.client("203.0.113.9:4000".parse().unwrap(), &headers).unwrap();
//! assert_eq!((client.address.port(), client.secure), (4000, false));
//! ```
//!
//! Left out: `X-Forwarded-Host` (let the proxy pass `Host` on), and `Forwarded` (RFC 7239), which
//! says all of it in one header that few proxies send. A second way to say the same is a second way
//! to lie.

use super::error::{malformed, shown};
use super::{Headers, ParseError};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// Who asked, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Client {
    /// The client's address; its port is 0 if only a proxy knows it.
    pub address: SocketAddr,
    /// True if it came over https, as a trusted proxy says.
    pub secure: bool,
}

/// The proxies whose word is believed. Defaults to none.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Vec<Network>,
}

impl Proxies {
    /// Adds proxies: an address such as `127.0.0.1`, a network such as `10.0.0.0/8`, or several,
    /// with commas between.
    ///
    /// # Errors
    ///
    /// What was expected.
    pub fn trust(&mut self, list: &str) -> Result<(), &'static str> {
        for text in list.split(',') {
            self.trusted.push(Network::parse(text.trim_ascii())?);
        }
        Ok(())
    }

    /// True if nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Who asked, where `peer` is at the other end of the connection.
    ///
    /// Each proxy adds whom it heard at the right end of the list. So the rightmost address that is
    /// no proxy's is the client's, and what stands left of it the client has written itself: nobody
    /// reads that.
    ///
    /// # Errors
    ///
    /// If what a trusted proxy sent cannot be understood, 400: whoever guessed would trust a
    /// stranger.
    pub fn client(&self, peer: SocketAddr, headers: &Headers) -> Result<Client, ParseError> {
        let mut client = Client { address: peer, secure: false };
        if !self.trusts(peer.ip()) {
            return Ok(client);
        }
        let names: Vec<&str> =
            headers.get_all("X-Forwarded-For").flat_map(|value| value.split(',')).collect();
        for name in names.iter().rev() {
            let Some(address) = address(name.trim_ascii()) else {
                let found = shown(name.trim_ascii().as_bytes());
                return Err(malformed(format!(
                    "found {found} in X-Forwarded-For, expected a client's address"
                )));
            };
            client.address = SocketAddr::new(address, 0);
            if !self.trusts(address) {
                break;
            }
        }
        // Two values, or one of another word, mean that a proxy passes on what its client claimed.
        let mut schemes = headers.get_all("X-Forwarded-Proto");
        client.secure = match (schemes.next(), schemes.next()) {
            (None, _) => false,
            (Some(scheme), None) if scheme.eq_ignore_ascii_case("http") => false,
            (Some(scheme), None) if scheme.eq_ignore_ascii_case("https") => true,
            (Some(scheme), None) => {
                let found = shown(scheme.as_bytes());
                return Err(malformed(format!(
                    "found {found} in X-Forwarded-Proto, expected http or https"
                )));
            }
            (Some(_), Some(_)) => {
                return Err(malformed("found X-Forwarded-Proto twice, expected it once"));
            }
        };
        Ok(client)
    }

    /// Refuses what the client would only ask over TLS, if no trusted proxy has spoken TLS with it.
    ///
    /// RFC 9110 §7.4: "Unless the connection is from a trusted gateway, ... a request for an
    /// "https" resource MUST be rejected unless it has been received over a connection that has
    /// been secured".
    ///
    /// # Errors
    ///
    /// 421, for a target `https://…`.
    pub fn check_scheme(&self, peer: SocketAddr, target: &str) -> Result<(), ParseError> {
        let is_https =
            target.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        if is_https && !self.trusts(peer.ip()) { Err(ParseError::Misdirected) } else { Ok(()) }
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.holds(address))
    }
}

/// As they were given.
impl fmt::Display for Proxies {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, network) in self.trusted.iter().enumerate() {
            let comma = if at > 0 { ", " } else { "" };
            write!(out, "{comma}{}", network.first)?;
            if network.bits < width(network.first) {
                write!(out, "/{}", network.bits)?;
            }
        }
        Ok(())
    }
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug)]
struct Network {
    first: IpAddr,
    /// How many bits they share, from 1 up.
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Network, &'static str> {
        const EXPECTED: &str =
            "an address such as 127.0.0.1 or a network such as 10.0.0.0/8, commas between several";
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let first: IpAddr = unbracketed(address).parse().map_err(|_| EXPECTED)?;
        let first = first.to_canonical();
        let width = width(first);
        let bits = bits
            .map_or(Some(width), |bits| bits.parse().ok().filter(|bits| *bits <= width))
            .ok_or(EXPECTED)?;
        if bits == 0 {
            return Err("a prefix of at least 1 bit: /0 would believe everybody");
        }
        let network = Network { first, bits };
        // 10.1.2.3/8 is a slip: did they mean one address or sixteen million?
        if network.prefix(first) << (width - bits) != number(first) {
            return Err("a network with nothing behind its prefix: 10.0.0.0/8, not 10.1.2.3/8");
        }
        Ok(network)
    }

    fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && self.prefix(address) == self.prefix(self.first)
    }

    /// The bits that count.
    fn prefix(&self, address: IpAddr) -> u128 {
        number(address) >> (width(address) - self.bits)
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// An address as proxies write it: alone, or with the port that they saw, `203.0.113.9:4000` or
/// `[2001:db8::9]:4000`.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address = unbracketed(text).parse().ok().or_else(with_port)?;
    Some(IpAddr::to_canonical(&address))
}

/// `[2001:db8::9]` without its brackets.
fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}
