//! The rooms of the framework, and the Flask word for each.

pub mod flash;
pub mod session;
pub mod static_files;
pub mod store;
pub mod template;
