//! The same templates and data through the real Jinja2 and through carafe: the pages must be equal,
//! byte for byte.
//!
//! The cases lie in `cases/`, in the form that `render.py` describes. `tests/setup` installs
//! Jinja2.

use carafe::web::template::{Globals, Templates};
use carafe::{Map, Value, json};
use std::path::Path;
use std::process::Command;

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

#[test]
fn every_case_is_rendered_as_jinja_renders_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("target/venv/bin/python");
    if !python.exists() {
        assert!(std::env::var_os("CI").is_none(), "no {}: run tests/setup", python.display());
        eprintln!(
            "skipped every_case_is_rendered_as_jinja_renders_it: no {}; tests/setup makes it",
            python.display()
        );
        return;
    }
    let output = match std::env::var_os("JINJA_CASES") {
        // Already rendered: for looking at one's own cases.
        Some(file) => std::fs::read(file).expect("JINJA_CASES is a file"),
        None => {
            let output = Command::new(python)
                .arg(root.join("tests/jinja/render.py"))
                .output()
                .expect("Python runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            output.stdout
        }
    };
    let cases = json::parse(&output).expect("render.py prints JSON");
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
