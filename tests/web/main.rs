//! The rooms of the framework, without sockets.

mod template;
mod template_files;
mod template_limits;
