//! The catalogue: what there is to buy, on four shelves.
//!
//! A table in the program: it never changes while the shop is open, so it needs no store. Each item
//! has a picture of its own in `www/images/shop/`.
//!
//! Left out: editing it without a new build.

use carafe::http::Status;
use carafe::{Error, Map, Value};

/// Something to buy.
pub struct Item {
    /// The number in its address: `/shop/item/3`.
    pub id: i64,
    /// The key of its shelf.
    pub shelf: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// What it costs. Whole cents: a fraction of a float has no exact value.
    pub cents: i64,
    /// Its picture, without the ending.
    pub picture: &'static str,
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

/// A row for each item: number, shelf, name, cents, picture; and what there is to say about it.
macro_rules! catalogue {
    ($($id:literal $shelf:ident $name:literal $cents:literal $picture:literal $about:literal;)*) => {
        &[$(Item {
            id: $id, shelf: stringify!($shelf), name: $name, cents: $cents, picture: $picture, about: $about
        }),*]
    };
}

/// Every item, by its number.
pub static ITEMS: &[Item] = catalogue! {
    1 pots "Glass carafe" 1800 "carafe"
        "Clear glass, and nothing hidden in it. Holds a litre.";
    2 pots "Whistling kettle" 3450 "whistling-kettle"
        "Says so when the water boils, so that nobody has to ask again and again.";
    3 toys "Tin jeep" 2400 "jeep"
        "Four wheels, a spare one, and a bonnet that opens. Jeeps were never this quiet.";
    4 pots "Gooseneck kettle" 5200 "gooseneck-kettle"
        "A long thin neck for a thin, slow stream. For whoever pours in circles.";
    5 pots "Round teapot" 2900 "teapot"
        "Brown clay, glazed inside and out. Keeps four cups warm through a long answer.";
    6 pots "Enamel coffee pot" 3100 "coffee-pot"
        "Tall, light, and at home on a camp fire. The lid stays on when you pour.";
    7 pots "Cast-iron teapot" 6400 "iron-teapot"
        "Heavy enough to stay where it was put. A strainer of steel is inside.";
    8 pots "Moka pot" 2750 "moka-pot"
        "Water below, coffee above, steam in between. Makes three small cups.";
    9 pots "Coffee press" 3300 "coffee-press"
        "Wait four minutes, press once. Glass, in a frame of steel.";
    10 cups "Teacup and saucer" 1650 "teacup"
        "Thin porcelain that lets the light through. The saucer fits no other cup.";
    11 cups "Stoneware mug" 1400 "mug"
        "Thick walls and a handle for a whole hand. Two rings, turned by eye.";
    12 cups "Espresso cup" 950 "espresso-cup"
        "Small, thick and warm. Sold one by one, since they rarely break in pairs.";
    13 cups "Ribbed tumbler" 700 "tumbler"
        "Pressed glass with ten ribs. Stacks, and survives a stone floor now and then.";
    14 cups "Tea glass in a holder" 1850 "tea-glass"
        "Hot tea, a cool handle. As served on trains that take three days.";
    15 cups "Matcha bowl" 3800 "matcha-bowl"
        "Wide enough for a whisk to dance in. No two have the same glaze.";
    16 cups "Milk jug" 1550 "milk-jug"
        "A lip that does not drip: pour, stop, look at the cloth.";
    17 cups "Sugar bowl" 1700 "sugar-bowl"
        "Two handles and a lid. Takes half a pound of lumps.";
    18 table "Tea strainer" 890 "strainer"
        "Fine mesh of steel over any cup. Leaves stay out, colour goes through.";
    19 table "Tea ball" 640 "infuser"
        "Fill it, close it, hang it in. The chain ends in a red bead.";
    20 table "Bamboo whisk" 1950 "whisk"
        "Cut from one piece of bamboo into eighty tines. Rinse it, and stand it up to dry.";
    21 table "Honey dipper" 480 "honey-dipper"
        "Turn it, and the honey stays on. Hold it still, and it does not.";
    22 table "Tea tin" 1250 "tea-tin"
        "A lid inside the lid keeps the air out. Holds a hundred grams of leaves.";
    23 table "Three-minute hourglass" 1350 "hourglass"
        "For black tea. Turn it over once for whoever likes it strong.";
    24 table "Round tray" 2600 "tray"
        "Beech with two handles. Six cups go on it, and come back if you walk slowly.";
    25 table "Knitted tea cosy" 2200 "tea-cosy"
        "Wool for the round teapot, with a bobble to lift it by.";
    26 toys "Tin locomotive" 3900 "locomotive"
        "Wind it up, and it runs a full circle. The smoke is yours to imagine.";
    27 toys "Wind-up duck" 1500 "duck"
        "Walks to the edge of the table and turns round, nearly always.";
    28 toys "Sailing boat" 2850 "boat"
        "Sails straight if the wind does. Varnished hull, two sails of cotton.";
    29 toys "Spinning top" 990 "spinning-top"
        "Pull the cord and let go. It hums for two minutes on a smooth floor.";
    30 toys "Walking robot" 3200 "robot"
        "Lifts its feet one after the other and blinks. Made of tin, runs on a spring.";
    31 toys "Hot-air balloon" 2100 "balloon"
        "Hangs from a thread and turns in the warm air above a stove.";
    32 toys "Wooden blocks" 1750 "blocks"
        "Thirty letters on beech, for towers and for words.";
};

/// The item of this number.
pub fn item(id: i64) -> Option<&'static Item> {
    ITEMS.iter().find(|item| item.id == id)
}

/// The item that a form or a path names.
///
/// # Errors
///
/// 400 if that is no number, 404 if there is no such item.
pub fn named(word: &str) -> Result<&'static Item, Error> {
    let last = ITEMS.len();
    let id = word.trim().parse().map_err(|_| {
        Error::BadRequest(format!(
            "item: found {:?}, expected a number from 1 to {last}",
            shortened(word)
        ))
    })?;
    let missing =
        || Error::abort(Status::NOT_FOUND, format!("there is no item {id}; there are 1 to {last}"));
    item(id).ok_or_else(missing)
}

/// The items that each word of a search is found in: in the name, the text or the shelf. Capitals
/// make no difference.
pub fn search(words: &str) -> Vec<&'static Item> {
    let words = words.to_lowercase();
    let found = |item: &&Item| {
        let shelf =
            SHELVES.iter().find(|(key, _)| *key == item.shelf).map_or("", |(_, heading)| heading);
        let text = format!("{} {} {shelf}", item.name, item.about).to_lowercase();
        words.split_whitespace().all(|word| text.contains(word))
    };
    ITEMS.iter().filter(found).collect()
}

/// An amount of money, as it is written: `€24.00`.
pub fn price(cents: i64) -> String {
    format!("€{}.{:02}", cents / 100, cents % 100)
}

/// The front of what a visitor sent, to be shown in a sentence.
pub fn shortened(word: &str) -> String {
    word.chars().take(40).collect()
}

impl Item {
    /// What a template shows of it.
    pub fn to_value(&self) -> Value {
        Value::Map(Map::from([
            ("id", Value::from(self.id)),
            ("name", self.name.into()),
            ("price", price(self.cents).into()),
            ("picture", format!("images/shop/{}.svg", self.picture).into()),
            ("about", self.about.into()),
            ("shelf", self.shelf.into()),
        ]))
    }

    /// A line of a list in text.
    pub fn to_line(&self) -> String {
        format!("{:>4}  {:<26} {:>8}\n", self.id, self.name, price(self.cents))
    }
}
