//! The protocol: bytes in, values out.

mod conditions;
