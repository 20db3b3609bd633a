//! The rooms of the framework, and Flask's word for each.
//!
//! Part III of the book. The way of a request is [`app`]; the other rooms are its stages.
//!
//! | room | Flask's word |
//! |---|---|
//! | [`app`], [`settings`], [`site`] | `Flask(__name__)`, `@app.route`, `app.config` |
//! | [`context`], `resources` | `request`, `session`, `g`, `render_template`, `flash` |
//! | [`router`], [`route`], [`pattern`], [`handler`], [`url_for`] | rules; a view function |
//! | [`hooks`] | `before_request`, `after_request`, `errorhandler`, `Blueprint` |
//! | [`form`] | `request.form` |
//! | [`error`] | `abort` |
//! | [`session`], [`store`] | `session`, and where it is kept |
//! | [`sign`], [`password`] | `itsdangerous`, `werkzeug.security` |
//! | [`flash`] | `flash`, `get_flashed_messages` |
//! | [`static_files`], [`file_response`] | `static`, `send_file` |
//! | [`template`] | Jinja2 |
//! | [`inside`] | debug mode, for whom |
//! | [`origin`] | Flask-WTF's CSRF protection, Flask-CORS, Flask-Talisman's headers |
//! | [`client`] | `app.test_client()` |

pub mod app;
pub mod client;
pub mod context;
pub mod error;
mod error_page;
mod failure;
mod file_cache;
mod file_refusal;
pub mod file_response;
mod file_route;
pub mod flash;
pub mod form;
mod form_values;
pub mod handler;
mod holdings;
pub mod hooks;
pub mod inside;
pub mod origin;
mod page_globals;
pub mod password;
pub mod pattern;
mod resources;
pub mod route;
pub mod router;
mod save;
pub mod session;
pub mod settings;
pub mod sign;
pub mod site;
pub mod static_files;
pub mod store;
mod suggestion;
pub mod template;
pub mod url_for;
