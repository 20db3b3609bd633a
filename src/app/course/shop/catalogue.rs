//! Deeper: The catalogue: the products of the shop, on four shelves.
//!
//! `catalogue.txt` lists the products. It is a part of the program and does not change while the
//! shop is open, so it needs no store.

use carafe::http::Status;
use carafe::{Error, Map, Value};
use std::sync::LazyLock;

/// Something to buy.
pub struct Product {
    /// The number in its address: `/shop/item/3`.
    pub id: i64,
    /// The key of its shelf.
    pub shelf: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// The price in cents. Sums of whole numbers are exact, sums of floats are not.
    pub cents: i64,
    /// The path of its picture, below `/static/`.
    pub picture: String,
    /// A sentence or two.
    pub about: &'static str,
}

/// The shelves in order: the key in the address, and the heading.
pub static SHELVES: [(&str, &str); 4] = [
    ("pots", "Kettles and pots"),
    ("cups", "Cups and bowls"),
    ("table", "Around the table"),
    ("toys", "Tin and wood"),
];

fn read(id: i64, line: &'static str) -> Option<Product> {
    let mut parts = line.split('|').map(str::trim);
    let shelf = parts.next()?;
    let (euros, cents) = parts.next()?.split_once('.')?;
    let cents = 100 * euros.parse::<i64>().ok()? + cents.parse::<i64>().ok()?;
    let picture = format!("images/shop/{}.svg", parts.next()?);
    let (name, about) = (parts.next()?, parts.next()?);
    Some(Product { id, shelf, name, cents, picture, about })
}

/// All products, by their numbers.
///
/// # Panics
///
/// The first time, if `catalogue.txt` breaks its rules. The shop asks once when carafe starts.
pub fn products() -> &'static [Product] {
    static PRODUCTS: LazyLock<Vec<Product>> = LazyLock::new(|| {
        let lines = include_str!("catalogue.txt").lines().filter(|line| !line.starts_with('#'));
        let expected = |line| panic!("catalogue.txt: found {line:?}, expected five parts");
        (1..)
            .zip(lines)
            .map(|(id, line)| read(id, line).unwrap_or_else(|| expected(line)))
            .collect()
    });
    &PRODUCTS
}

/// The product of this number.
pub fn product(id: i64) -> Option<&'static Product> {
    products().iter().find(|product| product.id == id)
}

/// The product that a form or a path names.
///
/// # Errors
///
/// 400 if the word is not a number, 404 if there is no such product.
pub fn named(word: &str) -> Result<&'static Product, Error> {
    let last = products().len();
    let id = word.trim().parse().map_err(|_| {
        let found = shortened(word);
        Error::BadRequest(format!("item: found {found:?}, expected a number from 1 to {last}"))
    })?;
    product(id).ok_or_else(|| {
        Error::abort(Status::NOT_FOUND, format!("there is no item {id}; there are 1 to {last}"))
    })
}

/// The products that hold each of these words, in the name, the text or the shelf. Capital and
/// small letters are the same.
pub fn search(words: &str) -> Vec<&'static Product> {
    let words = words.to_lowercase();
    let found = |product: &&Product| {
        let shelf = SHELVES.iter().find(|(key, _)| *key == product.shelf);
        let shelf = shelf.map_or("", |(_, heading)| heading);
        let text = format!("{} {} {shelf}", product.name, product.about).to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    };
    products().iter().filter(found).collect()
}

/// An amount of money, as it is written: `€24.00`.
pub fn price(cents: i64) -> String {
    format!("€{}.{:02}", cents / 100, cents % 100)
}

/// The first 40 characters of what a visitor sent, to be quoted in a sentence.
pub fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

/// The products as text, one a line.
pub fn lines_of(products: &[&Product]) -> String {
    let line = |it: &&Product| format!("{:>4}  {:<26} {:>8}\n", it.id, it.name, price(it.cents));
    products.iter().map(line).collect()
}

/// What a template shows of a product.
impl From<&Product> for Value {
    fn from(product: &Product) -> Value {
        Map::from([
            ("id", Value::from(product.id)),
            ("name", product.name.into()),
            ("price", price(product.cents).into()),
            ("picture", (&product.picture).into()),
            ("about", product.about.into()),
        ])
        .into()
    }
}
