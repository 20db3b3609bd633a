//! Which files are served, how they are marked, and which never are.

use crate::common::{empty_folder, wait_until};
use carafe::http::{Body, Method, Request, Response, Status};
use carafe::web::client::Client;
use carafe::web::file_response::{content_type, make_conditional};
use carafe::web::static_files::StaticFiles;
use carafe::{App, Context, Error};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const NOT_THERE: &str = "no such file";
const NOT_A_FILE: &str = "this is a folder, a link or a device, expected a file";
const HIDDEN: &str = "names that begin with a dot are not served";
const OUTSIDE: &str = "this path leads out of the folder";

/// Why a path is refused.
fn refused(files: &StaticFiles, path: &str) -> String {
    let error = files.whole(path).expect_err(path);
    assert_eq!(error.kind(), ErrorKind::NotFound, "{path:?}");
    error.to_string()
}

/// A folder that goes when it is dropped. The site is in `www`, and something not to be served is
/// beside it.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let folder = empty_folder();
        fs::create_dir_all(folder.join("www/css")).unwrap();
        fs::write(folder.join("www/css/site.css"), "body { color: black }\n").unwrap();
        fs::write(folder.join("www/ten.txt"), "0123456789").unwrap();
        fs::write(folder.join("www/empty.txt"), "").unwrap();
        fs::create_dir(folder.join("www-old")).unwrap();
        fs::write(folder.join("www-old/secret.txt"), "secret").unwrap();
        fs::write(folder.join("secret.txt"), "secret").unwrap();
        Folder(folder)
    }

    fn www(&self) -> PathBuf {
        self.0.join("www")
    }

    fn files(&self) -> StaticFiles {
        StaticFiles::from_dir(self.www())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn get(headers: &[(&str, &str)]) -> Request {
    let mut request = Request::new(Method::Get, "/static/x");
    for (name, value) in headers {
        request.headers.append(name, *value);
    }
    request
}

fn respond(files: &StaticFiles, path: &str, headers: &[(&str, &str)]) -> Response {
    let whole = files.whole(path).unwrap_or_else(|error| panic!("{path:?} {headers:?}: {error}"));
    make_conditional(&get(headers), whole)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", response.headers))
}

fn text(response: Response) -> String {
    match response.body {
        Body::Bytes(bytes) => String::from_utf8(bytes).unwrap(),
        Body::Shared(bytes, part) => String::from_utf8(bytes[part].to_vec()).unwrap(),
        Body::Empty => String::new(),
        other => panic!("expected bytes, found {other:?}"),
    }
}

#[test]
fn a_file_comes_with_its_type_and_its_marks() {
    let folder = Folder::new();
    let response = respond(&folder.files(), "css/site.css", &[]);
    assert_eq!(response.status, Status::OK);
    assert_eq!(header(&response, "Content-Type"), "text/css; charset=utf-8");
    assert_eq!(header(&response, "Cache-Control"), "no-cache");
    assert_eq!(header(&response, "Accept-Ranges"), "bytes");
    assert!(header(&response, "Last-Modified").ends_with(" GMT"));
    let etag = header(&response, "ETag");
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 2, "{etag}");
    assert_eq!(text(response), "body { color: black }\n");
}

#[test]
fn the_same_file_has_the_same_marks_until_it_is_edited() {
    let folder = Folder::new();
    let files = folder.files();
    let etag = |files| header(&respond(files, "ten.txt", &[]), "ETag").to_owned();
    let before = etag(&files);
    assert_eq!(etag(&files), before);
    // The same length and the same date as before, in another file of that name: as editors save.
    let modified = fs::metadata(folder.www().join("ten.txt")).unwrap().modified().unwrap();
    fs::write(folder.www().join("new.txt"), "ABCDEFGHIJ").unwrap();
    fs::File::options()
        .write(true)
        .open(folder.www().join("new.txt"))
        .unwrap()
        .set_modified(modified)
        .unwrap();
    fs::rename(folder.www().join("new.txt"), folder.www().join("ten.txt")).unwrap();
    assert_ne!(etag(&files), before);
    let response = respond(&files, "ten.txt", &[("If-None-Match", &before)]);
    assert_eq!((response.status, text(response)), (Status::OK, "ABCDEFGHIJ".into()));
}

#[test]
fn of_two_quick_edits_the_second_is_seen() {
    let folder = Folder::new();
    let files = folder.files();
    for number in 100..400 {
        // All are equally long, and many lie within one tick of the file system's clock.
        fs::write(folder.www().join("ten.txt"), format!("number {number}")).unwrap();
        assert_eq!(text(respond(&files, "ten.txt", &[])), format!("number {number}"));
    }
}

/// The moment of a change cannot be set back, so it must pass.
fn settle(new: &Path) {
    let changed = fs::metadata(new).unwrap().modified().unwrap();
    let is_old = || changed.elapsed().is_ok_and(|age| age > Duration::from_millis(3100));
    wait_until!(is_old(), "the clock stands still");
}

#[test]
#[cfg(unix)]
fn of_a_file_that_has_settled_the_next_version_is_seen() {
    let folder = Folder::new();
    let files = folder.files();
    let path = folder.www().join("ten.txt");
    settle(&path);
    for headers in [&[][..], &[("Range", "bytes=2-4")], &[]] {
        let expected = if headers.is_empty() { "0123456789" } else { "234" };
        assert_eq!(text(respond(&files, "ten.txt", headers)), expected);
    }
    fs::write(&path, "9876543210").unwrap();
    assert_eq!(text(respond(&files, "ten.txt", &[])), "9876543210");
    fs::remove_file(&path).unwrap();
    assert_eq!(refused(&files, "ten.txt"), NOT_THERE);
    // A folder on the way becomes a link that leads out. The file itself has not changed.
    assert_eq!(text(respond(&files, "css/site.css", &[])), "body { color: black }\n");
    fs::rename(folder.www().join("css"), folder.0.join("css")).unwrap();
    std::os::unix::fs::symlink("../css", folder.www().join("css")).unwrap();
    assert_eq!(refused(&files, "css/site.css"), NOT_A_FILE);
}

#[test]
fn what_many_ask_for_at_once_is_at_most_a_millisecond_old() {
    let folder = Folder::new();
    let files = folder.files();
    let path = folder.www().join("ten.txt");
    settle(&path);
    // So often that for most answers the disk is not asked; then one is another file, and one is
    // gone.
    for _ in 0..1000 {
        assert_eq!(text(respond(&files, "ten.txt", &[])), "0123456789");
        assert_eq!(text(respond(&files, "css/site.css", &[])), "body { color: black }\n");
    }
    fs::write(&path, "9876543210").unwrap();
    fs::remove_file(folder.www().join("css/site.css")).unwrap();
    let changed = Instant::now();
    while changed.elapsed() < Duration::from_millis(1) {}
    for _ in 0..1000 {
        assert_eq!(text(respond(&files, "ten.txt", &[])), "9876543210");
        assert!(files.whole("css/site.css").is_err());
    }
}

/// A part of the cache that is full forgets everything.
#[test]
fn of_many_small_files_only_so_many_stay_in_memory() {
    let folder = Folder::new();
    (0..40).for_each(|number| fs::write(folder.www().join(format!("{number}")), "x").unwrap());
    settle(&folder.www().join("39"));
    let mut app = App::new();
    app.files("/static", folder.files());
    app.get("/kept", |ctx: &mut Context| ctx.site().kept_files().1.to_string());
    let mut client = Client::new(&app);
    (0..40).for_each(|number| assert_eq!(client.get(&format!("/static/{number}")).text(), "x"));
    assert_eq!(client.get("/kept").text(), "8");
}

#[test]
fn a_304_has_the_etag_and_nothing_to_describe_what_it_does_not_send() {
    let folder = Folder::new();
    let files = folder.files();
    let etag = header(&respond(&files, "ten.txt", &[]), "ETag").to_owned();
    let response = respond(&files, "ten.txt", &[("If-None-Match", &etag)]);
    assert_eq!(response.status, Status::NOT_MODIFIED);
    let names: Vec<&str> = response.headers.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ETag", "Cache-Control"]);
    assert_eq!(header(&response, "ETag"), etag);
    assert_eq!(text(response), "");
}

#[test]
fn a_date_alone_is_enough_for_a_304() {
    let folder = Folder::new();
    let files = folder.files();
    let date = header(&respond(&files, "ten.txt", &[]), "Last-Modified").to_owned();
    assert_eq!(
        respond(&files, "ten.txt", &[("If-Modified-Since", &date)]).status,
        Status::NOT_MODIFIED
    );
    let long_ago = "Sun, 06 Nov 1994 08:49:37 GMT";
    assert_eq!(respond(&files, "ten.txt", &[("If-Modified-Since", long_ago)]).status, Status::OK);
    assert_eq!(
        respond(&files, "ten.txt", &[("If-Unmodified-Since", long_ago)]).status,
        Status::PRECONDITION_FAILED
    );
    assert_eq!(
        respond(&files, "ten.txt", &[("If-Match", "\"other\"")]).status,
        Status::PRECONDITION_FAILED
    );
}

#[test]
fn a_date_in_the_future_is_not_passed_on() {
    let folder = Folder::new();
    let file = fs::File::options().write(true).open(folder.www().join("ten.txt")).unwrap();
    file.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(1_000_000))
        .unwrap();
    let response = respond(&folder.files(), "ten.txt", &[]);
    let said = carafe::http::date::parse(header(&response, "Last-Modified")).unwrap();
    assert!(said <= std::time::SystemTime::now(), "{said:?}");
}

#[test]
fn a_range_is_a_206_that_says_which_bytes_it_holds() {
    let folder = Folder::new();
    for (range, content_range, bytes) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=2-4", "bytes 2-4/10", "234"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-2", "bytes 8-9/10", "89"),
        ("bytes=5-99", "bytes 5-9/10", "56789"),
        ("bytes=0-", "bytes 0-9/10", "0123456789"),
    ] {
        let response = respond(&folder.files(), "ten.txt", &[("Range", range)]);
        assert_eq!(response.status, Status::PARTIAL_CONTENT, "{range}");
        assert_eq!(header(&response, "Content-Range"), content_range, "{range}");
        assert_eq!(header(&response, "Content-Type"), "text/plain; charset=utf-8");
        assert_eq!(text(response), bytes, "{range}");
    }
}

#[test]
fn a_range_behind_the_end_is_a_416_that_says_the_length() {
    let folder = Folder::new();
    let response = respond(&folder.files(), "ten.txt", &[("Range", "bytes=10-")]);
    assert_eq!(response.status, Status::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&response, "Content-Range"), "bytes */10");
}

#[test]
fn if_range_gives_the_whole_when_the_client_has_a_part_of_another_version() {
    let folder = Folder::new();
    let files = folder.files();
    let etag = header(&respond(&files, "ten.txt", &[]), "ETag").to_owned();
    let same = respond(&files, "ten.txt", &[("Range", "bytes=2-4"), ("If-Range", &etag)]);
    assert_eq!((same.status, text(same)), (Status::PARTIAL_CONTENT, "234".into()));
    let other = respond(&files, "ten.txt", &[("Range", "bytes=2-4"), ("If-Range", "\"other\"")]);
    assert_eq!((other.status, text(other)), (Status::OK, "0123456789".into()));
}

#[test]
fn head_has_the_headers_of_get_and_ignores_a_range() {
    let folder = Folder::new();
    let files = folder.files();
    let mut head = get(&[("Range", "bytes=2-4")]);
    head.method = Method::Head;
    let head = make_conditional(&head, files.whole("ten.txt").unwrap());
    let get = respond(&files, "ten.txt", &[]);
    assert_eq!(format!("{head:?}"), format!("{get:?}"));
}

#[test]
fn a_long_file_is_not_read_into_memory() {
    let folder = Folder::new();
    // Four gigabytes of nothing: a sparse file takes no room.
    let size = 4 << 30;
    fs::File::create(folder.www().join("long.bin")).unwrap().set_len(size).unwrap();
    let response = respond(&folder.files(), "long.bin", &[]);
    assert_eq!(header(&response, "Content-Type"), "application/octet-stream");
    assert!(
        matches!(response.body, Body::File { ref range, .. } if *range == (0..size)),
        "{:?}",
        response.body
    );
    let response = respond(&folder.files(), "long.bin", &[("Range", "bytes=4294967295-")]);
    assert_eq!(header(&response, "Content-Range"), "bytes 4294967295-4294967295/4294967296");
    let last = size - 1..size;
    assert!(matches!(response.body, Body::File { ref range, .. } if *range == last));
}

#[test]
fn an_empty_file_is_a_200_without_bytes() {
    let folder = Folder::new();
    let response = respond(&folder.files(), "empty.txt", &[]);
    assert_eq!((response.status, response.body.len()), (Status::OK, Some(0)));
}

#[test]
fn no_path_leads_out_of_the_folder_or_to_a_hidden_name() {
    let folder = Folder::new();
    fs::write(folder.www().join(".env"), "secret").unwrap();
    fs::create_dir(folder.www().join(".git")).unwrap();
    fs::write(folder.www().join(".git/config"), "secret").unwrap();
    let long_name = "x".repeat(300);
    let long_path = "x/".repeat(10_000);
    let absolute = folder.0.join("secret.txt").to_str().unwrap().to_owned();
    let absolute = absolute.as_str();
    for (path, expected) in [
        ("../secret.txt", OUTSIDE),
        ("css/../ten.txt", OUTSIDE),
        ("css/../../secret.txt", OUTSIDE),
        ("..", OUTSIDE),
        (".", OUTSIDE),
        ("./ten.txt", OUTSIDE),
        ("..\\secret.txt", OUTSIDE),
        ("css\\site.css", OUTSIDE),
        ("C:\\secret.txt", OUTSIDE),
        ("C:/secret.txt", OUTSIDE),
        ("ten.txt::$DATA", OUTSIDE),
        ("ten.txt\0.css", OUTSIDE),
        ("%2e%2e/secret.txt", NOT_THERE), // decoded once already: what is left is a name
        ("..;/secret.txt", HIDDEN),
        ("...", HIDDEN),
        ("\u{ff0e}\u{ff0e}/secret.txt", NOT_THERE), // full-width dots are not dots
        (absolute, NOT_THERE),
        ("//etc/passwd", NOT_THERE),
        ("", NOT_THERE),
        ("/", NOT_THERE),
        ("ten.txt/", NOT_THERE),
        ("ten.txt/more", NOT_THERE),
        ("css//site.css", NOT_THERE),
        ("nothing.css", NOT_THERE),
        (&long_name, NOT_THERE),
        (&long_path, NOT_THERE),
        ("css", NOT_A_FILE),
        (".env", HIDDEN),
        (".git/config", HIDDEN),
        (".well-known/x", HIDDEN),
    ] {
        assert_eq!(refused(&folder.files(), path), expected, "{path:?}");
    }
}

#[test]
fn a_name_may_hold_dots_spaces_and_letters_of_any_script() {
    let folder = Folder::new();
    for name in ["a..b.txt", "two words.txt", "李明.txt", "a.", "~"] {
        fs::write(folder.www().join(name), name).unwrap();
        assert_eq!(text(respond(&folder.files(), name, &[])), name);
    }
}

#[cfg(unix)]
#[test]
fn no_link_is_followed_wherever_it_leads() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let www = folder.www();
    fs::create_dir(www.join(".git")).unwrap();
    fs::write(www.join(".git/config"), "secret").unwrap();
    symlink("ten.txt", www.join("inside.txt")).unwrap();
    symlink("css", www.join("styles")).unwrap();
    symlink("../secret.txt", www.join("outside.txt")).unwrap();
    symlink("../www-old", www.join("beside")).unwrap();
    symlink("..", www.join("up")).unwrap();
    symlink("/", www.join("everything")).unwrap();
    symlink(".git", www.join("git")).unwrap();
    symlink("circle", www.join("circle")).unwrap();
    symlink("gone", www.join("broken")).unwrap();

    let files = folder.files();
    for path in [
        "inside.txt",
        "styles/site.css",
        "outside.txt",
        "beside/secret.txt",
        "up/secret.txt",
        "up/www/ten.txt",
        "everything/etc/passwd",
        "git/config",
        "circle",
        "broken",
        "circle/x",
    ] {
        assert_eq!(refused(&files, path), NOT_A_FILE, "{path}");
    }

    // The folder itself may be a link.
    symlink(&www, folder.0.join("link-to-www")).unwrap();
    let files = StaticFiles::from_dir(folder.0.join("link-to-www"));
    assert_eq!(text(respond(&files, "ten.txt", &[])), "0123456789");
    assert_eq!(refused(&files, "outside.txt"), NOT_A_FILE);
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_refused_without_opening_it() {
    let folder = Folder::new();
    let pipe = folder.www().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // To open this pipe would be to wait for ever: nobody writes into it.
    assert_eq!(refused(&folder.files(), "pipe"), NOT_A_FILE);
    let devices = StaticFiles::from_dir("/dev");
    assert_eq!(refused(&devices, "null"), NOT_A_FILE);
}

#[test]
fn a_folder_that_is_not_there_has_no_files() {
    let files = StaticFiles::from_dir("no/such/folder");
    assert_eq!(refused(&files, "ten.txt"), NOT_THERE);
}

#[test]
fn a_handler_makes_a_404_of_what_is_not_there() {
    let mut app = App::new();
    let files = StaticFiles::embedded(EMBEDDED);
    app.get("/<path:name>", move |ctx: &mut Context| {
        files.whole(ctx.param("name")).or(Err(Error::NotFound))
    });
    let mut client = Client::new(&app);
    assert_eq!(client.get("/a.txt").text(), "one");
    assert_eq!(client.get("/nothing.txt").status(), 404);
}

static EMBEDDED: &[(&str, &[u8])] =
    &[("css/site.css", b"body {}"), ("a.txt", b"one"), ("b.txt", b"two")];

#[test]
fn embedded_files_are_served_alike() {
    let files = StaticFiles::embedded(EMBEDDED);
    let response = respond(&files, "css/site.css", &[]);
    assert_eq!(header(&response, "Content-Type"), "text/css; charset=utf-8");
    let etag = header(&response, "ETag").to_owned();
    assert_eq!(text(response), "body {}");
    assert_eq!(
        respond(&files, "css/site.css", &[("If-None-Match", &etag)]).status,
        Status::NOT_MODIFIED
    );
    assert_eq!(text(respond(&files, "a.txt", &[("Range", "bytes=1-")])), "ne");
    assert_ne!(
        header(&respond(&files, "a.txt", &[]), "ETag"),
        header(&respond(&files, "b.txt", &[]), "ETag")
    );
    for path in ["css", "", "../a.txt", "c.txt", "css/"] {
        refused(&files, path);
    }
}

#[test]
fn the_type_goes_by_the_last_extension_in_any_case() {
    for (path, expected) in [
        ("a/b.css", "text/css; charset=utf-8"),
        ("B.CSS", "text/css; charset=utf-8"),
        ("app.min.js", "text/javascript; charset=utf-8"),
        ("logo.svg", "image/svg+xml"),
        ("favicon.ico", "image/x-icon"),
        ("data.json", "application/json"),
        ("x.tar.gz", "application/gzip"),
        ("Makefile", "application/octet-stream"),
        ("a.css/b", "application/octet-stream"),
        ("end.", "application/octet-stream"),
        ("", "application/octet-stream"),
    ] {
        assert_eq!(content_type(path), expected, "{path}");
    }
}

#[test]
fn a_folder_of_an_odd_name_is_still_only_a_folder() {
    let folder = Folder::new();
    let odd = folder.www().join("page.html");
    fs::create_dir(&odd).unwrap();
    assert!(Path::is_dir(&odd));
    assert_eq!(refused(&folder.files(), "page.html"), NOT_A_FILE);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_text_can_be_asked_for() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let name = std::ffi::OsStr::from_bytes(b"\xe4.txt");
    if fs::write(folder.www().join(name), "latin").is_err() {
        return; // a file system that takes only UTF-8
    }
    let mut app = App::new();
    app.files("/static", folder.files());
    let mut client = Client::new(&app);
    assert_eq!(client.get("/static/%E4.txt").text(), "latin");
    // A message shows the bytes that came, and text as text.
    for (name, shown) in [("%EF.txt", "%EF.txt"), ("%C3%A4.txt", "ä.txt")] {
        let answer = client.get(&format!("/static/{name}"));
        let warned = format!("{shown}: {NOT_THERE}");
        assert_eq!((answer.status(), answer.warnings), (404, vec![warned]));
    }
}
