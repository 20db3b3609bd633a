//! carafe: a web server and microframework of clear glass.
//!
//! This file lists the rooms (folders of chapters, which are files) in reading order, and the names
//! that every program needs.
//!
//! A chapter begins with its idea. What it names after "Elsewhere" or "see" may be a deeper
//! chapter. To follow a good request, trust those; refusals and the end of a server lead there.
#![doc = ""]
#![doc = include_str!("../README.md")]
#![deny(unsafe_code)]

pub mod value;

pub mod json;
pub mod near;
pub mod random;

pub mod http;

pub mod cycle;

pub mod server;

pub mod signal;

pub mod web;

pub use http::Response;
pub use server::{Server, Service, Stopper, log::Log};
pub use signal::stop_on_signals;
pub use value::{Map, Value};
pub use web::app::App;
pub use web::context::Context;
pub use web::error::Error;
