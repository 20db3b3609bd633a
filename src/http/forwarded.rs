//! Deeper: who asks, and which address was typed, also when a proxy stands before the server.
//!
//! A proxy adds what it knows of the client in headers: `X-Forwarded-For: 203.0.113.9` and
//! `X-Forwarded-Proto: https`. But every client can send these headers too. The server believes
//! them only from an address that it was told to trust.
//!
//! Left out: `X-Forwarded-Host`, since a proxy can pass `Host` on, and `Forwarded` (RFC 7239).

use super::{ParseError, Request, Status};
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

/// The proxies that are trusted. Defaults to none. `Display` writes them with commas.
#[derive(Clone, Debug, Default)]
pub struct Proxies {
    trusted: Vec<Network>,
}

/// All addresses whose numbers begin with the same bits, and how many bits at the end may differ.
#[derive(Clone, Debug)]
struct Network {
    front: u128,
    free: u32,
    /// As it is shown: `10.0.0.0/8`.
    text: String,
}

impl Request {
    /// The scheme of the address that the client typed; Flask's `request.scheme`.
    pub fn scheme(&self) -> &'static str {
        if self.secure { "https" } else { "http" }
    }

    /// The host that the client typed, without its port, in lower case: `localhost`, `[::1]`.
    pub fn host_name(&self) -> Option<String> {
        let host = self.headers.get("Host")?;
        let end = match host.strip_prefix('[') {
            Some(inside) => inside.find(']')? + 2,
            None => host.find(':').unwrap_or(host.len()),
        };
        Some(host[..end].to_ascii_lowercase())
    }
}

impl Proxies {
    /// Adds proxies: an address such as `127.0.0.1`, a network such as `10.0.0.0/8`, or several of
    /// them with commas.
    ///
    /// # Errors
    ///
    /// What was found and what was expected, of the kind `InvalidInput`.
    pub fn trust(&mut self, list: &str) -> io::Result<()> {
        for text in list.split(',') {
            let network = Network::parse(text.trim_ascii()).map_err(|expected| {
                let why = format!("found {list:?}, expected {expected}");
                io::Error::new(ErrorKind::InvalidInput, why)
            })?;
            self.trusted.push(network);
        }
        Ok(())
    }

    /// True if no proxy is trusted.
    pub fn is_empty(&self) -> bool {
        self.trusted.is_empty()
    }

    /// Notes in a request who its client is, where `peer` is the other end of the connection.
    ///
    /// Each proxy adds an address at the right end of the list. So the client's address is the last
    /// one that is not trusted. What stands left of it is not read, because the client wrote it. If
    /// a proxy sent something that is no address, this proxy is the client.
    ///
    /// # Errors
    ///
    /// 421 for a target `https://...` that no trusted proxy has sent. RFC 9110 §7.4: "Unless the
    /// connection is from a trusted gateway, ... a request for an "https" resource MUST be rejected
    /// unless it has been received over a connection that has been secured".
    pub fn find_client(&self, peer: SocketAddr, request: &mut Request) -> Result<(), ParseError> {
        let (is_trusted, scheme) = (self.trusts(peer.ip()), request.target.get(..8));
        if !is_trusted && scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://")) {
            let message = "found an https:// URL without TLS, expected http:// or a path";
            return Err(ParseError::new(Status::MISDIRECTED_REQUEST, message));
        }
        (request.peer, request.secure) = (Some(peer), false);
        if !is_trusted {
            return Ok(());
        }
        let headers = &request.headers;
        let names: Vec<&str> = headers.elements("X-Forwarded-For").collect();
        for name in names.into_iter().rev() {
            let with_port = || name.parse::<SocketAddr>().ok().map(|address| address.ip());
            let Some(address) = unbracketed(name).parse().ok().or_else(with_port) else { break };
            request.peer = Some(SocketAddr::new(IpAddr::to_canonical(&address), 0));
            if !self.trusts(address) {
                break;
            }
        }
        // Two values, or one of another word, show that a proxy repeats what its client claimed.
        let schemes: Vec<&str> = headers.get_all("X-Forwarded-Proto").collect();
        request.secure = matches!(schemes[..], [scheme] if scheme.eq_ignore_ascii_case("https"));
        Ok(())
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| as_u128(address) >> network.free == network.front)
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<&str> = self.trusted.iter().map(|network| &*network.text).collect();
        out.write_str(&texts.join(", "))
    }
}

impl Network {
    fn parse(text: &str) -> Result<Network, &'static str> {
        const EXPECTED: &str =
            "an address such as 127.0.0.1 or a network such as 10.0.0.0/8, commas between several";
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: IpAddr = unbracketed(address).parse().map_err(|_| EXPECTED)?;
        let address = address.to_canonical();
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Ok(width), str::parse).map_err(|_| EXPECTED)?;
        let free = width.checked_sub(bits).ok_or(EXPECTED)?;
        if bits == 0 {
            return Err("a prefix of at least 1 bit: /0 would believe everybody");
        }
        let front = as_u128(address) >> free;
        // 10.1.2.3/8 is a mistake: it can mean one address or sixteen million.
        if front << free != as_u128(address) {
            return Err("a network with nothing after its prefix: 10.0.0.0/8, not 10.1.2.3/8");
        }
        let prefix = if free > 0 { format!("/{bits}") } else { String::new() };
        Ok(Network { front, free, text: format!("{address}{prefix}") })
    }
}

/// An address as a number. An IPv4 address is one among those of IPv6 (RFC 4291 §2.5.5.2).
fn as_u128(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// `[2001:db8::9]` without its brackets.
fn unbracketed(text: &str) -> &str {
    text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text)
}
