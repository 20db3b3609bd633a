//! Deeper: Contents: every file of the source, in the order in which to read it.
//!
//! The source is read in three circles. The stages are seven whole servers, each in one file. The
//! first reading is carafe without the refinements. The deeper chapters are the refinements; each
//! can be skipped, and its title begins with `Deeper:`.
//!
//! The texts are part of the binary, so that a page can show the line that made an answer, without
//! a network. `make contents` reads this file. A test compares the list with the folder.

/// One file of the source.
pub struct Chapter {
    /// Its path, with slashes: `src/web/app.rs`.
    pub path: &'static str,
    /// Its text, as it was when carafe was built.
    pub text: &'static str,
}

/// The three circles of reading: a heading, and what it is.
pub const CIRCLES: [(&str, &str); 3] = [
    ("Stages", "Seven whole servers, each in one file that rustc alone compiles"),
    ("First reading", "One request from socket to socket, without the refinements"),
    ("Deeper chapters", "The refinements; each can be skipped"),
];

impl Chapter {
    /// What the file is about: its first line.
    pub fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or("").trim_start_matches(['/', '!', '#', ' '])
    }

    /// The position of its circle in [`CIRCLES`].
    pub fn circle(&self) -> usize {
        if self.path.starts_with("src/stages/") {
            return 0;
        }
        // Files that are not Rust belong to deeper chapters.
        let is_deeper = self.title().starts_with("Deeper:") || !self.path.ends_with(".rs");
        if is_deeper { 2 } else { 1 }
    }
}

/// The chapters of one circle, in the order in which to read them.
pub fn chapters_of(circle: usize) -> impl Iterator<Item = &'static Chapter> {
    CHAPTERS.iter().filter(move |chapter| chapter.circle() == circle)
}

macro_rules! chapters {
    ($($path:literal)*) => {
        &[$(Chapter { path: $path, text: include_str!(concat!("../", $path)) }),*]
    };
}

/// All files, room by room. [`chapters_of`] sorts them into circles.
pub static CHAPTERS: &[Chapter] = chapters! {
    "src/lib.rs"
    "src/contents.rs"
    "src/main.rs"
    "src/stages/s1_one_answer.rs"
    "src/stages/s2_routes.rs"
    "src/stages/s3_pages.rs"
    "src/stages/s4_forms.rs"
    "src/stages/s5_sessions.rs"
    "src/stages/s6_threads.rs"
    "src/stages/s7_limits.rs"
    "src/value.rs"
    "src/json/mod.rs"
    "src/json/read.rs"
    "src/json/write.rs"
    "src/near.rs"
    "src/random.rs"
    "src/http/mod.rs"
    "src/http/method.rs"
    "src/http/status.rs"
    "src/http/headers.rs"
    "src/http/fields.rs"
    "src/http/limits.rs"
    "src/http/request.rs"
    "src/http/parse_error.rs"
    "src/http/parse.rs"
    "src/http/target.rs"
    "src/http/body.rs"
    "src/http/cookie.rs"
    "src/http/date.rs"
    "src/http/forwarded.rs"
    "src/http/conditions.rs"
    "src/http/response.rs"
    "src/cycle.rs"
    "src/cycle/detail.rs"
    "src/cycle/recorder.rs"
    "src/server/mod.rs"
    "src/server/serving.rs"
    "src/server/pool.rs"
    "src/server/door.rs"
    "src/server/connection.rs"
    "src/server/connection/reading.rs"
    "src/server/connection/writing.rs"
    "src/server/input.rs"
    "src/server/bodies.rs"
    "src/server/wire.rs"
    "src/server/open.rs"
    "src/server/log.rs"
    "src/server/ring/mod.rs"
    "src/server/ring/sweep.rs"
    "src/signal.rs"
    "src/web/mod.rs"
    "src/web/app.rs"
    "src/web/site.rs"
    "src/web/context.rs"
    "src/web/handler.rs"
    "src/web/router.rs"
    "src/web/pattern.rs"
    "src/web/form.rs"
    "src/web/session.rs"
    "src/web/flash.rs"
    "src/web/page_globals.rs"
    "src/web/error.rs"
    "src/web/error_page.rs"
    "src/web/save.rs"
    "src/web/static_files.rs"
    "src/web/session/history.rs"
    "src/web/suggestion.rs"
    "src/web/inside.rs"
    "src/web/origin.rs"
    "src/web/sign.rs"
    "src/web/file_response.rs"
    "src/web/file_cache.rs"
    "src/web/store/mod.rs"
    "src/web/store/none.rs"
    "src/web/store/change.rs"
    "src/web/store/memory.rs"
    "src/web/store/rows_by_age.rs"
    "src/web/store/recording_store.rs"
    "src/web/store/cookie_store.rs"
    "src/web/store/file/mod.rs"
    "src/web/store/file/file_table.rs"
    "src/web/store/file/journal.rs"
    "src/web/store/file/rewrite.rs"
    "src/web/store/redis/mod.rs"
    "src/web/store/redis/redis_url.rs"
    "src/web/store/redis/resp.rs"
    "src/web/template/mod.rs"
    "src/web/template/mistake.rs"
    "src/web/template/loader.rs"
    "src/web/template/scan.rs"
    "src/web/template/tree.rs"
    "src/web/template/cursor.rs"
    "src/web/template/tags.rs"
    "src/web/template/expressions.rs"
    "src/web/template/function.rs"
    "src/web/template/names.rs"
    "src/web/template/renderer.rs"
    "src/web/template/family.rs"
    "src/web/template/evaluate.rs"
    "src/web/template/calls.rs"
    "src/web/template/kinds.rs"
    "src/web/template/compare.rs"
    "src/web/template/print.rs"
    "src/web/template/operators.rs"
    "src/web/template/filters.rs"
    "src/web/template/predicates.rs"
    "src/web/template/methods.rs"
    "src/web/template/strings.rs"
    "src/web/template/lists.rs"
    "src/web/template/numbers.rs"
    "src/web/template/printf.rs"
    "src/web/template/reference.rs"
    "src/web/client.rs"
    "src/app/mod.rs"
    "src/app/course/mod.rs"
    "src/app/course/hello.rs"
    "src/app/course/search.rs"
    "src/app/course/formtest.rs"
    "src/app/course/sessions.rs"
    "src/app/course/answer.rs"
    "src/app/course/echo.rs"
    "src/app/course/things.rs"
    "src/app/course/ladder.rs"
    "src/app/course/finished_cycle.rs"
    "src/app/course/shop/mod.rs"
    "src/app/course/shop/catalogue.rs"
    "src/app/course/shop/catalogue.txt"
    "src/app/course/shop/browse.rs"
    "src/app/course/shop/account.rs"
    "src/app/course/shop/guesses.rs"
    "src/app/course/shop/password.rs"
    "src/app/course/shop/cart.rs"
    "src/app/course/shop/order.rs"
    "src/app/course/shop/steps.rs"
    "src/app/course/lessons/mod.rs"
    "src/app/course/lessons/lessons.txt"
    "src/app/course/lessons/haproxy.cfg"
    "src/app/course/lessons/nginx.conf"
    "src/app/course/lessons/lesson_file.rs"
    "src/app/course/lessons/prose.rs"
    "src/app/course/lessons/page.rs"
    "src/app/course/lessons/terminal.rs"
    "src/app/course/lessons/lesson_conditions.rs"
    "src/app/course/lessons/cycle_tests.rs"
    "src/app/course/lessons/edits.rs"
    "src/app/glass/mod.rs"
    "src/app/glass/describe.rs"
    "src/app/glass/message.rs"
    "src/app/glass/annotate.rs"
    "src/app/glass/wire_notes.txt"
    "src/app/glass/answered.rs"
    "src/app/glass/visitor_memory.rs"
    "src/app/glass/changes.rs"
    "src/app/glass/mask.rs"
    "src/app/glass/related.rs"
    "src/app/glass/repeat_request.rs"
    "src/app/glass/cycle_text.rs"
    "src/app/glass/columns.rs"
    "src/app/glass/cycle_list.rs"
    "src/app/glass/own_requests.rs"
    "src/app/glass/forget.rs"
    "src/app/glass/source_pages.rs"
    "src/app/glass/colour.rs"
    "src/app/assets.rs"
    "src/cli/serve.rs"
    "src/cli/mod.rs"
    "src/cli/help.txt"
    "src/cli/command_line.rs"
    "src/cli/flags.rs"
    "src/cli/flags.txt"
    "src/cli/stores.rs"
    "src/cli/init.rs"
    "src/cli/routes.rs"
    "src/cli/render.rs"
    "src/cli/http_client.rs"
    "src/cli/cookie_jar.rs"
    "src/cli/check/mod.rs"
    "src/cli/check/progress_report.rs"
    "src/cli/check/notes.rs"
    "src/cli/check/notes.txt"
    "src/cli/check/page_words.rs"
    "src/cli/lab/mod.rs"
    "src/cli/lab/ladder.txt"
    "src/cli/lab/experiment.rs"
    "src/cli/lab/bench.rs"
    "src/cli/lab/ladder_table.rs"
};
