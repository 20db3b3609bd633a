//! What the server holds now, as a page, as text and as JSON.

use super::listed;
use crate::carafe::{Carafe, header};
use carafe::{Value, json};

/// The rows in the JSON of the page.
fn rows(carafe: &Carafe, query: &str) -> Vec<Value> {
    let memory = carafe.curl(&[&format!("$B/memory.json{query}")]);
    let memory = json::parse(memory.as_bytes()).expect("it is JSON");
    memory.get("sessions").and_then(Value::as_list).expect("a list").to_vec()
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or("").to_owned()
}

#[test]
fn a_row_is_shown_in_three_forms_and_leads_to_its_visitors_cycles_and_back() {
    let file = crate::common::empty_folder();
    let in_file = format!("file:{}", file.join("shop.db").display());
    for store in ["memory", &in_file] {
        let carafe = Carafe::start(&["--log", "off", "--store", store]);
        carafe.curl(&["-c", "j", "$B/sessions"]);
        carafe.curl(&["-b", "j", "-d", "name=A", "$B/process"]);
        carafe.curl(&["-d", "name=kettle", "$B/things"]);
        let cycle = carafe.curl(&["$B/cycles/1.json"]);
        let visitor = text(&json::parse(cycle.as_bytes()).expect("it is JSON"), "visitor");
        assert_eq!(visitor.len(), 4, "{cycle}");
        let page = carafe.curl(&["-H", "Accept: text/html", "$B/memory"]);
        let row = &rows(&carafe, "")[0];
        assert_eq!(text(row, "row"), visitor);
        assert!(page.contains(&format!("href=\"/cycles?visitor={visitor}\"")), "{page}");
        let cycle = carafe.curl(&["-H", "Accept: text/html", "$B/cycles/1"]);
        assert!(cycle.contains(&format!("href=\"/memory?visitor={visitor}\"")), "{cycle}");
        let plain = carafe.curl(&["$B/memory"]);
        let json = carafe.curl(&["$B/memory.json"]);
        for shown in [
            "user = 'Anthony'",
            "a flash waits: 'need valid name'",
            "1 of at most 100000",
            "in 30 min",
        ] {
            let in_page = page.replace("&#39;", "'").contains(shown);
            let in_text = plain.split_whitespace().collect::<Vec<_>>().join(" ").contains(shown);
            assert!(in_page && in_text && json.contains(shown), "{shown}: {plain}\n{json}");
        }
        assert!(plain.contains("things: 1 (the list of /things)"), "{plain}");
        assert!(json.contains("[\"templates\",\"6 parsed"), "{json}");
        assert!(json.contains("of /static, in memory"), "{json}");
        // The reader's own row is marked, and no other.
        carafe.curl(&["-c", "other", "$B/sessions"]);
        let own = ["-b", "j", "-H"];
        let page = carafe.curl(&[&own[..], &["Accept: text/html", "$B/memory"]].concat());
        assert_eq!(page.matches(">you</span>").count(), 1, "{page}");
        let plain = carafe.curl(&[&own[..], &["Accept: */*", "$B/memory"]].concat());
        let marked = plain.lines().filter(|line| line.starts_with(" * row")).collect::<Vec<_>>();
        assert!(marked.len() == 1 && marked[0].contains(&visitor), "{plain}");
        let json = carafe.curl(&[&own[..], &["Accept: */*", "$B/memory.json"]].concat());
        assert_eq!(json.matches("\"own\":true").count(), 1, "{json}");
        assert!(plain.contains("open, this one included"), "{plain}");
        assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
        // Its own requests are no cycles.
        assert_eq!(listed(&carafe, "").len(), 4);
        assert_eq!(rows(&carafe, &format!("?visitor={visitor}")).len(), 1);
        assert_eq!(rows(&carafe, "?visitor=none").len(), 0);
    }
    let _ = std::fs::remove_dir_all(file);
}

#[test]
fn ids_and_passwords_are_hidden_and_a_row_that_ends_is_gone() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    let jar = std::fs::read_to_string(carafe.folder.join("j")).expect("the jar was written");
    let id = jar.split_whitespace().last().expect("the jar holds the id");
    for path in ["$B/memory", "$B/memory.json"] {
        for accept in ["Accept: text/html", "Accept: */*"] {
            let shown = carafe.curl(&["-H", accept, path]);
            assert!(shown.contains(&id[..4]) && !shown.contains(id), "{shown}");
        }
    }
    carafe.curl(&["-b", "j", "$B/dropsession"]);
    assert_eq!(rows(&carafe, "").len(), 0);
}

#[test]
fn a_page_has_fifty_rows_and_the_row_that_was_used_last_is_the_first() {
    let carafe = Carafe::start(&["--log", "off"]);
    let request = "GET /sessions HTTP/1.1\r\nHost: x\r\n\r\n";
    let last = "GET /sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    carafe.raw(format!("{}{last}", request.repeat(119)).as_bytes());
    let pages = ["?page=1", "?page=2", "?page=3"].map(|page| rows(&carafe, page).len());
    assert_eq!(pages, [50, 50, 20]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/memory?page=2"]);
    assert!(page.contains("Page 2 of 3") && page.contains("/memory?page=3"), "{page}");
    for (page, words) in [
        (2, "Page 2 of 3 pages with 120 rows. The next one is /memory?page=3\n"),
        (3, "Page 3 of 3 pages with 120 rows.\n"),
    ] {
        let text = carafe.curl(&[&format!("$B/memory?page={page}")]);
        assert!(text.ends_with(words), "{text}");
    }
    // The end of a path chooses the form, for a browser too.
    for page in ["memory", "cycles"] {
        for (ending, kind) in [("txt", "text/plain"), ("json", "application/json")] {
            let path = format!("$B/{page}.{ending}");
            let answer = carafe.curl(&["-i", "-H", "Accept: text/html", &path]);
            let found = header(&answer, "Content-Type").unwrap_or("");
            assert!(answer.contains(" 200 ") && found.starts_with(kind), "{path}: {answer}");
        }
    }
}

#[test]
fn where_nothing_is_held_the_page_says_so() {
    for (store, words) in [
        ("none", "nothing: every request comes from a stranger"),
        ("cookie", "nothing: each visitor carries the row, in a signed cookie"),
    ] {
        let carafe = Carafe::start(&["--log", "off", "--store", store]);
        carafe.curl(&["-c", "j", "$B/sessions"]);
        carafe.curl(&["-d", "name=kettle", "$B/things"]);
        let plain = carafe.curl(&["$B/memory"]);
        assert!(plain.contains(words) && plain.contains("things: 1"), "{plain}");
        assert_eq!(rows(&carafe, "").len(), 0, "{store}");
    }
}
