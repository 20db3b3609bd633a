//! The Dockerfile, done step by step without docker: built, put into an empty folder, and run there
//! as process 1.

use crate::carafe::Carafe;
use crate::common::{can, empty_folder};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What stands behind each instruction of this name.
fn all<'t>(dockerfile: &'t str, name: &str) -> Vec<&'t str> {
    dockerfile.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).collect()
}

fn sh(script: &str, folder: &Path) -> String {
    // The image is built for speed; here it only has to be the same program.
    let output = Command::new("bash")
        .args(["-euc", script])
        .current_dir(folder)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .output()
        .expect("bash runs");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Builds the image below target/container, and gives back the folder that is its root.
fn image(dockerfile: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = source.join("target/container");
    let (context, root) = (target.join("context"), target.join("root"));
    for folder in [&context, &root] {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).expect("a folder can be made");
    }
    // Only what .dockerignore lets in. The times stay, so that cargo knows what it has built
    // already.
    let ignore =
        fs::read_to_string(source.join(".dockerignore")).expect("there is a .dockerignore");
    assert!(ignore.lines().any(|line| line == "*"), "all is left out that is not named");
    for name in ignore.lines().filter_map(|line| line.strip_prefix('!')) {
        sh(&format!("cp -a {name} {}/", context.display()), source);
    }
    let built = target.join("static");
    for script in all(dockerfile, "RUN") {
        sh(&script.replace("/static", &built.display().to_string()), &context);
    }
    let [copied] = all(dockerfile, "COPY --from=build")[..] else {
        panic!("expected one COPY from the build")
    };
    let (from, to) = copied.split_once(' ').expect("from and to");
    let from = from.replace("/static", &built.display().to_string());
    sh(&format!("cp {from} {}{to}", root.display()), source);
    root
}

#[test]
fn the_image_holds_one_file_which_runs_as_nobody_and_as_process_1() {
    if !can("unshare --pid --fork true && chroot --userspec=65534:65534 / true") {
        return;
    }
    let dockerfile = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Dockerfile"))
        .expect("a Dockerfile");
    assert_eq!(all(&dockerfile, "FROM").last(), Some(&"scratch"));
    let root = image(&dockerfile);
    let files: Vec<_> = fs::read_dir(&root)
        .expect("the root can be read")
        .flatten()
        .map(|file| file.file_name())
        .collect();
    assert_eq!(files, ["carafe"]);

    let user = all(&dockerfile, "USER")[0];
    let variables = all(&dockerfile, "ENV");
    let entry = all(&dockerfile, "ENTRYPOINT")[0].trim_matches(['[', ']', '"']);
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--kill-child", "chroot", &format!("--userspec={user}")])
        .args([root.to_str().expect("a path in UTF-8"), entry, "--port", "0"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("XDG_STATE_HOME", "")
        .envs(variables.iter().filter_map(|pair| pair.split_once('=')));
    let mut carafe = Carafe::run(&empty_folder(), command);
    let (banner, port) = (&carafe.banner, carafe.address.port());
    assert!(banner.contains("warning    other machines can reach this server"), "{banner}");
    // 127.0.0.2 stands for the address by which the world outside the container reaches it.
    let ask = |path: &str| {
        sh(&format!("curl -s -m 10 -w ' %{{http_code}}' http://127.0.0.2:{port}{path}"), &root)
    };
    assert_eq!(ask("/hello"), "Hello, World!\n 200");
    assert_eq!(ask("/sessions"), "Index\n 200");
    for inner in ["/cycles", "/cycles/last", "/source", "/source/src/main.rs"] {
        assert!(ask(inner).ends_with(" 403"), "{inner}: {}", ask(inner));
    }
    let inside = carafe.id_inside();
    let status = fs::read_to_string(format!("/proc/{inside}/status")).expect("Linux tells");
    let row = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("").to_owned()
    };
    assert_eq!(row("Uid:").split_whitespace().collect::<Vec<_>>(), ["65534"; 4], "{status}");
    assert_eq!(row("NSpid:").split_whitespace().last(), Some("1"), "{status}");

    sh(&format!("kill -TERM {inside}"), &root);
    assert_eq!(carafe.exit_code(), Some(0));
}
