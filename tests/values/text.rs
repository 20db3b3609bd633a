//! The text of a value is the same whether it lies in the value or elsewhere.

use carafe::value::Text;
use carafe::{Map, Value};

/// Texts around the length at which a text no longer lies in its value, also with letters of
/// several bytes across that place.
const TEXTS: [&str; 8] = [
    "",
    "a",
    "fifteen bytes..",
    "sixteen bytes...",
    "seventeen bytes..",
    "fifteen bytes..é",
    "é é é é é!",
    "a\0",
];

#[test]
fn a_text_of_any_length_is_read_as_it_was_written() {
    for text in TEXTS {
        assert_eq!(&*Text::from(text), text);
        assert_eq!(Text::from(text).as_bytes(), text.as_bytes());
        assert_eq!(Value::from(text).as_str(), Some(text));
        assert_eq!(format!("{:?}", Text::from(text)), format!("{text:?}"));
    }
}

#[test]
fn texts_are_equal_if_their_letters_are() {
    for one in TEXTS {
        for other in TEXTS {
            assert_eq!(Text::from(one) == Text::from(other), one == other, "{one:?} {other:?}");
        }
    }
}

#[test]
fn a_map_finds_names_of_any_length() {
    let mut map: Map = TEXTS.into_iter().map(|name| (name, name)).collect();
    // More names than are searched from the front.
    (0..20).for_each(|number| drop(map.insert(number.to_string(), number)));
    for name in TEXTS {
        assert_eq!(map.text(name), Some(name));
        assert_eq!(map.remove(name).as_ref().and_then(Value::as_str), Some(name));
        assert_eq!(map.get(name), None);
    }
    assert_eq!(map.len(), 20);
}
