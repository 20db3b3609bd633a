//! Deeper: The commands of the lessons, with the address of the reader's own server in them.

/// The address in `lessons.txt`, which stands for the reader's own.
const WRITTEN: &str = "127.0.0.1:8000";

/// A command, or a line that it prints, with the reader's address.
pub fn addressed(text: &str, base: &str) -> String {
    let host = base.trim_start_matches("http://");
    text.replace("$B", base).replace(WRITTEN, host)
}

/// True for a command that starts one more carafe, on a port of its own.
pub fn has_own_port(command: &str) -> bool {
    command.contains(" --port ")
}

/// A command that starts carafe, with `--port` if the reader's server is not on port 8000.
pub fn on_port(command: &str, base: &str) -> String {
    let port =
        base.rsplit(':').next().filter(|port| port.parse().is_ok_and(|port: u16| port != 8000));
    match port.filter(|_| !has_own_port(command)) {
        Some(port) => format!("{command} --port {port}"),
        None => command.to_owned(),
    }
}
