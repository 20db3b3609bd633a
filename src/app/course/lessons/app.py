# The app of the course in Flask: two pages and a session.
from flask import Flask, render_template, session

app = Flask(__name__)
app.secret_key = "only for this course"


@app.route("/hello")
def hello():
    return "Hello, World!\n"


@app.route("/hello/<name>")
def greet(name):
    return render_template("hello.html", name=name) + "\n"


@app.route("/sessions")
def index():
    session["user"] = "Anthony"
    return "Index\n"


@app.route("/getsession")
def getsession():
    return session.get("user", "Not logged in!") + "\n"


@app.route("/dropsession")
def dropsession():
    session.clear()
    return "Dropped!\n"


if __name__ == "__main__":
    app.run(port=5001)
