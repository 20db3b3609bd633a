//! Behind a proxy: the configurations that the project recommends, and what a bare one in front
//! exposes.

use crate::carafe::{Carafe, header};
use crate::common::{DEADLINE, empty_folder, wait_until};
use crate::proxy::{HAPROXY, NGINX, Proxy, all_installed, certificate};
use crate::redis_server::Redis;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// A proxy that was told no more than where to.
const BARE_HAPROXY: &str = "defaults\n mode http\n timeout connect 5s\n timeout client 9s\n timeout server 9s\n\
    listen all\n bind 127.0.0.1:8080\n server a 127.0.0.1:8001\n";
const BARE_NGINX: &str = "events {}\nhttp { server { listen 127.0.0.1:8080; location / { proxy_pass http://127.0.0.1:8001; } } }\n";

/// The pages for whoever sits at this machine, under every name that could lead to them.
const INNER: &[&str] = &[
    "/cycles",
    "/cycles/",
    "/cycles/last",
    "/cycles/1.json",
    "/cycles/live",
    "/cycles?after=0",
    "/%63ycles",
    "/cycle%73/last",
    "/%63%79%63%6c%65%73",
    "/memory",
    "/memory.json",
    "/memor%79",
    "/source",
    "/source/src/lib.rs",
    "/sourc%65/src/lib.rs",
];

fn trusting(arguments: &[&str]) -> Carafe {
    Carafe::start(&[&["--trust-proxy", "127.0.0.1"], arguments].concat())
}

#[test]
fn the_example_configurations_take_turns_and_pass_on_who_asks() {
    if !all_installed(&["haproxy", "nginx"]) {
        return;
    }
    for (name, configuration) in [("haproxy", HAPROXY), ("nginx", NGINX)] {
        let servers = [(); 3].map(|()| trusting(&["--log", "common"]));
        let proxy = Proxy::start(name, configuration, &servers.each_ref());
        for _ in 0..6 {
            assert_eq!(proxy.curl(&["http://$B/hello"]), "Hello, World!\n", "{name}");
        }
        // What a client claims about itself is overwritten.
        let claims = ["-H", "X-Forwarded-For: 203.0.113.9", "-H", "X-Forwarded-Proto: https"];
        let answer = proxy.curl(&[&["-i"], &claims[..], &["http://$B/sessions"]].concat());
        assert!(
            header(&answer, "Set-Cookie").is_some_and(|cookie| !cookie.contains("Secure")),
            "{name}: {answer}"
        );
        // Host passes, port and all: so links are right, and a form of this site is known as its
        // own.
        let shop = "Host: shop.example:81";
        let answer = proxy.curl(&["-H", shop, "http://$B/formtest"]);
        assert!(answer.contains("http://shop.example:81/process"), "{name}: {answer}");
        let post = |origin: &str| {
            proxy.status(&["-H", shop, "-H", origin, "-d", "name=Ada", "http://$B/process"])
        };
        assert_eq!(post("Origin: http://shop.example:81"), "303", "{name}");
        assert_eq!(post("Origin: http://shop.example"), "403", "{name}");
        // The host of a whole URL wins over the Host header, so that a client cannot have links to
        // another site (HAProxy refuses such a request); and HTTP/1.0 needs no Host.
        let target = ["--request-target", "http://good.example/formtest", "http://$B/"];
        let answer = proxy.curl(&[&["-i", "-H", "Host: evil.example"], &target[..]].concat());
        let is_right = answer.contains("http://good.example/process")
            || (name == "haproxy" && answer.starts_with("HTTP/1.1 400"));
        assert!(is_right && !answer.contains("evil.example"), "{name}: {answer}");
        let answer = proxy.curl(&["--http1.0", "-H", "Host:", "http://$B/hello/Ada"]);
        assert!(answer.contains("Hello Ada"), "{name}: {answer}");
        for path in INNER {
            let status = proxy.status(&["-H", "Host: localhost", &format!("http://$B{path}")]);
            assert_eq!(status, "403", "{name}: {path}");
        }
        assert_eq!(
            proxy.status(&["-X", "POST", "-H", "Host: localhost", "http://$B/forget"]),
            "403",
            "{name}"
        );
        drop(proxy);
        for server in servers {
            let log = server.log();
            let visits =
                log.lines().filter(|line| line.contains("\"GET /hello HTTP/1.1\" 200")).count();
            assert_eq!(visits, 2, "{name}: each server has its turn: {log}");
            assert!(log.lines().all(|line| line.starts_with("127.0.0.1 - - [")), "{name}: {log}");
            assert!(
                !log.contains("ycle") && !log.contains("/source"),
                "{name} has denied these itself: {log}"
            );
        }
    }
}

#[test]
fn https_at_the_proxy_makes_the_cookie_secure() {
    if !all_installed(&["haproxy", "nginx", "openssl"]) {
        return;
    }
    let folder = empty_folder();
    let file = certificate(&folder);
    let file = file.display();
    let address = "127.0.0.1:8080";
    let haproxy =
        HAPROXY.replace(&format!("bind {address}"), &format!("bind {address} ssl crt {file}"));
    let secure =
        format!("listen {address} ssl; ssl_certificate {file}; ssl_certificate_key {file};");
    let nginx = NGINX.replace(&format!("listen {address};"), &secure);
    for (name, configuration) in [("haproxy", haproxy), ("nginx", nginx)] {
        let servers = [(); 3].map(|()| trusting(&["--log", "off"]));
        let proxy = Proxy::start(name, &configuration, &servers.each_ref());
        let answer = proxy.curl(&["-i", "https://$B/sessions"]);
        let cookie = header(&answer, "Set-Cookie").unwrap_or("");
        assert!(
            cookie.starts_with("carafe_sid=") && cookie.contains("; Secure"),
            "{name}: {answer}"
        );
        let base = format!("https://{}", proxy.address);
        let answer = proxy.curl(&["https://$B/formtest"]);
        assert!(answer.contains(&format!("{base}/process")), "{name}: {answer}");
        let answer = proxy.curl(&[
            "-i",
            "-H",
            &format!("Origin: {base}"),
            "-d",
            "name=Ada",
            "https://$B/process",
        ]);
        assert!(
            answer.contains(" 303 ") && header(&answer, "Location") == Some("/formtest"),
            "{name}: {answer}"
        );
    }
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn a_bare_proxy_on_this_machine_shows_nobody_the_inside() {
    if !all_installed(&["haproxy", "nginx"]) {
        return;
    }
    for (name, configuration) in [("haproxy", BARE_HAPROXY), ("nginx", BARE_NGINX)] {
        let carafe = Carafe::start(&["--log", "off"]);
        let proxy = Proxy::start(name, configuration, &[&carafe]);
        assert_eq!(proxy.curl(&["http://$B/hello"]), "Hello, World!\n", "{name}");
        let own = format!("Host: {}", carafe.address);
        let refused = |arguments: &[&str]| {
            let answer = proxy.curl(&[&["-i"], arguments].concat());
            let refused =
                answer.contains(" 403 ") && answer.contains("only a user of this machine");
            assert!(refused, "{name}, {arguments:?}: {answer}");
        };
        for path in INNER.iter().filter(|path| !path.ends_with('/')) {
            refused(&["-H", "Host: localhost", &format!("http://$B{path}")]);
        }
        for host in ["Host: 127.0.0.1", "Host: [::1]:8000", &own, "Host: shop.example"] {
            for version in ["--http1.1", "--http1.0"] {
                refused(&[version, "-H", host, "http://$B/cycles"]);
            }
            refused(&["-X", "POST", "-H", host, "http://$B/forget"]);
            assert!(
                !proxy.curl(&["-H", host, "http://$B/boom"]).contains("on purpose"),
                "{name}, {host}"
            );
        }
        // As one asks a proxy that leads anywhere: with a host in the target.
        let whole =
            ["--request-target", "http://localhost/cycles", "-H", "Host: localhost", "http://$B/"];
        assert_eq!(proxy.status(&whole), "403", "{name}");
        assert_eq!(carafe.status(&["$B/cycles"]), "200", "whoever sits at the machine may look");
    }
}

/// The limit of what can be told from a request, as SECURITY.md states it.
#[test]
fn a_proxy_that_writes_as_browsers_do_cannot_be_told_and_must_be_named() {
    if !all_installed(&["nginx"]) {
        return;
    }
    let modern = BARE_NGINX.replace(
        "proxy_pass",
        "proxy_http_version 1.1; proxy_set_header Connection \"\"; proxy_pass",
    );
    for (arguments, status) in
        [(&["--log", "off"][..], "200"), (&["--log", "off", "--trust-proxy", "127.0.0.1"], "403")]
    {
        let carafe = Carafe::start(arguments);
        let proxy = Proxy::start("nginx", &modern, &[&carafe]);
        assert_eq!(
            proxy.status(&["-H", "Host: shop.example", "http://$B/cycles"]),
            status,
            "{arguments:?}"
        );
    }
}

/// How many visitors come at once, and how many rounds each makes before a server is killed, about,
/// and after.
const VISITORS: usize = 8;
const ROUNDS: u64 = 4;

#[test]
fn one_of_three_servers_is_killed_under_load_and_no_visitor_and_no_order_is_lost() {
    if !all_installed(&["haproxy", "nginx"]) {
        return;
    }
    for (name, configuration) in [("haproxy", HAPROXY), ("nginx", NGINX)] {
        let folder = empty_folder();
        kill_one_of_three(
            name,
            configuration,
            &format!("file:{}", folder.join("shop.db").display()),
        );
        let _ = std::fs::remove_dir_all(folder);
        if let Some(redis) = Redis::start(&[]) {
            kill_one_of_three(name, configuration, &redis.url());
        }
    }
}

/// Three servers with one store behind a proxy, and visitors who count and order; then there are
/// two servers.
fn kill_one_of_three(name: &str, configuration: &str, store: &str) {
    let mut servers = [(); 3].map(|()| Some(trusting(&["--log", "off", "--store", store])));
    let running = servers.each_ref().map(|server| server.as_ref().expect("it runs"));
    let proxy = Proxy::start(name, configuration, &running);
    let rounds = AtomicU64::new(0);
    let is_killed = AtomicBool::new(false);
    let visitors: Vec<Visitor> = thread::scope(|scope| {
        let all: Vec<_> = (0..VISITORS)
            .map(|_| scope.spawn(|| Visitor::new(proxy.address).shop(&rounds, &is_killed)))
            .collect();
        let are_done = || rounds.load(Ordering::SeqCst) >= VISITORS as u64 * ROUNDS;
        wait_until!(are_done(), "{name}: nobody is served");
        servers[1].take().expect("it runs").signal("-9");
        is_killed.store(true, Ordering::SeqCst);
        all.into_iter().map(|visitor| visitor.join().expect("the visitor goes home")).collect()
    });
    let mut numbers = Vec::new();
    for mut visitor in visitors {
        // What was under way at that moment had no answer; asked once more, it had one.
        assert!(visitor.unanswered <= 3, "{name}: {} without an answer", visitor.unanswered);
        // Counted is what was answered, and perhaps what was not: a proxy may have asked a second
        // server for that.
        let (answered, unanswered) = (visitor.visits, visitor.unanswered);
        let count = visitor.visit();
        let most = answered + 2 * unanswered + 2;
        assert!(
            (answered + 1..=most).contains(&count),
            "{name}: visit {count} after {answered} and {unanswered}"
        );
        for number in visitor.orders.clone() {
            let page = visitor.insist("GET", &format!("/shop/order/{number}"), "");
            assert!(
                page.starts_with("HTTP/1.1 200 ") && page.contains("Thank you"),
                "{name}: {number}: {page}"
            );
            numbers.push(number);
        }
    }
    // One number for each order, and each number an order: none was made twice, none is missing.
    numbers.sort_unstable();
    let expected: Vec<u64> = (1001..).take(numbers.len()).collect();
    assert!(numbers.len() >= VISITORS && numbers == expected, "{name}: {numbers:?}");
}

/// A visitor who asks again when no answer comes, as people do.
struct Visitor {
    proxy: SocketAddr,
    id: Option<String>,
    /// Answers of the counter, and the last count.
    visits: u64,
    count: u64,
    /// The numbers of the orders.
    orders: Vec<u64>,
    unanswered: u64,
}

impl Visitor {
    fn new(proxy: SocketAddr) -> Visitor {
        Visitor { proxy, id: None, visits: 0, count: 0, orders: Vec::new(), unanswered: 0 }
    }

    /// Counts and orders, round by round, until some have followed the killing.
    fn shop(mut self, rounds: &AtomicU64, is_killed: &AtomicBool) -> Visitor {
        let mut after = 0;
        while after < ROUNDS {
            let was_killed = is_killed.load(Ordering::SeqCst);
            let last = self.count;
            assert!(self.visit() > last, "visit {} after visit {last}: forgotten", self.count);
            // A session knows its last twenty orders.
            if self.orders.len() < 15 {
                self.order();
            }
            after += u64::from(was_killed);
            rounds.fetch_add(1, Ordering::SeqCst);
        }
        self
    }

    fn visit(&mut self) -> u64 {
        let answer = self.insist("GET", "/ladder/session", "");
        self.visits += 1;
        self.count = answer
            .lines()
            .find_map(|line| line.strip_prefix("visit ")?.parse().ok())
            .expect("a count");
        self.count
    }

    /// Puts something into the cart and checks out, three times with one token.
    fn order(&mut self) {
        self.insist("POST", "/shop/cart", "item=3");
        let cart = self.insist("GET", "/shop/cart", "");
        let token = cart
            .lines()
            .find_map(|line| line.strip_prefix("token: "))
            .expect("the cart has a token")
            .to_owned();
        let numbers = [(); 3].map(|()| {
            let answer = self.insist("POST", "/shop/checkout", &format!("token={token}"));
            let number = header(&answer, "Location")
                .and_then(|path| path.strip_prefix("/shop/order/")?.parse().ok());
            number.unwrap_or_else(|| panic!("no order: {answer}"))
        });
        assert_eq!(numbers, [numbers[0]; 3], "one token, one order");
        self.orders.push(numbers[0]);
    }

    /// Asks until a server answers. Whoever has an id keeps it: a second one would be another
    /// visitor's.
    fn insist(&mut self, method: &str, path: &str, form: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            let cookie =
                self.id.as_ref().map_or(String::new(), |id| format!("Cookie: carafe_sid={id}\r\n"));
            let kind = "Content-Type: application/x-www-form-urlencoded";
            let request = format!(
                "{method} {path} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n{cookie}{kind}\r\n\
                 Content-Length: {}\r\n\r\n{form}",
                form.len()
            );
            let mut stream = TcpStream::connect(self.proxy).expect("the proxy listens");
            stream.set_read_timeout(Some(DEADLINE)).expect("a timeout can be set");
            let mut answer = String::new();
            let heard = stream
                .write_all(request.as_bytes())
                .and_then(|()| stream.read_to_string(&mut answer));
            if heard.is_err()
                || ["", "HTTP/1.1 502", "HTTP/1.1 503"].contains(&answer.get(..12).unwrap_or(""))
            {
                assert!(Instant::now() < end, "nobody answers: {answer}");
                self.unanswered += 1;
                continue;
            }
            if let Some(cookie) =
                header(&answer, "Set-Cookie").filter(|cookie| cookie.starts_with("carafe_sid="))
            {
                assert!(self.id.is_none(), "a second id: {answer}");
                self.id = cookie.split(['=', ';']).nth(1).map(str::to_owned);
            }
            return answer;
        }
    }
}
