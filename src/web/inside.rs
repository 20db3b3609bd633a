//! Deeper: Inside: who may see what goes on in the server: a user of this machine.
//!
//! The line of code that failed helps a student and an attacker alike, so it is shown over loopback
//! only. A web page elsewhere can give a name of its own the address 127.0.0.1 and make a browser
//! ask there (DNS rebinding), so the Host must be a known name too.
//!
//! **Behind a proxy on this machine every client looks local.** So a request that shows a trace of
//! a proxy is refused. Many proxies add a header. nginx and HAProxy add none by default, but nginx
//! then speaks HTTP/1.0, and HAProxy writes the names of headers in small letters, where browsers
//! and curl write `Host`. A proxy that only copies bytes leaves no trace: behind such a proxy,
//! close the inside (`--trust-proxy` does it).

use crate::http::{Request, Version};

/// The rule, and the names of this machine.
#[derive(Clone, Debug)]
pub struct Inside {
    /// False: nobody may look inside.
    pub open: bool,
    /// True: clients on other machines may too, under a known Host.
    pub everyone: bool,
    /// Known names besides `localhost`, `127.0.0.1` and `[::1]`, in small letters.
    pub hosts: Vec<String>,
}

impl Default for Inside {
    fn default() -> Inside {
        Inside { open: true, everyone: false, hosts: Vec::new() }
    }
}

impl Inside {
    /// Refuses a client that may not look inside, and says what was found and expected.
    ///
    /// # Errors
    ///
    /// That sentence.
    pub fn check(&self, request: &Request) -> Result<(), String> {
        if !self.open {
            let why = "because other machines can connect, or a proxy stands in front";
            return Err(format!("the inside is closed to everybody here, {why}"));
        }
        let is_local = request.peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        if !is_local && !self.everyone {
            return Err("found a client on another machine, expected one on this".into());
        }
        let host = request.host_name().unwrap_or_default();
        let is_own = matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]");
        if !is_own && !self.hosts.contains(&host) {
            let known = "localhost, 127.0.0.1, [::1] or one that is allowed";
            return Err(format!("found the Host {host:?}, expected {known}"));
        }
        match trace_of_a_proxy(request) {
            Some(trace) => Err(format!("found {trace}: behind a proxy every client looks local")),
            None => Ok(()),
        }
    }
}

/// What shows that a proxy has passed this request on.
fn trace_of_a_proxy(request: &Request) -> Option<String> {
    for (name, _) in request.headers.iter() {
        let small = name.to_ascii_lowercase();
        let is_proxys = ["forwarded", "via", "x-real-ip"].contains(&&*small);
        if is_proxys || small.starts_with("x-forwarded-") {
            return Some(format!("the header {name}"));
        }
        if name == "host" {
            return Some("the header host in small letters, as HAProxy writes it".to_owned());
        }
    }
    if request.version == Version::Http10 {
        return Some("HTTP/1.0, which nginx speaks to the servers behind it".to_owned());
    }
    // RFC 9112 §3.2.2: this form is for proxies, and HAProxy passes it on. The host in the target
    // has replaced the Host header, so the header's letters tell nothing.
    let is_whole = !request.target.starts_with('/');
    is_whole.then(|| "a target with a host in it, as proxies get it".to_owned())
}
