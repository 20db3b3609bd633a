//! The commands of the program, one file each.

mod init;
mod lab;
mod notes;
