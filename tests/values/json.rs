//! JSON text and values, both ways.

use carafe::json::{DEPTH, Style, parse, weigh, write, write_into};
use carafe::{Map, Value};

#[test]
fn what_is_read_and_written_again_is_the_shortest_form() {
    for (text, shortest) in [
        ("null", "null"),
        (" true\r\n\t", "true"),
        ("[ ]", "[]"),
        ("{ }", "{}"),
        (r#"{"b" : 1, "a":[1 , 2]}"#, r#"{"b":1,"a":[1,2]}"#),
        ("-0", "0"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1.0", "1.0"),
        ("-0.0", "-0.0"),
        ("1e2", "100.0"),
        ("0.1", "0.1"),
        ("1e16", "1e+16"),
        ("123456789012345680.0", "1.2345678901234568e+17"),
        ("1.5e-7", "1.5e-07"),
        ("5e-324", "5e-324"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        (r#""\u0041\n\/\"\\\b\f\r\t""#, r#""A\n/\"\\\b\f\r\t""#),
        (r#""\ud83d\ude00 é\u00e9""#, "\"😀 éé\""),
        (r#""\u0000\u001f""#, r#""\u0000\u001f""#),
        ("\"\u{7f}\"", "\"\u{7f}\""),
    ] {
        assert_eq!(
            parse(text.as_bytes()).map(|value| write(&value)),
            Ok(shortest.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_json_is_refused_with_line_and_column() {
    for (text, error) in [
        ("", "1:1: found the end, expected a value"),
        ("[1, 2", "1:6: found the end, expected , or ]"),
        ("[1,]", "1:4: found ], expected a value"),
        ("[1 2]", "1:4: found 2, expected , or ]"),
        ("{\"a\":1,}", "1:8: found }, expected a name in double quotes"),
        ("{a:1}", "1:2: found a, expected a name in double quotes"),
        ("{\"a\" 1}", "1:6: found 1, expected :"),
        ("{'a': 1}", "1:2: found \\', expected a name in double quotes"),
        ("[1]\n x", "2:2: found x, expected the end"),
        ("tru", "1:1: found tru, expected a value"),
        ("True", "1:1: found True, expected a value"),
        ("NaN", "1:1: found NaN, expected a value"),
        ("01", "1:2: found a digit after a leading 0"),
        ("-", "1:2: found the end, expected a digit"),
        ("1.", "1:3: found the end, expected a digit"),
        (".5", "1:1: found ., expected a value"),
        ("1e", "1:3: found the end, expected a digit"),
        ("+1", "1:1: found +, expected a value"),
        ("9223372036854775808", "1:1: the integer 9223372036854775808 does not fit 64 bits"),
        ("[-9223372036854775809]", "1:2: the integer -9223372036854775809 does not fit 64 bits"),
        ("1e999", "1:1: the number 1e999 is too large"),
        ("\"a", "1:3: found the end, expected \" at the end of the string"),
        ("\"é\n\"", "1:3: found the control character \\u000a, expected it as an escape"),
        (r#""\x""#, "1:3: found x, expected one of \" \\ / b f n r t u after \\"),
        (r#""\u12g4""#, "1:6: found g4, expected four hexadecimal digits after \\u"),
        (r#""\ud800""#, "1:2: found half a surrogate pair, \\ud800"),
        (r#""\udc00\ud800""#, "1:2: found half a surrogate pair, \\udc00"),
        (r#""\ud800\u0041""#, "1:2: found half a surrogate pair, \\ud800"),
        ("\u{feff}1", "1:1: found \\u{feff}, expected a value"),
    ] {
        assert_eq!(
            parse(text.as_bytes()).map_err(|error| error.to_string()),
            Err(error.to_owned()),
            "{text}"
        );
    }
    let error = parse(b"[\"\xff\"]").expect_err("not UTF-8");
    assert_eq!(error.to_string(), "1:3: found bytes that are not UTF-8");
}

#[test]
fn of_two_equal_names_the_last_wins_and_keeps_the_first_place() {
    assert_eq!(write(&parse(br#"{"a":1,"b":2,"a":3}"#).unwrap()), r#"{"a":3,"b":2}"#);
}

#[test]
fn a_text_too_deep_is_an_error_and_no_stack_overflow() {
    let check = || {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(parse(nested(DEPTH).as_bytes()).is_ok());
            assert!(parse(nested(DEPTH + 1).as_bytes()).is_err());
            assert!(parse(open.repeat(100_000).as_bytes()).is_err());
        }
    };
    // As small as a worker's.
    std::thread::Builder::new().stack_size(128 << 10).spawn(check).unwrap().join().unwrap();
}

#[test]
fn a_text_too_long_is_refused_unread() {
    assert!(parse(&vec![b' '; carafe::json::LONGEST + 1]).is_err());
}

#[test]
fn floats_come_back_as_they_went() {
    let mut bits: u64 = 1;
    for _ in 0..100_000 {
        // A step of a linear congruential generator: any spread of bit patterns will do.
        bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let number = f64::from_bits(bits);
        if number.is_finite() {
            assert_eq!(parse(write(&Value::Float(number)).as_bytes()), Ok(Value::Float(number)));
        }
    }
}

#[test]
fn floats_that_json_cannot_write_become_null() {
    assert_eq!(write(&[f64::NAN, f64::INFINITY].into()), "[null,null]");
}

#[test]
fn python_style_is_that_of_json_dumps() {
    let value = Value::from(Map::from([
        ("b", Value::from([1.into(), Value::from("é😀")])),
        ("a", Map::new().into()),
    ]));
    for (style, text) in [
        (Style::PYTHON, r#"{"a": {}, "b": [1, "\u00e9\ud83d\ude00"]}"#),
        (
            Style { indent: Some(2), ..Style::PYTHON },
            "{\n  \"a\": {},\n  \"b\": [\n    1,\n    \"\\u00e9\\ud83d\\ude00\"\n  ]\n}",
        ),
        (Style::COMPACT, r#"{"b":[1,"é😀"],"a":{}}"#),
    ] {
        let mut out = String::new();
        write_into(&mut out, &value, style);
        assert_eq!(out, text);
    }
}

#[test]
fn what_values_take_in_memory_is_known_before_they_are_made() {
    let most = 8 << 20;
    // Each is about a megabyte of text.
    for (name, text) in [
        ("lists", format!("[{}[]]", "[0],".repeat(1 << 18))),
        ("empty maps", format!("[{}{{}}]", "{},".repeat(1 << 18))),
        ("maps", format!("[{}0]", "{\"\":0},".repeat(1 << 17))),
        ("numbers", format!("[{}0]", "0,".repeat(1 << 19))),
        (
            "names",
            format!(
                "{{{}\"\":0}}",
                (0..100_000).map(|at| format!("\"{at}\":0,")).collect::<String>()
            ),
        ),
    ] {
        assert!(weigh(text.as_bytes()).0 > most, "{name}");
        assert!(parse(text.as_bytes()).is_ok(), "{name}");
    }
    let honest =
        format!("{{\"a\":[{}\"\"]}}", "\"a text of some length, as in a form\",".repeat(25_000));
    assert!(weigh(honest.as_bytes()).0 < most);
    // Brackets and commas in a text weigh as letters.
    let text = format!("\"{}\"", "[,{:\\\"\\\\".repeat(100));
    assert_eq!(weigh(text.as_bytes()), (72 + text.len() - 2, 0));
    assert_eq!(weigh("[".repeat(DEPTH + 1).as_bytes()).1, DEPTH + 1);
}
