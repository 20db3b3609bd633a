//! Values and JSON text.

mod json;
