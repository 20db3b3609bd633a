//! Deeper: What a cycle keeps of long values.
//!
//! Two hundred cycles stay in memory, and a client chooses how long a message or a page's variable
//! is. So each text is cut at [`KEPT_BYTES`], and values of many parts are left out.
//!
//! Left out: the rows of a session. A store bounds them.

use super::detail::{Detail, KEPT_BYTES};
use crate::value::{Map, Value};

/// What stands for values that are left out.
const TOO_LARGE: &str = "(too large for the record)";

/// How many bytes the variables of a page may take in a record.
const VARIABLES_BYTES: usize = 8 * KEPT_BYTES;

impl Detail {
    /// Leaves of the detail what is kept. Inlined, so that it costs nothing where all is kept.
    #[inline(always)]
    pub(super) fn cut(&mut self) {
        match self {
            Detail::Note(text) | Detail::Failure(_, text) => cut_text(text),
            Detail::Flash(category, text) => {
                cut_text(category);
                cut_text(text);
            }
            Detail::Taken(messages) => {
                let texts = messages.iter_mut().flat_map(|(category, text)| [category, text]);
                texts.for_each(cut_text);
            }
            Detail::Row { cookie, .. } | Detail::Change { cookie: Some(cookie), .. } => {
                cut_text(cookie)
            }
            Detail::Template { variables, .. } => cut_map(variables),
            _ => {}
        }
    }
}

/// Leaves the front of a long text, with a mark that there was more.
fn cut_text(text: &mut String) {
    if text.len() > KEPT_BYTES {
        *text = front(text);
    }
}

fn front(text: &str) -> String {
    let end = (0..=KEPT_BYTES.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    format!("{}…", &text[..end.unwrap_or(0)])
}

fn cut_map(variables: &mut Map) {
    let mut left = VARIABLES_BYTES;
    let is_large = |(_, value): &(&str, &Value)| !fits(value, &mut left);
    let large: Vec<String> =
        variables.iter().filter(is_large).map(|(name, _)| name.to_owned()).collect();
    for name in large {
        let kept = match variables.get(&name) {
            Some(Value::Str(text)) => front(text),
            _ => TOO_LARGE.to_owned(),
        };
        variables.insert(name, kept);
    }
}

/// True if a value takes at most what is left of these bytes, which are counted down.
fn fits(value: &Value, left: &mut usize) -> bool {
    let bytes = size_of::<Value>() + value.as_str().map_or(0, str::len);
    let is_small = bytes <= *left;
    *left = left.saturating_sub(bytes);
    is_small
        && match value {
            Value::Map(map) => map.iter().all(|(_, value)| fits(value, left)),
            _ => value.as_list().is_none_or(|items| items.iter().all(|item| fits(item, left))),
        }
}
