//! The cover: flags, build the App, start the Server.

fn main() {}
