//! carafe: a web server and microframework of clear glass.
#![forbid(unsafe_code)]

pub mod http;
pub mod value;
pub mod web;

pub use value::{Map, Value};
