//! The example of a store of one's own: what it keeps outlives the program.

#[allow(dead_code, reason = "its main is for cargo run --example")]
#[path = "../examples/own_store.rs"]
mod example;

use carafe::web::client::Client;
use carafe::web::sign::to_base64url;
use carafe::{App, Context};
use example::Folder;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn a_store_of_ones_own_outlives_its_program() {
    let folder = std::env::temp_dir().join(format!("carafe-own-store-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let [first, second] = [(); 2].map(|()| {
        let mut app = App::new();
        let store = Arc::new(Folder(Mutex::new(folder.clone())));
        app.sessions(store, Duration::from_secs(1800), 1000);
        app.get("/", |ctx: &mut Context| {
            let visits = ctx.session.int("visits").unwrap_or(0) + 1;
            ctx.session.set("visits", visits);
            format!("{visits}")
        });
        app
    });
    let mut visitor = Client::new(&first);
    let answer = visitor.get("/");
    let key = answer.header("Set-Cookie").unwrap().split(['=', ';']).nth(1).unwrap();
    assert_eq!(visitor.get("/").text(), "2");
    // The name of the file is the key, in letters that no system reads as a path.
    let file = folder.join(format!("session-{}", to_base64url(key.as_bytes())));
    assert_eq!(std::fs::read_to_string(file).unwrap(), "{\"visits\":2}");
    assert_eq!(Client::new(&second).get("/").text(), "1", "another visitor");
    let mut restarted = Client::new(&second);
    assert_eq!(restarted.header("Cookie", &format!("carafe_sid={key}")).get("/").text(), "3");
    for stranger in ["..", "../x", &"x".repeat(3000)] {
        let mut client = Client::new(&second);
        let answer = client.header("Cookie", &format!("carafe_sid={stranger}")).get("/");
        assert_eq!((answer.status(), answer.text().as_str()), (200, "1"), "{stranger}");
    }
    let _ = std::fs::remove_dir_all(folder);
}
