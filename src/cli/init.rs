//! `carafe init DIR`: writes the templates and static files out, to be edited.
//!
//! Nothing that exists is overwritten: if one of the files is there already, none is written.

use crate::app::assets;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How the command is used.
pub const USAGE: &str = "carafe init DIR";

/// Runs the subcommand; `args` is what stands behind `init`.
pub fn run(args: &[String]) -> ExitCode {
    let dir = match args {
        [dir] if !dir.is_empty() && !dir.starts_with('-') => Path::new(dir),
        _ => {
            let found = if args.is_empty() {
                "nothing".to_owned()
            } else {
                format!("`{}`", args.join(" "))
            };
            let _ =
                writeln!(io::stderr(), "carafe init: found {found}, expected one folder: {USAGE}");
            return ExitCode::from(2);
        }
    };
    match write_site(dir) {
        Ok(count) => {
            let shown = dir.display();
            let _ = writeln!(
                io::stdout(),
                "Wrote {count} files to templates/ and www/ in {shown}. To serve them:\n"
            );
            let _ = writeln!(io::stdout(), "    carafe --dir {}", quoted(&shown.to_string()));
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = writeln!(io::stderr(), "carafe init: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Writes every file, or none if one of them is there; returns how many.
fn write_site(dir: &Path) -> Result<usize, String> {
    let files = site_files(dir);
    // Asked without following links: a link that leads nowhere is there, too.
    if let Some((path, _)) = files.iter().find(|(path, _)| fs::symlink_metadata(path).is_ok()) {
        return Err(format!(
            "{} exists already. Nothing was written; choose another folder.",
            path.display()
        ));
    }
    for (written, (path, bytes)) in files.iter().enumerate() {
        write_new(path, bytes).map_err(|error| {
            format!("cannot write {}: {error}. {written} files were written.", path.display())
        })?;
    }
    Ok(files.len())
}

fn site_files(dir: &Path) -> Vec<(PathBuf, &'static [u8])> {
    let templates = assets::TEMPLATES
        .iter()
        .map(|(name, text)| (dir.join("templates").join(name), text.as_bytes()));
    let www = assets::WWW.iter().map(|(name, bytes)| (dir.join("www").join(name), *bytes));
    templates.chain(www).collect()
}

/// `create_new` fails if somebody made the file since we looked.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    File::create_new(path)?.write_all(bytes)
}

/// As one word of a shell's command line.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|letter| letter.is_alphanumeric() || "/._-~:\\".contains(letter));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}
