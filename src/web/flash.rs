//! Flash: a message for the next page only.
//!
//! A form that was posted answers with a redirect, so whatever it has to say must wait for the page
//! after that. It waits in the visitor's [`Session`], under the name that Flask uses, as a list of
//! pairs: `[["message", "Added tea."]]`.
//!
//! * [`take`] is one step: of two pages that ask at the same time, only one gets a message, and no
//!   page gets it again, whatever the client does with its cookies. (With a signed cookie the
//!   client holds the list, and can show it again.)
//! * A HEAD shows nobody anything, so it [`peek`]s.
//!
//! Left out: messages for strangers who keep no cookie. There is nobody to show them to.

use super::session::Session;
use crate::value::{Map, Value};

/// The name in the session's row; Flask's.
pub const NAME: &str = "_flashes";

/// The category of a message that names none; Flask's.
pub const CATEGORY: &str = "message";

/// How many messages wait at most. Whoever posts again and again and never looks at a page loses
/// the oldest ones, and not the room in the row.
pub const MOST: usize = 64;

/// Adds a message to those that the visitor's next page shows.
#[track_caller]
pub fn put(session: &mut Session, category: &str, message: &str) {
    let pair = Value::from([category, message]);
    session.update(NAME, |waiting| {
        let mut waiting = match &waiting {
            Some(Value::List(waiting)) => waiting.to_vec(),
            _ => Vec::new(),
        };
        if waiting.len() >= MOST {
            waiting.remove(0);
        }
        waiting.push(pair.clone());
        waiting.into()
    });
}

/// Takes the messages that wait, oldest first, as category and message. They will not be shown
/// again.
#[track_caller]
pub fn take(session: &mut Session) -> Vec<(String, String)> {
    // Most pages find none waiting, and then nothing is written.
    if session.values().get(NAME).is_none() {
        return Vec::new();
    }
    session.remove(NAME).as_ref().map(pairs).unwrap_or_default()
}

/// The messages that wait; they go on waiting.
pub fn peek(session: &Session) -> Vec<(String, String)> {
    let row: &Map = session.values();
    row.get(NAME).map(pairs).unwrap_or_default()
}

/// What is not a pair of texts was not put there by [`put`], and is passed over.
fn pairs(list: &Value) -> Vec<(String, String)> {
    let pairs =
        list.as_list().unwrap_or_default().iter().filter_map(|pair| match pair.as_list()? {
            [category, message] => {
                Some((category.as_str()?.to_owned(), message.as_str()?.to_owned()))
            }
            _ => None,
        });
    pairs.collect()
}
