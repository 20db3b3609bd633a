//! A name in the path is text, and an edited template is seen at once.

use crate::carafe::Carafe;

#[test]
fn a_name_is_text_and_an_edited_template_is_seen_at_once() {
    let folder = crate::common::empty_folder();
    let init = std::process::Command::new(env!("CARGO_BIN_EXE_carafe"))
        .args(["init", "mysite"])
        .current_dir(&folder)
        .output();
    assert!(init.is_ok_and(|output| output.status.success()));
    let carafe = Carafe::start_in(&folder, &["--dir", "mysite"]);
    assert!(carafe.banner.contains("mysite/templates"), "{}", carafe.banner);
    let page = carafe.curl(&["$B/hello/%3Cb%3EAda"]);
    assert!(page.contains("Hello &lt;b&gt;Ada!") && !page.contains("<b>Ada"), "{page}");
    assert!(carafe.curl(&["$B/hello/a%2Fb"]).contains("Hello a/b!"), "decoded after the split");

    let template = folder.join("mysite/templates/hello.html");
    std::fs::write(&template, "Hi {{ name }}").expect("the template can be edited");
    assert_eq!(carafe.curl(&["$B/hello/Ada"]), "Hi Ada");
    std::fs::write(&template, "a\nb\nc\n  x {{ nmae }}|").expect("the template can be edited");
    assert_eq!(carafe.curl(&["$B/hello/Ada"]), "a\nb\nc\n  x |");
    let front = "x".repeat(100);
    for front in [format!("'{front}'"), format!("'{front}', 99999")] {
        std::fs::write(&template, format!("{{{{ name|wrapped({front}) }}}}"))
            .expect("it can be edited");
        assert_eq!(carafe.curl(&["$B/hello/Ada"]).matches('x').count(), 100, "{front}");
    }
    std::fs::write(&template, "1\n2\n3\n{% if name %} unclosed\n5\n")
        .expect("the template can be edited");
    let expected =
        "hello.html:5:2: found end of template, expected {% endif %} for the {% if %} of line 4";
    let page = carafe.curl(&["$B/hello/Ada", "-w", "%{http_code}"]);
    assert!(page.contains(expected) && page.ends_with("500"), "{page}");
    for outside in ["Host: shop.example", "X-Forwarded-For: 10.0.0.1", "Via: 1.1 proxy"] {
        let page = carafe.curl(&["-H", outside, "$B/hello/Ada"]);
        assert!(page.starts_with("500") && !page.contains("hello.html"), "{outside}: {page}");
    }
    let log = carafe.log();
    assert!(log.contains("hello.html:4:8: \"nmae\" is undefined; there is \"name\""), "{log}");
    assert!(log.contains(expected), "{log}");
}

#[test]
fn a_page_escapes_what_the_url_brought() {
    let carafe = Carafe::start(&[]);
    let page = carafe.curl(&["-H", "Accept: text/html", "$B/search?q=%3Cb%3E"]);
    assert!(page.contains("&lt;b&gt;") && !page.contains("<b>"), "{page}");
}
