//! Deeper: the text of a value: short text lies in the value itself.
//!
//! Most names and many values are short. A text of at most [`SHORT`] bytes is copied with its value
//! and needs no memory of its own, which would cost more than the copy. All clones of a longer text
//! share it.
//!
//! Left out: changing a text in place. A new text replaces it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The longest text that lies in the value itself, in bytes.
const SHORT: usize = 16;

/// Text that is never changed, so that a clone is cheap. It is used like a `&str`.
#[derive(Clone, PartialEq, Eq)]
pub struct Text(Letters);

/// A text of one length is always kept in the same way, so equal texts are equal here too.
#[derive(Clone, PartialEq, Eq)]
enum Letters {
    Here(u8, Block),
    Shared(Arc<str>),
}

/// The bytes of a short text, and zeros after them. Rust checks all of an aligned block at one
/// time, so the check takes as long as for two letters.
#[derive(Clone, PartialEq, Eq)]
#[repr(align(8))]
struct Block([u8; SHORT]);

impl Text {
    /// The bytes. This is quicker than the text, because nothing has to be checked.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Letters::Here(length, Block(bytes)) => &bytes[..usize::from(*length).min(SHORT)],
            Letters::Shared(text) => text.as_bytes(),
        }
    }
}

impl Deref for Text {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match &self.0 {
            // The bytes come from a text, so they are one, but Rust does not know it.
            Letters::Here(length, Block(bytes)) => {
                let whole = str::from_utf8(bytes).unwrap_or_default();
                whole.get(..usize::from(*length)).unwrap_or_default()
            }
            Letters::Shared(text) => text,
        }
    }
}

impl<T: AsRef<str>> From<T> for Text {
    #[inline]
    fn from(text: T) -> Text {
        let (text, mut bytes) = (text.as_ref(), [0; SHORT]);
        Text(match bytes.get_mut(..text.len()) {
            Some(start) => {
                start.copy_from_slice(text.as_bytes());
                Letters::Here(text.len() as u8, Block(bytes))
            }
            None => Letters::Shared(text.into()),
        })
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}
