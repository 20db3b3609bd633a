//! Deeper: the reference of the template language, made from its tables.

use super::filters::{FILTERS, TESTS};
use super::function::{ANY, Function};
use super::methods::{DICT_METHODS, LIST_METHODS, STRING_METHODS};
use super::operators::OPERATORS;
use super::tags::{ESCAPED, LEFT_OUT, TAGS};
use std::fmt::Write;

/// A piece of a template, and what it prints.
pub type TemplateExample = (&'static str, &'static str);

/// The tables of functions, with a heading for each.
const TABLES: [(&str, &[Function]); 5] = [
    ("Filters: {{ value|name }}", FILTERS),
    ("Tests: {{ value is name }}, {{ value is not name }}", TESTS),
    ("Methods of strings", STRING_METHODS),
    ("Methods of lists and tuples", LIST_METHODS),
    ("Methods of dicts", DICT_METHODS),
];

/// What the reference says beside the tables.
const EXAMPLES: [TemplateExample; 8] = [
    ("{% for x in [3, 1] %}{{ loop.index }}:{{ x }} {% endfor %}", "1:3 2:1 "),
    ("{% if not 0 and 2 > 1: %}yes{% endif %}", "yes"),
    ("{% set a = 'x' %}{{ a ~ 1 }}", "x1"),
    ("{% macro b(t, c='i') %}<{{ c }}>{{ t }}</{{ c }}>{% endmacro %}{{ b('<') }}", "<i>&lt;</i>"),
    ("{{ 7 // 2 }} {{ 7 % 2 }} {{ 7 / 2 }} {{ 2 ** 3 }}", "3 1 3.5 8"),
    ("{{ 'yes' if 1 in [1, 2] else 'no' }}", "yes"),
    ("{{ [1, 2, 3][1:] }} {{ {'a': 1}.a }} {{ 'abc'[-1] }}", "[2, 3] 1 c"),
    ("{# not printed #}{% raw %}{{ a }}{% endraw %}", "{{ a }}"),
];

/// All examples of the reference.
pub fn examples() -> impl Iterator<Item = TemplateExample> {
    let rows = TABLES.iter().flat_map(|(_, table)| table.iter());
    EXAMPLES.into_iter().chain(rows.map(|row| row.example))
}

/// The reference as text: tags, operators, filters, tests, methods, what a page may ask for, and
/// what is left out.
///
/// ```
/// assert!(carafe::web::template::reference().contains("{{ 'Ada'|upper }}"));
/// ```
pub fn reference() -> String {
    let mut out = String::from("Tags\n");
    // Writing to a String cannot fail.
    for (_, form, _) in TAGS {
        _ = writeln!(out, "  {form}");
    }
    let signs: Vec<&str> = OPERATORS.iter().map(|(_, row)| row.name).collect();
    _ = writeln!(out, "\nOperators\n  {} not and or, a if b else c\n\nExamples", signs.join(" "));
    EXAMPLES.iter().for_each(|example| line(&mut out, "", *example));
    for (heading, table) in TABLES {
        _ = writeln!(out, "\n{heading}");
        for row in table {
            let parameters =
                if row.parameters == ANY { "…".into() } else { row.parameters.join(", ") };
            let name = match parameters.is_empty() {
                true => row.name.to_string(),
                false => format!("{}({parameters})", row.name),
            };
            line(&mut out, &name, row.example);
        }
    }
    out.push_str(
        "
What every page may ask for
  url_for('route', name=value)      the path of a route
  url_for('static', filename='x')   the path of a file in www/
  get_flashed_messages(with_categories=false, category_filter=[])
  request.method .path .full_path .url .endpoint .host, session.name, g
  request.args .form .cookies .headers    the first value of each name; .args.getlist('q')
  range(stop), range(start, stop, step)
  loop.index .index0 .revindex .revindex0 .first .last .length .cycle('a', 'b')
",
    );
    out.push_str(&format!("\nEscaped are templates whose names end in {}\n", ESCAPED.join(" ")));
    out.push_str("\nLeft out\n");
    let left_out: Vec<String> = LEFT_OUT.iter().map(|tag| format!("{{% {tag} %}}")).collect();
    _ = writeln!(out, "  {}", left_out.join(" "));
    out.push_str("  self.block(), scoped blocks, include with ignore missing, a[::2], 0xff\n");
    out
}

/// Appends one example, behind the name it belongs to.
fn line(out: &mut String, name: &str, (template, prints): TemplateExample) {
    let start = if name.is_empty() { "  ".to_owned() } else { format!("  {name:<26} ") };
    _ = writeln!(out, "{start}{template}  →  {prints}");
}
