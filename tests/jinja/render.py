"""Renders every case with the real Jinja2 and prints what came out, as JSON.

A file under cases/ is plain text:

    # A comment, before the first case.
    {"name": "Ada"}                     data for all cases of the file, optional

    == the name of a case
    -- data                             data for this case alone, optional
    {"name": "Bob"}
    -- page.html                        the first template is the one that is rendered
    Hello {{ name }}!
    -- layout.html                      more templates, if it needs them
    ...

A case of one template needs no "--" line. After "-- page.html json" the text is a JSON string, for line ends and tabs.
"""

import json
import pathlib
import sys
from urllib.parse import urlencode

import jinja2


def read_cases(path):
    """Each case of a file: its name, its data, its templates."""
    head, *blocks = ("\n" + path.read_text(encoding="utf-8")).split("\n== ")
    shared = "\n".join(line for line in head.split("\n") if not line.startswith("#")).strip()
    for block in blocks:
        title, _, body = block.partition("\n")
        data, templates = shared or "{}", {}
        sections = ("\n" + body).split("\n-- ")
        if len(sections) == 1:
            templates["page.html"] = body
        for section in sections[1:]:
            name, _, text = section.partition("\n")
            if name == "data":
                data = text
                continue
            name, _, form = name.partition(" ")
            templates[name] = json.loads(text) if form == "json" else text + "\n"
        yield {"file": path.name, "name": title, "data": json.loads(data), "templates": templates}


def url_for(endpoint, **values):
    """Stands in for Flask's: the comparison has the same few lines in Rust."""
    if endpoint == "static":
        return "/static/" + values["filename"]
    query = urlencode(sorted(values.items()))
    return "/" + endpoint.replace(".", "/") + ("?" + query if query else "")


def flashed(messages):
    """Flask's get_flashed_messages over the given pairs of category and message."""

    def get_flashed_messages(with_categories=False, category_filter=()):
        chosen = [tuple(pair) for pair in messages if not category_filter or pair[0] in category_filter]
        return chosen if with_categories else [message for _, message in chosen]

    return get_flashed_messages


def render(case):
    """The page, or the error."""
    autoescape = jinja2.select_autoescape(["html", "htm", "xml", "xhtml", "svg"])
    environment = jinja2.Environment(autoescape=autoescape, loader=jinja2.DictLoader(case["templates"]))
    environment.globals.update(url_for=url_for, get_flashed_messages=flashed(case["data"].get("flashes", [])))
    try:
        page = environment.get_template(next(iter(case["templates"])))
        return {**case, "output": page.render(**case["data"])}
    except Exception as error:  # Whatever Jinja raises: the other side must refuse as well.
        return {**case, "error": f"{type(error).__name__}: {error}"}


def main():
    if sys.argv[1:] == ["-"]:
        cases = json.load(sys.stdin)
    else:
        folder = pathlib.Path(__file__).parent / "cases"
        cases = [case for path in sorted(folder.glob("*.txt")) for case in read_cases(path)]
    json.dump([render(case) for case in cases], sys.stdout)


main()
