//! Deeper: The lessons: their pages, their text for a terminal, and the report for `carafe check`.
//!
//! `lessons.txt` holds the lessons, and `lesson_file` reads it. `lesson_conditions` looks at each
//! cycle when it ends, finds out which task was done, and keeps that in a file (`ticks`). `page`
//! has the variables of a lesson for two templates: `lesson.html`, and for a terminal `lesson.txt`.
//!
//! # Security
//!
//! Only a reader who may look inside (`src/web/inside.rs`) sees ticks and cycles. Every visitor
//! reads the same lessons.

mod cycle_tests;
mod lesson_conditions;
mod lesson_file;
mod page;
mod ticks;

pub use ticks::{Ticks, usual_place};

use super::echo;
use crate::app::answer::render;
use crate::app::{glass, program_for};
use carafe::cycle::Recorder;
use carafe::http::Status;
use carafe::web::template::REFERENCE;
use carafe::{App, Context, Error, Map, Response, Value};
use lesson_conditions::Progress;
use lesson_file::Lesson;
use std::path::Path;
use std::sync::Arc;

/// The most cycles of the reader that are shown beside a lesson.
const OWN_CYCLES: usize = 8;

/// The lessons and their ticks.
struct Classroom {
    lessons: Vec<Lesson>,
    progress: Arc<Progress>,
}

/// Registers the routes of this folder. Without a recorder there are no new ticks. `templates` is
/// the folder of the templates; `None` if they are in the binary.
///
/// # Panics
///
/// If `lessons.txt` breaks its own rules. It is a part of the program.
pub fn routes(app: &mut App, recorder: Option<&Recorder>, templates: Option<&Path>, ticks: Ticks) {
    let lessons = lesson_file::parse(lesson_file::text())
        .unwrap_or_else(|why| panic!("src/app/course/lessons/lessons.txt: {why}"));
    let progress = Arc::new(Progress::new(&lessons, templates, ticks));
    if let Some(recorder) = recorder {
        let watching = Arc::clone(&progress);
        recorder.on_cycle(move |record| watching.watch(record));
    }
    app.state(Classroom { lessons, progress });
    app.get("/", home);
    app.get("/lessons/<int:number>", lesson).example("/lessons/1", "");
    app.get("/lessons/<number>.txt", lesson).name("lesson_txt").example("/lessons/1.txt", "");
    app.post("/lessons/<int:number>", answer);
    app.post("/lessons/forget", forget_ticks);
    app.get("/lessons.json", lessons_json);
    app.get("/lessons", |_: &mut Context| Response::redirect("/")).name("lessons");
}

/// The number of the lesson with this name. 0 if there is none.
pub fn number_of(name: &str) -> usize {
    let mut titles = lesson_file::text().lines().filter_map(|line| line.strip_prefix("lesson "));
    titles.position(|title| title.split(':').next() == Some(name)).map_or(0, |at| at + 1)
}

/// The first page: all lessons, and this very request.
fn home(ctx: &mut Context) -> Result<Response, Error> {
    let room: &Classroom = ctx.state();
    // A byte that is no text becomes a character of three bytes, and the page escapes it.
    ctx.count(7 * ctx.request.body.len())?;
    let request = echo::as_text(ctx.request);
    let (base, inside) = (ctx.base(), room.looks_inside(ctx));
    let entries: Vec<Map> = room.lessons.iter().map(|lesson| room.entry(lesson, inside)).collect();
    let is_done = |entry: &Map| entry.get("done") == Some(&true.into());
    let next = entries.iter().position(|entry| !is_done(entry));
    let variables = [
        ("base", Value::from(base)),
        ("done", entries.iter().any(is_done).into()),
        ("next", next.map(|at| at + 1).into()),
        ("lessons", entries.into()),
        ("request_text", request.trim_end().into()),
    ];
    render(ctx, "index", variables.into()).map(glass::uncached)
}

/// The page of one lesson. `?print` makes the form to hand out.
fn lesson(ctx: &mut Context) -> Result<Response, Error> {
    let room: &Classroom = ctx.state();
    let lesson = room.find(ctx)?;
    let inside = room.looks_inside(ctx);
    // The rows of the reader's own cycles, the newest first.
    let recorder = ctx.recorder().filter(|_| inside);
    let has_cycles = recorder.is_some();
    let own = || recorder.iter().flat_map(|it| glass::rows_of(it, |path| lesson.owns(path)));
    // An error is answered by the framework, and its line is a poor example.
    let is_plain = |row: &Map| row.int("status") < Some(400);
    let is_print = ctx.request.query.get("print").is_some();
    let last = own().find(is_plain).filter(|_| !is_print);
    let asked = last.and_then(|row| row.int("number"));
    let mut variables = room.entry(lesson, inside);
    page::add_texts(lesson, &mut variables);
    variables.insert("steps", page::steps_at(ctx, lesson, asked, has_cycles));
    let neighbour = |number: usize| room.lessons.get(number.wrapping_sub(1)).map(page::title);
    variables.insert("previous", neighbour(lesson.number - 1));
    variables.insert("next", neighbour(lesson.number + 1));
    variables.insert("program", program_for(ctx));
    variables.insert("count", room.lessons.len());
    variables.insert("base", ctx.base());
    variables.insert("print", is_print);
    variables.insert("reference", (lesson.name == "templates").then_some(REFERENCE));
    // To describe all of them takes long, and the text does not show them.
    if let Some(recorder) = recorder.filter(|_| ctx.request.prefers_html()) {
        // Asked before the rows: a cycle that ends meanwhile comes twice, which the page sees.
        let last = recorder.newest().map_or(0, |newest| newest.number);
        let mut cycles: Vec<Map> = own().collect();
        variables.insert("inside", true);
        variables.insert("own", cycles.len());
        cycles.truncate(OWN_CYCLES);
        variables.insert("cycles", cycles);
        variables.insert("last", last.to_string());
        variables.insert("paths", lesson.text("cycles"));
        variables.insert("asked", asked);
        variables.insert("answers", room.progress.question(lesson.number).is_some());
    }
    render(ctx, "lesson", variables).map(glass::uncached)
}

/// Takes the answer to the question of one lesson.
fn answer(ctx: &mut Context) -> Result<Response, Error> {
    let room: &Classroom = ctx.state();
    let lesson = room.find(ctx)?;
    let Some(question) = room.progress.question(lesson.number) else {
        return Err(Error::BadRequest("this lesson asks for no answer".into()));
    };
    ctx.check_inside()?;
    let form = ctx.form()?;
    let verdict = match lesson.text("right") {
        "" => answered_by(ctx, form.required("cycle")?, form.required("line")?.trim()),
        _ => is_right(lesson, form.required("answer")?, &ctx.base()),
    };
    let (category, message) = match verdict {
        Ok((cycle, message)) => {
            room.progress.tick(question, cycle);
            ("success", message)
        }
        Err(message) => ("error", message),
    };
    Ok(tell(ctx, category, &message, &format!("/lessons/{}#check", lesson.number)))
}

/// Removes all ticks.
fn forget_ticks(ctx: &mut Context) -> Result<Response, Error> {
    let room: &Classroom = ctx.state();
    ctx.check_inside()?;
    room.progress.forget().map_err(|error| {
        Error::abort(Status::INTERNAL_SERVER_ERROR, format!("the ticks: {error}"))
    })?;
    Ok(tell(ctx, "message", "All ticks are gone.", "/"))
}

/// A sentence for curl. A browser finds it on the page of this path.
fn tell(ctx: &mut Context, category: &str, message: &str, path: &str) -> Response {
    if !ctx.request.prefers_html() {
        return Response::text(format!("{message}\n"));
    }
    ctx.flash_as(category, message);
    Response::redirect(path)
}

/// For `carafe check`: the conditions of each lesson, and the cycles that fulfilled them.
fn lessons_json(ctx: &mut Context) -> Result<Response, Error> {
    let room: &Classroom = ctx.state();
    ctx.unrecorded();
    ctx.check_inside()?;
    room.progress.refresh(ctx.recorder());
    let report = Map::from([
        ("watching", Value::from(ctx.recorder().is_some())),
        ("lessons", room.lessons.iter().map(|lesson| room.entry(lesson, true)).collect()),
    ]);
    Ok(glass::uncached(Response::json(&report.into())))
}

impl Classroom {
    /// True if the client may see ticks. They are then those of the file, as it is now.
    fn looks_inside(&self, ctx: &Context) -> bool {
        let inside = ctx.check_inside().is_ok();
        if inside {
            self.progress.refresh(ctx.recorder());
        }
        inside
    }

    /// The lesson whose number is in the path.
    fn find(&self, ctx: &Context) -> Result<&Lesson, Error> {
        let number: usize = ctx.param("number").parse().unwrap_or(0);
        self.lessons.get(number.wrapping_sub(1)).ok_or_else(|| {
            let why = format!("found lesson {number}, expected 1 to {}", self.lessons.len());
            Error::abort(Status::NOT_FOUND, why)
        })
    }

    /// A lesson in the list of the first page, and in the report: its question, its tasks, and what
    /// fulfilled each. Other readers than those who may look inside see no ticks.
    fn entry(&self, lesson: &Lesson, inside: bool) -> Map {
        let (mut all, mut ticks) = (Vec::new(), 0);
        for condition in self.progress.of(lesson.number) {
            let seen = condition.seen_in().filter(|_| inside);
            let cycle = condition.cycle().filter(|_| inside);
            ticks += usize::from(seen.is_some());
            let what = Value::from(condition.sentence.as_str());
            all.push(Map::from([("what", what), ("seen", seen.into()), ("cycle", cycle.into())]));
        }
        let is_done = ticks == all.len();
        let mut entry = page::title(lesson);
        entry.insert("question", lesson.text("question"));
        entry.insert("seen", all);
        entry.insert("ticks", ticks);
        entry.insert("done", is_done);
        entry
    }
}

/// Holds an answer against a cycle: did this line answer it? Right are the lines of the handler,
/// and the line that registered it.
fn answered_by(ctx: &Context, cycle: &str, said: &str) -> Result<(Option<u64>, String), String> {
    let number = cycle.trim().trim_start_matches('#').parse().ok();
    let recorder = ctx.recorder().ok_or(glass::NO_CYCLES)?;
    let record = number.and_then(|number| recorder.get(number));
    let record = record
        .ok_or_else(|| format!("There is no cycle {cycle:?}. /cycles lists the last ones."))?;
    let number = record.number;
    if glass::right_lines(&record).iter().any(|place| is_same_place(place, said)) {
        return Ok((Some(number), format!("Right: {said} answered cycle {number}.")));
    }
    let hint = "Expected a file and a line, as in things.rs:20";
    let place = format!("the first line of /cycles/{number} ends with them");
    Err(format!("{said:?} did not answer cycle {number}. {hint}: {place}."))
}

/// Holds an answer against the right ones, which have `|` between them. `…` stands for the address
/// of any server but this one, whose address is `base`.
fn is_right(lesson: &Lesson, said: &str, base: &str) -> Result<(Option<u64>, String), String> {
    let plain = |text: &str| text.trim().trim_end_matches(['.', '/']).to_lowercase();
    let numeric = |url: &str| url.replace("localhost", "127.0.0.1");
    let is_other =
        |address: &str| address.starts_with("http://") && numeric(address) != numeric(base);
    let fits = |right: &str| match plain(right).strip_suffix('…') {
        Some(front) => plain(said).strip_prefix(front).is_some_and(is_other),
        None => plain(right) == plain(said),
    };
    let is_right = lesson.text("right").split('|').any(fits);
    let wrong = || format!("{said:?} is not right. {}", lesson.text("question"));
    if is_right { Ok((None, "Right.".into())) } else { Err(wrong()) }
}

/// True if `said` means this place. A reader may say `hello.rs:31` or `hello.rs line 31`.
fn is_same_place(place: &str, said: &str) -> bool {
    let said = said.replace(" line ", ":").replace('\\', "/").replace(' ', "");
    let said = said.trim_start_matches('/');
    said.contains(".rs:") && (place == said || place.ends_with(&format!("/{said}")))
}
