//! The commands of the program, one file each.

mod init;
mod lab;
mod notes;
mod progress_report;

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::thread;

/// Something that listens and is no right server. `act` gets each connection, its request read.
fn odd(act: impl Fn(TcpStream, &str) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    let act = std::sync::Arc::new(act);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let act = act.clone();
            thread::spawn(move || {
                let mut bytes = [0; 4096];
                let read = stream.read(&mut bytes).unwrap_or(0);
                act(stream, &String::from_utf8_lossy(&bytes[..read]));
            });
        }
    });
    url
}
