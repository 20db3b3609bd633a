//! A visitor of the ladder: asks for the counter, and holds what the client of that rung holds.
//!
//! That is a jar of cookies, and on the rung of the URL the count itself, which stands in each
//! link. A copy of a visitor is a thief: it holds the same.

use super::bench::{Carafe, Trouble};
use crate::cli::check::jar::Jar;

/// The counters that are visited, as the ladder of the course has them.
pub const NONE: &str = "/ladder/none";
pub const URL: &str = "/ladder/url";
pub const COOKIE: &str = "/ladder/cookie";
pub const SIGNED: &str = "/ladder/signed";
/// Where the count is, depends on the server's `--store`.
pub const SESSION: &str = "/ladder/session";

/// Who visits one of the counters.
#[derive(Clone)]
pub struct Visitor {
    counter: &'static str,
    /// What the last answer said.
    pub count: i64,
    /// The cookies.
    pub jar: Jar,
}

impl Visitor {
    /// Somebody who has never been here.
    pub fn new(counter: &'static str) -> Visitor {
        Visitor { counter, count: 0, jar: Jar::default() }
    }

    /// Visits the counter: what it says.
    ///
    /// # Errors
    ///
    /// [`Trouble`], if there is no answer, or one without `visit N`.
    pub fn visit(&mut self, carafe: &Carafe) -> Result<i64, Trouble> {
        // The page of the URL's rung is a link to itself; whoever follows it, carries the count
        // along.
        let path = if self.counter == URL {
            format!("{URL}?n={}", self.count)
        } else {
            self.counter.to_owned()
        };
        let text = carafe.ask(&mut self.jar, &path)?.text();
        let count = text.lines().find_map(|line| line.strip_prefix("visit ")?.trim().parse().ok());
        let first = text.lines().next().unwrap_or_default();
        self.count = count
            .ok_or_else(|| Trouble::Failed(format!("{path}: found {first:?}, expected visit N")))?;
        Ok(self.count)
    }

    /// Asks the server to forget.
    pub fn log_out(&mut self, carafe: &Carafe) -> Result<(), Trouble> {
        carafe.ask(&mut self.jar, "/dropsession").map(drop)
    }
}
