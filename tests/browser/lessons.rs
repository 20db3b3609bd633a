//! A lesson in a browser: its check turns to a tick while the page is open, and with scripts off
//! after the next load.

use crate::browser::Browser;
use crate::carafe::Carafe;

#[test]
fn a_check_turns_to_a_tick_while_the_lesson_is_open() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.open(&carafe.url("/"));
    browser.link("HTTP is stateless").click();
    browser.wait_for("location.pathname === '/lessons/10'");
    assert!(
        browser.text().contains("This server has not seen all of it yet."),
        "{}",
        browser.text()
    );
    browser.wait_for("document.getElementById('lesson').dataset.live === 'yes'");
    carafe.curl(&["$B/ladder/none", "$B/ladder/none", "$B/ladder/none"]);
    browser.wait_for("document.querySelectorAll('.checks li.seen').length === 1");
    browser.wait_for("document.getElementById('done').textContent.startsWith('Done')");
    browser.wait_for("document.querySelectorAll('#own-cycles li').length === 3");
    assert_eq!(browser.find(".checks li.seen .tick").text(), "✓");
    assert_eq!(browser.barriers(), [""; 0]);
    let cycle = browser.script("return document.querySelector('.checks a').textContent");
    browser.find(".checks a").click();
    browser.wait_for("location.pathname.startsWith('/cycles/')");
    let number =
        cycle.as_str().and_then(|words| words.strip_prefix("cycle ")).expect("it names a cycle");
    let heading = browser.find("h1").text();
    assert!(
        heading.starts_with(&format!("Cycle {number}\n")) && heading.contains("GET /ladder/none"),
        "{heading}"
    );

    // The same after a new load, and on the first page.
    browser.open(&carafe.url("/lessons/10"));
    assert!(browser.text().contains("this server has seen all of it"), "{}", browser.text());
    browser.open(&carafe.url("/"));
    assert_eq!(browser.find(".lessons li.done a").text(), "HTTP is stateless");
    assert_eq!(browser.find(".actions .button").text(), "Go on with lesson 1");
    assert_eq!(browser.complaints(), [""; 0]);
    let elsewhere: Vec<_> =
        browser.requests().into_iter().filter(|url| !url.starts_with(&carafe.url("/"))).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn a_caption_is_nearer_to_its_own_command_and_the_button_covers_no_letter() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    for width in [1280, 390, 320] {
        browser.width(width);
        browser.open(&carafe.url("/lessons/14"));
        let wrong = browser.script(
            "const box = (element) => element.getBoundingClientRect();
             const captions = [...document.querySelectorAll('.caption')].filter((it) =>
                 box(it.nextElementSibling).top - box(it).bottom >= box(it).top - box(it.previousElementSibling).bottom);
             const covered = [...document.querySelectorAll('.command:has(.copy)')].filter((figure) => {
                 const range = document.createRange(), button = box(figure.querySelector('.copy'));
                 range.selectNodeContents(figure.querySelector('code'));
                 return [...range.getClientRects()].some((it) => it.right > button.left && it.top < button.bottom);
             });
             return [...captions, ...covered].map((it) => it.textContent);",
        );
        assert_eq!(wrong, carafe::Value::from([""; 0]), "{width}");
    }
    browser.width(1280);
}

#[test]
fn lesson_3_is_done_without_scripts() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.scripts(false);
    browser.width(320);
    browser.open(&carafe.url("/lessons/3"));
    let answer = "There is a pattern";
    assert!(!browser.text().contains(answer), "the answer is folded away");
    browser.find(".predict summary").click();
    assert!(browser.text().contains(answer), "{}", browser.text());
    assert!(!browser.text().contains("Copy"), "a button that would do nothing");

    carafe.curl(&["$B/hello/Ada"]);
    browser.open(&carafe.url("/lessons/3"));
    browser.find("#own-cycles a").click();
    browser.wait_for("location.pathname.startsWith('/cycles/')");
    let place = browser.script(
        "return document.querySelector('a[href^=\"/source/src/app/course/hello.rs\"]').textContent",
    );
    browser.open(&carafe.url("/lessons/3"));
    browser.find("#line").write("src/app/course/hello.rs:1");
    browser.find("#check ~ form button").click();
    browser.wait_for("document.querySelector('.flash.error') !== null");
    let is_in_view = "const box = document.querySelector('.flash').getBoundingClientRect();
        return box.top >= 0 && box.bottom <= innerHeight;";
    assert_eq!(browser.script(is_in_view), true.into(), "the reply is off the screen");
    browser.find("#line").write(place.as_str().expect("the cycle names its line"));
    browser.find("#check ~ form button").click();
    browser.wait_for("document.querySelector('.flash.success') !== null");
    assert!(browser.text().contains("this server has seen all of it"), "{}", browser.text());
    assert_eq!(browser.find(".checks li.seen .tick").text(), "✓");
    browser.width(1280);
}
