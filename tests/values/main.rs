//! Values, JSON text and names.

mod json;
mod near;
