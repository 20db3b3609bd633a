//! No template hangs, overflows a stack or fills the memory: each limit ends in an error.

use crate::template::templates;
use carafe::{Map, Value};
use std::time::{Duration, Instant};

/// Less than the smallest of the server's threads have: the handler needs some too.
const STACK: usize = 480 << 10;

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(work)
        .unwrap()
        .join()
        .expect("the stack holds");
}

fn error_of(text: &str) -> Option<String> {
    error(&[("page.html", text)])
}

/// The error of a page on a small stack, or `None` if the page could be made.
fn error(files: &[(&str, &str)]) -> Option<String> {
    let files = templates(files);
    let (send, receive) = std::sync::mpsc::channel();
    on_a_small_stack(move || {
        let rendered = files.render("page.html", &Map::new(), &());
        send.send(rendered.err().map(|error| error.to_string())).unwrap();
    });
    receive.recv().unwrap()
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    for count in [1, 20, 30, 39, 45, 60, 70, 100, 120, 200, 240, 1_000, 20_000] {
        for (open, middle, close) in [
            ("(", "1", ")"),
            ("[", "1", "]"),
            ("{'a': ", "1", "}"),
            ("-", "1", ""),
            ("not ", "1", ""),
            ("x[", "1", "]"),
            ("range(", "1", ")"),
            ("1 if 1 else ", "1", ""),
            ("1 + (", "1", ")"),
            ("1 == 2 ~ (", "1", ")"),
            ("0 < (", "1", ") < 9"),
            ("1 or 2 and not 3 + (", "1", ")"),
            ("0|default(", "1", ")"),
            ("", "1", "|string"),
            ("", "1", " + 1"),
            ("", "1", " ~ 1"),
            ("", "1", " and 1"),
            ("", "1", " ** 1"),
            ("", "x", ".x"),
            ("", "'a'", "[0]"),
            ("", "x", "()"),
        ] {
            let text = format!("{{{{ {}{middle}{} }}}}", open.repeat(count), close.repeat(count));
            let error = error(&[("page.html", &text)]);
            assert!(count < 240 || error.is_some(), "{count} {open}{close}");
            let innocent = !matches!(open, "x[" | "range(") && middle != "x";
            assert!(count > 20 || !innocent || error.is_none(), "{count} {open}{close}: {error:?}");
        }
        for (open, close) in [
            ("{% if 1 %}", "{% endif %}"),
            ("{% for x in [1] %}", "{% endfor %}"),
            ("{% with a = 1 %}", "{% endwith %}"),
            ("{% set a %}", "{% endset %}"),
        ] {
            let text = format!("{}x{}", open.repeat(count), close.repeat(count));
            let error = error(&[("page.html", &text)]);
            assert!(count < 120 || error.is_some(), "{count} {open}");
            assert!(count > 100 || error.is_none(), "{count} {open}: {error:?}");
        }
        let calls = format!("{}x{}", "m(".repeat(count), ")".repeat(count));
        let text = format!("{{% macro m(x) %}}{{{{ x }}}}{{% endmacro %}}{{{{ {calls} }}}}");
        let called = error_of(&text);
        assert!(count < 240 || called.is_some(), "{count} calls of a macro");
        let blocks: String = (0..count).map(|at| format!("{{% block b{at} %}}")).collect();
        let error = error(&[("page.html", &format!("{blocks}{}", "{% endblock %}".repeat(count)))]);
        assert!(count < 120 || error.is_some(), "{count} blocks");
    }
}

#[test]
fn a_tree_of_50_levels_a_chain_of_200_terms_and_100_nested_tags_can_be_printed() {
    let walk = "{% macro m(n) %}{% for x in [n] %}{% if x %}{{ m(x - 1) }}{% endif %}{% endfor %}";
    let tree = format!("{walk}{{% endmacro %}}{{{{ m(50) }}}}");
    let chain = format!("{{{{ 1{} }}}}", " ~ 1".repeat(199));
    let tags = format!("{}x{}", "{% for x in [1] %}".repeat(100), "{% endfor %}".repeat(100));
    for text in [tree, chain, tags] {
        assert_eq!(error_of(&text), None, "{text}");
    }
}

#[test]
fn deep_expressions_inside_of_deep_tags_and_includes_are_no_stack_overflow() {
    let deep = format!("{{{{ {}1{} }}}}", "[".repeat(70), "]".repeat(70));
    for count in [5, 10, 20, 40, 60, 80, 100, 120] {
        let text =
            format!("{}{deep}{}", "{% for x in [1] %}".repeat(count), "{% endfor %}".repeat(count));
        error(&[("page.html", &text)]);
        let text = format!(
            "{}{{% include 'page.html' %}}{deep}{}",
            "{% for x in [1] %}".repeat(count),
            "{% endfor %}".repeat(count)
        );
        assert!(error(&[("page.html", &text)]).is_some());
    }
}

#[test]
fn long_chains_inside_of_deep_brackets_are_no_stack_overflow() {
    for link in ["|string", ".x", " + 1", " and 1"] {
        let text = (0..15).fold("1".to_owned(), |inner, level| {
            format!("({inner}{})", link.repeat(200 - 12 * level))
        });
        error_of(&format!("{{{{ {text} }}}}"));
    }
}

#[test]
fn data_that_grows_into_itself_is_an_error_and_no_stack_overflow() {
    let deep = format!("{}1{}", "[".repeat(35), "]".repeat(35));
    for (grow, print) in [
        ("{% set a = [a] %}".to_owned(), "{{ a }}"),
        ("{% set a = (a, 1) %}".to_owned(), "{{ a|tojson }}"),
        ("{% set a = {'a': a} %}".to_owned(), "{{ a == a }}{{ [a]|sort }}"),
        ("{% set a = {'a': a}.items() %}".to_owned(), "{{ a|list }}"),
        (format!("{{% set a = {deep} %}}"), "{{ a }}"),
        (format!("{{% for a in {deep} %}}{{% endfor %}}"), "{{ a }}"),
    ] {
        for count in [1, 19, 20, 21, 10_000] {
            let text = format!("{}{print}", grow.repeat(count));
            assert!(error(&[("page.html", &text)]).is_some() || count < 21, "{grow}");
            let text =
                format!("{}{{{{ {deep}|replace(a, a) ~ [{deep}, a] }}}}", grow.repeat(count));
            error(&[("page.html", &text)]);
        }
    }
}

#[test]
fn a_template_that_includes_or_extends_itself_is_an_error() {
    for files in [
        &[("page.html", "a{% include 'page.html' %}")][..],
        &[("page.html", "{% include 'b.html' %}"), ("b.html", "{% include 'page.html' %}")],
        &[("page.html", "{% extends 'page.html' %}")],
        &[("page.html", "{% extends 'b.html' %}"), ("b.html", "{% extends 'page.html' %}")],
        &[
            (
                "page.html",
                "{% extends 'b.html' %}{% block x %}{% include 'page.html' %}{% endblock %}",
            ),
            ("b.html", "{% block x %}{% endblock %}"),
        ],
        &[("page.html", "{% import 'page.html' as a %}")],
        &[("page.html", "{% from 'b.html' import x %}"), ("b.html", "{% include 'page.html' %}")],
        &[("page.html", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}")],
        &[("page.html", "{% macro m(a) %}{{ m([a]) }}{% endmacro %}{{ m(1) }}")],
        &[(
            "page.html",
            "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        )],
    ] {
        assert!(error(files).is_some(), "{files:?}");
    }
}

#[test]
fn loops_and_texts_without_end_are_errors_within_seconds() {
    let start = Instant::now();
    let doubled = "{% set s = s ~ s %}".repeat(40);
    let twice = |text: &str| format!("{{% set r = range(100000) %}}{text}");
    let texts = "{% set t = 'a' * 10000000 %}{% set u = 'a' * 10000000 %}";
    let long = |text: &str| twice(&format!("{texts}{text}"));
    for text in [
        "{% for x in range(100001) %}{% endfor %}".to_owned(),
        "{{ range(-9223372036854775807, 9223372036854775807) }}".to_owned(),
        twice("{% for x in r %}{% for y in r %}{% endfor %}{% endfor %}"),
        twice("{% for x in r %}{% for y in r if false %}{% endfor %}{% endfor %}"),
        "{% for x in range(100000) %}{{ 'a' * 1000 }}{% endfor %}".to_owned(),
        twice("{% for x in r %}{% for y in r %}text{% endfor %}{% endfor %}"),
        twice("{% macro m() %}{{ 'a' * 1000 }}{% endmacro %}{% for x in r %}{{ m() }}{% endfor %}"),
        "{{ '{:1001}'.format(1) }}".to_owned(),
        "{{ ['b' * 9000000, 'c' * 9000000]|join }}".to_owned(),
        "{{ 'a' * 9223372036854775807 }}".to_owned(),
        "{{ 'a' * 17000000 }}".to_owned(),
        "{{ [1] * 9223372036854775807 }}".to_owned(),
        "{{ [1] * 100001 }}".to_owned(),
        format!("{{% set s = 'a' %}}{doubled}"),
        format!("{{% set s = ['a'] %}}{}", "{% set s = s + s %}".repeat(40)),
        "{{ ('a' * 10000)|replace('a', 'b' * 10000) }}".to_owned(),
        "{{ range(100000)|join('b' * 10000) }}".to_owned(),
        "{{ '%1001d'|format(1) }}".to_owned(),
        "{{ '%.1001f'|format(1) }}".to_owned(),
        "{{ 10 ** 9223372036854775807 }}".to_owned(),
        twice("{% for x in r %}{{ -1 in r }}{% endfor %}"),
        twice("{% for x in r %}{{ 0 <= r <= 1 }}{% endfor %}")
            .replace("0 <= r <= 1", "[r] == [r, 1]"),
        twice("{% for x in r %}{{ {'a': r} == {'a': r} }}{% endfor %}"),
        twice("{% set e = [''] * 100000 %}{% for x in r %}{{ e|join }}{% endfor %}"),
        long("{% for x in r %}{{ 'b' in t }}{% endfor %}"),
        long("{% for x in r %}{{ t == u }}{% endfor %}"),
        long("{% for x in r %}{{ t|length }}{% endfor %}"),
        long("{% for x in r %}{{ t[0] }}{% endfor %}"),
        long("{% for x in r %}{{ t.count('b') }}{% endfor %}"),
    ] {
        assert!(error(&[("page.html", &text)]).is_some(), "{}", &text[..text.len().min(100)]);
    }
    for text in
        ["{{ t|first }}", "{{ t|last }}", "{{ t == 'a' }}", "{{ t is defined }}", "{{ r == [] }}"]
    {
        let text = long(&format!("{{% for x in range(1000) %}}{text}{{% endfor %}}"));
        assert_eq!(error(&[("page.html", &text)]), None, "{text}");
    }
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn a_page_whose_values_are_many_times_what_is_there_is_an_error_that_names_the_bound() {
    let text = "{% set t = 'a' * 10000000 %}{% set d = {t: 1} %}";
    let many = |tag: &str| (0..1000).map(|at| tag.replace('N', &at.to_string())).collect();
    let (texts, page) = ("longer than 134217728 bytes in sum", "the page is longer than 16777216");
    for (tags, why) in [
        ("{{ (['Ab' * 5000000] * 1000)|sort|length }}".to_owned(), texts),
        ("{{ ['a' * 10000000] * 1000 }}".to_owned(), texts),
        ("{{ (['a' * 10000000] * 1000)|tojson|length }}".to_owned(), texts),
        (format!("{{% set x = [t] %}}{}", "{% set x = x + x %}".repeat(20)), texts),
        (many("{{ t }}"), page),
        (many("{% set aN = t|upper %}"), texts),
        (many("{% set aN = t ~ N %}"), texts),
        (many("{% set aN = {t: 1} %}"), texts),
        (many("{% set aN = t.split() %}"), texts),
        (many("{% set aN = d.keys() %}"), texts),
        (many("{% set aN %}{{ t }}{% endset %}"), texts),
        (
            format!("{{% macro m(x) %}}{{{{ x }}}}{{% endmacro %}}{}", many("{% set aN = m(t) %}")),
            texts,
        ),
        ("{{ (['Ab' * 1000000] * 20)|sort|length }}".to_owned(), "the keys to sort by take more"),
        ("{{ ['a']|sort(attribute=',' * 1000000) }}".to_owned(), "the keys to sort by take more"),
        ("{{ t|list }}".to_owned(), "found a text of 10000000 bytes, expected at most 1048576"),
        ("{% for x in t %}{% endfor %}".to_owned(), "found a text of 10000000 bytes"),
        ("{{ ('a,' * 200000).split(',')|length }}".to_owned(), "longer than 100000 items"),
        ("{{ ('a ' * 200000).split()|length }}".to_owned(), "longer than 100000 items"),
        (
            format!(
                "{{% set x = [1] * 100000 %}}{}{{{{ ([x] * 20)|tojson(64) }}}}",
                "{% set x = [x] %}".repeat(17)
            ),
            "the text would be longer than 16777216 bytes",
        ),
        (
            format!("{{% set x = [1] * 100000 %}}{}", "{% set x = [x] * 100000 %}".repeat(9)),
            "the loops and lists of the page take more than 5000000 turns",
        ),
    ] {
        let error = error_of(&format!("{text}{tags}")).unwrap_or_default();
        let shown = &tags[..tags.len().min(100)];
        assert!(error.starts_with("page.html:1:") && error.contains(why), "{shown}: {error}");
    }
    assert_eq!(error_of("{{ ('a' * 16000000)[:3] }}{{ ('a' * 16000000)|length }}"), None);
}

#[test]
fn an_error_at_a_bound_names_the_place_of_the_tag() {
    let letters = "a".repeat(200);
    let sets = "\n{% set a %}{{ t }}{% endset %}".repeat(20);
    let nested = |open: &str| format!("\n{}", open.repeat(99)) + "{{ " + &"[".repeat(40);
    for (text, place) in [
        (format!("\n\n{{% for i in range(100000) %}}{letters}{{% endfor %}}"), "3:13: the page"),
        (format!("{{% set t = 'a' * 10000000 %}}{sets}"), "14:1: the texts of the page"),
        (format!("\n{}", "{% block N %}".repeat(3)), "2:"),
        (nested("{% with %}"), "2:"),
    ] {
        let error = error_of(&text).unwrap_or_default();
        assert!(error.starts_with(&format!("page.html:{place}")), "{place}: {error}");
    }
}

#[test]
fn a_value_of_the_handler_that_is_handed_on_is_not_counted_as_made() {
    let deep = (0..25).fold(Value::from(1), |inner, _| Value::from(vec![inner]));
    let many = Value::from(vec![Value::from(1); 100_000]);
    let given = Map::from([("deep", deep), ("many", many)]);
    let text = "{{ deep|default({})|tojson }}{% set a = {'deep': 1}.get('x', deep) %}{{ a }}\
        {% for i in range(100) %}{{ many|default([])|length }}{% endfor %}";
    let page = templates(&[("page.txt", text)]).render("page.txt", &given, &());
    let nested = format!("{}1{}", "[".repeat(25), "]".repeat(25));
    assert_eq!(page.map(|page| page.text), Ok(nested.repeat(2) + &"100000".repeat(100)));
}

#[test]
fn what_a_handler_gives_many_times_is_not_written_out_without_end() {
    let (send, receive) = std::sync::mpsc::channel();
    let text = Value::from("'a".repeat(2_000_000));
    let pairs = Map::from([("pairs", vec![vec![text; 2]; 5000])]);
    for text in [
        "{{ pairs }}",
        "{{ pairs|string|length }}",
        "{{ pairs ~ '' }}",
        "{{ '%s' % (pairs,) }}",
        "{{ pairs|join|length }}",
        "{{ pairs|escape|length }}",
        "{{ pairs|tojson|length }}",
        "{{ pairs|urlencode|length }}",
        "{{ pairs|sort(attribute=0)|length }}",
        "{{ pairs[1:]|length }}",
    ] {
        let (files, pairs, send) = (templates(&[("page.html", text)]), pairs.clone(), send.clone());
        on_a_small_stack(move || {
            let rendered = files.render("page.html", &pairs, &());
            send.send(rendered.err().map(|error| error.to_string())).unwrap();
        });
        let error = receive.recv().unwrap().unwrap_or_default();
        assert!(
            error.starts_with("page.html:1:") && error.contains("longer than")
                || error.contains("more than"),
            "{text}: {error}"
        );
    }
}

#[test]
fn a_page_that_imports_again_and_again_is_an_error() {
    let sets: String = (0..1000).map(|at| format!("{{% set a{at} = 1 %}}")).collect();
    let import = "{% for x in range(100000) %}{% import 'b.html' as b with context %}{% endfor %}";
    let page = format!("{sets}{import}");
    let error = error(&[("page.html", &page), ("b.html", "")]).unwrap_or_default();
    let why = "page.html:1:17929: the loops and lists of the page take more than 5000000 turns";
    assert_eq!(error, why);
}

#[test]
fn numbers_at_the_edge_do_not_panic() {
    let edges = [
        "9223372036854775807",
        "(-9223372036854775807 - 1)",
        "0",
        "-1",
        "1e308",
        "-1e308",
        "1e-320",
        "(1e308 * 10)",
        "(1e308 * 10 - 1e308 * 10)",
    ];
    for a in edges {
        for b in edges {
            for operator in ["+", "-", "*", "/", "//", "%", "**", "<", "==", "in [", "~"] {
                let close = if operator == "in [" { "]" } else { "" };
                error(&[("page.html", &format!("{{{{ {a} {operator} {b} {close} }}}}"))]);
            }
            for text in [
                format!("{a}|round({b})"),
                format!("{a}|round({b}, 'floor')"),
                format!("'x'[{a}:{b}]"),
                format!("[1, 2][{a}:{b}:{a}]"),
                format!("range(3)[{a}:{b}]"),
                format!("range(3)[{a}]"),
                format!("[1][{a}]"),
                format!("'%d %x %g %e %f %c'|format({a}, {a}, {a}, {a}, {a}, {b})"),
                format!("[{a}, {b}, 1.5]|sort"),
                format!("{a}|abs|int|float|string|tojson({b})"),
                format!("'a'|replace('a', 'b', {a})"),
                format!("range({a}, {b}, {b})"),
                format!("{a} is divisibleby({b})"),
            ] {
                error(&[("page.html", &format!("{{{{ {text} }}}}"))]);
            }
        }
    }
}

#[test]
fn any_beginning_of_a_template_ends_in_a_page_or_an_error() {
    let text = concat!(
        "{% extends 'x' if a else 'y' %}{%- block b: -%}",
        "{% for a, (b, c) in d.items()|sort(reverse=true) if a is not none -%}",
        "{{ loop.index ~ \"xé\\\"\" }}{% if a[1:-1] not in [1.5e3, {'k': (1,)}] %}{# é #}",
        "{% raw %}{{{% endraw %}{% elif x == -1 ** 2 %}{% include ['a', 'b'] with context %}",
        "{% else %}{% set q %}é{% endset %}{% endif %}{% endfor %}{% with a=1, b=2 %}{% endwith %}",
        "{% endblock b %}{% macro m(a, b='c') %}{{ a.upper() }}{% endmacro %}",
        "{% from 'f' import g as h, i %}",
    );
    for (end, _) in text.char_indices() {
        error(&[("page.html", &text[..end])]);
        error(&[("page.html", &text[end..])]);
    }
}
