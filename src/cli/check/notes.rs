//! The course notes' app, as a list of claims that any server can be held to.
//!
//! It is asked over HTTP alone, so it may be written in any language. Each claim starts with a new
//! visitor and an empty cookie jar, asks only the eight paths of the notes, and is told: it holds,
//! or what was sent, what came, what was expected.
//!
//! What the notes leave open is left open here: 303 or 302, text or HTML, how a page looks, where
//! the session lives. A page of its own for 400 is as good as another.
//!
//! Left out: what only a server that keeps the memory itself can promise (lesson 11: a stolen
//! cookie that is of no use after the logout). Flask's signed cookie cannot, and it passes.

use super::answer::Answer;
use super::client::{Server, Unanswered};
use super::page::{unescaped, words};
use super::visitor::{Miss, Visitor, expect};
use carafe::http::Status;
use std::io::Write;
use std::time::{Duration, Instant};

/// What is claimed, the lesson that is about it, and how it is tried.
struct Claim {
    words: &'static str,
    lesson: u8,
    try_on: fn(&mut Visitor) -> Result<(), Miss>,
}

const fn claim(
    lesson: u8,
    words: &'static str,
    try_on: fn(&mut Visitor) -> Result<(), Miss>,
) -> Claim {
    Claim { words, lesson, try_on }
}

const CLAIMS: &[Claim] = &[
    claim(1, "/hello says Hello, World!", hello),
    claim(4, "/hello/NAME greets whom the URL names", greeting),
    claim(4, "a name in the URL is text, not HTML", greeting_is_escaped),
    claim(3, "the URL's %E6%9D%8E%E6%98%8E is read as 李明", greeting_is_decoded),
    claim(8, "/static/css/my-style-sheet.css is a style sheet", style_sheet),
    claim(2, "PUT /hello is 405 and says what is allowed", put_is_405),
    claim(6, "GET /process is 405 and says what is allowed", get_is_405),
    claim(6, "POST /process sends the browser on to /formtest", post_leads_on),
    claim(6, "/formtest shows the name that was sent", name_is_kept),
    claim(6, "a name in a form is text, not HTML", name_is_escaped),
    claim(6, "a form without the field is no crash", no_field),
    claim(7, "a name of one character is refused with a message", one_letter_is_refused),
    claim(7, "an empty name is refused with a message", empty_is_refused),
    claim(7, "a refused name does not replace a good one", refusal_changes_nothing),
    claim(7, "the message is shown once", message_is_shown_once),
    claim(7, "two refusals are two messages on the next page", two_messages),
    claim(7, "nobody else sees the message", message_is_for_one),
    claim(7, "é is one character, though two bytes", one_character_is_refused),
    claim(7, "李明 is two characters", two_characters_are_taken),
    claim(11, "who is new is not logged in", stranger),
    claim(11, "/sessions sets the user and /getsession reads it", user_is_read),
    claim(11, "one visitor's user is not another's", user_is_for_one),
    claim(11, "/dropsession forgets the user", user_is_dropped),
];

/// For all claims together.
const PATIENCE_IN_ALL: Duration = Duration::from_secs(60);
const MESSAGE: &str = "need valid name";
/// A name that no page shows by itself.
const GOOD: &str = "Zenobia";

/// Tries every claim on a server and tells how it went, as it goes; true if all hold.
pub fn run(server: &Server, out: &mut impl Write) -> bool {
    // Nobody may be left to read it: `carafe check … | head`. The exit code tells all the same.
    let mut tell = |line: String| {
        let _ = writeln!(out, "{line}");
    };
    tell(format!(
        "The notes' app at {}; each claim starts with an empty jar, rm -f j:\n",
        server.url("")
    ));
    let end = Instant::now() + PATIENCE_IN_ALL;
    let (mut held, mut tried) = (0, 0);
    for claim in CLAIMS {
        if Instant::now() > end {
            tell(format!("\nStopped after {} s.", PATIENCE_IN_ALL.as_secs()));
            break;
        }
        let mut visitor = Visitor::new(server);
        let outcome = (claim.try_on)(&mut visitor);
        tried += 1;
        let Err(miss) = outcome else {
            held += 1;
            tell(format!("  ok    {}", claim.words));
            continue;
        };
        tell(failure(claim, &visitor, &miss));
        // Whoever is not there, or speaks no HTTP at the first question, will not at the next.
        if matches!(miss.unanswered, Some(Unanswered::Nobody(_)))
            || (tried == 1 && matches!(miss.unanswered, Some(Unanswered::NotHttp(_))))
        {
            break;
        }
    }
    let (all, left) = (CLAIMS.len(), CLAIMS.len() - tried);
    let left = if left > 0 { format!(" {left} were not tried.") } else { String::new() };
    tell(if held == all {
        format!("\nAll {all} hold.")
    } else {
        format!("\n{held} of {all} hold.{left}")
    });
    held == all
}

/// A claim that does not hold: what was sent, what came, what was expected.
fn failure(claim: &Claim, visitor: &Visitor, miss: &Miss) -> String {
    let mut text = format!("  FAIL  {}", claim.words);
    let mut row = |title: &str, what: &str| text.push_str(&format!("\n        {title:<9} {what}"));
    for (at, command) in visitor.typed().iter().enumerate() {
        row(if at == 0 { "sent" } else { "" }, command);
    }
    row("came", &miss.came);
    for lost in visitor.lost_cookies() {
        row("and", lost);
    }
    row("expected", &miss.expected);
    row("see", &format!("lesson {}: /lessons/{0} of a running carafe", claim.lesson));
    text
}

fn hello(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.get("/hello")?;
    let says = answer.status == Status::OK && words(&answer).contains("Hello, World!");
    expect(says, &answer, "Hello", "200, and in it: Hello, World!")?;
    let typed = answer.headers.get("Content-Type").is_some_and(|value| value.starts_with("text/"));
    expect(
        typed,
        &answer,
        "Hello",
        "a Content-Type such as text/plain or text/html, or the browser has to guess",
    )
}

/// `Hello Ada!`, or with a comma, or in other cases of letters.
fn greets(answer: &Answer, name: &str) -> bool {
    let said = words(answer).replace([',', '!'], " ").to_lowercase();
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    answer.status == Status::OK && said.contains(&format!("hello {}", name.to_lowercase()))
}

fn greeting(visitor: &mut Visitor) -> Result<(), Miss> {
    for name in ["Ada", GOOD] {
        let answer = visitor.get(&format!("/hello/{name}"))?;
        expect(greets(&answer, name), &answer, "Hello", format!("200, and in it: Hello {name}!"))?;
    }
    Ok(())
}

/// True if `<b>Ada` reached a browser as a mark.
fn is_raw(answer: &Answer, name: &str) -> bool {
    answer.is_page() && answer.text().to_lowercase().contains(&name.to_lowercase())
}

fn greeting_is_escaped(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.get("/hello/%3Cb%3EAda")?;
    let expected = "Hello &lt;b&gt;Ada! in the bytes of the page: whoever makes the link must not write the page";
    expect(!is_raw(&answer, "<b>Ada"), &answer, "<b>Ada", expected)?;
    expect(greets(&answer, "<b>Ada"), &answer, "Hello", expected)
}

fn greeting_is_decoded(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.get("/hello/%E6%9D%8E%E6%98%8E")?;
    expect(
        greets(&answer, "李明"),
        &answer,
        "Hello",
        "200, and in it: Hello 李明! (percent-decoded, as UTF-8)",
    )
}

fn style_sheet(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.get("/static/css/my-style-sheet.css")?;
    expect(
        answer.status == Status::OK && !answer.body.is_empty(),
        &answer,
        "",
        "200 and the file's bytes",
    )?;
    let is_css =
        answer.headers.get("Content-Type").is_some_and(|value| value.starts_with("text/css"));
    expect(is_css, &answer, "", "Content-Type: text/css, or the browser leaves it aside")
}

/// True if `Allow` holds the one method and not the other.
fn allows(answer: &Answer, method: &str, not: &str) -> bool {
    answer.headers.has_token("Allow", method) && !answer.headers.has_token("Allow", not)
}

fn put_is_405(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.put("/hello")?;
    let holds = answer.status == Status::METHOD_NOT_ALLOWED && allows(&answer, "GET", "PUT");
    expect(
        holds,
        &answer,
        "",
        "405 with the header Allow, and GET in it: the URL is known, the method is not",
    )
}

fn get_is_405(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.get("/process")?;
    let holds = answer.status == Status::METHOD_NOT_ALLOWED && allows(&answer, "POST", "GET");
    expect(
        holds,
        &answer,
        "",
        "405 with the header Allow, and POST in it: what changes something is no GET",
    )
}

/// Sends a name. Where that leads is a claim of its own; the others go on to the form, as a browser
/// would by hand.
fn send_name(visitor: &mut Visitor, name: &str) -> Result<Answer, Miss> {
    visitor.post("/process", "name", name)
}

/// The page that a visitor sees after the form.
fn form_page(visitor: &mut Visitor) -> Result<Answer, Miss> {
    let answer = visitor.get("/formtest")?;
    let came_back =
        answer.headers.get("Location").is_some_and(|location| location.ends_with("/formtest"));
    let without_end = if came_back { ", not a redirect to itself without end" } else { "" };
    expect(
        answer.status == Status::OK,
        &answer,
        "",
        format!("200, the page with the form{without_end}"),
    )?;
    Ok(answer)
}

fn post_leads_on(visitor: &mut Visitor) -> Result<(), Miss> {
    form_page(visitor)?;
    let answer = send_name(visitor, GOOD)?;
    let sends_on = matches!(answer.status, Status::SEE_OTHER | Status(302));
    expect(
        sends_on,
        &answer,
        "",
        "303 or 302 with Location: /formtest: what follows is a GET, so a reload sends nothing twice",
    )?;
    let location = answer.headers.get("Location").unwrap_or("");
    let path = location.split(['?', '#']).next().unwrap_or("");
    let url = visitor.server().url("/formtest");
    let leads = ["/formtest", "formtest", "./formtest", &url].contains(&path);
    expect(
        leads,
        &answer,
        "",
        format!("Location: /formtest, or {url}; to another host no cookie goes along"),
    )
}

/// True if the name stands anywhere in the page, a field's value too.
fn shows(page: &Answer, name: &str) -> bool {
    unescaped(&page.text()).contains(name)
}

fn name_is_kept(visitor: &mut Visitor) -> Result<(), Miss> {
    let page = form_page(visitor)?;
    expect(
        !shows(&page, GOOD),
        &page,
        GOOD,
        format!("no {GOOD}: who is new has sent no name yet"),
    )?;
    send_name(visitor, GOOD)?;
    let page = form_page(visitor)?;
    expect(shows(&page, GOOD), &page, "", format!("{GOOD}, which the session has kept"))?;
    expect_messages(&page, 0, "the name was good")
}

fn name_is_escaped(visitor: &mut Visitor) -> Result<(), Miss> {
    let name = format!("<b>{GOOD}");
    send_name(visitor, &name)?;
    let page = form_page(visitor)?;
    let expected = format!("&lt;b&gt;{GOOD} in the bytes of the page");
    expect(!is_raw(&page, &name) && shows(&page, &name), &page, &name, expected)
}

fn no_field(visitor: &mut Visitor) -> Result<(), Miss> {
    let answer = visitor.post("/process", "nmae", GOOD)?;
    let is_crash = answer.status.0 >= 500;
    expect(
        !is_crash,
        &answer,
        "",
        "400 Bad Request, or the message: a form that lacks a field is the client's mistake",
    )
}

/// Counts the message on a page.
fn expect_messages(page: &Answer, expected: usize, why: &str) -> Result<(), Miss> {
    let found = words(page).matches(MESSAGE).count();
    let times = if expected == 1 { "time" } else { "times" };
    expect(
        found == expected,
        page,
        MESSAGE,
        format!("'{MESSAGE}' {expected} {times}, not {found}: {why}"),
    )
}

fn refused(visitor: &mut Visitor, name: &str, why: &str) -> Result<(), Miss> {
    send_name(visitor, name)?;
    let page = form_page(visitor)?;
    expect_messages(&page, 1, why)
}

fn one_letter_is_refused(visitor: &mut Visitor) -> Result<(), Miss> {
    refused(visitor, "A", "a name has two characters or more")
}

fn empty_is_refused(visitor: &mut Visitor) -> Result<(), Miss> {
    refused(visitor, "", "a name has two characters or more")
}

fn one_character_is_refused(visitor: &mut Visitor) -> Result<(), Miss> {
    refused(visitor, "é", "it is one character; count characters, not bytes")
}

fn two_characters_are_taken(visitor: &mut Visitor) -> Result<(), Miss> {
    send_name(visitor, "李明")?;
    let page = form_page(visitor)?;
    expect_messages(&page, 0, "two characters are enough")?;
    expect(shows(&page, "李明"), &page, "", "李明, which the session has kept, as UTF-8")
}

fn refusal_changes_nothing(visitor: &mut Visitor) -> Result<(), Miss> {
    send_name(visitor, GOOD)?;
    send_name(visitor, "A")?;
    let page = form_page(visitor)?;
    expect(shows(&page, GOOD), &page, "", format!("still {GOOD}, the last good name"))
}

fn message_is_shown_once(visitor: &mut Visitor) -> Result<(), Miss> {
    refused(visitor, "A", "the name was refused")?;
    let page = form_page(visitor)?;
    expect_messages(&page, 0, "a flashed message lives for one page")
}

fn two_messages(visitor: &mut Visitor) -> Result<(), Miss> {
    send_name(visitor, "A")?;
    send_name(visitor, "B")?;
    let page = form_page(visitor)?;
    expect_messages(&page, 2, "two names were refused, and no page has told yet")?;
    let page = form_page(visitor)?;
    expect_messages(&page, 0, "both have been shown")
}

fn message_is_for_one(visitor: &mut Visitor) -> Result<(), Miss> {
    send_name(visitor, "A")?;
    let page = visitor.stranger_gets("/formtest")?;
    expect_messages(&page, 0, "this is another visitor, who sent nothing")
}

fn says(answer: &Answer, text: &str, why: &str) -> Result<(), Miss> {
    let said = answer.status.0 < 500 && words(answer).contains(text);
    expect(said, answer, text, format!("{text}{why}"))
}

fn stranger(visitor: &mut Visitor) -> Result<(), Miss> {
    says(&visitor.get("/getsession")?, "Not logged in!", "")
}

fn user_is_read(visitor: &mut Visitor) -> Result<(), Miss> {
    says(&visitor.get("/sessions")?, "Index", "")?;
    says(
        &visitor.get("/getsession")?,
        "Anthony",
        ", whom /sessions has set for the visitor with this cookie",
    )
}

fn user_is_for_one(visitor: &mut Visitor) -> Result<(), Miss> {
    says(&visitor.get("/sessions")?, "Index", "")?;
    says(
        &visitor.stranger_gets("/getsession")?,
        "Not logged in!",
        ": this is another visitor, without the cookie",
    )
}

fn user_is_dropped(visitor: &mut Visitor) -> Result<(), Miss> {
    visitor.get("/sessions")?;
    says(&visitor.get("/dropsession")?, "Dropped!", "")?;
    says(&visitor.get("/getsession")?, "Not logged in!", ": the session was dropped")
}
