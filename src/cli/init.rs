//! Deeper: `carafe init DIR` writes the templates and static files into a folder, to be edited.
//!
//! Nothing that exists is overwritten: if one of the files is there already, none is written.

use super::command_line::{CommandError, CommandLine, CommandResult, print};
use crate::app::{assets, program_name};
use carafe::web::shell::shell_word;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs the command.
pub fn run(line: &CommandLine) -> CommandResult {
    let dir = Path::new(line.word("one folder")?);
    let failed = |why| CommandError::Failed(format!("carafe init: {why}"));
    let count = write_site(dir).map_err(failed)?;
    let [templates, www] = ["templates/", "www/"].map(|name| dir.join(name).display().to_string());
    let wrote = format!("Wrote {count} files to {templates} and {www}. To serve them:");
    let dir = shell_word(dir.as_os_str().as_encoded_bytes());
    print(&format!("{wrote}\n\n    {} --dir {dir}\n", program_name()))
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
        // `create_new` fails if another program made the file in the meantime.
        let made = fs::create_dir_all(path.parent().unwrap_or(path));
        let file = made.and_then(|()| File::create_new(path));
        file.and_then(|mut file| file.write_all(bytes)).map_err(|error| {
            let path = path.display();
            let first = "To try again, first remove them";
            format!("cannot write {path}: {error}. {written} files were written. {first}.")
        })?;
    }
    Ok(files.len())
}
