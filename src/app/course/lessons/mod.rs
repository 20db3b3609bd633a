//! The classroom: the first page, and fourteen lessons with their checks.
//!
//! `lessons.txt` holds the lessons (`file` reads it), `checks` says what a cycle must look like to
//! show that one was done, and `progress` looks at each cycle as it ends. Here all of it becomes
//! pages, text for a terminal, and the JSON that `carafe check` asks for.
//!
//! * Ticks and the reader's own cycles are shown to whoever may look inside (`src/web/inside.rs`);
//!   a visitor from elsewhere reads the same lessons without them.

mod checks;
mod edits;
mod file;
mod look;
mod progress;
mod prose;
mod text;

use super::hello;
use crate::app::glass;
use carafe::cycle::Recorder;
use carafe::http::{Method, Request, Response, Status};
use carafe::{App, Context, Error, Map, Value, json};
use file::{Lesson, Step};
use progress::Progress;
use std::path::PathBuf;
use std::sync::Arc;

/// So many of the reader's own cycles stand beside a lesson.
const OWN_CYCLES: usize = 8;

/// The address that the lessons' file writes, where the reader's own belongs.
const PLACEHOLDER: &str = "127.0.0.1:8000";

/// The lessons, and what was seen of them; without a recorder, nothing is.
struct Classroom {
    lessons: Vec<Lesson>,
    recorder: Option<Arc<Recorder>>,
    progress: Arc<Progress>,
}

/// The routes of this folder. `templates` is the folder that pages are served from; `None` for
/// those in the binary.
///
/// # Panics
///
/// If `lessons.txt` breaks its own rules: it is a part of the program.
pub fn routes(app: &mut App, recorder: Option<Arc<Recorder>>, templates: Option<PathBuf>) {
    let lessons = file::parse(file::TEXT)
        .unwrap_or_else(|why| panic!("src/app/course/lessons/lessons.txt: {why}"));
    if let Some(name) = checks::stray(&lessons) {
        panic!(
            "src/app/course/lessons: {name} is in lessons.txt or in checks.rs, expected it in both"
        );
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
    app.get_named("lessons_json", "/lessons.json", move |ctx: &mut Context| room.json(ctx));
    app.get_named("lessons", "/lessons", |_: &mut Context| Response::redirect("/"));
}

impl Classroom {
    fn home(&self, ctx: &mut Context) -> Result<Response, Error> {
        // A HEAD is told what a GET would get (RFC 9110 §9.3.2), so its length must not tell them
        // apart.
        let request = hello::echo_text(&Request { method: Method::Get, ..ctx.request.clone() });
        let response = if ctx.request.prefers_html() {
            let inside = ctx.check_inside().is_ok();
            let lessons: Vec<Value> =
                self.lessons.iter().map(|lesson| self.entry(lesson, inside).into()).collect();
            let done = self.lessons.iter().filter(|lesson| self.is_done(lesson)).count();
            let next = self
                .lessons
                .iter()
                .find(|lesson| !self.is_done(lesson))
                .map_or(14, |lesson| lesson.number);
            let variables = Map::from([
                ("base", Value::from(ctx.base())),
                ("lessons", lessons.into()),
                ("done", whole(done)),
                ("next", whole(next)),
                ("inside", inside.into()),
                ("request_text", request.trim_end().into()),
            ]);
            ctx.render("index.html", variables)?
        } else {
            let inside = ctx.check_inside().is_ok();
            let mark = |lesson: &Lesson| if inside && self.is_done(lesson) { 'x' } else { ' ' };
            let lines = self.lessons.iter().map(|lesson| (mark(lesson), lesson));
            Response::text(text::home(lines, &ctx.base(), request.trim_end()))
        };
        Ok(response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store"))
    }

    fn find(&self, ctx: &Context) -> Result<&Lesson, Error> {
        let number: usize = ctx.param("number").parse().unwrap_or(0);
        let found = number.checked_sub(1).and_then(|at| self.lessons.get(at));
        found.ok_or_else(|| {
            Error::abort(
                Status::NOT_FOUND,
                format!("found lesson {number}, expected 1 to {}", self.lessons.len()),
            )
        })
    }

    fn lesson(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let base = ctx.base();
        let response = if ctx.request.prefers_html() {
            let variables = self.page(lesson, ctx);
            ctx.render("lesson.html", variables)?
        } else {
            let conditions = self.conditions(lesson);
            let seen = conditions
                .iter()
                .map(|(what, cycle)| (*what, cycle.filter(|_| ctx.check_inside().is_ok())));
            Response::text(text::lesson(lesson, &seen.collect::<Vec<_>>(), &base))
        };
        Ok(response.with_header("Vary", "Accept").with_header("Cache-Control", "no-store"))
    }

    /// What the page of a lesson is made of.
    fn page(&self, lesson: &Lesson, ctx: &Context) -> Map {
        let base = ctx.base();
        let inside = ctx.check_inside().is_ok() && self.recorder.is_some();
        let neighbour = |at: Option<usize>| at.and_then(|at| self.lessons.get(at)).map(title);
        let seen = self.conditions(lesson).into_iter().map(|(what, cycle)| {
            let cycle = cycle.filter(|_| inside).map(|cycle| whole(cycle as usize));
            Value::Map(Map::from([("what", prose::pieces(what)), ("cycle", cycle.into())]))
        });
        let read = lesson
            .read
            .iter()
            .map(|(file, why)| Value::from([file.as_str().into(), prose::pieces(why)]));
        let mut page = title(lesson);
        for (name, text) in [
            ("aim", &lesson.aim),
            ("ask", &lesson.ask),
            ("answer", &lesson.answer),
            ("notes", &lesson.notes),
            ("shows", &lesson.shows),
            ("elsewhere", &lesson.elsewhere),
        ] {
            page.insert(name, prose::pieces(text));
        }
        page.insert(
            "steps",
            lesson.steps.iter().map(|step| step_value(step, &base)).collect::<Value>(),
        );
        page.insert("seen", seen.collect::<Value>());
        page.insert("done", self.is_done(lesson));
        page.insert("read", read.collect::<Value>());
        page.insert("previous", neighbour(lesson.number.checked_sub(2)));
        page.insert("next", neighbour(Some(lesson.number)));
        page.insert("inside", inside);
        page.insert("base", base);
        page.insert("print", ctx.request.query.get("print").is_some());
        if let Some(recorder) = self.recorder.as_ref().filter(|_| inside) {
            let mut own = glass::rows_of(recorder, |path| lesson.owns(path));
            page.insert("count", whole(own.len()));
            own.truncate(OWN_CYCLES);
            if lesson.seen.iter().any(|(name, _)| name == ANSWERED) {
                page.insert(
                    "asked",
                    own.first().and_then(Value::as_map).and_then(|row| row.get("number")).cloned(),
                );
                page.insert("answers", true);
            }
            page.insert("cycles", own);
            page.insert("last", recorder.newest().map_or(0, |newest| newest.number).to_string());
            page.insert("paths", lesson.cycles.join(" "));
        }
        page
    }

    /// The answer of lesson 3: which line of which file answered a cycle?
    fn answer(&self, ctx: &mut Context) -> Result<Response, Error> {
        let lesson = self.find(ctx)?;
        let Some(recorder) =
            self.recorder.as_ref().filter(|_| lesson.seen.iter().any(|(name, _)| name == ANSWERED))
        else {
            return Err(Error::BadRequest("this lesson asks for no answer".into()));
        };
        ctx.check_inside()?;
        let form = ctx.form()?;
        let (cycle, said) = (form.required("cycle")?, form.required("line")?);
        let record = cycle
            .trim()
            .trim_start_matches('#')
            .parse()
            .ok()
            .and_then(|number| recorder.get(number));
        match record {
            None => ctx.flash_as(
                "error",
                format!("There is no cycle {cycle}. /cycles lists those that are kept."),
            ),
            Some(record)
                if glass::answered_by(&record).iter().any(|place| is_same_place(place, said)) =>
            {
                self.progress.tell(lesson.number, ANSWERED, record.number);
                ctx.flash_as(
                    "success",
                    format!("Right: {} answered cycle {}.", said.trim(), record.number),
                );
            }
            Some(record) => ctx.flash_as(
                "error",
                format!(
                    "{} did not answer cycle {}. Its first line names the file and the line.",
                    said.trim(),
                    record.number
                ),
            ),
        }
        Ok(Response::redirect(&format!("/lessons/{}#check", lesson.number)))
    }

    /// For `carafe check`: each lesson's conditions, and the cycles that showed them.
    fn json(&self, ctx: &mut Context) -> Result<Response, Error> {
        ctx.unrecorded();
        ctx.check_inside()?;
        let lessons = self.lessons.iter().map(|lesson| {
            let seen = self.conditions(lesson).into_iter().map(|(what, cycle)| {
                let what = prose::plain_text(what);
                Value::Map(Map::from([
                    ("what", Value::from(what)),
                    ("cycle", cycle.map(|at| whole(at as usize)).into()),
                ]))
            });
            let mut map = title(lesson);
            map.insert("seen", seen.collect::<Value>());
            map.insert("elsewhere", prose::plain_text(&lesson.elsewhere));
            Value::Map(map)
        });
        let watching = self.recorder.is_some();
        let all = Map::from([("watching", Value::from(watching)), ("lessons", lessons.collect())]);
        Ok(Response::json(json::write(&all.into()) + "\n").with_header("Cache-Control", "no-store"))
    }

    /// The conditions of a lesson, and the cycle that showed each.
    fn conditions<'l>(&self, lesson: &'l Lesson) -> Vec<(&'l str, Option<u64>)> {
        let cycle = |name: &str| self.progress.cycle(lesson.number, name);
        lesson.seen.iter().map(|(name, what)| (what.as_str(), cycle(name))).collect()
    }

    fn is_done(&self, lesson: &Lesson) -> bool {
        !lesson.seen.is_empty() && self.conditions(lesson).iter().all(|(_, cycle)| cycle.is_some())
    }

    /// A line of the first page's list.
    fn entry(&self, lesson: &Lesson, inside: bool) -> Map {
        let mut entry = title(lesson);
        entry.insert("done", inside && self.is_done(lesson));
        let seen =
            self.conditions(lesson).iter().filter(|(_, cycle)| inside && cycle.is_some()).count();
        entry.insert("seen", whole(seen));
        entry.insert("of", whole(lesson.seen.len()));
        entry
    }
}

/// The condition that the form of lesson 3 fulfils.
const ANSWERED: &str = "answered";

fn title(lesson: &Lesson) -> Map {
    Map::from([("number", whole(lesson.number)), ("title", lesson.title.as_str().into())])
}

fn whole(number: usize) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The text with the reader's own address in it.
fn addressed(text: &str, base: &str) -> String {
    let host = base.trim_start_matches("http://");
    text.replace("$B", base).replace(PLACEHOLDER, host)
}

/// True for a command that starts a carafe beside the others.
fn has_own_port(command: &str) -> bool {
    command.contains(" --port ")
}

/// A command that starts carafe, on the port that the reader's has.
fn on_port(command: &str, base: &str) -> String {
    let port =
        base.rsplit(':').next().filter(|port| port.parse::<u16>().is_ok_and(|port| port != 8000));
    match port.filter(|_| !has_own_port(command)) {
        Some(port) => format!("{command} --port {port}"),
        None => command.to_owned(),
    }
}

fn step_value(step: &Step, base: &str) -> Value {
    Value::Map(match step {
        Step::Say(text) => Map::from([("kind", Value::from("say")), ("text", prose::pieces(text))]),
        Step::Do(text, _) => {
            Map::from([("kind", Value::from("do")), ("text", prose::pieces(text))])
        }
        Step::Change(text) => {
            Map::from([("kind", Value::from("change")), ("text", prose::pieces(text))])
        }
        Step::Show(name, what, content) => Map::from([
            ("kind", Value::from("show")),
            ("name", name.as_str().into()),
            ("text", prose::pieces(what)),
            ("content", content.trim_end().into()),
        ]),
        Step::Serve(command) => Map::from([
            ("kind", Value::from("serve")),
            ("command", on_port(command, base).into()),
            ("own", has_own_port(command).into()),
        ]),
        Step::Run { command, sees, why } => Map::from([
            ("kind", Value::from("run")),
            ("command", addressed(command, base).into()),
            ("sees", sees.iter().map(|line| addressed(line, base)).collect()),
            ("why", prose::pieces(why)),
        ]),
    })
}

/// True if somebody who says `hello.rs:31`, or `hello.rs line 31`, means this place.
fn is_same_place(place: &str, said: &str) -> bool {
    let said = said.trim().replace(" line ", ":").replace('\\', "/").replace(' ', "");
    let named = said.trim_start_matches('/');
    named.contains(".rs:") && (place == named || place.ends_with(&format!("/{named}")))
}
