"""A shortener of URLs in Flask: a form, a file of URLs, a table to keep, and the hits as they happen."""

import queue
import secrets
import threading
from collections import Counter
from io import BytesIO

from flask import Flask, Response, abort, redirect, request, send_file, url_for

app = Flask(__name__)
links = {}
counts = Counter()
changed = threading.Condition()
hits = queue.Queue()


def count_hits():
    for code in iter(hits.get, None):
        with changed:
            counts[code] += 1
            changed.notify_all()


threading.Thread(target=count_hits, daemon=True).start()


def shorten(url):
    if not url.startswith(("http://", "https://")):
        abort(400, f"found {url}, expected http:// or https://")
    code = secrets.token_hex(4)
    links[code] = url
    return code


def table():
    return "".join(f"{code},{url},{counts[code]}\n" for code, url in links.items())


@app.get("/")
def index():
    last = request.cookies.get("last", "none")
    return Response(f"your last link: {last}\n{table()}", mimetype="text/plain")


@app.post("/")
def create():
    code = shorten(request.form["url"])
    response = redirect(url_for("index"), 303)
    response.set_cookie("last", code, max_age=86400, httponly=True, samesite="Lax")
    return response


@app.post("/forget")
def forget():
    response = redirect(url_for("index"), 303)
    response.delete_cookie("last")
    return response


@app.get("/<code>")
def follow(code):
    if code not in links:
        abort(404)
    hits.put(code)
    return redirect(links[code])


@app.post("/upload")
def upload():
    lines = request.files["list"].read().decode().split()
    return "".join(shorten(line) + "\n" for line in lines), 201


@app.get("/links.csv")
def download():
    file = BytesIO(table().encode())
    return send_file(file, "text/csv", as_attachment=True, download_name="links–today.csv")


@app.get("/events")
def events():
    def stream():
        seen = None
        while True:
            with changed:
                changed.wait_for(lambda: counts.total() != seen, timeout=1)
                seen = counts.total()
            yield f"data: {seen}\n\n"

    return Response(stream(), mimetype="text/event-stream")
