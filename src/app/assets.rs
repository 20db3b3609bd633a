//! Deeper: The templates and static files inside the binary: one file is a whole site.
//!
//! They are the files of `templates/` and `www/`, as they were when carafe was built. So a student
//! can run the program in an empty folder and see every page. `carafe init` writes them out to be
//! edited.
//!
//! A test compares these tables with the folders, so that a new file cannot be forgotten here.

/// Names of files, and what `include_str!` or `include_bytes!` makes of each below a folder.
macro_rules! inside {
    ($include:ident, $folder:literal: $($name:literal)*) => {
        &[$(($name, $include!(concat!("../../", $folder, "/", $name)))),*]
    };
}

/// Each template's name, as `render` takes it, and its text.
pub static TEMPLATES: &[(&str, &str)] = inside! { include_str, "templates":
    "contents.html"
    "cycle.html"
    "cycles.html"
    "error.html"
    "formtest.html"
    "hello.html"
    "index.html"
    "ladder.html"
    "layout.html"
    "lesson.html"
    "message.html"
    "profile.html"
    "search.html"
    "sessions.html"
    // The shop. `frame.html` is the part that all its pages share.
    "shop/card.html"
    "shop/cart.html"
    "shop/frame.html"
    "shop/home.html"
    "shop/item.html"
    "shop/login.html"
    "shop/order.html"
    "shop/results.html"
    "source.html"
    "things.html"
    "wire.html"
};

/// Each static file's path below `/static/`, and its bytes.
pub static WWW: &[(&str, &[u8])] = inside! { include_bytes, "www":
    "css/carafe.css"
    "css/my-style-sheet.css"
    // Browsers ask for it by themselves.
    "favicon.ico"
    "images/carafe.svg"
    "images/form.svg"
    // One picture for each product of the shop; `catalogue.txt` names them.
    "images/shop/balloon.svg"
    "images/shop/blocks.svg"
    "images/shop/boat.svg"
    "images/shop/carafe.svg"
    "images/shop/coffee-pot.svg"
    "images/shop/coffee-press.svg"
    "images/shop/duck.svg"
    "images/shop/espresso-cup.svg"
    "images/shop/gooseneck-kettle.svg"
    "images/shop/honey-dipper.svg"
    "images/shop/hourglass.svg"
    "images/shop/infuser.svg"
    "images/shop/iron-teapot.svg"
    "images/shop/jeep.svg"
    "images/shop/locomotive.svg"
    "images/shop/matcha-bowl.svg"
    "images/shop/milk-jug.svg"
    "images/shop/moka-pot.svg"
    "images/shop/mug.svg"
    "images/shop/robot.svg"
    "images/shop/spinning-top.svg"
    "images/shop/strainer.svg"
    "images/shop/sugar-bowl.svg"
    "images/shop/tea-cosy.svg"
    "images/shop/tea-glass.svg"
    "images/shop/tea-tin.svg"
    "images/shop/teacup.svg"
    "images/shop/teapot.svg"
    "images/shop/tray.svg"
    "images/shop/tumbler.svg"
    "images/shop/whisk.svg"
    "images/shop/whistling-kettle.svg"
    // Every page works without these scripts.
    "js/carafe.js"
    "js/cycles.js"
    "js/lesson.js"
    "js/my-script.js"
};
