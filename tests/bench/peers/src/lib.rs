//! What all peers share: the work that each of them does, and the headers that each of them sends.
//!
//! The work is carafe's own, in the peer's usual means: the same page from the same template
//! (minijinja, the usual Jinja for Rust), and a counter in a table under a lock, opened by a cookie
//! of 128 random bits. The driver says on the command line where the port, the templates and the
//! files are, and in `BENCH_HEADERS` which further headers carafe sends, so that all answers are
//! equally long.

use askama::Template;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What the page greets; the `<` shows that it is escaped.
pub const NAME: &str = "<Ada>";

/// What the page lists.
pub const ITEMS: [&str; 10] =
    ["kettle", "teapot", "cup", "saucer", "spoon", "strainer", "caddy", "tray", "sugar bowl", "milk jug"];

/// The command line: `PEER PORT TEMPLATES FILES`.
pub struct Arguments {
    /// The address to listen on.
    pub address: String,
    /// The folder of templates.
    pub templates: String,
    /// The folder of files.
    pub files: String,
}

/// Reads the command line.
///
/// # Panics
///
/// If there are fewer than three words: only the driver calls.
pub fn arguments() -> Arguments {
    let mut words = std::env::args().skip(1);
    let mut next = |what: &str| words.next().unwrap_or_else(|| panic!("expected PORT TEMPLATES FILES, found no {what}"));
    Arguments { address: format!("127.0.0.1:{}", next("PORT")), templates: next("TEMPLATES"), files: next("FILES") }
}

/// The headers that carafe sends beside Content-Type, Content-Length and Date; `Name: value`, one a
/// line.
pub fn headers() -> Vec<(String, String)> {
    let text = std::env::var("BENCH_HEADERS").unwrap_or_default();
    text.lines().filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.into(), value.into())).collect()
}

/// The page, made of the template for each request anew.
pub struct Page(minijinja::Environment<'static>);

impl Page {
    /// Reads the templates of a folder.
    pub fn new(folder: &str) -> Page {
        let mut environment = minijinja::Environment::new();
        environment.set_loader(minijinja::path_loader(folder));
        Page(environment)
    }

    /// The page's text.
    ///
    /// # Panics
    ///
    /// If the template is wrong.
    pub fn render(&self) -> String {
        let template = self.0.get_template("page.html").expect("the template is there");
        template.render(minijinja::context! { name => NAME, items => ITEMS }).expect("the template is right")
    }
}

/// The same page, compiled into the program by askama.
#[derive(Template)]
#[template(path = "page.html")]
struct Compiled {
    name: &'static str,
    items: [&'static str; 10],
}

/// The text of the compiled page.
///
/// # Panics
///
/// If the template fails.
pub fn compiled_page() -> String {
    Compiled { name: NAME, items: ITEMS }.render().expect("the template is right")
}

/// Counts of visits by the cookie's id.
#[derive(Default)]
pub struct Counters(Mutex<HashMap<String, u64>>);

impl Counters {
    /// Counts a visit of whoever sent this Cookie header; gives back the body, and a Set-Cookie
    /// value for a stranger.
    pub fn visit(&self, cookie: Option<&str>) -> (String, Option<String>) {
        let pairs = cookie.unwrap_or("").split(';').filter_map(|pair| pair.trim().split_once('='));
        let sent = pairs.filter(|(name, _)| *name == "carafe_sid").map(|(_, value)| value).next();
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(visits) = sent.and_then(|id| rows.get_mut(id)) {
            *visits += 1;
            return (format!("visit {visits}\n"), None);
        }
        let id = format!("{:032x}", rand::random::<u128>());
        let cookie = format!("carafe_sid={id}; HttpOnly; SameSite=Lax; Path=/");
        rows.insert(id, 1);
        ("visit 1\n".to_owned(), Some(cookie))
    }
}
