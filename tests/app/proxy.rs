//! The real nginx and HAProxy, in front of real carafes.

use crate::carafe::Carafe;
use crate::common::{ChildGuard, empty_folder, free_port, is_there, wait_until};
use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The configurations that the project recommends.
pub const HAPROXY: &str = include_str!("../../src/app/course/lessons/haproxy.cfg");
pub const NGINX: &str = include_str!("../../src/app/course/lessons/nginx.conf");

/// Where the shell would find a program, or a system's administrator.
pub fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders =
        std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// False, and says so, if a program is missing; in CI that is a failure.
pub fn all_installed(programs: &[&str]) -> bool {
    programs.iter().all(|program| is_there(installed(program).is_some(), program))
}

/// A proxy that listens, in a folder of its own.
pub struct Proxy {
    pub address: SocketAddr,
    folder: PathBuf,
    child: ChildGuard,
}

impl Proxy {
    /// Starts `haproxy` or `nginx` with this configuration, in which `127.0.0.1:8080` stands for
    /// the proxy's own address, and `127.0.0.1:8001` and so on for the servers'.
    pub fn start(name: &str, configuration: &str, servers: &[&Carafe]) -> Proxy {
        let port = free_port();
        let mut text = configuration.replace("127.0.0.1:8080", &format!("127.0.0.1:{port}"));
        for (number, server) in (8001..).zip(servers) {
            text = text.replace(&format!("127.0.0.1:{number}"), &server.address.to_string());
        }
        Proxy::listening(name, &text, ([127, 0, 0, 1], port).into())
    }

    fn listening(name: &str, configuration: &str, address: SocketAddr) -> Proxy {
        let folder = empty_folder();
        let mut command = Command::new(installed(name).expect("it is installed"));
        let place = folder.display();
        let file = folder.join("configuration");
        if name == "nginx" {
            // What Debian would put into folders of the system's.
            let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
            let folders: String =
                kinds.iter().map(|kind| format!("{kind}_temp_path {place}/{kind};")).collect();
            let inside = format!("http {{ access_log off; {folders}");
            fs::write(&file, configuration.replace("http {", &inside))
                .expect("a file can be written");
            let own = format!("daemon off; master_process off; pid {place}/pid;");
            command.args(["-p", &place.to_string(), "-e", "stderr", "-g", &own, "-c"]).arg(&file);
        } else {
            fs::write(&file, configuration).expect("a file can be written");
            command.args(["-db", "-f"]).arg(&file);
        }
        let log = fs::File::create(folder.join("log")).expect("a file can be made");
        let other = log.try_clone().expect("a file can be had twice");
        command.current_dir(&folder).stdin(Stdio::null()).stdout(other).stderr(log);
        let mut proxy = Proxy { address, child: ChildGuard::spawn(&mut command), folder };
        let log = || fs::read_to_string(proxy.folder.join("log")).unwrap_or_default();
        let mut is_listening = || {
            let ended = proxy.child.try_wait().expect("it can be waited for");
            assert_eq!(ended, None, "{name} has ended: {}", log());
            TcpStream::connect(address).is_ok()
        };
        wait_until!(is_listening(), "{name} does not listen: {}", log());
        proxy
    }

    /// What curl prints; `$B` stands for the proxy's address.
    pub fn curl(&self, arguments: &[&str]) -> String {
        let arguments =
            arguments.iter().map(|argument| argument.replace("$B", &self.address.to_string()));
        let output = Command::new("curl")
            .args(["-s", "-g", "-k", "-m", "60", "--path-as-is"])
            .args(arguments)
            .current_dir(&self.folder)
            .output();
        String::from_utf8_lossy(&output.expect("curl runs").stdout).into_owned()
    }

    pub fn status(&self, arguments: &[&str]) -> String {
        self.curl(&[&["-o", "/dev/null", "-w", "%{http_code}"], arguments].concat())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A key and a certificate that it has signed itself, in one file.
pub fn certificate(folder: &Path) -> PathBuf {
    let (key, both) = (folder.join("key.pem"), folder.join("shop.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
        ])
        .args(["-subj", "/CN=shop.example", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&both)
        .stderr(Stdio::null())
        .status();
    assert!(made.expect("openssl runs").success(), "openssl makes a certificate");
    let key = fs::read_to_string(key).expect("the key was written");
    let certificate = fs::read_to_string(&both).expect("the certificate was written");
    fs::write(&both, certificate + &key).expect("a file can be written");
    both
}
