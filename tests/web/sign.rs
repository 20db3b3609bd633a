use carafe::web::sign::{from_base64url, hex, hmac, pbkdf2, same, sha256, to_base64url};
use std::time::{Duration, Instant};

/// The examples that NIST gives with FIPS 180-4, and the lengths at which the padding needs another
/// block.
#[test]
fn sha256_is_that_of_fips_180_4() {
    let million = "a".repeat(1_000_000);
    for (message, digest) in [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
        ),
        (million.as_str(), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        (&million[..55], "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
        (&million[..56], "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"),
        (&million[..64], "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
    ] {
        assert_eq!(hex(&sha256(message.as_bytes())), digest, "{} bytes", message.len());
    }
}

/// RFC 4231 §4: all seven cases. The fifth is the first half of the signature.
#[test]
fn hmac_is_that_of_rfc_4231() {
    let counted: Vec<u8> = (1..=25).collect();
    let cases: [(&[u8], &[u8], &str); 7] = [
        (&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (&[0xaa; 20], &[0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (&counted, &[0xcd; 50], "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        (&[0x0c; 20], b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            &[0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (number, (key, message, signature)) in cases.into_iter().enumerate() {
        assert!(hex(&hmac(key, message)).starts_with(signature), "case {}", number + 1);
    }
}

/// RFC 7914 §11: the first 32 of the 64 bytes that stand there, which are what PBKDF2's first block
/// makes.
#[test]
fn pbkdf2_is_that_of_rfc_7914() {
    for (password, salt, rounds, key) in [
        ("passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
        (
            "Password",
            "NaCl",
            80_000,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56",
        ),
    ] {
        assert_eq!(hex(&pbkdf2(password.as_bytes(), salt.as_bytes(), rounds)), key);
    }
}

/// Each login waits for this. A rough bound: a machine that is busy must not fail it, a build
/// without optimising must.
#[test]
fn a_password_is_hashed_within_seconds_also_in_a_test() {
    let start = Instant::now();
    pbkdf2(b"correct horse", b"0123456789abcdef", 600_000);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn same_means_equal_in_every_byte_and_in_length() {
    assert!(same(b"", b"") && same(b"abc", b"abc"));
    for other in ["", "ab", "abcd", "abd", "bbc"] {
        assert!(!same(b"abc", other.as_bytes()), "{other}");
    }
}

/// RFC 4648 §10, without the padding.
#[test]
fn base64url_is_that_of_rfc_4648() {
    for (bytes, text) in [
        ("", ""),
        ("f", "Zg"),
        ("fo", "Zm8"),
        ("foo", "Zm9v"),
        ("foob", "Zm9vYg"),
        ("fooba", "Zm9vYmE"),
        ("foobar", "Zm9vYmFy"),
    ] {
        assert_eq!(to_base64url(bytes.as_bytes()), text);
        assert_eq!(from_base64url(text).as_deref(), Some(bytes.as_bytes()));
    }
    let all: Vec<u8> = (0..=255).collect();
    assert_eq!(to_base64url(&[0xfb, 0xff]), "-_8");
    for end in 0..=256 {
        assert_eq!(from_base64url(&to_base64url(&all[..end])).as_deref(), Some(&all[..end]));
    }
}

#[test]
fn bytes_have_one_spelling_in_base64url() {
    // One letter too many, padding, the other alphabet, and bits that belong to no byte.
    for text in ["Z", "Zm9vY", "Zg==", "Zg=", "+/8", "Zh", "Zm9", "Z g", "Zm\u{e9}v"] {
        assert_eq!(from_base64url(text), None, "{text}");
    }
}
