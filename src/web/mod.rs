//! The chapters of the framework, and Flask's word for each.
//!
//! | chapter | Flask's word |
//! |---|---|
//! | [`app`] | `Flask(__name__)`, `@app.route` |
//! | [`context`] | `request`, `session`, `flash` |
//! | [`handler`] | a view function |
//! | [`error`] | `abort` |
//! | [`router`] | rules |
//! | [`form`] | `request.form` |
//! | [`store`] | where a session is kept |
//! | [`session`] with its parts, [`flash`] | `session`; `flash`, `get_flashed_messages` |
//! | `save` | the session's cookie is sent |
//! | `rendering` | `render_template` |
//! | [`static_files`] | `static` |
//!
//! Deeper:
//!
//! | chapter | Flask's word |
//! |---|---|
//! | [`site`], [`settings`] | `app.config` |
//! | [`route`] | `Rule` |
//! | `no_route` | a 404 or 405, and the slash that is missing |
//! | [`hooks`] | `before_request` and its like, `context_processor`, `Blueprint` |
//! | [`pattern`], [`url_for`] | a rule's text; `url_for` |
//! | `resources` | `request.get_json`, `request.cookies`, `current_app` |
//! | `page_globals` | what pages may ask for |
//! | `failure`, `error_page`, `suggestion`, [`shell`] | a 500; an error's page, with near names |
//! | `visitor_record` | what a cycle tells of the visitor |
//! | [`inside`] | debug mode, for whom |
//! | [`origin`] | Flask-WTF's CSRF protection, Flask-CORS, Flask-Talisman's headers |
//! | [`sign`], [`password`] | `itsdangerous`, `werkzeug.security` |
//! | `form_values` | `request.form.get(…, type=int)` |
//! | `file_route`, [`file_response`], `media_types.txt` | `send_file` and its like, `mimetypes` |
//! | `small_files`, `file_cache` | what is kept of files in memory |
//! | [`template`] | Jinja2 |
//! | [`client`] | `app.test_client()` |

pub mod app;
pub mod client;
pub mod context;
pub mod error;
mod error_page;
mod failure;
mod file_cache;
pub mod file_response;
mod file_route;
pub mod flash;
pub mod form;
mod form_values;
pub mod handler;
pub mod hooks;
pub mod inside;
mod no_route;
pub mod origin;
mod page_globals;
pub mod password;
pub mod pattern;
mod rendering;
mod resources;
pub mod route;
pub mod router;
mod save;
pub mod session;
pub mod settings;
pub mod shell;
pub mod sign;
pub mod site;
mod small_files;
pub mod static_files;
pub mod store;
mod suggestion;
pub mod template;
pub mod url_for;
mod visitor_record;
