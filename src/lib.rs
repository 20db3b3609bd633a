//! carafe: a web server and microframework of clear glass.
#![forbid(unsafe_code)]

pub mod http;
pub mod json;
pub mod near;
pub mod random;
pub mod value;
pub mod web;

pub use value::{Map, Value};
