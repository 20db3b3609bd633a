//! The source page: carafe's own code from inside the binary, with a name for every line.
//!
//! `/source` is the table of contents, `/source/src/web/app.rs#L12` a line of a chapter. To curl a
//! chapter is its own bytes.

mod colour;
mod table;

use carafe::http::Response;
use carafe::near;
use carafe::{App, Context, Error, Map, Value};
use table::CHAPTERS;

/// The routes of this folder.
pub fn routes(app: &mut App) {
    app.get("/source", contents);
    app.get("/source/<path:file>", chapter).example("/source/src/lib.rs", "");
}

fn open(ctx: &mut Context) -> Result<(), Error> {
    ctx.unrecorded();
    ctx.check_inside()
}

/// What a file is about: its first line.
fn title(text: &str) -> &str {
    text.lines().next().unwrap_or("").trim_start_matches(['/', '!', '#', ' '])
}

/// The line on which this file writes a function of this name; `None` if it does not, as of a
/// closure's.
pub fn line_of(file: &str, function: &str) -> Option<usize> {
    let (_, text) = CHAPTERS.iter().find(|(path, _)| *path == file)?;
    let begins = |line: &str| {
        let name = line
            .trim_start_matches("pub ")
            .strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(function));
        name.is_some_and(|rest| rest.starts_with(['(', '<']))
    };
    text.lines().position(begins).map(|at| at + 1)
}

fn contents(ctx: &mut Context) -> Result<Response, Error> {
    open(ctx)?;
    let response = if ctx.request.prefers_html() {
        let entry = |(path, text): &(&str, &str)| Value::from([*path, title(text)]);
        let chapters: Vec<Value> = CHAPTERS.iter().map(entry).collect();
        ctx.render("contents.html", [("chapters", chapters)])?
    } else {
        Response::text(
            CHAPTERS
                .iter()
                .map(|(path, text)| format!("{path:<36} {}\n", title(text)))
                .collect::<String>(),
        )
    };
    Ok(response.with_header("Vary", "Accept"))
}

fn chapter(ctx: &mut Context) -> Result<Response, Error> {
    open(ctx)?;
    let file = ctx.param("file").to_owned();
    let Some(at) = CHAPTERS.iter().position(|(path, _)| *path == file) else {
        let near = near::nearest(&file, CHAPTERS.iter().map(|(path, _)| *path));
        let hint = near.map_or("/source lists them".to_owned(), |near| {
            format!("did you mean /source/{near}?")
        });
        return Err(Error::abort(
            carafe::http::Status::NOT_FOUND,
            format!("there is no file {file:?}; {hint}"),
        ));
    };
    let (path, text) = CHAPTERS[at];
    let response = if ctx.request.prefers_html() {
        let neighbour = |at: Option<usize>| {
            at.and_then(|at| CHAPTERS.get(at)).map_or(Value::Null, |(path, _)| (*path).into())
        };
        let variables = Map::from([
            ("path", Value::from(path)),
            ("title", title(text).into()),
            ("code", colour::html(text).into()),
            ("previous", neighbour(at.checked_sub(1))),
            ("next", neighbour(Some(at + 1))),
        ]);
        ctx.render("source.html", variables)?
    } else {
        Response::text(text)
    };
    Ok(response.with_header("Vary", "Accept"))
}
