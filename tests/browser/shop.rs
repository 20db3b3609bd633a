//! The shop, as a customer meets it: eight steps by mouse and keyboard, on a desk and on a phone,
//! with scripts and without.

use crate::browser::Browser;
use crate::carafe::Carafe;

/// What is wrong with the page that is open: for whom it is closed, and how much too wide it is.
fn look(browser: &Browser, name: &str, wrong: &mut Vec<String>) {
    if std::env::var_os("PICTURES").is_some() {
        browser.picture(name);
    }
    wrong.extend(browser.barriers().iter().map(|barrier| format!("{name}: {barrier}")));
    let too_wide =
        browser.script("return document.documentElement.scrollWidth - innerWidth").as_int();
    if too_wide != Some(0) {
        wrong.push(format!("{name}: {too_wide:?} pixels too wide"));
    }
}

#[test]
fn eight_steps_are_eleven_cycles_on_a_desk_and_on_a_phone() {
    let Some(browser) = Browser::take() else { return };
    let mut wrong = Vec::new();
    for (scheme, width, scripts) in [("light", 1280, true), ("dark", 320, false)] {
        let carafe = Carafe::start(&["--log", "off"]);
        browser.scheme(scheme);
        browser.width(width);
        browser.scripts(scripts);
        // Only a script can find barriers; so they are looked for where scripts are on, and with
        // them for the page alone.
        let mut see = |name: &str| {
            browser.scripts(true);
            look(&browser, &format!("shop-{name}-{scheme}-{width}"), &mut wrong);
            browser.scripts(scripts);
        };
        browser.open(&carafe.url("/shop"));
        assert!(browser.text().contains("Welcome, stranger"), "{}", browser.text());
        see("home");
        browser.link("Log in").click();
        browser.wait_for("location.pathname === '/shop/login'");
        see("login");
        browser.find("#name").write("Ada");
        browser.find("#email").write("ada@example.org");
        browser.find("#password").write("a kettle");
        browser.find("main form.stacked button").click();
        browser.wait_for("location.pathname === '/shop'");
        assert!(browser.text().contains("Welcome, Ada"), "{}", browser.text());
        browser.find("#q").write("jee\n");
        browser.wait_for("location.pathname === '/shop/results'");
        assert!(browser.text().contains("Results for 'jee'"), "{}", browser.text());
        see("results");
        browser.link("Tin jeep").click();
        browser.wait_for("location.pathname === '/shop/item/3'");
        see("item");
        browser.find(".item button").click();
        browser.wait_for("location.pathname === '/shop/cart'");
        see("cart");
        browser.find(".checkout button").click();
        browser.wait_for("location.pathname === '/shop/order/1001'");
        let page = browser.text();
        assert!(page.contains("Thank you, Ada"), "{page}");
        assert!(page.contains("Eight steps, 11 cycles so far"), "{page}");
        assert_eq!(
            browser.script("return document.querySelectorAll('.steps .done').length"),
            8.into()
        );
        see("order");
    }
    browser.scripts(true);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn amnesia_empties_the_cart_and_the_browser_still_sends_its_cookie() {
    let Some(browser) = Browser::take() else { return };
    let carafe = Carafe::start(&["--log", "off"]);
    browser.scripts(false);
    browser.open(&carafe.url("/shop/item/5"));
    browser.open(&carafe.url("/shop/item/3"));
    if std::env::var_os("PICTURES").is_some() {
        browser.picture("shop-item-others");
    }
    browser.find(".item button").click();
    browser.wait_for("location.pathname === '/shop/cart'");
    browser.script("document.querySelector('[name=quantity]').value = 5");
    browser.find(".cart button").click();
    browser.wait_for("document.querySelector('.lead').textContent === '5 items'");
    browser.find(".steps button").click();
    browser.wait_for("document.querySelector('.lead').textContent === '0 items'");
    assert!(browser.text().contains("Your browser sent a cookie, but"), "{}", browser.text());
    assert!(browser.url().ends_with("/shop/cart"), "{}", browser.url());
    assert!(carafe.curl(&["$B/cycles/last"]).contains("no row of that id is known here"));
    browser.scripts(true);
}
