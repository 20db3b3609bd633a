//! Values, JSON text, names, and the record of cycles.

mod conversions;
mod json;
mod near;
mod record;
mod text;
