//! The rooms of the framework, and the Flask word for each.

pub mod static_files;
