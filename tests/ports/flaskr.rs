//! Flaskr, the blog of Flask's tutorial, with carafe and its store. The templates and the style
//! sheet are Flask's own.

use carafe::http::{Method, date};
use carafe::web::password;
use carafe::web::static_files::StaticFiles;
use carafe::web::store::Kind;
use carafe::web::template::Templates;
use carafe::{App, Context, Error, Map, Response, Value};
use std::path::Path;
use std::time::SystemTime;

const USER: Kind = Kind::kept("user", 10_000);
const POST: Kind = Kind::kept("post", 100_000);
const LAST: Kind = Kind::kept("last", 1);

type Page = Result<Response, Error>;

/// A handler that only users reach: others are sent to the login page.
fn login_required(view: fn(&mut Context) -> Page) -> impl Fn(&mut Context) -> Page {
    move |ctx: &mut Context| match ctx.g.get("user") {
        Some(Value::Map(_)) => view(ctx),
        _ => Ok(Response::redirect(&ctx.url_for("auth.login", &[])?)),
    }
}

fn load_logged_in_user(ctx: &mut Context) -> Result<Option<Response>, Error> {
    let user = match ctx.session.text("user_id") {
        Some(name) => ctx.store().load(&USER, &name)?.found(),
        None => None,
    };
    ctx.g.insert("user", user);
    Ok(None)
}

fn register(ctx: &mut Context) -> Page {
    if ctx.request.method == Method::Post {
        let form = ctx.form()?;
        let (name, password) = (form.required("username")?, form.required("password")?);
        let error = if name.is_empty() {
            "Username is required.".to_owned()
        } else if password.is_empty() {
            "Password is required.".to_owned()
        } else {
            let user = [("id", name.to_owned()), ("username", name.to_owned())];
            let user = user.into_iter().chain([("password", password::hash(password)?)]);
            let (user, mut is_new) = (user.collect::<Map>(), false);
            ctx.store().update(&USER, name, &mut |row| {
                is_new = row.is_none();
                row.get_or_insert_with(|| user.clone());
            })?;
            if is_new {
                return Ok(Response::redirect(&ctx.url_for("auth.login", &[])?));
            }
            format!("User {name} is already registered.")
        };
        ctx.flash(error);
    }
    ctx.render("auth/register.html", Map::new())
}

fn login(ctx: &mut Context) -> Page {
    if ctx.request.method == Method::Post {
        let form = ctx.form()?;
        let name = form.required("username")?;
        let user = ctx.store().load(&USER, name)?.found();
        let hash = user.as_ref().and_then(|user| user.get("password")?.as_str());
        let error = match hash {
            None => "Incorrect username.",
            Some(hash) if !password::fits(form.required("password")?, hash)? => {
                "Incorrect password."
            }
            Some(_) => {
                ctx.session.clear();
                ctx.session.set("user_id", name);
                return Ok(Response::redirect(&ctx.url_for("index", &[])?));
            }
        };
        ctx.flash(error);
    }
    ctx.render("auth/login.html", Map::new())
}

fn logout(ctx: &mut Context) -> Page {
    ctx.session.clear();
    Ok(Response::redirect(&ctx.url_for("index", &[])?))
}

/// All posts, most recent first.
fn index(ctx: &mut Context) -> Page {
    let mut numbers: Vec<i64> = Vec::new();
    for key in ctx.store().keys(&POST) {
        numbers.push(key?.parse()?);
    }
    numbers.sort_unstable_by(|one, other| other.cmp(one));
    let mut posts: Vec<Map> = Vec::new();
    for number in numbers {
        posts.extend(ctx.store().load(&POST, &number.to_string())?.found());
    }
    ctx.render("blog/index.html", [("posts", posts)])
}

/// The post of this page, which only its author may change.
fn own_post(ctx: &mut Context) -> Result<Map, Error> {
    let post = ctx.store().load(&POST, ctx.param("id"))?.found().ok_or(Error::NotFound)?;
    let user = ctx.g.get("user").and_then(|user| user.get("id"));
    if post.get("author_id") != user {
        return Err(Error::Forbidden("only its author may change a post".into()));
    }
    Ok(post)
}

fn create(ctx: &mut Context) -> Page {
    if ctx.request.method == Method::Post {
        let form = ctx.form()?;
        if form.required("title")?.is_empty() {
            ctx.flash("Title is required.");
        } else {
            let mut id = 0;
            ctx.store().update(&LAST, "post", &mut |row| {
                id = 1 + row.as_ref().and_then(|row| row.get("id")?.as_int()).unwrap_or(0);
                *row = Some(Map::from([("id", id)]));
            })?;
            let user = ctx.g.get("user").cloned().unwrap_or_default();
            let post = Map::from([
                ("id", Value::from(id)),
                ("author_id", user.get("id").cloned().into()),
                ("username", user.get("username").cloned().into()),
                ("created", date::format(SystemTime::now()).into()),
                ("title", form.required("title")?.into()),
                ("body", form.required("body")?.into()),
            ]);
            ctx.store().update(&POST, &id.to_string(), &mut |row| *row = Some(post.clone()))?;
            return Ok(Response::redirect(&ctx.url_for("index", &[])?));
        }
    }
    ctx.render("blog/create.html", Map::new())
}

fn update(ctx: &mut Context) -> Page {
    let post = own_post(ctx)?;
    if ctx.request.method == Method::Post {
        let form = ctx.form()?;
        let (title, body) = (form.required("title")?, form.required("body")?);
        if title.is_empty() {
            ctx.flash("Title is required.");
        } else {
            ctx.store().update(&POST, ctx.param("id"), &mut |row| {
                if let Some(post) = row {
                    post.insert("title", title);
                    post.insert("body", body);
                }
            })?;
            return Ok(Response::redirect(&ctx.url_for("index", &[])?));
        }
    }
    ctx.render("blog/update.html", [("post", post)])
}

fn delete(ctx: &mut Context) -> Page {
    own_post(ctx)?;
    ctx.store().delete(&POST, ctx.param("id"))?;
    Ok(Response::redirect(&ctx.url_for("index", &[])?))
}

/// The application; `folder` has the templates and the style sheet.
pub fn app(folder: &Path) -> App {
    const BOTH: [Method; 2] = [Method::Get, Method::Post];
    let mut app = App::new();
    app.templates(Templates::from_dir(folder.join("templates")));
    app.files("/static", StaticFiles::from_dir(folder.join("static")));
    app.before(load_logged_in_user);
    app.get("/hello", |_: &mut Context| "Hello, World!");
    app.get("/", index);
    app.blueprint("auth", "/auth", |auth| {
        auth.route(BOTH, "/register", register);
        auth.route(BOTH, "/login", login);
        auth.get("/logout", logout);
    });
    app.blueprint("blog", "/", |blog| {
        blog.route(BOTH, "/create", login_required(create)).name("create");
        blog.route(BOTH, "/<int:id>/update", login_required(update)).name("update");
        blog.post("/<int:id>/delete", login_required(delete)).name("delete");
    });
    app
}
