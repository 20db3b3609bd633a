"""A real Flask application that keeps its session as carafe does with --store cookie.

flask_session.py read COOKIE     prints what Flask finds in that cookie, as JSON; null if it refuses it
flask_session.py write JSON      prints the cookie that Flask sets for that session, after flash('from Flask')
flask_session.py tuple {}        prints the cookie of a session with what JSON has no type for
flask_session.py map {}          prints the cookie of a session with a map that looks like such a thing

Flask compresses what gets shorter by it, so the sessions here are short.
"""

import hashlib
import json
import os
import sys

import flask
from flask.sessions import SecureCookieSessionInterface


class Sha256Sessions(SecureCookieSessionInterface):
    digest_method = staticmethod(hashlib.sha256)


app = flask.Flask(__name__)
app.secret_key = os.environ["CARAFE_SECRET_KEY"]
app.config["SESSION_COOKIE_NAME"] = "carafe_sid"
app.session_interface = Sha256Sessions()


@app.get("/read")
def read():
    # Tuples become lists, and what JSON does not know becomes text.
    return json.dumps(dict(flask.session) or None, default=str)


@app.post("/write")
def write():
    flask.session.update(flask.request.get_json())
    flask.flash("from Flask")
    return ""


@app.post("/tuple")
def tuple_and_bytes():
    flask.session["tuple"] = (1, b"tea")
    return ""


@app.post("/map")
def map_like_a_tag():
    flask.session["map"] = {" t": "no"}
    return ""


client = app.test_client(use_cookies=False)
if sys.argv[1] == "read":
    print(client.get("/read", headers={"Cookie": "carafe_sid=" + sys.argv[2]}).get_data(as_text=True))
else:
    answer = client.post("/" + sys.argv[1], json=json.loads(sys.argv[2]))
    print(answer.headers["Set-Cookie"].split(";")[0].removeprefix("carafe_sid="))
