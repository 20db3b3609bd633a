//! Names without case, order kept, repeats allowed: the header fields of a message.
//!
//! A list, not a hash map: messages have a dozen fields, order can matter, and `Set-Cookie` comes
//! more than once.
//!
//! All names and values lie one behind the other in a single text, and the list says where each is.
//! A browser's twelve fields then take two allocations, not the twenty-four that two strings a
//! field would take.

use std::fmt;
use std::ops::Range;

/// The header fields of a request or a response (RFC 9110 §5).
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    fields: Vec<Field>,
}

/// Where a field lies in the text: its name, and right behind it its value.
#[derive(Clone)]
struct Field {
    name: Range<usize>,
    value: Range<usize>,
}

impl Headers {
    /// No fields.
    pub const fn new() -> Headers {
        Headers { text: String::new(), fields: Vec::new() }
    }

    /// No fields, and room for a head that may be this long. A client chooses the number, so little
    /// of it is believed.
    pub(super) fn with_room(bytes: usize) -> Headers {
        let bytes = bytes.min(1024);
        // A guess at 40 bytes a field; where it is wrong, the list grows once more.
        Headers { text: String::with_capacity(bytes), fields: Vec::with_capacity(bytes / 40 + 1) }
    }

    /// The value of the first field of this name, in any case of letters.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// The values of all fields of this name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        let is_named = move |field: &&Field| {
            self.text.as_bytes()[field.name.clone()].eq_ignore_ascii_case(name.as_bytes())
        };
        self.fields.iter().filter(is_named).map(|field| &self.text[field.value.clone()])
    }

    /// True if there is a field of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// True if a comma-separated field holds this word: `Connection: keep-alive, Upgrade` holds
    /// `upgrade`.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name)
            .flat_map(|value| value.split(','))
            .any(|word| word.trim_ascii().eq_ignore_ascii_case(token))
    }

    /// Makes this the one field of its name.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a field behind the others, whether or not its name is there already.
    pub fn append(&mut self, name: &str, value: impl AsRef<str>) {
        if self.fields.capacity() == 0 {
            // An answer has six to ten fields: room for them now costs less than growing three
            // times.
            self.text.reserve(400);
            self.fields.reserve(10);
        }
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value.as_ref());
        self.fields.push(Field { name: start..middle, value: middle..self.text.len() });
    }

    /// Takes out every field of this name. (Its text stays where it is, unseen, as long as the
    /// message lives.)
    pub fn remove(&mut self, name: &str) {
        let text = &self.text;
        self.fields.retain(|field| !text[field.name.clone()].eq_ignore_ascii_case(name));
    }

    /// Names and values, in order, as they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.fields
            .iter()
            .map(|field| (&self.text[field.name.clone()], &self.text[field.value.clone()]))
    }

    /// True if a name or a value holds a control character, which no message may carry. One look
    /// over all of them, in a loop that never stops early and so takes many bytes at a time.
    pub(super) fn has_control(&self) -> bool {
        self.text.bytes().fold(false, |found, byte| found | is_control(byte))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// True for the control characters of ASCII but the tab: "Field values containing CR, LF, or NUL
/// characters are invalid and dangerous" (RFC 9110 §5.5), and the grammar has no room for the
/// others.
pub(super) fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

/// Equal are the same names, in the same case, with the same values in the same order.
impl PartialEq for Headers {
    fn eq(&self, other: &Headers) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_list().entries(self.iter()).finish()
    }
}
