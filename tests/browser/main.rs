//! The application, as a person with a browser meets it: real Chromium, driven through
//! chromedriver.

mod browser;
#[path = "../app/carafe.rs"]
#[allow(dead_code, reason = "tests/app uses all of it")]
mod carafe;
#[path = "../common/mod.rs"]
mod common;
#[path = "../ports/flaskr.rs"]
mod flaskr;
mod glass;
mod keyboard;
mod lessons;
mod pages;
mod paper;
mod programs;
mod shop;
