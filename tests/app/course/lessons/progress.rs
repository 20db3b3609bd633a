//! The checks: what earns a tick, what does not, and who is told.

use super::run::{Desk, lesson_file};
use crate::carafe::{Carafe, header};
use crate::common::empty_folder;
use std::process::Command;

/// A lesson, what is nearly enough for one of its conditions, and that condition as the report
/// words it.
const NEARLY: &[(usize, &str, &str)] = &[
    (1, "curl -I $B/hello; curl -A firefox $B/hello; curl $B/hello/Ada", "from curl"),
    (1, "curl -A firefox $B/hello; curl -I -A '' $B/hello", "without a User-Agent"),
    (2, "curl -d colour=red $B/things", "POST that created"),
    (2, "curl -X PUT -d name=x $B/things/7; curl -X DELETE $B/things/7", "PUT that replaced"),
    (2, "curl -X DELETE $B/things/7", "DELETE that removed"),
    (2, "curl -X PUT $B/hello", "unknown: 404"),
    (2, "curl $B/nowhere; curl -X OPTIONS $B/hello", "405"),
    (5, "curl \"$B/search?q=tea\"; curl $B/echo?q=%25", "decoded"),
    (6, "curl -d nmae=x $B/process", "303"),
    (
        6,
        "curl -H 'Content-Type: text/plain' -d x $B/process; curl -d name=Ada $B/process",
        "the field was named",
    ),
    (6, "curl -X PUT $B/hello", "405"),
    (8, "curl -L -d name=A $B/process; curl $B/formtest", "showed the message"),
    (8, "curl -L -c j -b j -d name=A $B/process; curl $B/formtest", "next page"),
    (
        9,
        "curl -i --etag-save e $B/static/css/carafe.css; curl -i --etag-compare e $B/static/css/carafe.css",
        "304",
    ),
    (
        9,
        "curl $B/static/css/my-style-sheet.css; curl $B/static/css/my-style-sheet.css",
        "another ETag",
    ),
    (
        10,
        "curl $B/ladder/none; curl $B/ladder/none; curl $B/ladder/none; curl $B/ladder/none",
        "one connection",
    ),
    (10, "curl $B/ladder/none $B/ladder/none $B/hello", "one connection"),
    (
        11,
        "curl $B/ladder/url; curl $B/ladder/url?n=1; curl $B/ladder/url?n=2; curl $B/ladder/url?n=x",
        "made up",
    ),
    (
        11,
        "for i in 1 2 3; do curl -c j -b j $B/ladder/cookie; done; curl -b visits=x $B/ladder/cookie",
        "made up",
    ),
    (
        11,
        "for i in '' -I; do curl $i -b visits=2000000000000 $B/ladder/cookie; \
         curl $i -b visits=18446744073709551615 $B/ladder/cookie; done",
        "made up",
    ),
    (11, "for i in 1 2 3; do curl -c j -b j $B/ladder/signed; done", "was changed"),
    (
        11,
        "for i in 1 2 3; do curl -c j -b j $B/ladder/signed; done; curl $B/ladder/signed",
        "twice",
    ),
    (11, "for i in 1 2; do curl -b visits_signed=1.0 $B/ladder/signed; done", "twice"),
    (
        13,
        "for i in 1 2 3; do curl -c j -b j $B/ladder/session; done; curl -b j $B/ladder/session",
        "before this server",
    ),
    (
        13,
        "curl -c j $B/sessions; for i in 1 2; do curl -b j $B/ladder/session; done",
        "before this server",
    ),
    (
        13,
        "curl -b carafe_sid=0123456789abcdef0123456789abcdef $B/ladder/session",
        "before this server",
    ),
    (
        13,
        "curl -c j $B/ladder/session; curl -c j -b j -d 'name=A&email=a@b&password=x' \
         $B/shop/login; curl -b j $B/ladder/session",
        "before this server",
    ),
    (7, "curl -b j $B/ladder/cookie; curl -b visits=1 $B/hello", "a request with this cookie"),
    (7, "curl -b carafe_sid=x $B/ladder/cookie", "a request with this cookie"),
    (14, "for i in 1 2; do curl -c j -b j $B/ladder/session; done", "then on the first again"),
    (12, "curl $B/getsession", "found Anthony"),
    (
        12,
        "curl -c j $B/sessions; curl -b j $B/getsession; curl $B/getsession",
        "the same cookie again",
    ),
    (12, "curl $B/dropsession", "had a session"),
    (
        12,
        "curl -c j $B/sessions; curl -b j $B/getsession; curl -b other=x $B/getsession",
        "names no row",
    ),
    (15, "curl -d name=Ada $B/shop/login", "step 2"),
    (15, "curl \"$B/shop/search?q=tea\"; curl $B/shop/results", "step 4"),
    (15, "curl $B/shop/cart; curl -d item=999 $B/shop/cart", "step 6"),
    (15, "curl -c j -d item=3 $B/shop/cart; curl -b j -d token=x $B/shop/checkout", "step 7"),
    (15, "curl $B/shop/order/1001", "step 8"),
];

#[test]
fn what_is_nearly_enough_earns_no_tick() {
    let mut desk = Desk::new();
    for (lesson, commands, condition) in NEARLY {
        desk.serve("carafe");
        desk.shell("rm -f j; carafe check --forget --server $B");
        desk.shell(commands);
        let report = desk.shell(&format!("carafe check {lesson} --server $B"));
        let line = report.lines().find(|line| line.contains(condition));
        let line = line.unwrap_or_else(|| panic!("{condition:?} is not in {report}"));
        assert!(line.starts_with("  missing  "), "lesson {lesson}: {commands}\nearned: {line}");
    }
}

#[test]
fn ticks_stay_in_a_file_that_all_servers_of_a_user_share() {
    let state = empty_folder();
    let text = || std::fs::read_to_string(state.join("carafe/ticks")).unwrap_or_default();
    let start = |arguments: &[&str]| {
        let variable = ("XDG_STATE_HOME", state.to_str().expect("the path is text"));
        Carafe::start_with(&empty_folder(), &[&["--log", "off"], arguments].concat(), &[variable])
    };
    let is_seen = |carafe: &Carafe| carafe.curl(&["$B/lessons/1"]).contains("[x] a GET /hello");
    let first = start(&[]);
    assert!(first.banner.contains("/carafe/ticks\n"), "{}", first.banner);
    for _ in 0..2 {
        first.curl(&["$B/hello"]);
    }
    assert_eq!(text(), "server /hello GET 200 from-curl\n", "one line a tick");
    drop(first);
    let (second, third) = (start(&[]), start(&["--store", "none"]));
    assert!(is_seen(&second) && is_seen(&third));
    assert!(second.curl(&["$B/lessons/1"]).contains("(earlier)"), "its cycle is of another server");
    // Both ways to forget, and each server learns of what the other one did.
    assert_eq!(second.curl(&["-X", "POST", "$B/lessons/forget"]), "All ticks are gone.\n");
    assert!(!is_seen(&third) && text().is_empty());
    third.curl(&["$B/hello"]);
    assert!(is_seen(&second) && is_seen(&third));
    let forget = ["check", "--forget", "--server", &third.url("")];
    let output = Command::new(env!("CARGO_BIN_EXE_carafe")).args(forget).output();
    assert_eq!(output.expect("carafe starts").stdout, b"All ticks are gone.\n");
    assert!(!is_seen(&second) && !is_seen(&third));
    for outside in ["Host: shop.example", "X-Forwarded-For: 10.0.0.1"] {
        assert_eq!(third.status(&["-X", "POST", "-H", outside, "$B/lessons/forget"]), "403");
    }
    // Without a file the ticks are in memory, and nothing fails.
    let none = start(&["--no-ticks"]);
    assert!(none.banner.contains("ticks      not kept"), "{}", none.banner);
    none.curl(&["$B/hello"]);
    assert!(is_seen(&none) && !is_seen(&second) && text().is_empty());
    std::fs::remove_dir_all(&state).expect("the folder can be removed");
    std::fs::write(&state, "a file").expect("the file can be written");
    let unable = start(&[]);
    assert!(unable.banner.contains("ticks      not kept: cannot write "), "{}", unable.banner);
    unable.curl(&["$B/hello"]);
    second.curl(&["$B/hello"]);
    assert!(is_seen(&unable) && is_seen(&second));
    assert!(unable.log().starts_with("carafe: ticks are not kept: cannot write "));
    // A device never ends, and a pipe may never begin: neither is read.
    std::fs::remove_file(&state).expect("the file can be removed");
    std::fs::create_dir_all(state.join("carafe")).expect("a folder can be made");
    let link = std::os::unix::fs::symlink("/dev/zero", state.join("carafe/ticks"));
    link.expect("a link can be made");
    let device = start(&[]);
    assert!(device.banner.contains("found a folder or a device"), "{}", device.banner);
    device.curl(&["$B/hello"]);
    assert!(is_seen(&device));
    // An editor may have left the last line without its end.
    std::fs::remove_file(state.join("carafe/ticks")).expect("the link can be removed");
    std::fs::write(state.join("carafe/ticks"), "server /hello GET 200 by-hand")
        .expect("the file can be written");
    let edited = start(&[]);
    edited.curl(&["$B/hello"]);
    assert!(is_seen(&edited));
    assert_eq!(text(), "server /hello GET 200 by-hand\nserver /hello GET 200 from-curl\n");
    // Of a file that holds other things the lines of ticks count, and a part alone is read.
    let ticks = [b"server /hello GET 200 from-curl\n".as_slice(), &[0xff; 1 << 20]].concat();
    std::fs::write(state.join("carafe/ticks"), ticks).expect("the file can be written");
    assert!(is_seen(&start(&[])));
    let _ = std::fs::remove_dir_all(&state);
}

#[test]
fn no_test_writes_the_ticks_of_the_user() {
    let state = std::env::var("XDG_STATE_HOME").expect(".cargo/config.toml sets it");
    assert_eq!(state, concat!(env!("CARGO_MANIFEST_DIR"), "/target/state"));
}

#[test]
fn neither_a_lost_memory_nor_a_test_suite_earns_a_tick() {
    let mut desk = Desk::new();
    let seen = |desk: &Desk, lesson: usize| desk.check(lesson).1;
    // Under a store that keeps nothing, nobody is logged in and the cart stays empty.
    desk.serve("carafe --store none");
    desk.shell("curl $B/sessions; curl -d item=3 $B/shop/cart");
    desk.shell("curl -d 'name=Ada&email=ada@example.org&password=correct-horse' $B/shop/login");
    assert_eq!((seen(&desk, 12).len(), seen(&desk, 15).len()), (0, 0));
    // A cookie from before a restart is refused, but nobody has changed it.
    desk.serve("carafe");
    desk.shell("curl -c j $B/ladder/signed");
    desk.serve("carafe");
    assert!(desk.shell("curl -b j $B/ladder/signed").contains("signature does not match"));
    assert!(!seen(&desk, 11).iter().any(|what| what.contains("changed")));
    desk.shell("carafe check --suite notes --url $B");
    let all = desk.shell("carafe check --server $B");
    assert!(!all.contains("done"), "{all}");
}

#[test]
fn an_old_count_is_known_although_a_new_visitor_has_counted_as_far() {
    let mut desk = Desk::new();
    desk.serve("carafe --store file:state");
    desk.shell("curl -c j $B/ladder/session");
    desk.serve("carafe --store file:state");
    desk.shell("curl $B/ladder/session; curl -b j $B/ladder/session");
    let seen = desk.check(13).1;
    assert!(seen.iter().any(|what| what.contains("before this server")), "{seen:?}");
}

#[test]
fn a_tick_outlives_the_cycle_that_earned_it_and_the_visitors_who_are_forgotten() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["$B/ladder/none", "$B/ladder/none", "$B/ladder/none"]);
    assert!(carafe.curl(&["$B/cycles/3"]).contains("/ladder/none"));
    let many: Vec<String> = (0..250).map(|_| carafe.url("/hello")).collect();
    carafe.curl(&many.iter().map(String::as_str).collect::<Vec<_>>());
    carafe.curl(&["-X", "POST", "$B/forget"]);
    assert!(carafe.curl(&["$B/cycles/3"]).contains("404"), "the cycle is gone");
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/lessons/10"]);
    assert!(page.contains("this server has seen all of it"), "{page}");
    assert!(page.contains("(earlier)") && !page.contains("cycle 3"), "a link to nothing: {page}");
    let home = carafe.curl(&["-H", "Accept: text/html", "$B/"]);
    assert!(
        home.contains("<li class=\"done\"><span class=\"tick\" aria-hidden=\"true\">✓</span> <a href=\"/lessons/10\">"),
        "{home}"
    );
    assert!(carafe.curl(&["$B/"]).contains("[x] 10  HTTP is stateless"));
}

#[test]
fn lesson_3_asks_which_line_answered() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["$B/hello/Ada"]);
    // Who answers an error is no good question, and the command does not give the answer away.
    carafe.curl(&["-X", "PUT", "$B/hello"]);
    let command = carafe.url("/lessons/3");
    let command = format!("    $ curl -d cycle=1 -d line=... {command}\n");
    assert!(carafe.curl(&["$B/lessons/3"]).contains(&command));
    let cycle = carafe.curl(&["$B/cycles/1"]);
    let place = cycle
        .lines()
        .next()
        .and_then(|line| line.split_whitespace().last())
        .expect("it names the line");
    assert!(place.starts_with("src/app/course/hello.rs:"), "{place}");
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/lessons/3"]);
    assert!(page.contains("name=\"cycle\" inputmode=\"numeric\" required value=\"1\""), "{page}");
    let short = place.trim_start_matches("src/app/course/").replace(':', " line ");
    let answers = [
        ("1", "src/app/course/hello.rs:1", "did not answer cycle 1"),
        ("1", "ello.rs:1", "Expected a file and a line, as in things.rs:20"),
        ("1", "", "&#34;&#34; did not answer"),
        ("99", place, "There is no cycle &#34;99&#34;"),
        ("one", place, "There is no cycle &#34;one&#34;"),
        ("", place, "There is no cycle &#34;&#34;"),
        ("#1", short.as_str(), "Right"),
    ];
    for (cycle, line, expected) in answers {
        let before = carafe.curl(&["$B/lessons.json"]);
        assert!(!before.contains("cycle of this lesson\",\"seen\":\"cycle 1"), "{before}");
        let fields = [
            "--data-urlencode",
            &format!("cycle={cycle}"),
            "--data-urlencode",
            &format!("line={line}"),
        ];
        let arguments = [
            &["-L", "-c", "j", "-b", "j", "-H", "Accept: text/html"],
            &fields[..],
            &["$B/lessons/3"],
        ]
        .concat();
        let page = carafe.curl(&arguments);
        let check = page.find("<h2 id=\"check\">").expect("where the answer leads");
        assert!(page[check..].contains(expected), "{cycle}, {line}: {page}");
        assert!(!page[..check].contains("class=\"flash"), "it is shown once: {page}");
    }
    let after = carafe.curl(&["$B/lessons.json"]);
    assert!(after.contains("cycle of this lesson\",\"seen\":\"cycle 1"), "{after}");
    assert!(
        carafe.curl(&["-d", "cycle=1", "$B/lessons/3"]).contains("missing form field \"line\"")
    );
    assert_eq!(carafe.status(&["-d", "cycle=1&line=x", "$B/lessons/4"]), "400");
}

#[test]
fn a_question_is_printed_for_a_terminal_and_on_paper_and_its_answer_is_no_earlier_tick() {
    let mut desk = Desk::new();
    desk.serve("carafe");
    let question = "On which rung of the ladder does Flask keep its session?";
    let check = || desk.shell("carafe check 16 --server $B");
    assert!(check().contains(&format!("\n  question {question}")), "{}", check());
    desk.shell("curl $B/hello/Ada; curl -d answer=3 $B/lessons/16");
    assert!(check().ends_with("  seen     the question below, answered (right)\n"), "{}", check());
    let paper =
        |number| desk.shell(&format!("curl -H 'Accept: text/html' \"$B/lessons/{number}?print\""));
    assert!(paper(16).contains(question), "{}", paper(16));
    // The number is another one for each reader.
    assert!(paper(3).contains("-d cycle=CYCLE "), "{}", paper(3));
    for (answer, said) in [
        ("23", "\"23\" is not right"),
        ("All 23 hold at $B.", "is not right"),
        ("All 23 hold at ${B/127.0.0.1/localhost}", "is not right"),
        ("all 23 hold at http://192.0.2.7:5001/", "Right."),
    ] {
        let told = desk.shell(&format!("curl --data-urlencode \"answer={answer}\" $B/lessons/18"));
        assert!(told.contains(said), "{answer}: {told}");
    }
}

#[test]
fn the_first_page_says_that_all_is_done_and_asks_before_it_removes_the_ticks() {
    let state = empty_folder();
    let lessons = lesson_file::parse(lesson_file::text()).expect("the file keeps its rules");
    let rules = lessons.iter().flat_map(|lesson| lesson.all("seen").map(move |it| (lesson, it)));
    let ticks = rules.map(|(lesson, seen)| format!("{} {}\n", lesson.name, seen.name));
    std::fs::create_dir_all(state.join("carafe")).expect("a folder can be made");
    std::fs::write(state.join("carafe/ticks"), ticks.collect::<String>()).expect("it is written");
    let state = ("XDG_STATE_HOME", state.to_str().expect("the path is text"));
    let carafe = Carafe::start_with(&empty_folder(), &["--log", "off"], &[state]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/"]);
    assert!(page.contains("You have done all lessons.") && !page.contains("Go on"), "{page}");
    let details = page.split("<details>").nth(1).and_then(|rest| rest.split("</details>").next());
    assert!(details.is_some_and(|it| it.contains("action=\"/lessons/forget\"")), "{page}");
    let _ = std::fs::remove_dir_all(state.1);
}

#[test]
fn who_is_elsewhere_reads_the_lessons_and_is_told_nothing_of_what_was_seen() {
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["$B/ladder/none", "$B/ladder/none", "$B/ladder/none", "$B/hello/Ada"]);
    for elsewhere in ["Host: shop.example", "X-Forwarded-For: 10.0.0.1"] {
        let ask = |path: &str| {
            carafe.curl(&["-i", "-H", elsewhere, "-H", "Accept: text/html", &format!("$B{path}")])
        };
        assert!(ask("/lessons.json").starts_with("HTTP/1.1 403"), "{elsewhere}");
        let page = ask("/lessons/10");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("HTTP is stateless"), "{page}");
        assert!(!page.contains("href=\"/cycles/") && !page.contains("Your last cycles"), "{page}");
        assert!(!ask("/").contains("✓"));
        let text = carafe.curl(&["-H", elsewhere, "$B/lessons/10"]);
        assert!(text.contains("  [ ] three GET /ladder/none"), "{text}");
        let posted = carafe.status(&[
            "-H",
            elsewhere,
            "-d",
            "cycle=4&line=src/app/course/hello.rs:11",
            "$B/lessons/3",
        ]);
        assert_eq!(posted, "403", "{elsewhere}");
    }
}

#[test]
fn lessons_come_as_pages_as_text_and_to_print() {
    let lessons = lesson_file::parse(lesson_file::text()).expect("the file keeps its rules");
    let carafe = Carafe::start(&["--log", "off"]);
    for number in 1..=18 {
        let text = carafe.curl(&[&format!("$B/lessons/{number}")]);
        assert!(text.starts_with(&format!("Lesson {number}: ")), "{text}");
        let prose = text.lines().filter(|line| !line.starts_with("    "));
        let wide: Vec<&str> =
            prose.filter(|line| line.chars().count() > 80 && line.contains(". ")).collect();
        assert!(wide.is_empty(), "{wide:?}");
        let page = carafe.curl(&["-H", "Accept: text/html", &format!("$B/lessons/{number}")]);
        assert!(page.contains("<details>") && page.contains("Show the answer"), "{page}");
        assert_eq!(page.contains("All that a template can say"), number == 4, "{page}");
        let print =
            carafe.curl(&["-H", "Accept: text/html", &format!("$B/lessons/{number}?print")]);
        assert!(
            !print.contains("<details") && !print.contains("<button") && !print.contains("<form"),
            "{print}"
        );
        let answer = lessons[number - 1].text("answer");
        let parts = answer.split(['`', '[', ')', '<', '"', '&']);
        let answer = parts.max_by_key(|part| part.len()).expect("it has words");
        assert!(page.contains(answer) && !print.contains(answer), "it is to be found: {print}");
        assert!(!print.contains("form below"), "there is none on paper: {print}");
        // A question that is answered on paper has a line to write on, as the guess has one.
        let lines = if [3, 16, 17, 18].contains(&number) { 2 } else { 1 };
        assert_eq!(print.matches("class=\"rule\"").count(), lines, "{print}");
        assert_eq!(carafe.curl(&[&format!("$B/lessons/{number}.txt")]), text);
    }
    for (path, expected) in
        [("/lessons/0", "404"), ("/lessons/99", "404"), ("/lessons/x", "404"), ("/lessons", "303")]
    {
        assert_eq!(carafe.status(&[&format!("$B{path}")]), expected, "{path}");
    }
    assert!(carafe.curl(&["$B/lessons/19"]).contains("found lesson 19, expected 1 to 18"));
    let answer = carafe.curl(&["-i", "$B/lessons.json"]);
    assert_eq!(header(&answer, "Carafe-Cycle"), None, "asking what was seen is no cycle itself");
}

#[test]
fn a_page_to_play_with_leads_back_to_a_lesson_that_asks_for_it() {
    let lessons = lesson_file::parse(lesson_file::text()).expect("the file keeps its rules");
    let carafe = Carafe::start(&["--log", "off"]);
    let home = carafe.curl(&["-H", "Accept: text/html", "$B/"]);
    let paths = home.split("<a href=\"").filter_map(|rest| rest.split_once("\"><code>"));
    let paths = paths.map(|(path, _)| path).filter(|path| !path.contains(['"', ' ']));
    let paths = paths.filter(|path| !["/echo", "/boom"].contains(path));
    let others = ["/getsession", "/dropsession", "/ladder/none", "/ladder/url", "/ladder/cookie"];
    for path in paths.chain(others).chain(["/ladder/signed"]) {
        let page = carafe.curl(&["-H", "Accept: text/html", &format!("$B{path}")]);
        let link = page.split("belongs to <a href=\"/lessons/").nth(1);
        let number = link.and_then(|rest| rest.split('"').next()?.parse::<usize>().ok());
        let number = number.unwrap_or_else(|| panic!("{path} leads to no lesson: {page}"));
        let plain = path.split('?').next().unwrap_or(path);
        assert!(lessons[number - 1].owns(plain), "{path}: lesson {number}");
    }
}

#[test]
fn the_first_page_shows_the_very_request_without_the_whole_id() {
    let carafe = Carafe::start(&["--log", "off"]);
    let cookie = "Cookie: carafe_sid=0123456789abcdef0123456789abcdef";
    for accept in ["*/*", "text/html"] {
        let page =
            carafe.curl(&["-H", cookie, "-A", "me/1", "-H", &format!("Accept: {accept}"), "$B/"]);
        assert!(page.contains("GET / HTTP/1.1") && page.contains("User-Agent: me/1"), "{page}");
        assert!(page.contains("carafe_sid=0123..") && !page.contains("89abcdef"), "{page}");
    }
}

#[test]
fn carafe_check_says_what_is_wrong_with_its_words_and_with_the_server() {
    let mut desk = Desk::new();
    let said =
        |desk: &Desk, words: &str| desk.shell(&format!("carafe check {words}; echo exit $?"));
    for (words, expected) in [
        ("0", "found \"0\", expected a lesson's number"),
        ("1 2", "these words do not go together"),
        ("--sever $B", "did you mean --server?"),
        ("--server", "--server needs a value"),
        (
            "--server https://localhost",
            "--server: found \"https://localhost\", expected one such as",
        ),
        ("--server http://localhost:x", "expected one such as"),
        ("--server=http://a/b", "expected one such as"),
        ("--suite python --url http://x", "these words do not go together"),
        ("--suite notes", "--suite notes needs --url"),
        ("--suite notes 3 --url http://x", "these words do not go together"),
        ("--url http://x", "--url needs --suite notes"),
        ("--forget 1", "--forget removes the ticks of all lessons, and takes no number"),
    ] {
        let shown = said(&desk, words);
        assert!(shown.contains(expected) && shown.ends_with("exit 2\n"), "{words}: {shown}");
    }
    let shown = said(&desk, "1 --server http://127.0.0.1:1");
    assert!(
        shown.starts_with("http://127.0.0.1:1: nobody answers")
            && shown.contains("Start carafe")
            && shown.ends_with("exit 1\n"),
        "{shown}"
    );
    desk.serve("carafe --no-cycles");
    let lesson = desk.shell("curl -s $B/lessons/3");
    assert!(lesson.contains("keeps no cycles, so it cannot see"), "{lesson}");
    assert!(!lesson.contains("-d cycle=") && lesson.contains("carafe check 3"), "{lesson}");
    let shown = said(&desk, "--server $B");
    assert!(shown.contains("--no-cycles") && shown.ends_with("exit 1\n"), "{shown}");
    desk.serve("carafe");
    let shown = said(&desk, "--server $B");
    assert!(shown.starts_with(" 1  0 of 2   A server"), "{shown}");
    assert!(shown.ends_with("exit 1\n"), "{shown}");
    let shown = said(&desk, "99 --server $B");
    assert!(
        shown.contains("found 99, expected a lesson's number, 1 to") && shown.ends_with("exit 2\n"),
        "{shown}"
    );
    desk.shell("curl $B/ladder/none $B/ladder/none $B/ladder/none");
    let shown = said(&desk, "10 --server $B/");
    assert!(
        shown.contains("  seen     three GET /ladder/none on one connection (cycle 3)"),
        "{shown}"
    );
    assert!(shown.ends_with("exit 0\n"), "{shown}");
}
