//! The cover: flags, build the App, start the Server.

mod app {
    pub mod assets;
}
mod cli {
    pub mod init;
}

fn main() -> std::process::ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((command, rest)) if command == "init" => cli::init::run(rest),
        _ => std::process::ExitCode::from(2),
    }
}
