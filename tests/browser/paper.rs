//! Pages on paper: everything that the page holds, in black on white, whatever the screen showed.

use crate::browser::Browser;
use crate::carafe::Carafe;
use carafe::Value;
use std::path::Path;
use std::process::Command;

/// What a program makes of a PDF.
fn read(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("{program}, of poppler-utils: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The words of a PDF, without the blanks between them: these depend on where lines end.
fn words(pdf: &Path) -> String {
    let pdf = pdf.to_str().expect("its name is text");
    String::from_utf8_lossy(&read("pdftotext", &["-raw", pdf, "-"])).split_whitespace().collect()
}

/// How much of a PDF's first page is darker than half, in a hundred.
fn darkness(pdf: &Path) -> usize {
    // A portable graymap: "P5", width, height, 255, then a byte for each point.
    let pdf = pdf.to_str().expect("its name is text");
    let picture = read("pdftoppm", &["-gray", "-r", "20", "-f", "1", "-l", "1", pdf]);
    let mut fields = picture.splitn(4, |byte| byte.is_ascii_whitespace());
    assert_eq!(fields.next(), Some(&b"P5"[..]));
    let points = fields.last().and_then(|rest| rest.get(4..)).expect("there are points");
    points.iter().filter(|point| **point < 128).count() * 100 / points.len()
}

#[test]
fn what_is_folded_wide_or_dark_on_the_screen_is_whole_and_light_on_paper() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    carafe.curl(&["-c", "j", "-d", "name=A", "$B/process"]);
    carafe.curl(&["$B/formtest"]);
    let referer = format!("Referer: {}", carafe.url("/formtest"));
    carafe.curl(&["-H", &referer, "$B/static/css/my-style-sheet.css"]);
    browser.scheme("dark");
    browser.width(1280);
    // All texts that a page holds, but for what is of no use on paper.
    const TEXTS: &str = "
        const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT), texts = [];
        while (walker.nextNode()) {
            const of = walker.currentNode.parentElement;
            if (!of.closest('button, .pager, .actions, aside, template')) texts.push(walker.currentNode.data);
        }
        return texts;";
    let mut wrong = Vec::new();
    for (name, path, hidden) in [
        ("paper-cycle", "/cycles/1", "src/web/app.rs:"),
        ("paper-cycles", "/cycles", "/static/css/my-style-sheet.css"),
        ("paper-lesson", "/lessons/1", "A server never speaks first."),
        ("paper-chapter", "/source/src/app/course/formtest.rs", "send the browser to a page."),
        ("paper-contents", "/source", "src/signal.rs"),
    ] {
        browser.open(&carafe.url(path));
        let texts = browser.script(TEXTS);
        let texts: Vec<&str> =
            texts.as_list().expect("a list").iter().filter_map(Value::as_str).collect();
        assert!(texts.len() > 10 && texts.join("").contains(hidden), "{path}: {texts:?}");
        let pdf = browser.print(name);
        let paper = words(&pdf);
        for text in texts {
            // The font of this machine may lack a letter.
            let text: String = text.split_whitespace().collect();
            if text.is_ascii() && !paper.contains(&text) {
                wrong.push(format!("{path}: {text:?} is not on paper"));
            }
        }
        let dark = darkness(&pdf);
        assert!(dark < 25, "{path}: {dark} of 100 points are dark");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_part_of_a_cycle_that_is_longer_than_the_rest_of_a_page_begins_on_it() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.open(&carafe.url("/formtest"));
    browser.open(&carafe.url("/cycles/1"));
    let pdf = browser.print("paper-long-cycle");
    let first = read("pdftotext", &["-l", "1", pdf.to_str().expect("its name is text"), "-"]);
    assert!(first.len() > 600, "the first page is nearly empty");
}
