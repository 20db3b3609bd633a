//! Deeper: `carafe init DIR` writes the templates and static files into a folder, to be edited.
//!
//! Nothing that exists is overwritten: if one of the files is there already, none is written.

use super::command_line::{CommandError, CommandResult, print, wrong};
use crate::app::assets;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs the command with what stands behind `init`.
///
/// # Errors
///
/// Words that are not understood; a file that exists or cannot be written.
pub fn run(arguments: &[String]) -> CommandResult {
    let dir = match arguments {
        [dir] if !dir.is_empty() && !dir.starts_with('-') => Path::new(dir),
        _ => {
            let words = arguments.join(" ");
            let found = if words.is_empty() { "nothing".into() } else { format!("{words:?}") };
            return wrong(format!("found {found}, expected one folder"));
        }
    };
    let count =
        write_site(dir).map_err(|why| CommandError::Failed(format!("carafe init: {why}")))?;
    let shown = dir.display().to_string();
    let plain = |letter: char| letter.is_alphanumeric() || "/._-~:\\".contains(letter);
    // As one word of a shell's command line.
    let quoted = if shown.chars().all(plain) {
        shown.clone()
    } else {
        format!("'{}'", shown.replace('\'', r"'\''"))
    };
    print(&format!("Wrote {count} files to templates/ and www/ in {shown}. To serve them:\n\n"));
    print(&format!("    carafe --dir {quoted}\n"));
    Ok(ExitCode::SUCCESS)
}

/// Writes every file, or none if one of them is there; returns how many.
fn write_site(dir: &Path) -> Result<usize, String> {
    let templates = assets::TEMPLATES
        .iter()
        .map(|(name, text)| (dir.join("templates").join(name), text.as_bytes()));
    let www = assets::WWW.iter().map(|(name, bytes)| (dir.join("www").join(name), *bytes));
    let files: Vec<(PathBuf, &[u8])> = templates.chain(www).collect();
    // Links are not followed: a link that leads nowhere is a file that exists, too.
    if let Some((path, _)) = files.iter().find(|(path, _)| fs::symlink_metadata(path).is_ok()) {
        let path = path.display();
        return Err(format!("{path} exists already. Nothing was written; choose another folder."));
    }
    for (written, (path, bytes)) in files.iter().enumerate() {
        write_new(path, bytes).map_err(|error| {
            format!("cannot write {}: {error}. {written} files were written.", path.display())
        })?;
    }
    Ok(files.len())
}

/// `create_new` fails if another program made the file in the meantime.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    File::create_new(path)?.write_all(bytes)
}
