//! Who may look inside.

use carafe::http::{Method, Request};
use carafe::web::inside::Inside;

#[test]
fn only_this_machine_by_a_known_name_and_without_a_proxy() {
    let rule = Inside { open: true, everyone: false, hosts: vec!["shop.test".into()] };
    let none = ("Accept", "*/*");
    for (peer, host, header, admitted) in [
        ("127.0.0.1:1", "localhost", none, true),
        ("127.0.0.1:1", "LOCALHOST:8000", none, true),
        ("127.9.9.9:1", "127.0.0.1:9", none, true),
        ("[::1]:1", "[::1]:8000", none, true),
        ("[::ffff:127.0.0.1]:1", "localhost", none, true),
        ("127.0.0.1:1", "shop.test", none, true),
        ("127.0.0.1:1", "evil.example", none, false),
        ("127.0.0.1:1", "localhost.evil.example", none, false),
        ("127.0.0.1:1", "127.0.0.1.evil.example", none, false),
        ("10.0.0.1:1", "localhost", none, false),
        ("127.0.0.1:1", "localhost", ("X-Forwarded-For", "127.0.0.1"), false),
        ("127.0.0.1:1", "localhost", ("Forwarded", "for=x"), false),
        ("127.0.0.1:1", "localhost", ("via", "1.1 x"), false),
        ("127.0.0.1:1", "localhost", ("X-Real-IP", "x"), false),
        ("127.0.0.1:1", "localhost", ("X-Forwarded-Port", "80"), false),
    ] {
        let mut request = Request::new(Method::Get, "/");
        request.headers.set("Host", host);
        request.headers.append(header.0, header.1);
        request.peer = peer.parse().ok();
        assert_eq!(rule.admits(&request), admitted, "{peer} {host} {header:?}");
        let closed = Inside { open: false, everyone: true, hosts: Vec::new() };
        assert!(!closed.admits(&request));
    }
}
