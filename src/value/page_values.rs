//! Deeper: the kinds of values that only templates have.

use super::Value;

/// Values in order, and the Python type as which they print.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Which Python type.
    pub kind: SequenceKind,
    /// The values.
    pub items: Vec<Value>,
}

/// The Python types that hold values in order and are no lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequenceKind {
    /// `(1, 2)`
    Tuple,
    /// A view of a dict, `d.keys()`, `d.values()` or `d.items()`. The text is what Python prints
    /// before the values.
    View(&'static str),
    /// `range(start, stop, step)`
    Range(i64, i64, i64),
}

/// What only the page that is being made can use: a number in one of its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Local {
    /// A macro.
    Macro(usize),
    /// The `loop` of a `for`.
    Loop(usize),
}
