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

use super::answer::text_or_page;
use super::echo;
use crate::app::glass;
use carafe::cycle::{Record, Recorder};
use carafe::http::{Method, Request, Response, Status};
use carafe::web::template::reference;
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
    app.get("/", move |ctx: &mut Context| shared.home(ctx)).named("home");
    let shared = Arc::clone(&room);
    app.get("/lessons/<int:number>", move |ctx: &mut Context| shared.lesson(ctx))
        .named("lesson")
        .example("/lessons/1", "");
    let shared = Arc::clone(&room);
    app.post("/lessons/<int:number>", move |ctx: &mut Context| shared.answer(ctx)).named("answer");
    app.get("/lessons.json", move |ctx: &mut Context| room.progress_report(ctx))
        .named("lessons_json");
    app.get("/lessons", |_: &mut Context| Response::redirect("/")).named("lessons");
}

impl Classroom {
    /// The first page: all lessons, and this very request.
    fn home(&self, ctx: &mut Context) -> Result<Response, Error> {
        // RFC 9110 §9.3.2: a HEAD gets the headers that a GET would get. So its length must be that
        // of a page which shows a GET.
        let request = echo::as_text(&Request { method: Method::Get, ..ctx.request.clone() });
        let (base, inside) = (ctx.base(), ctx.check_inside().is_ok());
        let is_done = |lesson: &&Lesson| inside && self.is_done(lesson);
        let marked = self.lessons.iter().map(|lesson| (is_done(&lesson), lesson));
        let text = terminal::home(marked, &base, request.trim_end());
        let next = self.lessons.iter().find(|lesson| !is_done(lesson));
        let variables = Map::from([
            ("base", Value::from(base)),
            ("lessons", self.lessons.iter().map(|lesson| self.entry(lesson, inside)).collect()),
            ("done", self.lessons.iter().any(|lesson| is_done(&lesson)).into()),
            ("next", next.map_or(self.lessons.len(), |lesson| lesson.number).into()),
            ("request_text", request.trim_end().into()),
        ]);
        text_or_page(ctx, text, "index.html", variables).map(uncached)
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
        let (base, inside) = (ctx.base(), ctx.check_inside().is_ok());
        let seen = self.conditions(lesson, inside);
        let text = terminal::lesson(lesson, &seen, &base);
        let mut variables = page::variables(lesson, &seen, &base);
        let neighbour = |number| self.lessons.iter().find(|other| other.number == number);
        variables.insert("previous", neighbour(lesson.number - 1).map(page::title));
        variables.insert("next", neighbour(lesson.number + 1).map(page::title));
        variables.insert("count", self.lessons.len());
        variables.insert("done", self.is_done(lesson));
        variables.insert("print", ctx.request.query.get("print").is_some());
        if lesson.name == "templates" {
            variables.insert("reference", reference());
        }
        // Reading the record takes long, and the text does not show the cycles.
        let shows_cycles = inside && ctx.request.prefers_html();
        if let Some(recorder) = self.recorder.as_ref().filter(|_| shows_cycles) {
            let own = glass::rows_of(recorder, |path| lesson.owns(path));
            let last = recorder.newest().map_or(0, |newest| newest.number);
            page::add_cycles(lesson, own, last, &mut variables);
            variables.insert("answers", lesson.name == QUESTION.0);
        }
        text_or_page(ctx, text, "lesson.html", variables).map(uncached)
    }

    /// Takes the answer to the question of one lesson: which line of which file answered a cycle?
    fn answer(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let Some(recorder) = self.recorder.as_ref().filter(|_| lesson.name == QUESTION.0) else {
            return Err(Error::BadRequest("this lesson asks for no answer".into()));
        };
        ctx.check_inside()?;
        let form = ctx.form()?;
        let (cycle, said) = (form.required("cycle")?, form.required("line")?.trim());
        let number = cycle.trim().trim_start_matches('#').parse().ok();
        let record = number.and_then(|number| recorder.get(number));
        let is_right = |record: &Record| {
            glass::answered_by(record).iter().any(|place| is_same_place(place, said))
        };
        let (category, message) = match record {
            None => ("error", format!("There is no cycle {cycle}. /cycles lists the last ones.")),
            Some(record) if is_right(&record) => {
                self.progress.tick(QUESTION.0, QUESTION.1, record.number);
                ("success", format!("Right: {said} answered cycle {}.", record.number))
            }
            Some(record) => {
                let hint = "Its first line names the file and the line.";
                ("error", format!("{said} did not answer cycle {}. {hint}", record.number))
            }
        };
        ctx.flash_as(category, message);
        Ok(Response::redirect(&format!("/lessons/{}#check", lesson.number)))
    }

    /// For `carafe check`: the conditions of each lesson, and the cycles that fulfilled them.
    fn progress_report(&self, ctx: &mut Context) -> Result<Response, Error> {
        ctx.unrecorded();
        ctx.check_inside()?;
        let report = Map::from([
            ("watching", Value::from(self.recorder.is_some())),
            ("lessons", self.lessons.iter().map(|lesson| self.entry(lesson, true)).collect()),
        ]);
        Ok(uncached(Response::json(json::write(&report.into()) + "\n")))
    }

    /// A lesson in the list of the first page, and in the report.
    fn entry(&self, lesson: &Lesson, inside: bool) -> Map {
        let conditions = self.conditions(lesson, inside);
        let seen = conditions.iter().map(|(what, cycle)| {
            let what = prose::plain_text(what);
            Map::from([("what", Value::from(what)), ("cycle", (*cycle).into())])
        });
        let mut entry = page::title(lesson);
        entry.insert("seen", seen.collect::<Value>());
        entry.insert("ticks", conditions.iter().filter(|(_, cycle)| cycle.is_some()).count());
        entry.insert("done", inside && self.is_done(lesson));
        entry.insert("elsewhere", prose::plain_text(lesson.text("elsewhere")));
        entry
    }

    /// The sentences of a lesson's conditions, each with the cycle that fulfilled it. A reader who
    /// may not look inside is shown no cycles.
    fn conditions<'l>(&self, lesson: &'l Lesson, inside: bool) -> Vec<(&'l str, Option<u64>)> {
        let cycle = |name: &str| self.progress.cycle(&lesson.name, name).filter(|_| inside);
        lesson.seen.iter().map(|(name, what)| (what.as_str(), cycle(name))).collect()
    }

    /// True if all conditions are fulfilled. A lesson without conditions is never done.
    fn is_done(&self, lesson: &Lesson) -> bool {
        let cycle = |name: &str| self.progress.cycle(&lesson.name, name);
        !lesson.seen.is_empty() && lesson.seen.iter().all(|(name, _)| cycle(name).is_some())
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
