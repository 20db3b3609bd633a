//! Deeper: The lessons: their pages, their text for a terminal, and the report for `carafe check`.
//!
//! `lessons.txt` holds the lessons, and `lesson_file` reads it. `lesson_conditions` looks at each
//! cycle when it ends, and finds out which task was done. `page` and `terminal` are the two forms
//! of a lesson.
//!
//! # Security
//!
//! Only a reader who may look inside (`src/web/inside.rs`) sees ticks and cycles. Every visitor
//! reads the same lessons.

mod cycle_tests;
mod edits;
mod lesson_conditions;
mod lesson_file;
mod page;
mod prose;
mod terminal;

use super::answer::text_or_page;
use super::echo;
use crate::app::glass;
use carafe::cycle::{Record, Recorder};
use carafe::http::{Method, Request, Response, Status};
use carafe::web::template::reference;
use carafe::{App, Context, Error, Map, Value, json};
use lesson_conditions::{Condition, Progress};
use lesson_file::Lesson;
use std::path::PathBuf;
use std::sync::Arc;

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
    let read = lesson_file::parse(lesson_file::TEXT)
        .and_then(|lessons| Ok((Arc::new(Progress::new(&lessons, templates)?), lessons)));
    let (progress, lessons) =
        read.unwrap_or_else(|why| panic!("src/app/course/lessons/lessons.txt: {why}"));
    if let Some(recorder) = &recorder {
        let watching = Arc::clone(&progress);
        recorder.watch(move |record| watching.watch(record));
    }
    let room = Arc::new(Classroom { lessons, recorder, progress });
    // Each route needs the room for itself, so each gets a share of it.
    let handler = |handler: fn(&Classroom, &mut Context) -> Result<Response, Error>| {
        let room = Arc::clone(&room);
        move |ctx: &mut Context| handler(&room, ctx)
    };
    app.get("/", handler(Classroom::home)).name("home");
    app.get("/lessons/<int:number>", handler(Classroom::lesson))
        .name("lesson")
        .example("/lessons/1", "");
    app.post("/lessons/<int:number>", handler(Classroom::answer)).name("answer");
    app.get("/lessons.json", handler(Classroom::progress_report)).name("lessons_json");
    app.get("/lessons", |_: &mut Context| Response::redirect("/")).name("lessons");
}

impl Classroom {
    /// The first page: all lessons, and this very request.
    fn home(&self, ctx: &mut Context) -> Result<Response, Error> {
        // RFC 9110 §9.3.2: a HEAD gets the headers that a GET would get. So its length must be that
        // of a page which shows a GET.
        let request = echo::as_text(&Request { method: Method::Get, ..ctx.request.clone() });
        let (base, inside) = (ctx.base(), ctx.check_inside().is_ok());
        let is_done = |lesson: &Lesson| inside && self.progress.is_done(lesson.number);
        let marked = self.lessons.iter().map(|lesson| (is_done(lesson), lesson));
        let text = terminal::home(marked, &base, request.trim_end());
        let next = self.lessons.iter().find(|lesson| !is_done(lesson));
        let variables = [
            ("base", Value::from(base)),
            ("lessons", self.lessons.iter().map(|lesson| self.entry(lesson, inside)).collect()),
            ("done", self.lessons.iter().any(is_done).into()),
            ("next", next.map_or(self.lessons.len(), |lesson| lesson.number).into()),
            ("request_text", request.trim_end().into()),
        ];
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

    /// The page of one lesson. `?print` makes the form to hand out.
    fn lesson(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let (base, inside) = (ctx.base(), ctx.check_inside().is_ok());
        let steps = page::steps_at(&base, lesson);
        let seen = self.conditions(lesson, inside);
        let text = terminal::lesson(lesson, &steps, &seen, &base);
        let mut variables = page::variables(lesson, &steps, &seen);
        let neighbour = |number| self.lessons.iter().find(|other| other.number == number);
        variables.insert("previous", neighbour(lesson.number - 1).map(page::title));
        variables.insert("next", neighbour(lesson.number + 1).map(page::title));
        variables.insert("count", self.lessons.len());
        variables.insert("base", base);
        variables.insert("done", self.progress.is_done(lesson.number));
        variables.insert("print", ctx.request.query.get("print").is_some());
        variables.insert("reference", (lesson.name == "templates").then(reference));
        // Reading the record takes long, and the text does not show the cycles.
        let shows_cycles = inside && ctx.request.prefers_html();
        if let Some(recorder) = self.recorder.as_ref().filter(|_| shows_cycles) {
            let own = glass::rows_of(recorder, |path| lesson.owns(path));
            let last = recorder.newest().map_or(0, |newest| newest.number);
            page::add_cycles(lesson, own, last, &mut variables);
            variables.insert("answers", self.question(lesson).is_some());
        }
        text_or_page(ctx, text, "lesson.html", variables).map(uncached)
    }

    /// The condition of a lesson that the form on its page fulfils.
    fn question(&self, lesson: &Lesson) -> Option<&Condition> {
        self.progress.of(lesson.number).find(|condition| condition.is_tested_by("answered"))
    }

    /// Takes the answer to the question of one lesson: which line of which file answered a cycle?
    fn answer(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let Some((question, recorder)) = self.question(lesson).zip(self.recorder.as_ref()) else {
            return Err(Error::BadRequest("this lesson asks for no answer".into()));
        };
        ctx.check_inside()?;
        let form = ctx.form()?;
        let (cycle, said) = (form.required("cycle")?, form.required("line")?.trim());
        let number = cycle.trim().trim_start_matches('#').parse().ok();
        // Right are the lines of the handler, and the line that registered it.
        let is_right = |record: &Record| {
            glass::answered_by(record).iter().any(|place| is_same_place(place, said))
        };
        let (category, message) = match number.and_then(|number| recorder.get(number)) {
            None => ("error", format!("There is no cycle {cycle}. /cycles lists the last ones.")),
            Some(record) if is_right(&record) => {
                question.tick(record.number);
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
        // A terminal shows these sentences, so a link has its path in brackets.
        let seen = conditions.iter().map(|(condition, cycle)| {
            let what = prose::plain_text(&condition.sentence);
            Map::from([("what", Value::from(what)), ("cycle", (*cycle).into())])
        });
        let mut entry = page::title(lesson);
        entry.insert("seen", seen.collect::<Value>());
        entry.insert("ticks", conditions.iter().filter(|(_, cycle)| cycle.is_some()).count());
        entry.insert("done", inside && self.progress.is_done(lesson.number));
        entry.insert("elsewhere", prose::plain_text(lesson.text("elsewhere")));
        entry
    }

    /// The conditions of a lesson, each with the cycle that fulfilled it. A reader who may not look
    /// inside is shown no cycles.
    fn conditions(&self, lesson: &Lesson, inside: bool) -> Vec<(&Condition, Option<u64>)> {
        let conditions = self.progress.of(lesson.number);
        conditions.map(|condition| (condition, condition.cycle().filter(|_| inside))).collect()
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
