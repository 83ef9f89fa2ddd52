//! Percent-encoding, as routes write it and as nginx sees it.

/// The bytes that a path stands for: nginx compares paths once they are decoded.
pub(super) fn decode(path: &str) -> Vec<u8> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::with_capacity(path.len());
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        match (byte, ahead.next().and_then(hex), ahead.next().and_then(hex)) {
            (b'%', Some(high), Some(low)) => {
                decoded.push(high * 16 + low);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// An expression for a text in a query, where nginx decodes nothing: each letter as it is, or encoded.
pub(super) fn in_query(text: &str) -> String {
    let mut expression = String::new();
    for byte in text.bytes() {
        let encoded = format!("%{byte:02x}").bytes().map(either_case).collect::<String>();
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'~' => expression.push(char::from(byte)),
            b' ' => expression.push_str(&format!(r"(?:\+|{encoded})")),
            _ => expression.push_str(&format!("(?:{}|{encoded})", super::arg::exactly(&[byte]))),
        }
    }
    expression
}

fn either_case(byte: u8) -> String {
    let letter = char::from(byte);
    if letter.is_ascii_alphabetic() {
        format!("[{}{}]", letter.to_ascii_lowercase(), letter.to_ascii_uppercase())
    } else {
        letter.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, in_query};

    #[test]
    fn paths_are_decoded_as_nginx_does() {
        assert_eq!(decode("/a%20b%C3%a9"), "/a bé".as_bytes());
        assert_eq!(decode("/100%/%zz"), b"/100%/%zz");
    }

    #[test]
    fn a_query_value_is_met_in_every_spelling() {
        let expression = regex::bytes::Regex::new(&format!("(?-u)^{}$", in_query("a b/é.x"))).unwrap();
        for spelling in ["a+b/é.x", "a%20b%2Fé.x", "a%20b%2f%C3%A9%2Ex"] {
            assert!(expression.is_match(spelling.as_bytes()), "{spelling}");
        }
        assert!(!expression.is_match(b"a+b/\xc3\xa9xx"));
    }
}
