//! Pages without a mouse: the Tab key comes to everything that can be used, in the order in which
//! it is seen.

use crate::browser::Browser;
use crate::carafe::Carafe;
use carafe::Value;

/// What has the focus: a name, where it is in the whole page, and if one sees that it has it.
const FOCUSED: &str = "
    const element = document.activeElement;
    if (element === document.body) return null;
    const box = element.getBoundingClientRect(), style = getComputedStyle(element);
    return {
        name: element.tagName + ' ' + (element.getAttribute('aria-label') || element.textContent).trim().slice(0, 40),
        top: Math.round(box.top + scrollY), bottom: Math.round(box.bottom + scrollY), left: Math.round(box.left),
        seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0,
    };";

/// How many elements there are that a keyboard must come to.
const USABLE: &str = "
    return [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex=\"0\"]')]
        .filter((element) => element.checkVisibility()).length;";

#[test]
fn the_tab_key_comes_to_every_control_in_the_order_in_which_they_are_seen() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "-d", "name=A", "$B/process"]);
    carafe.curl(&["-b", "j", "$B/formtest"]);
    let mut wrong = Vec::new();
    for (path, width) in [
        ("/", 1280),
        ("/formtest", 320),
        ("/things", 320),
        ("/cycles", 1280),
        ("/cycles/1", 1280),
        ("/cycles/1", 320),
        ("/source/src/app/course/formtest.rs", 1280),
        ("/nowhere", 320),
        ("/lessons/1", 1280),
        ("/shop", 320),
    ] {
        browser.width(width);
        browser.open(&carafe.url(path));
        if path == "/cycles" {
            browser.wait_for("document.getElementById('live').textContent.startsWith('Live')");
        }
        let mut before: Option<(String, i64, i64, i64)> = None;
        let (mut first, mut reached) = (None, 0);
        loop {
            browser.tab_key();
            // Behind the last comes the browser itself, or the first again.
            let Value::Map(focused) = browser.script(FOCUSED) else { break };
            if *first.get_or_insert(focused.clone()) == focused && reached > 0 {
                break;
            }
            let number = |name: &str| focused.get(name).and_then(Value::as_int).expect("a number");
            let name = focused.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let (top, bottom, left) = (number("top"), number("bottom"), number("left"));
            reached += 1;
            if focused.get("seen") != Some(&Value::Bool(true)) {
                wrong.push(format!("{path}, {width}: nothing shows that {name:?} has the focus"));
            }
            if let Some((last, last_top, last_bottom, last_left)) = &before {
                // In columns, the next one begins at the top again, to the right.
                let is_above = bottom <= *last_top && left <= *last_left;
                let is_left = (top - last_top).abs() < 8
                    && (bottom - last_bottom).abs() < 8
                    && left < *last_left;
                if is_above || is_left {
                    wrong.push(format!(
                        "{path}, {width}: {name:?} comes after {last:?}, which stands behind it"
                    ));
                }
            }
            before = Some((name, top, bottom, left));
            assert!(reached < 1000, "{path}: the focus goes round in circles: {before:?}");
        }
        // By now the page's script has said which texts take the focus.
        let usable = browser.script(USABLE).as_int().expect("a number");
        if reached != usable {
            wrong.push(format!("{path}, {width}: {reached} of {usable} controls are reached"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn of_texts_and_commands_only_those_that_scroll_take_the_focus_and_each_button_names_its_own() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    for (path, width, count) in [
        ("/", 1280, 1),
        ("/lessons/17", 1280, 0),
        ("/lessons/16", 1280, 0),
        ("/lessons/16", 390, 1),
        ("/echo", 1280, 1),
    ] {
        browser.width(width);
        browser.open(&carafe.url(path));
        browser.wait_for(&format!("document.querySelectorAll('[tabindex]').length === {count}"));
        let wrong = browser.script(
            "const pres = [...document.querySelectorAll('pre')], style = (pre) => getComputedStyle(pre, '::before');
             const scrolls = (pre) => pre.scrollWidth > pre.clientWidth;
             const unnamed = [...document.querySelectorAll('.command:has(.copy)')].filter((figure) =>
                 figure.querySelector('.copy').ariaLabel !== 'Copy: ' + figure.querySelector('code').textContent);
             return [...pres.filter((pre) => scrolls(pre) !== pre.hasAttribute('tabindex')), ...unnamed,
                 ...pres.filter((pre) => pre.ariaLabel && !pre.role),
                 ...pres.filter((pre) => pre.closest('.lesson') && scrolls(pre) !== style(pre).content.includes('sideways')),
             ].map((one) => one.textContent);",
        );
        assert_eq!(wrong, Value::from([""; 0]), "{path}, {width}");
    }
    browser.width(1280);
}

#[test]
fn whoever_asks_for_no_motion_gets_none() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["$B/hello"]);
    const MOVES: &str = "
        const moves = (element) => [element, ...element.querySelectorAll('*')].some((one) => {
            const style = getComputedStyle(one);
            return style.animationName !== 'none' || parseFloat(style.transitionDuration) > 0;
        });
        return [getComputedStyle(document.documentElement).scrollBehavior, moves(document.documentElement)].join(' ');";
    let motion = |wish: &str| {
        let feature = carafe::Map::from([("name", "prefers-reduced-motion"), ("value", wish)]);
        browser.devtools("Emulation.setEmulatedMedia", [("features", vec![Value::from(feature)])]);
        browser.script(MOVES)
    };
    for path in ["/", "/cycles", "/cycles/1", "/source", "/lessons/1", "/shop"] {
        browser.open(&carafe.url(path));
        assert_eq!(motion("reduce"), "auto false".into(), "{path}");
        assert_eq!(
            motion("no-preference"),
            "smooth true".into(),
            "{path}: the test could not tell"
        );
    }
}
