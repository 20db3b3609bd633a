//! Every page: readable for everybody, in both schemes, wide and narrow, and with nothing from
//! elsewhere.
//!
//! `PICTURES=1 cargo test --test browser pages` keeps a picture of each in `target/screenshots/`,
//! to be looked at.

use crate::browser::Browser;
use crate::carafe::Carafe;
use carafe::{Map, Value};

/// Every kind of page that a visitor can come to, in the order in which they are opened. A new page
/// belongs here.
const PAGES: [(&str, &str); 22] = [
    ("cycle", "/cycles/2"),
    ("start", "/"),
    ("hello", "/hello/Ada"),
    ("lesson-1", "/lessons/1"),
    ("lesson-3", "/lessons/3"),
    ("lesson-10", "/lessons/10"),
    ("lesson-16", "/lessons/16"),
    ("ladder", "/ladder"),
    ("lesson-printed", "/lessons/4?print"),
    ("form", "/formtest"),
    ("search", "/search?q=tea+%26+milk"),
    ("things", "/things"),
    ("profile", "/profile"),
    ("sessions", "/sessions"),
    ("echo", "/echo"),
    ("not-found", "/nowhere"),
    ("failed", "/boom"),
    ("cycles", "/cycles"),
    ("memory", "/memory"),
    ("contents", "/source"),
    ("chapter", "/source/src/app/course/formtest.rs#L14"),
    ("first-chapter", "/source/src/lib.rs"),
];

#[test]
fn every_page_is_open_to_everybody_and_needs_nothing_from_elsewhere() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "-d", "name=Bo", "$B/process"]);
    carafe.curl(&["-b", "j", "-d", "name=A&password=x", "$B/process?from=here"]);
    let pictures = std::env::var_os("PICTURES").is_some();
    // All four make a difference to whoever looks; to find what is wrong, two of them hold each
    // scheme and each width.
    let views = [("light", 1280), ("dark", 320), ("dark", 1280), ("light", 320), ("light", 390)];
    let views = if pictures { &views[..] } else { &views[..2] };
    let mut wrong = Vec::new();
    for (name, path) in PAGES {
        for (scheme, width) in views {
            browser.scheme(scheme);
            browser.width(*width);
            browser.open(&carafe.url(path));
            if pictures {
                browser.picture(&format!("{name}-{scheme}-{width}"));
            }
            let found = browser.barriers();
            wrong.extend(
                found.iter().map(|barrier| format!("{path}, {scheme}, {width}: {barrier}")),
            );
            let too_wide =
                browser.script("return document.documentElement.scrollWidth - innerWidth").as_int();
            if too_wide != Some(0) {
                wrong.push(format!("{path}, {width}: {too_wide:?} pixels too wide"));
            }
        }
        if pictures {
            browser.print(name);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let requests = browser.requests();
    assert!(requests.len() > PAGES.len(), "{requests:?}");
    let elsewhere: Vec<_> =
        requests.iter().filter(|url| !url.starts_with(&carafe.url("/"))).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_row_is_a_line_below_its_headings_or_a_card_and_nothing_between() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "$B/sessions"]);
    carafe.curl(&["-b", "j", "-d", "name=A&password=x", "$B/process?from=here"]);
    // A page with its style sheet and its script.
    browser.open(&carafe.url("/formtest"));
    const LOOK: &str = "
        const table = document.querySelector('table.stacks'), heads = [...table.tHead.rows[0].cells];
        const left = (cell) => cell.getBoundingClientRect().left;
        const cells = [...table.tBodies[0].rows].flatMap((row) => [...row.cells]);
        const far = cells.filter((cell) => left(cell) !== left(heads[cell.cellIndex]));
        const isTable = getComputedStyle(table).display === 'table';
        const isHidden = getComputedStyle(table.tHead).clipPath !== 'none';
        return [document.documentElement.scrollWidth - innerWidth, isTable ? far.length : 0, isTable === isHidden];";
    let fits = Value::from(vec![Value::from(0), 0.into(), false.into()]);
    for path in ["/cycles", "/cycles/2", "/memory", "/source"] {
        browser.open(&carafe.url(path));
        let screens = [320, 546, 600, 640, 700, 720, 768, 896, 897, 960];
        // On paper, a row is a line. A4 has 642 pixels between margins of 20 mm.
        for (medium, widths) in [("screen", &screens[..]), ("print", &[642, 680, 718])] {
            browser.devtools("Emulation.setEmulatedMedia", [("media", medium)]);
            for &width in widths {
                browser.width(width);
                assert_eq!(browser.script(LOOK), fits, "{path}, {medium}, {width}");
            }
        }
    }
    browser.devtools("Emulation.setEmulatedMedia", [("media", "")]);
    browser.width(1280);
}

#[test]
fn without_its_own_colours_a_page_still_shows_where_its_reader_is() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.open(&carafe.url("/shop"));
    let forced = Map::from([("name", "forced-colors"), ("value", "active")]);
    browser.devtools("Emulation.setEmulatedMedia", [("features", vec![Value::from(forced)])]);
    let marked = |css: &str| {
        browser.script(&format!(
            "return [...document.querySelectorAll('{css}')].filter((one) => {{
                 const style = getComputedStyle(one), before = getComputedStyle(one, '::before');
                 return style.textDecorationLine !== 'none' || style.borderBottomWidth !== '0px'
                     || before.outlineStyle !== 'none';
             }}).map((one) => one.textContent.trim());"
        ))
    };
    assert_eq!(marked("nav[aria-label=Site] a"), Value::from(["Shop"]));
    assert_eq!(marked(".steps li"), Value::from(["Visit home: done"]));
    browser.scheme("light");
}

#[test]
fn the_checks_find_what_is_wrong() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.open(&carafe.url("/hello/Ada"));
    browser.script(
        "const faint = Object.assign(document.createElement('p'), { textContent: 'faint' });
         Object.assign(faint.style, { color: '#999', background: '#aaa', width: '2000px', maxWidth: 'none' });
         const picture = Object.assign(new Image(), { src: 'http://elsewhere.example/x.png' });
         document.querySelector('main').append(faint, picture);",
    );
    let barriers = browser.barriers().join("\n");
    assert!(barriers.contains("image-alt") && barriers.contains("color-contrast"), "{barriers}");
    assert_eq!(
        browser.script("return document.documentElement.scrollWidth > innerWidth"),
        true.into()
    );
    // The page's own security policy stops the picture.
    let complaints = browser.complaints().join("\n");
    assert!(
        complaints.contains("elsewhere.example") && complaints.contains("Content Security Policy"),
        "{complaints}"
    );
}
