//! Flash: a message for the next page only.
//!
//! The answer to a posted form is a redirect, so its message must wait for the page after that. It
//! waits in the visitor's [`Session`], under Flask's name, as a list of pairs:
//! `[["message", "Added tea."]]`.
//!
//! [`take`] removes in one step: of two pages at the same time, only one gets a message, and no
//! later page gets it. (If the visitor's cookie holds the session, an old cookie has it again.)

use super::session::Session;
use crate::value::Value;

/// The name in the session's row; Flask's.
pub const NAME: &str = "_flashes";

/// The category of a message that names none; Flask's.
pub const CATEGORY: &str = "message";

/// How many messages wait at most. A visitor who never looks at a page loses the oldest ones.
pub const MOST_MESSAGES: usize = 64;

/// Adds a message to those that wait for the visitor's next page.
#[track_caller]
pub fn put(session: &mut Session, category: &str, message: &str) {
    let pair = Value::from([category, message]);
    session.update(NAME, |waiting| {
        let old = waiting.as_ref().and_then(Value::as_list).unwrap_or_default();
        // If there would be too many, the oldest are dropped.
        let too_many = (old.len() + 1).saturating_sub(MOST_MESSAGES);
        old[too_many..].iter().chain([&pair]).cloned().collect()
    });
}

/// Takes the messages that wait, the oldest first, as category and message.
#[track_caller]
pub fn take(session: &mut Session) -> Vec<(String, String)> {
    session.remove(NAME).as_ref().map(pairs).unwrap_or_default()
}

/// The messages that wait, without taking them: the answer to HEAD has no page that shows them.
pub fn peek(session: &Session) -> Vec<(String, String)> {
    session.values().get(NAME).map(pairs).unwrap_or_default()
}

/// The pairs of texts in a list. What is no pair of texts does not come from [`put`].
fn pairs(list: &Value) -> Vec<(String, String)> {
    let pair = |pair: &Value| match pair.as_list()? {
        [category, message] => Some((category.as_str()?.to_owned(), message.as_str()?.to_owned())),
        _ => None,
    };
    list.as_list().unwrap_or_default().iter().filter_map(pair).collect()
}
