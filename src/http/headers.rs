//! The header fields of a message: names in any case of letters, in order, also repeated.
//!
//! They are a list, because the order can matter and `Set-Cookie` may come more than once. All
//! names and values stand in one text, and the list says where. That takes two allocations.

use std::fmt;
use std::ops::Range;

/// The header fields of a request or a response (RFC 9110 §5).
#[derive(Clone, Default)]
pub struct Headers {
    text: String,
    fields: Vec<Field>,
}

/// Where the name and the value of a field stand in the text.
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

    /// No fields, and room for a head of this length, 1 KiB at most: the client chose the length.
    pub(super) fn with_room(bytes: usize) -> Headers {
        let bytes = bytes.min(1024);
        // A field has about 40 bytes. If that is wrong, the list grows.
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

    /// True if a list with commas holds this word, in any case of letters.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.get_all(name)
            .flat_map(|value| value.split(','))
            .any(|word| word.trim_ascii().eq_ignore_ascii_case(token))
    }

    /// Makes this the only field of its name.
    pub fn set(&mut self, name: &str, value: impl AsRef<str>) {
        self.remove(name);
        self.append(name, value);
    }

    /// Adds a field at the end, also if there is one of its name.
    pub fn append(&mut self, name: &str, value: impl AsRef<str>) {
        if self.fields.capacity() == 0 {
            // An answer has six to ten fields. Room for them now costs less than growing later.
            self.text.reserve(400);
            self.fields.reserve(10);
        }
        let start = self.text.len();
        self.text.push_str(name);
        let middle = self.text.len();
        self.text.push_str(value.as_ref());
        self.fields.push(Field { name: start..middle, value: middle..self.text.len() });
    }

    /// Removes every field of this name. Its bytes stay in the text, but nothing points to them.
    pub fn remove(&mut self, name: &str) {
        let text = &self.text;
        self.fields.retain(|field| !text[field.name.clone()].eq_ignore_ascii_case(name));
    }

    /// Names and values, in order, as they were written.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        let text = &self.text;
        self.fields.iter().map(|field| (&text[field.name.clone()], &text[field.value.clone()]))
    }

    /// True if a name or a value holds a control character. The loop does not stop at the first
    /// one, so that the compiler can test many bytes at a time.
    pub(super) fn has_control(&self) -> bool {
        self.text.bytes().fold(false, |found, byte| found | is_control(byte))
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// True for the control characters of ASCII except the tab: "Field values containing CR, LF, or NUL
/// characters are invalid and dangerous" (RFC 9110 §5.5), and its grammar excludes the others.
pub(super) fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

/// `token = 1*tchar` (RFC 9110 §5.6.2): what names of methods, headers and cookies are.
pub(super) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(|&byte| is_token_byte(byte))
}

/// `tchar`: the visible characters of ASCII except those that separate.
pub(super) fn is_token_byte(byte: u8) -> bool {
    TOKEN_BYTES[usize::from(byte)]
}

/// Says of each byte whether it is a `tchar`. The compiler computes it: names are checked bytewise.
static TOKEN_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut others: &[u8] = b"!#$%&'*+-.^_`|~";
    while let [other, rest @ ..] = others {
        table[*other as usize] = true;
        others = rest;
    }
    table
};

/// Headers are equal if they have the same names, in the same case, and values in the same order.
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
