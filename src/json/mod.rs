//! Deeper: JSON text and values, both ways.
//!
//! [`parse`] reads RFC 8259 and nothing beyond it: no comments, no comma after the last item.
//! [`write()`] makes the shortest text; a [`Style`] makes the forms that Python's `json.dumps`
//! makes, for templates.
//!
//! * Integers are exact. One that 64 bits do not hold is an error, not a float that is nearly it.
//! * A float keeps its value through text and back, and stays a float: `1.0`, not `1`.
//! * Of two equal names in an object the last wins, as in browsers and in Python.
//! * How deep and how long a text may be is bounded, and how much memory its values may take: a
//!   thread's stack is small, and the sender chooses the text.
//!
//! Left out: reading in pieces. The whole text must be in memory before the first byte is read.

mod read;
mod weigh;
mod write;

pub use read::{JsonError, parse, parse_map};
pub use weigh::weigh;
pub use write::{Style, write, write_digits, write_float, write_int, write_into, write_map};

/// How deep lists and objects may lie in one another; each level costs stack.
pub const DEPTH: usize = 64;

/// The longest text that [`parse`] looks at, in bytes.
pub const LONGEST: usize = 16 << 20;

/// A letter after `\`, and the character that both mean.
const ESCAPES: [(char, char); 8] = [
    ('"', '"'),
    ('\\', '\\'),
    ('/', '/'),
    ('n', '\n'),
    ('r', '\r'),
    ('t', '\t'),
    ('b', '\u{8}'),
    ('f', '\u{c}'),
];
