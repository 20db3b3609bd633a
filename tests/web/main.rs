//! The framework's rooms, each by itself: no sockets.

mod app;
mod client;
#[path = "../common/mod.rs"]
mod common;
mod error;
mod file_response;
mod flash;
mod form_values;
mod handler;
mod hooks;
mod inside;
mod origin;
mod own_store;
mod password;
mod random;
#[path = "../app/redis_server.rs"]
mod redis_server;
mod router;
mod session;
mod settings;
mod sign;
mod static_files;
mod store;
mod template;
mod template_files;
mod template_limits;
mod url_for;
