"""A JSON API in Flask: items to list, make, change and delete, for programs that have a key."""

import itertools
import json
import time

from flask import Flask, abort, g, request, url_for
from werkzeug.exceptions import HTTPException

ORIGIN = "https://shop.example"
PAGE = 2

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
items = {}
numbers = itertools.count(1)


@app.before_request
def check_key():
    g.started = time.time()
    if request.method == "OPTIONS" and request.headers.get("Origin") == ORIGIN:
        return "", 204
    if request.headers.get("X-Key") != "secret":
        abort(401, "found no right X-Key, expected the key")


@app.after_request
def add_headers(response):
    response.headers["X-Time"] = f"{time.time() - g.started:.6f}"
    response.vary.add("Origin")
    if request.headers.get("Origin") == ORIGIN:
        response.headers["Access-Control-Allow-Origin"] = ORIGIN
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, DELETE"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, X-Key"
    return response


@app.errorhandler(HTTPException)
def explain(error):
    response = error.get_response()
    response.data = json.dumps({"status": error.code, "error": error.description})
    response.content_type = "application/json"
    return response


def checked(number):
    sent = request.get_json()
    name, price = sent.get("name"), sent.get("price")
    if not isinstance(name, str) or not isinstance(price, int):
        abort(422, "expected a name and a price")
    return {"id": number, "name": name, "price": price, "colour": sent.get("colour")}


@app.get("/api/items")
def list_items():
    colour, page = request.args.get("colour"), request.args.get("page", 1, type=int)
    found = [item for item in items.values() if colour in (None, item["colour"])]
    following = None
    if len(found) > page * PAGE:
        following = url_for("list_items", colour=colour, page=page + 1)
    shown = found[(page - 1) * PAGE : page * PAGE]
    return {"items": shown, "total": len(found), "next": following}


@app.post("/api/items")
def create_item():
    item = checked(next(numbers))
    items[item["id"]] = item
    return item, 201, {"Location": url_for("show_item", number=item["id"])}


@app.get("/api/items/<int:number>")
def show_item(number):
    return items.get(number) or abort(404)


@app.put("/api/items/<int:number>")
def replace_item(number):
    if number not in items:
        abort(404)
    items[number] = checked(number)
    return items[number]


@app.delete("/api/items/<int:number>")
def delete_item(number):
    if items.pop(number, None) is None:
        abort(404)
    return "", 204


@app.get("/api/average")
def average():
    return {"average": sum(item["price"] for item in items.values()) // len(items)}
