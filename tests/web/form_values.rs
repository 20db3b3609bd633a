//! Numbers and files in a form.

use carafe::http::Method;
use carafe::web::client::Client;
use carafe::web::template::Templates;
use carafe::{App, Context, Error};
use std::time::{Duration, Instant};

fn app() -> App {
    let mut app = App::new();
    app.post("/", |ctx: &mut Context| -> Result<String, Error> {
        let form = ctx.form()?;
        let photo = form.file("photo")?;
        let age = form.parse::<i64>("age")?;
        let size = photo.bytes.len();
        Ok(format!("{} {} {size} {age}", photo.file_name, photo.content_type))
    });
    app.post("/all", |ctx: &mut Context| -> Result<String, Error> {
        let form = ctx.form()?;
        Ok(form.files("photo").map(|it| format!("{}:{} ", it.file_name, it.bytes.len())).collect())
    });
    app.post("/age", |ctx: &mut Context| -> Result<String, Error> {
        Ok(ctx.form()?.parse::<f64>("age")?.to_string())
    });
    app
}

fn body(age: &str) -> String {
    format!(
        "--x\r\nContent-Disposition: form-data; name=\"age\"\r\n\r\n{age}\r\n--x\r\n\
         Content-Disposition: form-data; name=\"photo\"; filename=\"/tmp/me.png\"\r\n\
         Content-Type: image/png\r\n\r\n123\r\n--x--\r\n"
    )
}

#[test]
fn a_number_of_the_query_may_be_left_out_and_a_wrong_one_is_a_400() {
    let mut app = App::new();
    app.get("/", |ctx: &mut Context| -> Result<String, Error> {
        Ok(format!("page {}", ctx.query("page")?.unwrap_or(1)))
    });
    for (path, status, text) in [
        ("/", 200, "page 1"),
        ("/?page=3&page=x", 200, "page 3"),
        ("/?page=%205%20", 200, "page 5"),
        (
            "/?page=two",
            400,
            "query field \"page\": found \"two\", expected a whole number from -21",
        ),
        ("/?page=", 400, "query field \"page\": found \"\", expected a whole number"),
    ] {
        let answer = Client::new(&app).get(path);
        assert_eq!(answer.status(), status, "{path}");
        assert!(answer.text().contains(text), "{path}: {}", answer.text());
    }
}

#[test]
fn a_form_with_a_file_is_read_and_its_mistakes_are_named() {
    let app = app();
    let send = |body: &str| {
        let media_type = "multipart/form-data; boundary=x";
        Client::new(&app).send_body(Method::Post, "/", media_type, body)
    };
    assert_eq!(send(&body("36")).text(), "me.png image/png 3 36");
    for (body, expected) in [
        (body("old"), "form field \"age\": found \"old\", expected a whole number from -92"),
        (
            body("1").replace("photo", "picture"),
            "missing file \"photo\"; the form has: age, picture\n",
        ),
        // As `curl -F photo=me.png` sends it.
        (
            body("1").replace("; filename=\"/tmp/me.png\"", ""),
            "the form has: age, photo; without enctype=\"multipart/form-data\" in the form",
        ),
        (body("1").replace("--x--", ""), "--x--"),
    ] {
        let answer = send(&body);
        assert_eq!(answer.status(), 400);
        assert!(answer.text().contains(expected), "{}", answer.text());
    }
}

#[test]
fn all_files_of_a_field_come_in_order_and_what_was_not_chosen_is_none() {
    let app = app();
    let send = |path: &str, files: &[(&str, &str)]| {
        let head = "Content-Disposition: form-data; name=\"photo\"; filename";
        let part = |(name, bytes)| format!("--x\r\n{head}=\"{name}\"\r\n\r\n{bytes}\r\n");
        let body = files.iter().copied().map(part).collect::<String>() + "--x--";
        Client::new(&app).send_body(Method::Post, path, "multipart/form-data; boundary=x", body)
    };
    for (files, expected) in [
        (&[("a", "1"), ("b", "22")][..], "a:1 b:2 "),
        (&[("a", ""), ("", "1"), ("", "")], "a:0 :1 "),
        (&[("", "")], ""),
        (&[], ""),
    ] {
        assert_eq!(send("/all", files).text(), expected, "{files:?}");
    }
    let refused = send("/", &[("", "")]);
    let why = "missing file \"photo\"; the form has: photo; in \"photo\" no file was chosen\n";
    assert!(refused.status() == 400 && refused.text().contains(why), "{}", refused.text());
}

#[test]
fn a_number_is_read_from_a_plain_form() {
    let app = app();
    assert_eq!(Client::new(&app).post("/age", &[("age", " 1.5 ")]).text(), "1.5");
    let answer = Client::new(&app).post("/age", &[("age", "x")]);
    assert!(answer.text().contains("expected a finite number"), "{}", answer.text());
}

#[test]
fn a_form_that_cannot_hold_a_file_names_what_is_missing() {
    let app = app();
    for fields in [&[("photo", "me.png"), ("age", "3")][..], &[("age", "3")], &[]] {
        let answer = Client::new(&app).post("/", fields);
        let hint = "enctype=\"multipart/form-data\" in the form, or curl -F photo=@FILE";
        assert!(answer.text().contains(hint), "{}", answer.text());
    }
}

mod inventory {
    #[derive(Debug)]
    pub struct Colour<T>(std::marker::PhantomData<T>);

    impl<T> std::str::FromStr for Colour<T> {
        type Err = ();
        fn from_str(_: &str) -> Result<Self, ()> {
            Err(())
        }
    }
}

#[test]
fn a_value_that_does_not_fit_says_what_does() {
    fn parse<T: std::str::FromStr + std::fmt::Debug>(ctx: &mut Context) -> Result<String, Error> {
        Ok(format!("{:?}", ctx.form()?.parse::<T>("age")?))
    }
    let mut app = App::new();
    app.post("/u8", parse::<u8>).name("u8");
    app.post("/i16", parse::<i16>).name("i16");
    app.post("/f32", parse::<f32>).name("f32");
    app.post("/f64", parse::<f64>).name("f64");
    app.post("/bool", parse::<bool>).name("bool");
    app.post("/colour", parse::<inventory::Colour<std::net::Ipv4Addr>>).name("colour");
    for (path, age, expected) in [
        ("/u8", "255", "255"),
        ("/u8", "300", "found \"300\", expected a whole number from 0 to 255\n"),
        ("/i16", "x", "expected a whole number from -32768 to 32767\n"),
        ("/f64", "-1e300", "-1e300"),
        ("/f64", "1e999", "found \"1e999\", expected a finite number\n"),
        ("/f64", " NaN ", "found \" NaN \", expected a finite number\n"),
        ("/f64", "-inf", "expected a finite number\n"),
        ("/f32", "1e39", "expected a finite number\n"),
        ("/f32", "+Infinity", "expected a finite number\n"),
        ("/bool", "yes", "expected true or false\n"),
        ("/colour", "red", "expected a Colour\n"),
    ] {
        let answer = Client::new(&app).post(path, &[("age", age)]);
        assert!(answer.text().contains(expected), "{path}: {}", answer.text());
    }
}

#[test]
fn a_page_that_asks_for_a_large_form_again_and_again_ends() {
    let text = "{% for i in range(20000) %}{{ request.form.getlist('n')|length }}{% endfor %}";
    let mut app = App::new();
    app.templates(Templates::embedded(vec![("page.html", text)].leak()));
    app.post("/", |ctx: &mut Context| ctx.render("page.html", ()));
    let start = Instant::now();
    let answer = Client::new(&app).post("/", &[("big", &"a".repeat(1_000_000)), ("n", "1")]);
    assert_eq!(answer.text(), "1".repeat(20_000));
    assert!(start.elapsed() < Duration::from_secs(10));
}
