//! What templates say: errors and warnings with line and column. What they print is compared with
//! Jinja2 in `tests/jinja`.

use carafe::web::template::{Globals, Templates};
use carafe::{Map, Value, json};
use std::cell::Cell;

/// Templates from texts; the first is to be rendered.
pub fn templates(files: &[(&str, &str)]) -> Templates {
    let leaked: Vec<(&'static str, &'static str)> = files
        .iter()
        .map(|(name, text)| (&*name.to_string().leak(), &*text.to_string().leak()))
        .collect();
    Templates::embedded(leaked.leak())
}

fn data() -> Map {
    let text =
        br#"{"name": "Ada", "l": [1, 2], "d": {"colour": 1, "items": [1]}, "n": null, "i": 7}"#;
    json::parse(text).unwrap().as_map().unwrap().clone()
}

fn error(template: &str) -> String {
    let rendered = templates(&[("page.html", template)]).render("page.html", &data(), &());
    rendered.map(|page| page.text).expect_err("an error").to_string()
}

#[test]
fn an_error_names_line_column_what_was_met_and_what_was_expected() {
    let mut wrong = Vec::new();
    for (template, expected) in [
        // Tags.
        (
            "a\n  {% for x in l %}\n  {% endif %}",
            "3:3: found {% endif %}, expected {% endfor %} for the {% for %} of line 2",
        ),
        (
            "\n\n\n{% if name %}\n\n",
            "5:1: found end of template, expected {% endif %} for the {% if %} of line 4",
        ),
        (
            "{% block a %}{% if i %}{% endblock %}",
            "1:24: found {% endblock %}, expected {% endif %} for the {% if %} of line 1",
        ),
        ("{% else %}", "1:1: found {% else %}, but no open tag needs it"),
        (
            "é{% fro x in l %}",
            "1:2: found {% fro %}, expected a tag: if, for, set, with, include, extends, block, macro, import, from, raw; there is {% for %}",
        ),
        (
            "{% call x() %}",
            "1:1: found {% call %}, expected a tag: if, for, set, with, include, extends, block, macro, import, from, raw",
        ),
        (
            "{% macro x() %}",
            "1:16: found end of template, expected {% endmacro %} for the {% macro %} of line 1",
        ),
        ("{% import 'page.html' %}", "1:23: found %}, expected as"),
        ("{% if i:: %}", "1:9: found :, expected %}"),
        ("{% extends 'x' with context %}", "1:16: found with, expected %}"),
        (
            "{% with %}{% extends 'page.html' %}{% endwith %}",
            "1:11: found {% extends %} inside of another tag, expected it at the top or in an if",
        ),
        // What Jinja has and no course uses.
        ("{{ 0xff }}", "1:5: found xff, expected }}"),
        ("{{ {1: 'a'} }}", "1:4: found an int, expected a string as the key"),
        ("{{ l[::2] }}", "1:7: found :, expected ]"),
        ("{{ '\\101' }}", "1:5: found \\1, which is left out"),
        ("{{ '\\x41' }}", "1:5: found \\x, which is left out"),
        ("{{ 'a' 1 }}", "1:8: found 1, expected }}"),
        ("{{ 007 }}", "1:6: found 7, expected }}"),
        ("{{ 1_000 }}", "1:5: found _000, expected }}"),
        ("{%+ if i %}", "1:3: found +, expected the name of a tag"),
        ("{{ '%x'|format(255) }}", "1:9: %x is not known here for an int"),
        ("{{ '%5d'|format(7) }}", "1:10: %5d is not known here for an int"),
        ("{{ '%+d'|format(7) }}", "1:10: %+ is not known here for an int"),
        ("{{ '%.2s'|format('abc') }}", "1:11: %.2s is not known here for a string"),
        ("{{ '%d'|format('a') }}", "1:9: %d is not known here for a string"),
        ("{{ '%,d'|format(7) }}", "1:10: %, is not known here for an int"),
        ("{{ '%r'|format('a') }}", "1:9: %r is not known here for a string"),
        ("{{ '%(a)s'|format(a=1) }}", "1:12: format takes values by place, not by name"),
        ("{{ '{:x}'.format(255) }}", "1:11: {:x} is not known here for an int"),
        ("{{ '{:05d}'.format(7) }}", "1:13: {:05d} is not known here for an int"),
        ("{{ '{:>5}'.format('a') }}", "1:12: {:>5} is not known here for a string"),
        ("{{ '{:+d}'.format(7) }}", "1:12: {:+d} is not known here for an int"),
        ("{{ '{:.1%}'.format(0.5) }}", "1:13: {:.1%} is not known here for a float"),
        ("{{ '{:.2}'.format('a') }}", "1:12: {:.2} is not known here for a string"),
        ("{{ 'a'.endswith(('b', 'a')) }}", "1:8: found a tuple, expected a string"),
        ("{{ 1234|round(-2) }}", "1:9: the precision of round is an int, 0 or more"),
        ("{{ nmae|tojson }}", "1:4: \"nmae\" is undefined; there is \"name\""),
        ("{{ '1f'|int(0, 16) }}", "1:9: int takes at most 1 values, found 2"),
        ("{{ self.title() }}", "1:4: \"self\" is undefined"),
        ("{% block a scoped %}", "1:12: found scoped, expected %}"),
        ("{% include 'x' ignore missing %}", "1:16: found ignore, expected %}"),
        ("{% set x | upper %}", "1:10: found |, expected %}"),
        ("{% for x in l recursive %}", "1:15: found recursive, expected %}"),
        ("{{ f(*l) }}", "1:6: found *, expected a value"),
        ("{% if %}", "1:7: found %}, expected a value"),
        ("{% if i x %}", "1:9: found x, expected %}"),
        ("{% for x of l %}", "1:10: found of, expected in"),
        ("{% for 1 in l %}", "1:8: found 1, expected a name"),
        (
            "{% set x %}",
            "1:12: found end of template, expected {% endset %} for the {% set %} of line 1",
        ),
        ("{% set x y %}", "1:10: found y, expected %}"),
        ("{% set a.b = 1 %}", "1:9: found ., expected %}"),
        ("{% block a %}{% endblock b %}", "1:26: found b, expected %}"),
        ("{% block a %}{% endblock %}{% block a %}", "1:37: found the block a for the second time"),
        ("{% with a = 1 b = 2 %}", "1:15: found b, expected ,"),
        // Tokens.
        ("{{ name", "1:8: found end of template, expected }} for the {{ of line 1"),
        ("{% if name }}", "1:12: found }}, expected %}"),
        ("{{ name %}", "1:9: found %}, expected }}"),
        ("a\n{# b", "2:5: found end of template, expected #} for the {# of line 2"),
        (
            "{% raw %}{{",
            "1:12: found end of template, expected {% endraw %} for the {% raw %} of line 1",
        ),
        ("{{ 'abc }}", "1:11: found end of template, expected ' for the string of line 1"),
        ("{{ (1] }}", "1:6: found ], expected )"),
        ("{{ 1 ? 2 }}", "1:6: found ?, expected a name, a value or an operator"),
        ("{{ 9223372036854775808 }}", "1:4: the number 9223372036854775808 does not fit 64 bits"),
        // Expressions.
        ("{{ }}", "1:4: found }}, expected a value"),
        ("{{ 1 + }}", "1:8: found }}, expected a value"),
        ("{{ 1 2 }}", "1:6: found 2, expected }}"),
        ("{{ [1 2] }}", "1:7: found 2, expected , or ]"),
        ("{{ {1} }}", "1:6: found }, expected :"),
        ("{{ d. }}", "1:7: found }}, expected a name or a number after the point"),
        (
            "{{ i|uper }}",
            "1:6: there is no filter \"uper\"; there is \"upper\"; \
             a program adds its own with Templates::filter",
        ),
        ("{{ i|upper(1) }}", "1:6: upper takes at most 0 values, found 1"),
        ("{{ i|d(x=1) }}", "1:6: d takes no x="),
        ("{{ i is definde }}", "1:9: there is no test \"definde\"; there is \"defined\""),
        ("{{ 'aXb'|replace('X', count=1) }}", "1:10: replace needs a value for new"),
        ("{{ 'aXb'|replace(new='X') }}", "1:10: replace needs a value for old"),
        ("{{ 'aXb'.replace('X') }}", "1:10: replace needs a value for new"),
        ("{{ d.get() }}", "1:6: get needs a value for key"),
        ("{{ name.count() }}", "1:9: count needs a value for sub"),
        ("{{ i is divisibleby }}", "1:9: divisibleby needs a value for num"),
        ("{{ i is divisibleby(1, 2) }}", "1:9: divisibleby takes at most 1 values, found 2"),
        // Doing.
        ("{{ nmae.x }}", "1:4: \"nmae\" is undefined; there is \"name\", so it has no \"x\""),
        (
            "{{ d.color.x }}",
            "1:6: \"d.color\" is undefined; there is \"colour\", so it has no \"x\"",
        ),
        ("{{ nothing + 1 }}", "1:4: \"nothing\" is undefined"),
        ("{{ l[:nmae] }}", "1:7: \"nmae\" is undefined; there is \"name\""),
        ("{{ name }", "1:9: found }, expected }}"),
        ("{{ name + 1 }}", "1:9: + does not go between a string and an int"),
        ("{{ 1 / 0 }}", "1:6: division by zero"),
        ("{{ 9223372036854775807 + 1 }}", "1:24: 9223372036854775807 + 1 does not fit 64 bits"),
        ("{{ 2 ** 64 }}", "1:6: 2 ** 64 does not fit 64 bits"),
        ("{{ -(-9223372036854775807 - 1) }}", "1:4: 0 - -9223372036854775808 does not fit 64 bits"),
        ("{{ 1 < 'a' }}", "1:6: an int and a string have no order"),
        ("{% for x in i %}{% endfor %}", "1:13: an int has no items"),
        ("{% for a, b in l %}{% endfor %}", "1:8: found an int, expected 2 values"),
        ("{% set a, b = [1] %}", "1:8: found 1 values, expected 2"),
        ("{{ i|length }}", "1:6: an int has no length"),
        ("{{ i is number is string }}", "1:16: found is, expected a value"),
        ("{{ i is eq 7 }}", "1:9: there is no test \"eq\""),
        ("{{ i is in l }}", "1:9: there is no test \"in\""),
        ("{{ 'a' 'b' }}", "1:8: found 'b', expected }}"),
        ("{{ range(9)[1:] }}", "1:12: a range cannot be sliced"),
        (
            "{% for a, loop in l %}{% endfor %}",
            "1:8: found loop, which every for has, expected another name",
        ),
        (
            "{% for x in l %}{{ loop.cycle('a', 'b') }}{% endfor %}",
            "1:25: there is no method of the loop \"cycle\"",
        ),
        ("{{ name() }}", "1:4: name is a string, not a function"),
        (
            "{% for x in l %}{{ loop.nextitem }}{% endfor %}",
            "1:25: there is no name in loop: \"nextitem\"",
        ),
        (
            "{% for x in l %}{{ loop.idnex }}{% endfor %}",
            "1:25: there is no name in loop: \"idnex\"; there is \"index\"",
        ),
        (
            "{% for x in l %}{% set a = loop %}{% set b = 1 %}{% endfor %}{{ a.index }}",
            "1:65: \"a\" is undefined, so it has no \"index\"",
        ),
        ("{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "1:34: m takes at most 1 values, found 2"),
        (
            "{% macro m(size) %}{% endmacro %}{{ m(sise=2) }}",
            "1:37: m takes no sise=; there is \"size\"",
        ),
        ("{% macro m() %}\n{{ 1/0 }}{% endmacro %}{{ m() }}", "2:5: division by zero"),
        ("{{ nope() }}", "1:4: there is no function \"nope\""),
        ("{{ rnage(3) }}", "1:4: there is no function \"rnage\"; there is \"range\""),
        ("{{ name.uper() }}", "1:9: there is no method of a string \"uper\"; there is \"upper\""),
        ("{{ l.append(3) }}", "1:6: there is no method of a list \"append\""),
        ("{{ name.split(x=1) }}", "1:9: split takes no x="),
        (
            "{{ d.items }}",
            "1:6: \"items\" is a method of a dict, expected .items() or, for the key, ['items']",
        ),
        ("{{ super() }}", "1:4: found super() outside of a block"),
        ("{% include 'x.html' %}", "1:12: no template \"x.html\" in the program"),
        (
            "{% include 'pgae.html' %}",
            "1:12: no template \"pgae.html\" in the program; there is \"page.html\"",
        ),
        ("{% extends 'page.html' %}", "1:12: page.html extends itself"),
        ("{% extends ['page.html'] %}", "1:12: found a list, expected the name of a template"),
        ("{% include [] %}", "1:12: found a list, expected the name of a template"),
        ("{{ d.items()[1:] }}", "1:13: a view of a dict cannot be sliced"),
        ("{{ name.split(maxsplit=1) }}", "1:9: split with maxsplit takes a text to cut at"),
        ("{{ [{}]|join(',', 'user.name') }}", "1:9: an item has no user"),
        ("{{ range(stop=3) }}", "1:4: range() takes no such values"),
        ("{{ name.split(none, 1) }}", "1:9: split with maxsplit takes a text to cut at"),
        ("{% include n %}", "1:12: found none, expected the name of a template"),
        ("{% include '../x' %}", "1:12: the name \"../x\": this path leads out of the folder"),
    ] {
        let (found, expected) = (error(template), format!("page.html:{expected}"));
        if found != expected {
            wrong.push(format!("{template}\n  {found}\n  {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_error_in_another_file_names_that_file() {
    let files = templates(&[
        ("page.html", "{% extends 'layout.html' %}\n{% block x %}{{ 1/0 }}{% endblock %}"),
        ("layout.html", "\n\n{% block x %}{% endblock %}{{ n.a.b }}"),
        ("whole.html", "{% include 'broken.html' %}"),
        ("broken.html", "\n{% if %}"),
        ("above.html", "{% extends 'layout.html' %}"),
    ]);
    for (page, expected) in [
        ("page.html", "page.html:2:18: division by zero"),
        ("above.html", "layout.html:3:33: \"n.a\" is undefined, so it has no \"b\""),
        ("whole.html", "broken.html:2:7: found %}, expected a value"),
        (
            "nope.html",
            "nope.html: no template \"nope.html\" in the program; there is \"above.html\"",
        ),
    ] {
        let error = files.render(page, &data(), &()).expect_err("an error").to_string();
        assert_eq!(error.split("; there is").next(), expected.split("; there is").next());
    }
}

#[test]
fn an_undefined_name_prints_nothing_and_warns_with_a_near_name() {
    for (template, warnings) in [
        (
            "\n\n\n<b>Hi, {{ nmae }}",
            &["page.html:4:11: \"nmae\" is undefined; there is \"name\""][..],
        ),
        (
            "{{ nothing }}{{ nothing }}",
            &[
                "page.html:1:4: \"nothing\" is undefined",
                "page.html:1:17: \"nothing\" is undefined",
            ],
        ),
        ("{% for x in l %}{{ nope }}{% endfor %}", &["page.html:1:20: \"nope\" is undefined"]),
        (
            "{% for x in naame %}{% endfor %}",
            &["page.html:1:13: \"naame\" is undefined; there is \"name\""],
        ),
        ("{{ d.color }}", &["page.html:1:6: \"d.color\" is undefined; there is \"colour\""]),
        ("{{ nmae|upper }}", &["page.html:1:4: \"nmae\" is undefined; there is \"name\""]),
        (
            "{{ 'a'|replace('a', nmae) }}",
            &["page.html:1:21: \"nmae\" is undefined; there is \"name\""],
        ),
        ("{{ 'a' ~ nmae }}", &["page.html:1:10: \"nmae\" is undefined; there is \"name\""]),
        (
            "{% set nome = 1 %}{{ nume }}",
            &["page.html:1:22: \"nume\" is undefined; there is \"nome\""],
        ),
        ("{{ sesion }}", &["page.html:1:4: \"sesion\" is undefined; there is \"session\""]),
        ("{{ []|first }}", &["page.html:1:7: \"…\" is undefined"]),
        // One place warns once, whatever is near.
        (
            "{% for x in [{'nmea': 1}, {'name': 2}] %}{{ x.nmae }}{% endfor %}",
            &["page.html:1:47: \"x.nmae\" is undefined; there is \"nmea\""],
        ),
        // Asking is no mistake.
        (
            "{% if nothing %}{% endif %}{{ nothing is defined }}{{ nothing|default(1) }}{{ nothing or 1 }}",
            &[],
        ),
        ("{{ d.nothing is defined }}{{ d.nothing|d('x') }}{{ 'x' if i == 8 }}{{ name }}", &[]),
    ] {
        let page = templates(&[("page.html", template)])
            .render("page.html", &data(), &App::default())
            .unwrap();
        let found: Vec<&str> = page.warnings.iter().map(String::as_str).collect();
        assert_eq!(found, warnings, "{template}");
    }
}

/// An application with a session, and a count of how often it was asked.
#[derive(Default)]
struct App {
    session: Map,
    asked: Cell<usize>,
}

impl Globals for App {
    fn variable(&self, name: &str) -> Option<Value> {
        self.asked.set(self.asked.get() + 1);
        match name {
            "session" => Some(self.session.clone().into()),
            _ => None,
        }
    }

    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        match name {
            "shout" => Some(Ok(format!(
                "{}{}!",
                json::write(&arguments.to_vec().into()),
                json::write(&named.clone().into())
            )
            .into())),
            "fail" => Some(Err("it failed".to_owned())),
            _ => None,
        }
    }

    fn names(&self) -> &[&str] {
        &["session", "shout", "fail"]
    }
}

#[test]
fn what_the_application_lends_is_asked_for_only_when_named_and_once_a_page() {
    let app = App { session: Map::from([("user", "Ada")]), asked: Cell::new(0) };
    let text = "{{ session.user }}{{ session['user'] }}{% for x in l %}{{ session.get('user') }}{% endfor %}";
    let page = templates(&[("page.html", text)]).render("page.html", &data(), &app).unwrap();
    assert_eq!((&*page.text, app.asked.get()), ("AdaAdaAdaAda", 1));
    let app = App::default();
    templates(&[("page.html", "{{ name }}{{ l }}")]).render("page.html", &data(), &app).unwrap();
    assert_eq!(app.asked.get(), 0);
}

#[test]
fn variables_of_the_handler_hide_those_of_the_application() {
    let app = App { session: Map::from([("user", "Ada")]), asked: Cell::new(0) };
    let variables = Map::from([("session", "mine")]);
    assert_eq!(
        templates(&[("p.html", "{{ session }}")]).render("p.html", &variables, &app).unwrap().text,
        "mine"
    );
}

#[test]
fn functions_of_the_application_are_given_their_arguments_and_may_fail() {
    let files = templates(&[
        ("p.html", "{{ shout(1, name, x=(1, 2), y=nothing) }}"),
        ("q.html", "\n {{ fail() }}"),
    ]);
    assert_eq!(
        files.render("p.html", &data(), &App::default()).unwrap().text,
        "[1,&#34;Ada&#34;]{&#34;x&#34;:[1,2],&#34;y&#34;:null}!"
    );
    assert_eq!(
        files.render("q.html", &data(), &App::default()).unwrap_err().to_string(),
        "q.html:2:5: it failed"
    );
}

#[test]
fn filters_of_the_application_are_found_by_name_and_take_the_place_of_others() {
    let mut files = templates(&[
        ("p.html", "{{ i|euros }} {{ i|euros(',', 1) }} {{ name|upper }}"),
        ("q.html", "{{ name|euros }}"),
        ("p.txt", "{{ l|join }} {{ name|upper }}"),
        ("undefined.html", "{{ nope|int }}{{ nope|d }}"),
    ]);
    assert!(
        files
            .render("p.html", &data(), &())
            .unwrap_err()
            .to_string()
            .contains("no filter \"euros\"")
    );
    files.filter("euros", |value, arguments| {
        let whole = value.as_int().ok_or("euros takes an int")?;
        Ok(format!("<{whole}{}00>", arguments.first().and_then(Value::as_str).unwrap_or("."))
            .into())
    });
    files.filter("upper", |_, _| Ok("mine".into()));
    files.filter("join", |_, _| Ok("mine".into()));
    // What a built-in filter of the name does with an undefined value does not matter.
    files.filter("int", |value, _| Ok(format!("{value:?}").into()));
    files.filter("d", |value, _| Ok(value.clone()));
    assert_eq!(
        files.render("p.html", &data(), &()).unwrap().text,
        "&lt;7.00&gt; &lt;7,00&gt; mine"
    );
    assert_eq!(files.render("p.txt", &data(), &()).unwrap().text, "mine mine");
    assert_eq!(
        files.render("q.html", &data(), &()).unwrap_err().to_string(),
        "q.html:1:9: euros takes an int"
    );
    let page = files.render("undefined.html", &data(), &()).unwrap();
    assert_eq!((&*page.text, page.warnings.len()), ("Undefined", 3));
}

#[test]
fn the_reference_names_each_tag_operator_filter_test_and_method_and_fits_a_page() {
    let reference = carafe::web::template::REFERENCE;
    let names = |line: &str, name: &str| {
        let rest = line.strip_prefix("  ").and_then(|line| line.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with([' ', '(']))
    };
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/template");
    let read = |file: &str| std::fs::read_to_string(folder.join(file)).expect("it can be read");
    // The rows of each table, as the source has them: a name, and the names of its parameters.
    let (mut rows, mut missing) = (0, Vec::new());
    let tables =
        [read("filters.rs"), read("methods.rs")].concat().replace("    test(\"", "    row(\"");
    for row in tables.split("    row(\"").skip(1) {
        let (name, rest) = row.split_once('"').expect("a name");
        let parameters = rest.split_once("&[").map_or("", |(_, rest)| rest);
        let parameters = parameters.split(']').next().unwrap_or_default().replace('"', "");
        let plain = |it: &str| it.split('=').next().unwrap_or_default().to_owned();
        let parameters = parameters.split(", ").map(plain).collect::<Vec<_>>().join(", ");
        let known =
            if rest.starts_with(", ANY") { "(…)".to_owned() } else { format!("({parameters})") };
        let written = if known == "()" { name.to_owned() } else { format!("{name}{known}") };
        rows += 1;
        missing.extend((!reference.lines().any(|line| names(line, &written))).then_some(written));
    }
    let tags = read("tags.rs");
    let tags = tags.split_once("const TAGS").expect("a table").1.split("];").next().unwrap();
    for tag in tags.split("    (\"").skip(1).filter_map(|row| row.split('"').next()) {
        rows += 1;
        missing.extend((!reference.contains(&format!("{{% {tag} "))).then(|| tag.to_owned()));
    }
    let operators = reference.split_once("Operators\n").expect("a heading").1;
    let operators: Vec<&str> = operators.lines().next().unwrap().split([' ', ',']).collect();
    let table = read("operators.rs");
    let table = table.split_once("const OPERATORS").expect("a table").1.split("];").next().unwrap();
    for sign in table.lines().filter_map(|row| row.split_once("(\"")?.1.split('"').next()) {
        rows += 1;
        let is_known = sign.split(' ').all(|word| operators.contains(&word));
        missing.extend((!is_known).then(|| sign.to_owned()));
    }
    assert_eq!((missing, rows >= 64), (Vec::new(), true), "{rows} rows");
    for part in [".html .htm .xml .xhtml .svg", "url_for", "category_filter", "getlist", "Left out"]
    {
        assert!(reference.contains(part), "{part}");
    }
    for line in reference.lines() {
        assert!(line.chars().count() <= 110, "{line}");
    }
}

#[test]
fn what_is_printed_is_escaped_by_the_ending_of_the_name_as_in_flask() {
    let text =
        "{{ x }}{% macro m() %}{{ x }}{% endmacro %}{{ m() }}{% set s %}{{ x }}{% endset %}{{ s }}";
    for (name, prints) in [
        ("a.html", "&lt;&lt;&lt;"),
        ("a.htm", "&lt;&lt;&lt;"),
        ("a.xml", "&lt;&lt;&lt;"),
        ("a.xhtml", "&lt;&lt;&lt;"),
        ("a.svg", "&lt;&lt;&lt;"),
        ("a.txt", "<<<"),
        ("a.html.txt", "<<<"),
        ("html", "<<<"),
    ] {
        let page = templates(&[(name, text)]).render(name, &Map::from([("x", "<")]), &());
        assert_eq!(page.map(|page| page.text), Ok(prints.to_owned()), "{name}");
    }
}
