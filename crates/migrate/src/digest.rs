//! Digests and random texts.

use aws_lc_rs::{digest, rand};

/// The SHA-256 of a text, in hexadecimal.
pub(crate) fn hex(text: &str) -> String {
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first characters of the SHA-256 of a text.
pub(crate) fn short(text: &str, characters: usize) -> String {
    hex(text).chars().take(characters).collect()
}

/// A text that nobody had before.
pub(crate) fn random() -> String {
    let mut bytes = [0; 16];
    // Without randomness of the system there is none of anything else: TLS has failed long before.
    _ = rand::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        assert!(hex("abc").starts_with("ba7816bf8f01cfea") && hex("abc").len() == 64);
        assert_eq!(short("abc", 4), "ba78");
        assert_ne!(random(), random());
    }
}
