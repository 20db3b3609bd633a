"""The peer on Flask: the same routes, served by gunicorn. (Its session is Flask's own, in a signed cookie.)"""

import os

from flask import Flask, Response, render_template, session

NAME = "<Ada>"
ITEMS = ["kettle", "teapot", "cup", "saucer", "spoon", "strainer", "caddy", "tray", "sugar bowl", "milk jug"]
HEADERS = [line.split(": ", 1) for line in os.environ.get("BENCH_HEADERS", "").splitlines()]

app = Flask(__name__, template_folder=os.environ["BENCH_TEMPLATES"], static_folder=os.environ["BENCH_FILES"])
app.secret_key = os.urandom(24)


@app.get("/hello")
def hello():
    return Response("Hello, World!\n", content_type="text/plain; charset=utf-8")


@app.get("/page")
def page():
    return render_template("page.html", name=NAME, items=ITEMS)


@app.get("/count")
def count():
    session["visits"] = session.get("visits", 0) + 1
    return Response(f"visit {session['visits']}\n", content_type="text/plain; charset=utf-8")


@app.after_request
def add_headers(response):
    for name, value in HEADERS:
        response.headers[name] = value
    return response
