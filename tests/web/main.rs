//! The framework's rooms, each by itself: no sockets.

mod flash;
mod random;
mod session;
mod static_files;
mod store;
mod template;
mod template_files;
mod template_limits;
