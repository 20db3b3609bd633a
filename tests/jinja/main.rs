//! The same templates and data through the real Jinja2 and through carafe: the pages must be equal,
//! byte for byte.
//!
//! The cases lie in `cases/`, in the form that `render.py` describes. `tests/setup` installs
//! Jinja2.

#[path = "../common/mod.rs"]
mod common;

use carafe::web::template::{Globals, Templates};
use carafe::{Map, Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// What `render.py` lends to its pages, once more.
struct Lent<'a> {
    flashes: &'a [Value],
}

impl Globals for Lent<'_> {
    fn call(&self, name: &str, arguments: &[Value], named: &Map) -> Option<Result<Value, String>> {
        match name {
            "url_for" => Some(url_for(arguments, named)),
            "get_flashed_messages" => {
                let named_or =
                    |place: usize, name| arguments.get(place).or_else(|| named.get(name));
                let with_categories = named_or(0, "with_categories") == Some(&Value::Bool(true));
                let filter =
                    named_or(1, "category_filter").and_then(Value::as_list).unwrap_or_default();
                let chosen = self.flashes.iter().filter_map(Value::as_list);
                let chosen = chosen.filter(|pair| filter.is_empty() || filter.contains(&pair[0]));
                let shown = |pair: &[Value]| {
                    if with_categories { pair.to_vec().into() } else { pair[1].clone() }
                };
                Some(Ok(chosen.map(shown).collect()))
            }
            _ => None,
        }
    }

    fn names(&self) -> &[&str] {
        &["url_for", "get_flashed_messages"]
    }
}

fn url_for(arguments: &[Value], named: &Map) -> Result<Value, String> {
    let endpoint =
        arguments.first().and_then(Value::as_str).ok_or("url_for takes the name of a route")?;
    let text = |value: &Value| value.as_str().map_or_else(|| json::write(value), str::to_owned);
    if endpoint == "static" {
        let file = named.get("filename").ok_or("static takes a filename")?;
        return Ok(format!("/static/{}", text(file)).into());
    }
    let mut query: Vec<String> =
        named.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
    query.sort();
    let mark = if query.is_empty() { "" } else { "?" };
    Ok(format!("/{}{mark}{}", endpoint.replace('.', "/"), query.join("&").replace(' ', "+")).into())
}

fn render(templates: &Map, data: &Map) -> Result<String, String> {
    let files: Vec<(&str, &str)> = templates
        .iter()
        .map(|(name, text)| (name, text.as_str().expect("a template is text")))
        .collect();
    let files: Vec<(&'static str, &'static str)> = files
        .into_iter()
        .map(|(name, text)| (&*name.to_owned().leak(), &*text.to_owned().leak()))
        .collect();
    let first = files[0].0;
    let flashes = data.get("flashes").and_then(Value::as_list).unwrap_or_default();
    let rendered = Templates::embedded(files.leak()).render(first, data, &Lent { flashes });
    rendered.map(|page| page.text).map_err(|error| error.to_string())
}

/// What `render.py` prints, as JSON; `None` without a Python that has Jinja2.
fn rendered_by_jinja(cases: Option<&Value>) -> Option<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(common::of_python("python")?);
    command.arg(root.join("tests/jinja/render.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.args(cases.map(|_| "-"));
    let mut running = command.spawn().expect("Python runs");
    let text = cases.map(json::write).unwrap_or_default();
    running.stdin.take().unwrap().write_all(text.as_bytes()).expect("render.py reads");
    let output = running.wait_with_output().expect("render.py ends");
    assert!(output.status.success(), "render.py: {}", output.status);
    Some(json::parse(&output.stdout).expect("render.py prints JSON"))
}

/// The examples of the reference: a piece of a template, and what it prints.
fn examples() -> impl Iterator<Item = (&'static str, &'static str)> {
    carafe::web::template::REFERENCE.lines().filter_map(|line| {
        let (template, prints) = line.split_once("  →  ")?;
        Some((&template[template.find('{')?..], prints))
    })
}

#[test]
fn each_example_of_the_reference_prints_what_it_says() {
    for (template, prints) in examples() {
        let page = render(&Map::from([("page.html", template)]), &Map::new());
        assert_eq!(page.as_deref(), Ok(prints), "{template}");
    }
}

#[test]
fn each_example_of_the_reference_prints_the_same_in_jinja() {
    let case = |(template, prints): (&str, &str)| {
        let templates = Map::from([("page.html", template)]);
        let data = Map::new();
        Map::from([
            ("prints", Value::from(prints)),
            ("templates", templates.into()),
            ("data", data.into()),
        ])
    };
    let cases: Value = examples().map(case).collect();
    let Some(rendered) = rendered_by_jinja(Some(&cases)) else { return };
    for case in rendered.as_list().expect("a list of cases") {
        assert_eq!(case.get("output"), case.get("prints"), "{}", json::write(case));
    }
}

/// What Jinja2 3.1 has, as `jinja2.Environment` lists it.
const JINJAS: &str = "abs attr batch capitalize center count d default dictsort e escape \
    filesizeformat first float forceescape format groupby indent int items join last length list \
    lower map max min pprint random reject rejectattr replace reverse round safe select selectattr \
    slice sort string striptags sum title tojson trim truncate unique upper urlencode urlize \
    wordcount wordwrap xmlattr boolean callable defined divisibleby eq equalto escaped even false \
    filter ge greaterthan gt in integer iterable le lessthan lt mapping ne none number odd sameas \
    sequence test true undefined cycler dict joiner lipsum namespace range";

#[test]
fn what_jinja_has_is_in_the_reference_if_only_as_left_out() {
    let reference = carafe::web::template::REFERENCE;
    let words: Vec<&str> = reference.split(|it: char| !it.is_ascii_alphanumeric()).collect();
    let missing: Vec<&str> = JINJAS.split(' ').filter(|name| !words.contains(name)).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_case_is_rendered_as_jinja_renders_it() {
    let cases = match std::env::var_os("JINJA_CASES") {
        // Already rendered: for looking at one's own cases.
        Some(file) => {
            Some(json::parse(&std::fs::read(file).expect("JINJA_CASES is a file")).expect("JSON"))
        }
        None => rendered_by_jinja(None),
    };
    let Some(cases) = cases else { return };
    let cases = cases.as_list().expect("a list of cases");
    let mut wrong = Vec::new();
    for case in cases {
        let case = case.as_map().expect("a case");
        let map = |name: &str| case.get(name).and_then(Value::as_map).expect("a map");
        let text = |name: &str| case.get(name).and_then(Value::as_str);
        let ours = render(map("templates"), map("data"));
        let agree = match (text("output"), &ours) {
            (Some(theirs), Ok(ours)) => theirs == ours,
            (None, Err(_)) => true,
            _ => false,
        };
        if !agree {
            let source = map("templates")
                .iter()
                .next()
                .and_then(|(_, text)| text.as_str())
                .unwrap_or_default();
            let theirs = text("output").map_or_else(|| Err(text("error").unwrap_or_default()), Ok);
            let (file, name) = (text("file").unwrap_or_default(), text("name").unwrap_or_default());
            wrong.push(format!(
                "{file}: {name}\n  template {source:?}\n  Jinja2   {theirs:?}\n  carafe   {ours:?}"
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases differ\n\n{}\n",
        wrong.len(),
        cases.len(),
        wrong.join("\n\n")
    );
    assert!(
        cases.len() >= 150 || std::env::var_os("JINJA_CASES").is_some(),
        "only {} cases",
        cases.len()
    );
}
