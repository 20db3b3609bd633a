//! Deeper: What the values of a JSON text take in memory, before they are made.
//!
//! `[[0],[0]]` takes nine bytes as text and hundreds as values. A text from a stranger is refused
//! if its values would take too much.

/// What a value takes as an item of a list that has grown, in bytes; a list's own memory, in which
/// its first items have their places; what a name with its value takes in a map; and what a text
/// takes besides its letters.
const ITEM_BYTES: usize = 48;
const LIST_BYTES: usize = 160;
const ENTRY_BYTES: usize = 128;
const TEXT_BYTES: usize = 24;

/// About how many bytes of memory the values of a text take, and how many levels deep they lie.
/// Nothing is made for this. What is not JSON has a weight too.
///
/// ```
/// assert_eq!(carafe::json::weigh(br#"[[], "[[["]"#), (443, 2));
/// ```
pub fn weigh(text: &[u8]) -> (usize, usize) {
    let (mut bytes, mut depth, mut deepest) = (ITEM_BYTES, 0_usize, 0);
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        bytes += match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
                LIST_BYTES
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                0
            }
            b',' => ITEM_BYTES,
            b':' => ENTRY_BYTES,
            b'"' => {
                let mut is_escaped = false;
                let length = rest.position(|&byte| {
                    let is_end = byte == b'"' && !is_escaped;
                    is_escaped = byte == b'\\' && !is_escaped;
                    is_end
                });
                TEXT_BYTES + length.unwrap_or(0)
            }
            _ => 0,
        };
    }
    (bytes, deepest)
}
