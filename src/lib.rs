//! carafe: a web server and microframework of clear glass.
#![forbid(unsafe_code)]

pub mod cycle;
pub mod http;
pub mod json;
pub mod near;
pub mod random;
pub mod server;
pub mod value;
pub mod web;

pub use server::{Server, Service, Stopper};
pub use value::{Map, Value};
pub use web::app::App;
pub use web::context::Context;
pub use web::error::Error;
