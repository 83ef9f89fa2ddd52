//! The written form of secrets: `<prefix>_<id>_<43 characters>_<checksum>`.
//!
//! 43 base-62 characters carry 256 random bits; the checksum (CRC-32 of all before it, in hexadecimal) lets a mistyped or
//! made-up secret be refused without a read, and secret scanners recognise one.

use std::{fmt, str::FromStr};

use crate::id::{Id, Prefixed};

/// What has secrets of its own.
pub trait Secretive: Prefixed {
    /// The first part of its secrets.
    const SECRET_PREFIX: &'static str;
}

impl Secretive for crate::api_key::ApiKey {
    const SECRET_PREFIX: &'static str = "swt";
}

impl Secretive for crate::registration_token::RegistrationToken {
    const SECRET_PREFIX: &'static str = "swr";
}

/// A secret in clear: never stored, never logged.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential<K> {
    /// What it belongs to.
    pub id: Id<K>,
    random: String,
}

/// Why a text is not a [`Credential`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret is malformed or its checksum does not match")]
pub struct ParseCredentialError;

const LENGTH: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl<K: Secretive> Credential<K> {
    /// Makes the secret of 256 random bits.
    pub fn new(id: Id<K>, random: [u8; 32]) -> Self {
        Self { id, random: base62(random) }
    }

    /// The text to hand out, once.
    pub fn reveal(&self) -> String {
        let body = self.body();
        let checksum = crc32fast::hash(body.as_bytes());
        format!("{body}_{checksum:08x}")
    }

    fn body(&self) -> String {
        format!("{}_{}_{}", K::SECRET_PREFIX, self.id, self.random)
    }
}

/// Writes a 256-bit number in base 62, always 43 characters.
fn base62(mut number: [u8; 32]) -> String {
    let mut digits = vec![b'0'; LENGTH];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            remainder = value % 62;
        }
        *digit = usize::try_from(remainder).ok().and_then(|index| ALPHABET.get(index)).copied().unwrap_or(b'0');
    }
    digits.into_iter().map(char::from).collect()
}

impl<K: Secretive> FromStr for Credential<K> {
    type Err = ParseCredentialError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = ParseCredentialError;
        let (body, checksum) = text.rsplit_once('_').ok_or(error)?;
        let (head, random) = body.rsplit_once('_').ok_or(error)?;
        let id = head.strip_prefix(K::SECRET_PREFIX).and_then(|rest| rest.strip_prefix('_')).ok_or(error)?;
        let id = id.parse().map_err(|_| error)?;
        if random.len() != LENGTH || !random.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(error);
        }
        if checksum != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return Err(error);
        }
        Ok(Self { id, random: random.to_owned() })
    }
}

impl<K: Prefixed> fmt::Debug for Credential<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, …)", self.id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::api_key::{ApiKey, ApiKeyId};

    proptest! {
        #[test]
        fn a_secret_reads_as_it_was_written(random in any::<[u8; 32]>(), time in 0_u64..1 << 48) {
            let credential = Credential::<ApiKey>::new(ApiKeyId::from_parts(time, 7), random);
            prop_assert_eq!(credential.reveal().parse(), Ok(credential));
        }

        #[test]
        fn one_changed_letter_is_noticed(random in any::<[u8; 32]>(), at in 0_usize..80) {
            let text = Credential::<ApiKey>::new(ApiKeyId::nil(), random).reveal();
            let mut bytes = text.into_bytes();
            let at = at % bytes.len();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            prop_assert!(String::from_utf8(bytes).unwrap().parse::<Credential<ApiKey>>().is_err());
        }
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let credential = Credential::<ApiKey>::new(ApiKeyId::nil(), [7; 32]);
        assert!(!format!("{credential:?}").contains(&credential.random));
    }

    #[test]
    fn the_secret_of_another_kind_is_refused() {
        let text = Credential::<ApiKey>::new(ApiKeyId::nil(), [7; 32]).reveal();
        assert!(text.parse::<Credential<crate::registration_token::RegistrationToken>>().is_err());
    }
}
