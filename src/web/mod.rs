//! The rooms of the framework, and the Flask word for each.

pub mod app;
pub mod context;
pub mod error;
pub mod flash;
pub mod form;
pub mod inside;
pub mod router;
pub mod session;
pub mod static_files;
pub mod store;
pub mod template;
