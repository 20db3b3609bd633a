//! The framework's rooms, one file each.

mod static_files;
