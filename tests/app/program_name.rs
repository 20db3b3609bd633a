//! Handed only the binary: `./carafe` is what everything says when it is in no folder of PATH.

use crate::carafe::{Carafe, copy_program};
use crate::common::empty_folder;
use std::path::Path;
use std::process::Command;

/// A folder with the program in it, and a command that runs it from there as `./carafe`.
fn handed_over(folder: &Path, path: &str) -> Command {
    let program = folder.join("carafe");
    if !program.exists() {
        copy_program(&program);
    }
    let mut command = Command::new("./carafe");
    command.current_dir(folder).env("PATH", path);
    command
}

#[test]
fn the_program_is_named_as_it_has_to_be_typed() {
    for name in ["./carafe", "carafe"] {
        let folder = empty_folder();
        let path = if name == "carafe" { folder.to_str().expect("it is text") } else { "/nowhere" };
        let said = |arguments: &[&str]| {
            let output = handed_over(&folder, path).args(arguments).output().expect("it starts");
            String::from_utf8(output.stdout).expect("it is text")
        };
        let help = said(&["--help"]);
        assert!(
            help.starts_with("carafe is a small web server that you can watch at work"),
            "{help}"
        );
        assert!(help.contains(&format!("\n    {name}  ")), "{help}");
        assert!(help.contains(&format!("  {name} init mysite && {name} --dir mysite")), "{help}");
        let commands = ["check", "init", "lab", "render", "routes"].map(|command| {
            help.find(&format!("\n  {command} ")).unwrap_or_else(|| panic!("{command}: {help}"))
        });
        assert!(
            commands.is_sorted() && commands[4] < help.find("--host").expect("flags"),
            "{help}"
        );
        let usage = said(&["help", "check"]);
        assert!(usage.contains(&format!("usage: {name} check [N]")), "{usage}");
        let wrong = handed_over(&folder, path).args(["init"]).output().expect("it starts");
        let wrong = String::from_utf8(wrong.stderr).expect("it is text");
        assert!(wrong.contains(&format!("\nusage: {name} init DIR\n")), "{wrong}");
        assert!(said(&["help", "render"]).contains(&format!("| {name} render hello.html")));
        assert!(said(&["init", "x"]).contains(&format!("\n    {name} --dir x\n")));
        let mut command = handed_over(&folder, path);
        command.args(["--port", "0", "--log", "off"]);
        let carafe = Carafe::run(&folder, command);
        let next =
            format!("Next, in a second terminal:\n{:13}curl {}\n", "", carafe.url("/lessons/1"));
        assert!(carafe.banner.ends_with(&next), "{}", carafe.banner);
        let lesson = carafe.curl(&["$B/lessons/4"]);
        assert!(lesson.contains(&format!("\n    $ {name} init mysite\n")), "{lesson}");
        assert!(lesson.contains(&format!("\n    $ {name} --dir mysite --port ")), "{lesson}");
        assert!(lesson.contains(&format!("\n    $ {name} check 4 --server http://")), "{lesson}");
        let page = carafe.curl(&["-H", "Accept: text/html", "$B/lessons/4"]);
        assert!(page.contains(&format!("<code>{name} check 4")), "{page}");
    }
}

#[test]
fn who_may_not_look_inside_is_not_told_where_the_program_lies() {
    let folder = empty_folder();
    let program = folder.join("carafe");
    copy_program(&program);
    let mut command = Command::new(&program);
    command.args(["--port", "0", "--log", "off"]).env("PATH", "/nowhere");
    let carafe = Carafe::run(&folder, command);
    let place = folder.to_str().expect("it is text");
    for path in ["/lessons/4", "/ladder"] {
        for accept in ["Accept: */*", "Accept: text/html"] {
            let ask = |head: &str| carafe.curl(&["-H", head, "-H", accept, &format!("$B{path}")]);
            let (own, foreign) = (ask("X-Own: 1"), ask("Via: 1.1 proxy"));
            assert!(own.contains(&format!("{place}/carafe ")), "{own}");
            assert!(foreign.contains("carafe ") && !foreign.contains(place), "{foreign}");
        }
    }
}

#[test]
fn a_name_with_a_blank_is_written_as_a_shell_takes_it() {
    let folder = empty_folder();
    let program = folder.join("my carafe");
    copy_program(&program);
    // A whole path is no name of a command, either.
    for (number, typed) in ["./my carafe", program.to_str().expect("text")].iter().enumerate() {
        let dir = number.to_string();
        let mut command = Command::new(typed);
        command.args(["init", &dir]).current_dir(&folder).env("PATH", "/nowhere");
        let output = command.output().expect("it starts");
        let said = String::from_utf8(output.stdout).expect("it is text");
        assert!(said.ends_with(&format!("\n    '{typed}' --dir {dir}\n")), "{said}");
    }
    let _ = std::fs::remove_dir_all(folder);
}
