//! The example of a store of one's own: what it keeps outlives the program.

#[allow(dead_code, reason = "its main is for cargo run --example")]
#[path = "../examples/own_store.rs"]
mod example;

use carafe::web::client::Client;

#[test]
fn a_store_of_ones_own_outlives_its_program_in_forty_lines() {
    let folder = std::env::temp_dir().join(format!("carafe-own-store-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (first, second) = (example::app(folder.clone()), example::app(folder.clone()));
    let mut visitor = Client::new(&first);
    assert_eq!([(); 2].map(|()| visitor.get("/").text()), ["visit 1\n", "visit 2\n"]);
    let rows: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
    assert_eq!(std::fs::read_to_string(rows[0].path()).unwrap(), "{\"visits\":2}");
    assert_eq!(Client::new(&second).get("/").text(), "visit 1\n", "another visitor");
    let _ = std::fs::remove_dir_all(folder);
    let code = include_str!("../examples/own_store.rs").lines();
    let code = code.filter(|line| !line.trim().is_empty() && !line.trim().starts_with("//"));
    assert!(code.count() <= 40);
}
