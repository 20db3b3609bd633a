//! Deeper: Shows carafe's own source from inside the binary, with a name for every line.
//!
//! `/source` is the table of contents in three circles of reading, and `/source/src/web/app.rs#L12`
//! a line of a chapter. For curl a chapter is the file's own bytes.
//!
//! Left out: the source of the libraries that carafe uses. It uses only Rust's own.

use super::own_requests::admit;
use crate::app::answer::text_or_page;
use crate::contents::{CHAPTERS, CIRCLES, Chapter, chapters_of};
use carafe::http::Status;
use carafe::{App, Context, Error, Map, Response, Value};

/// Registers the routes of these pages.
pub fn routes(app: &mut App) {
    app.get("/source", contents);
    app.get("/source/<path:file>", chapter).example("/source/src/lib.rs", "");
}

/// The line on which a file has the function of this name; `None` if there is none, for example for
/// a closure.
pub fn line_of(file: &str, function: &str) -> Option<usize> {
    let chapter = CHAPTERS.iter().find(|chapter| chapter.path == file)?;
    let begins = |line: &str| {
        let name = line.trim_start_matches("pub ").strip_prefix("fn ")?.strip_prefix(function)?;
        name.starts_with(['(', '<']).then_some(())
    };
    chapter.text.lines().position(|line| begins(line).is_some()).map(|at| at + 1)
}

/// `/source`: each circle with its heading, and each chapter with its title.
fn contents(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    let (mut text, mut circles) = (String::new(), Vec::new());
    for (at, (heading, what)) in CIRCLES.into_iter().enumerate() {
        text += &format!("# {heading}: {what}\n");
        let mut chapters = Vec::new();
        for chapter in chapters_of(at) {
            text += &format!("{:<40} {}\n", chapter.path, chapter.title());
            chapters.push(Value::from([chapter.path, chapter.title()]));
        }
        text += "\n";
        let circle: [(&str, Value); 3] =
            [("heading", heading.into()), ("what", what.into()), ("chapters", chapters.into())];
        circles.push(Map::from(circle));
    }
    text_or_page(ctx, text, "contents.html", [("circles", circles)].into())
}

/// `/source/src/web/app.rs`: one chapter, and the chapters before and after it.
fn chapter(ctx: &mut Context) -> Result<Response, Error> {
    admit(ctx)?;
    let file = ctx.param("file").to_owned();
    let chapters: Vec<&Chapter> = (0..CIRCLES.len()).flat_map(chapters_of).collect();
    let Some(at) = chapters.iter().position(|chapter| chapter.path == file) else {
        let why = format!("there is no file {file:?}; /source lists them");
        return Err(Error::abort(Status::NOT_FOUND, why));
    };
    let Chapter { path, text } = *chapters[at];
    let neighbour = |at: Option<usize>| Some(Value::from(chapters.get(at?)?.path));
    let variables = [
        ("path", Value::from(path)),
        ("title", chapters[at].title().into()),
        ("lines", text.lines().map(Value::from).collect()),
        ("previous", neighbour(at.checked_sub(1)).into()),
        ("next", neighbour(Some(at + 1)).into()),
    ];
    text_or_page(ctx, text.to_owned(), "source.html", variables.into())
}
