//! Deeper: The lessons: their pages, their text for a terminal, and the report for `carafe check`.
//!
//! `lessons.txt` holds the lessons, and `lesson_file` reads it. `checks` says what a cycle must
//! look like to show that a task was done, and `progress` looks at each cycle when it ends. `page`
//! and `terminal` are the two forms of a lesson.
//!
//! # Security
//!
//! Only a reader who may look inside (`src/web/inside.rs`) sees ticks and cycles. Every visitor
//! reads the same lessons.

mod checks;
mod command;
mod edits;
mod lesson_file;
mod page;
mod progress;
mod prose;
mod terminal;

use super::echo;
use crate::app::glass;
use carafe::cycle::Recorder;
use carafe::http::{Method, Request, Response, Status};
use carafe::{App, Context, Error, Map, Value, json};
use lesson_file::{Lesson, TEXT};
use progress::{Progress, without_partner};
use std::path::PathBuf;
use std::sync::Arc;

/// The lesson that asks a question, and the condition that its form fulfils.
const QUESTION: (&str, &str) = ("framework", "answered");

/// The lessons and their ticks. Without a recorder there are no ticks.
struct Classroom {
    lessons: Vec<Lesson>,
    recorder: Option<Arc<Recorder>>,
    progress: Arc<Progress>,
}

/// Registers the routes of this folder. `templates` is the folder of the templates; `None` if they
/// are in the binary.
///
/// # Panics
///
/// If `lessons.txt` breaks its own rules. It is a part of the program.
pub fn routes(app: &mut App, recorder: Option<Arc<Recorder>>, templates: Option<PathBuf>) {
    let lessons = lesson_file::parse(TEXT)
        .unwrap_or_else(|why| panic!("src/app/course/lessons/lessons.txt: {why}"));
    if let Some(name) = without_partner(&lessons) {
        panic!("src/app/course/lessons: {name}: expected it in both lessons.txt and checks.rs");
    }
    let progress = Arc::new(Progress::new(templates));
    if let Some(recorder) = &recorder {
        let watching = Arc::clone(&progress);
        recorder.watch(move |record| watching.watch(record));
    }
    let room = Arc::new(Classroom { lessons, recorder, progress });
    let shared = Arc::clone(&room);
    app.get_named("home", "/", move |ctx: &mut Context| shared.home(ctx));
    let shared = Arc::clone(&room);
    app.get_named("lesson", "/lessons/<int:number>", move |ctx: &mut Context| shared.lesson(ctx))
        .example("/lessons/1", "");
    let shared = Arc::clone(&room);
    app.post_named("answer", "/lessons/<int:number>", move |ctx: &mut Context| shared.answer(ctx));
    app.get_named("lessons_json", "/lessons.json", move |ctx: &mut Context| {
        room.progress_report(ctx)
    });
    app.get_named("lessons", "/lessons", |_: &mut Context| Response::redirect("/"));
}

impl Classroom {
    /// The first page: all lessons, and this very request.
    fn home(&self, ctx: &mut Context) -> Result<Response, Error> {
        // RFC 9110 §9.3.2: a HEAD gets the headers that a GET would get. So its length must be that
        // of a page which shows a GET.
        let request = echo::as_text(&Request { method: Method::Get, ..ctx.request.clone() });
        let inside = ctx.check_inside().is_ok();
        let is_ticked = |lesson: &Lesson| inside && self.is_done(lesson);
        let response = if ctx.request.prefers_html() {
            let entries = self.lessons.iter().map(|lesson| {
                let conditions = self.conditions(lesson);
                let seen = conditions.iter().filter(|(_, cycle)| inside && cycle.is_some());
                let mut entry = page::title(lesson);
                entry.insert("done", is_ticked(lesson));
                entry.insert("seen", seen.count());
                entry.insert("of", conditions.len());
                Value::from(entry)
            });
            let done = self.lessons.iter().filter(|lesson| self.is_done(lesson)).count();
            let next = self.lessons.iter().find(|lesson| !self.is_done(lesson));
            let variables = Map::from([
                ("base", Value::from(ctx.base())),
                ("lessons", entries.collect::<Vec<_>>().into()),
                ("done", done.into()),
                ("next", next.map_or(self.lessons.len(), |lesson| lesson.number).into()),
                ("inside", inside.into()),
                ("request_text", request.trim_end().into()),
            ]);
            ctx.render("index.html", variables)?
        } else {
            let marked = self.lessons.iter().map(|lesson| match is_ticked(lesson) {
                true => ('x', lesson),
                false => (' ', lesson),
            });
            Response::text(terminal::home(marked, &ctx.base(), request.trim_end()))
        };
        Ok(uncached(response).with_header("Vary", "Accept"))
    }

    /// The lesson whose number is in the path.
    fn find(&self, ctx: &Context) -> Result<&Lesson, Error> {
        let number: usize = ctx.param("number").parse().unwrap_or(0);
        self.lessons.iter().find(|lesson| lesson.number == number).ok_or_else(|| {
            let why = format!("found lesson {number}, expected 1 to {}", self.lessons.len());
            Error::abort(Status::NOT_FOUND, why)
        })
    }

    fn lesson(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let base = ctx.base();
        let inside = ctx.check_inside().is_ok();
        let mut seen = self.conditions(lesson);
        seen.iter_mut().for_each(|(_, cycle)| *cycle = cycle.filter(|_| inside));
        let response = if ctx.request.prefers_html() {
            let mut variables = page::variables(lesson, &seen, &base);
            let neighbour = |number| self.lessons.iter().find(|other| other.number == number);
            variables.insert("previous", neighbour(lesson.number - 1).map(page::title));
            variables.insert("next", neighbour(lesson.number + 1).map(page::title));
            variables.insert("count", self.lessons.len());
            variables.insert("done", self.is_done(lesson));
            variables.insert("print", ctx.request.query.get("print").is_some());
            if let Some(recorder) = self.recorder.as_ref().filter(|_| inside) {
                let own = glass::rows_of(recorder, |path| lesson.owns(path));
                let last = recorder.newest().map_or(0, |newest| newest.number);
                page::add_cycles(lesson, own, last, &mut variables);
                variables.insert("answers", lesson.name == QUESTION.0);
            }
            ctx.render("lesson.html", variables)?
        } else {
            Response::text(terminal::lesson(lesson, &seen, &base))
        };
        Ok(uncached(response).with_header("Vary", "Accept"))
    }

    /// Takes the answer to the question of one lesson: which line of which file answered a cycle?
    fn answer(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let Some(recorder) = self.recorder.as_ref().filter(|_| lesson.name == QUESTION.0) else {
            return Err(Error::BadRequest("this lesson asks for no answer".into()));
        };
        ctx.check_inside()?;
        let form = ctx.form()?;
        let (cycle, said) = (form.required("cycle")?, form.required("line")?);
        let said = said.trim();
        let number = cycle.trim().trim_start_matches('#').parse().ok();
        let (category, message) = match number.and_then(|number| recorder.get(number)) {
            None => {
                ("error", format!("There is no cycle {cycle}. /cycles lists those that are kept."))
            }
            Some(record) => {
                let number = record.number;
                let places = glass::answered_by(&record);
                if places.iter().any(|place| is_same_place(place, said)) {
                    self.progress.tick(QUESTION.0, QUESTION.1, number);
                    ("success", format!("Right: {said} answered cycle {number}."))
                } else {
                    let hint = "Its first line names the file and the line.";
                    ("error", format!("{said} did not answer cycle {number}. {hint}"))
                }
            }
        };
        ctx.flash_as(category, message);
        Ok(Response::redirect(&format!("/lessons/{}#check", lesson.number)))
    }

    /// For `carafe check`: the conditions of each lesson, and the cycles that fulfilled them.
    fn progress_report(&self, ctx: &mut Context) -> Result<Response, Error> {
        ctx.unrecorded();
        ctx.check_inside()?;
        let lessons = self.lessons.iter().map(|lesson| {
            let seen = self.conditions(lesson).into_iter().map(|(what, cycle)| {
                let what = prose::plain_text(what);
                Map::from([("what", Value::from(what)), ("cycle", page::number(cycle))]).into()
            });
            let mut report = page::title(lesson);
            report.insert("seen", seen.collect::<Vec<Value>>());
            report.insert("elsewhere", prose::plain_text(lesson.text("elsewhere")));
            Value::from(report)
        });
        let report = Map::from([
            ("watching", Value::from(self.recorder.is_some())),
            ("lessons", lessons.collect::<Vec<_>>().into()),
        ]);
        Ok(uncached(Response::json(json::write(&report.into()) + "\n")))
    }

    /// The sentences of a lesson's conditions, and the cycles that fulfilled them.
    fn conditions<'l>(&self, lesson: &'l Lesson) -> Vec<(&'l str, Option<u64>)> {
        let cycle = |name: &str| self.progress.cycle(&lesson.name, name);
        lesson.seen.iter().map(|(name, what)| (what.as_str(), cycle(name))).collect()
    }

    fn is_done(&self, lesson: &Lesson) -> bool {
        !lesson.seen.is_empty() && self.conditions(lesson).iter().all(|(_, cycle)| cycle.is_some())
    }
}

/// Ticks change with every request, so no copy of a page is ever the right one.
fn uncached(response: Response) -> Response {
    response.with_header("Cache-Control", "no-store")
}

/// True if `said` means this place. A reader may say `hello.rs:31` or `hello.rs line 31`.
fn is_same_place(place: &str, said: &str) -> bool {
    let said = said.replace(" line ", ":").replace('\\', "/").replace(' ', "");
    let said = said.trim_start_matches('/');
    said.contains(".rs:") && (place == said || place.ends_with(&format!("/{said}")))
}
