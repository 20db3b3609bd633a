//! Who may look inside: whoever sits at this machine, and uses a name that belongs to it.
//!
//! The line of code that failed helps the student and the attacker alike. So it is shown over
//! loopback only. And since a web page elsewhere could have a name of its own point to 127.0.0.1
//! and make the browser ask (DNS rebinding), the Host must be a known one too.
//!
//! **Behind a proxy on this machine every client looks local.** So whatever shows that a proxy
//! stands in between is refused. Many proxies add a header that says so. nginx and HAProxy, told no
//! more than where to, add none; but nginx then speaks HTTP/1.0 to the server behind it, and
//! HAProxy writes every header's name in small letters, where browsers and curl write `Host`.
//!
//! Left out, since nothing can tell it: a proxy that speaks HTTP/1.1 and writes as browsers do, or
//! that passes bytes on unread. Whoever puts one in front closes the inside (`--trust-proxy` does).

use crate::http::{Request, Version};

/// The rule, and the names that count as this machine's.
#[derive(Clone, Debug)]
pub struct Inside {
    /// False: nobody may.
    pub open: bool,
    /// True: other machines may, too. The Host must be a known one still.
    pub everyone: bool,
    /// Names beside `localhost`, `127.0.0.1` and `[::1]`, in small letters.
    pub hosts: Vec<String>,
}

impl Default for Inside {
    fn default() -> Inside {
        Inside { open: true, everyone: false, hosts: Vec::new() }
    }
}

impl Inside {
    /// True if the client of this request may look inside.
    pub fn admits(&self, request: &Request) -> bool {
        self.check(request).is_ok()
    }

    /// Refuses whoever may not look inside.
    ///
    /// # Errors
    ///
    /// What was found, and what was expected.
    pub fn check(&self, request: &Request) -> Result<(), String> {
        if !self.open {
            return Err(
                "the inside is closed: other machines can connect, or a proxy stands in front"
                    .into(),
            );
        }
        let local = request.peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        if !local && !self.everyone {
            return Err("found a client on another machine, expected one on this".into());
        }
        let host = request.host_name().unwrap_or_default();
        if !matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
            && !self.hosts.contains(&host)
        {
            return Err(format!(
                "found the Host {host:?}, expected localhost, 127.0.0.1, [::1] or one that is allowed"
            ));
        }
        match trace_of_a_proxy(request) {
            Some(trace) => Err(format!("found {trace}: behind a proxy every client looks local")),
            None => Ok(()),
        }
    }
}

/// What shows that a proxy has passed this request on.
fn trace_of_a_proxy(request: &Request) -> Option<String> {
    if let Some((name, _)) = request.headers.iter().find(|(name, _)| announces_a_proxy(name)) {
        return Some(format!("the header {name}"));
    }
    if request.version == Version::Http10 {
        return Some("HTTP/1.0, which nginx speaks to the servers behind it".into());
    }
    if request.headers.iter().any(|(name, _)| name == "host") {
        return Some("the header host in small letters, as HAProxy writes it".into());
    }
    // RFC 9112 §3.2.2: this form is for proxies, and HAProxy passes it on as it came. The host in
    // it has taken the place of the header's, and with it of the header's letters.
    if !request.target.starts_with('/') {
        return Some("a target with a host in it, as proxies get it".into());
    }
    None
}

/// True for a header by which proxies announce themselves.
fn announces_a_proxy(name: &str) -> bool {
    let starts = name.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("X-Forwarded-"));
    starts || ["Forwarded", "Via", "X-Real-IP"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
