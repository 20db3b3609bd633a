//! Who may look inside: whoever sits at this machine, and uses a name that belongs to it.
//!
//! The line of code that failed helps the student and the attacker alike. So it is shown over loopback only. And since a
//! web page elsewhere could have a name of its own point to 127.0.0.1 and make the browser ask (DNS rebinding), the Host
//! must be a known one too. Behind a proxy every client looks local, so a request that names a proxy is never inside.

use crate::http::Request;

/// True for a header by which proxies announce themselves.
fn is_of_a_proxy(name: &str) -> bool {
    let starts = name.get(..12).is_some_and(|start| start.eq_ignore_ascii_case("X-Forwarded-"));
    starts || ["Forwarded", "Via", "X-Real-IP"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

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
        let local = request.peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback());
        let proxied = request.headers.iter().any(|(name, _)| is_of_a_proxy(name));
        let known = request.host_name().is_some_and(|host| {
            matches!(host.as_str(), "localhost" | "127.0.0.1" | "[::1]") || self.hosts.contains(&host)
        });
        self.open && (local || self.everyone) && known && !proxied
    }
}
