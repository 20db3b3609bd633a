//! The glass in a browser: a form is posted, and its cycle is watched, opened, sent again and
//! traced to its line.

use crate::browser::Browser;
use crate::carafe::Carafe;

#[test]
fn a_cycle_arrives_live_is_sent_again_without_the_cookie_and_leads_to_its_line() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    // A visitor who is known already.
    browser.open(&carafe.url("/sessions"));
    browser.open(&carafe.url("/formtest"));
    let form = browser.this_tab();
    let list = browser.new_tab();
    browser.open(&carafe.url("/cycles"));
    browser.wait_for("document.getElementById('live').textContent.startsWith('Live')");
    assert!(!browser.text().contains("POST /process"));

    // POST, redirect, GET; and the cycle appears in the other tab by itself.
    browser.tab(&form);
    browser.find("input[name=name]").write("A");
    browser.find("form button").click();
    browser.wait_for("document.body.innerText.includes('need valid name')");
    assert_eq!(browser.url(), carafe.url("/formtest"));
    browser.tab(&list);
    browser.wait_for("document.querySelector('#cycles tr').innerText.includes('GET')");
    browser.wait_for("document.body.innerText.includes('POST /process')");

    // The list's link opens it.
    browser.script("[...document.querySelectorAll('#cycles tr')].find((row) => row.innerText.includes('POST /process')).querySelector('a').click()");
    browser.wait_for("/^.cycles.[0-9]+$/.test(location.pathname)");
    let heading = browser.find("h1").text();
    assert!(heading.contains("POST /process") && heading.ends_with("303 See Other"), "{heading}");
    let page = browser.text();
    for fact in ["name=A", "names row", "user = 'Anthony'", "flash put", "Location: /formtest"] {
        assert!(page.contains(fact), "{fact} is not on {page}");
    }

    // Again, without the cookie: a cycle of its own, by the same browser, and now a stranger's.
    let first = browser.url();
    browser.find("#again button:last-of-type").click();
    browser.wait_for(&format!(
        "location.href !== '{first}' && location.pathname.startsWith('/cycles/')"
    ));
    let page = browser.text();
    assert!(page.contains("a stranger") && page.contains("POST /process"), "{page}");

    // And to the line that answered.
    browser.find("a[href^='/source/src/app/course/formtest.rs#L']").click();
    browser.wait_for("location.pathname === '/source/src/app/course/formtest.rs'");
    let line = browser.script("return document.querySelector(':target').textContent");
    assert!(
        line.as_str().is_some_and(|line| line.contains("ctx.flash(\"need valid name\")")),
        "{line:?}"
    );
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_is_marked_on_the_memory_page_stays_marked() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.open(&carafe.url("/sessions"));
    browser.open(&carafe.url("/memory"));
    let row = browser.find("#memory tbody th").text();
    browser.script("getSelection().selectAllChildren(document.querySelector('#memory tbody th'))");
    browser.wait_for("performance.getEntriesByType('resource').filter((it) => it.name.endsWith('/memory')).length > 1");
    let marked = browser.script("return getSelection().toString().trim()");
    assert_eq!(marked, row.trim().into());
}

#[test]
fn after_a_restart_the_open_list_begins_anew() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    let port = carafe.address.port().to_string();
    for _ in 0..3 {
        carafe.curl(&["$B/hello"]);
    }
    browser.open(&carafe.url("/cycles"));
    browser.wait_for("document.getElementById('live').textContent.startsWith('Live')");
    drop(carafe);
    let carafe = Carafe::start(&["--log", "off", "--port", &port]);
    carafe.curl(&["$B/echo"]);
    browser.wait_for("document.getElementById('cycles').innerText.includes('/echo')");
    assert_eq!(browser.script("return document.getElementById('cycles').rows.length"), 1.into());
}

#[test]
fn the_glass_works_without_scripts() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.scripts(false);
    browser.open(&carafe.url("/hello/Ada"));
    browser.open(&carafe.url("/cycles"));
    browser.link("#1").click();
    browser.wait_for("location.pathname === '/cycles/1'");
    assert!(browser.text().contains("GET /hello/Ada HTTP/1.1"), "{}", browser.text());
    // What only a script could do is not offered.
    assert!(!browser.text().contains("Send again"), "{}", browser.text());
}
