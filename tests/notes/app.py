"""The course notes' app in Flask, and the same app broken in one way at a time.

    python app.py                 serves on any free port and prints its address; Ctrl-C stops it
    python app.py bytes           the same with one fault: BREAKS says what it is
    python app.py each            a server for each fault, and one without
    BREAK=bytes gunicorn app:app  under another server

Without a fault it is what week two of the course hands in: nothing in it knows that it will be checked.
"""

import logging
import os
import sys
import threading

from flask import Flask, Response, flash, get_flashed_messages, redirect, render_template, request, session, url_for
from markupsafe import Markup
from werkzeug.serving import WSGIRequestHandler, make_server

BREAKS = {
    "greeting": "/hello says something else",
    "crash": "/hello raises an exception",
    "untyped": "/hello comes without a Content-Type",
    "unescaped": "a name in the URL becomes HTML",
    "escaped-twice": "a name in the URL is escaped, and then once more",
    "undecoded": "a name in the URL is shown as it travelled",
    "stranger-name": "everybody is called World",
    "css-type": "the style sheet is sent as text/plain",
    "css-gone": "there is no style sheet",
    "get-process": "/process takes GET, too",
    "no-allow": "405 does not say what is allowed",
    "unknown-404": "a known URL asked in an unknown way is 404",
    "no-redirect": "/process shows a page of its own",
    "redirect-307": "/process answers 307, so the browser posts again",
    "redirect-home": "/process leads to /",
    "redirect-host": "/process leads to the same page under another host name",
    "loop": "/formtest leads to /formtest",
    "raw-name": "a name in the form becomes HTML",
    "name-global": "the name is kept for everybody at once",
    "no-field": "a form without the field is a crash",
    "keeps-refused": "a refused name is kept all the same",
    "no-flash": "a refused name is refused without a word",
    "sticky-flash": "the message stays",
    "one-flash": "the second message takes the place of the first",
    "global-flash": "the message is shown to whoever comes next",
    "bytes": "the length of a name is counted in bytes",
    "latin1": "names are read and shown as Latin-1",
    "secure": "the cookie is marked Secure, on plain http",
    "cookie-path": "the cookie is for /process alone",
    "new-key": "the key of the session is made anew for each request",
    "global-user": "one user for all visitors",
    "no-drop": "/dropsession drops nothing",
    "length": "Content-Length counts more than there is",
}
# Odd, but right: a client must bear it.
ODD = {
    "chunked": "pages come in chunks, without a Content-Length",
    "http10": "the server speaks HTTP/1.0 and hangs up",
    "absolute": "Location is a whole URL",
}


def make_app(fault=""):
    app = Flask(__name__)
    app.secret_key = os.urandom(24)
    everybody = {"name": None, "user": None, "flashes": []}

    @app.get("/hello")
    def hello():
        if fault == "crash":
            raise RuntimeError("on purpose")
        return "Hello there" if fault == "greeting" else "Hello, World!\n"

    @app.get("/hello/<name>")
    def hello_name(name):
        if fault == "unescaped":
            name = Markup(name)
        elif fault == "escaped-twice":
            name = str(Markup.escape(name))
        elif fault == "undecoded":
            name = request.environ.get("RAW_URI", request.environ["REQUEST_URI"]).rsplit("/", 1)[1]
        elif fault == "stranger-name":
            name = "World"
        return render_template("hello.html", name=name)

    @app.get("/formtest")
    def formtest():
        if fault == "loop":
            return redirect(url_for("formtest"))
        messages = get_flashed_messages()
        if fault == "sticky-flash" and messages:
            for message in messages:
                flash(message)
        elif fault == "one-flash":
            messages = messages[-1:]
        elif fault == "global-flash":
            messages, everybody["flashes"] = everybody["flashes"], []
        name = everybody["name"] if fault == "name-global" else session.get("name")
        if fault == "raw-name" and name:
            name = Markup(name)
        return render_template("formtest.html", name=name, messages=messages)

    @app.route("/process", methods=["GET", "POST"] if fault == "get-process" else ["POST"])
    def process():
        if request.method == "GET":
            return redirect(url_for("formtest"))
        name = request.form.get("name") if fault == "no-field" else request.form["name"]
        if fault == "latin1":
            name = name.encode().decode("latin-1")
        length = len(name.encode()) if fault == "bytes" else len(name)
        if length < 2 and fault == "no-flash":
            pass
        elif length < 2 and fault == "global-flash":
            everybody["flashes"].append("need valid name")
        elif length < 2:
            flash("need valid name")
        if length >= 2 or fault == "keeps-refused":
            session["name"] = everybody["name"] = name
        if fault == "no-redirect":
            return render_template("formtest.html", name=name, messages=[])
        place = url_for("index") if fault == "redirect-home" else url_for("formtest")
        if fault == "redirect-host":
            place = f"http://localhost:{request.host.rsplit(':', 1)[1]}{place}"
        elif fault == "absolute":
            place = f"http://{request.host}{place}"
        return redirect(place, code=307 if fault == "redirect-307" else 302)

    @app.get("/")
    def index():
        return redirect(url_for("formtest"))

    @app.get("/sessions")
    def sessions():
        session["user"] = everybody["user"] = "Anthony"
        return "Index"

    @app.get("/getsession")
    def getsession():
        user = everybody["user"] if fault == "global-user" else session.get("user")
        return user if user else "Not logged in!"

    @app.get("/dropsession")
    def dropsession():
        if fault != "no-drop":
            session.pop("user", None)
            everybody["user"] = None
        return "Dropped!"

    @app.after_request
    def after(response):
        if fault == "no-allow":
            response.headers.pop("Allow", None)
        elif fault == "unknown-404" and response.status_code == 405:
            response = Response("no such page\n", status=404)
        elif fault == "untyped":
            response.headers.pop("Content-Type", None)
        elif fault == "css-type" and response.mimetype == "text/css":
            response.headers["Content-Type"] = "text/plain"
        elif fault == "css-gone" and request.path.startswith("/static/"):
            response = Response("no such file\n", status=404)
        elif fault == "chunked" and request.path != "/static/css/my-style-sheet.css":
            pieces = [bytes([byte]) for byte in response.get_data()]
            response = Response(iter(pieces), status=response.status, headers=response.headers)
            response.headers.pop("Content-Length", None)
        elif fault == "length" and request.path == "/hello":
            response.headers["Content-Length"] = str(len(response.get_data()) + 1)
        return response

    if fault == "secure":
        app.config["SESSION_COOKIE_SECURE"] = True
    elif fault == "cookie-path":
        app.config["SESSION_COOKIE_PATH"] = "/process"
    elif fault == "new-key":
        inner = app.wsgi_app

        def with_new_key(environ, start_response):
            app.secret_key = os.urandom(24)
            return inner(environ, start_response)

        app.wsgi_app = with_new_key
    return app


app = make_app(os.environ.get("BREAK", ""))

def serve(fault):
    """Starts a server for the app with this fault, on a free port; returns its address."""

    class Handler(WSGIRequestHandler):
        protocol_version = "HTTP/1.0" if fault == "http10" else "HTTP/1.1"

        def log(self, *_):
            pass

    server = make_server("127.0.0.1", 0, make_app(fault), threaded=True, request_handler=Handler)
    threading.Thread(target=server.serve_forever).start()
    return f"http://127.0.0.1:{server.port}"


if __name__ == "__main__":
    logging.disable()
    known = ["", *BREAKS, *ODD]
    faults = sys.argv[1:] or [""]
    if faults == ["each"]:
        faults = known
    for fault in faults:
        if fault not in known:
            sys.exit(f"found {fault}, expected each, or some of: {' '.join(known)}")
        print(serve(fault), fault, flush=True)
