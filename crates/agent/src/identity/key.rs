//! The Ed25519 key pair.

use std::fmt;

use aws_lc_rs::{
    error::Unspecified,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// A key pair; its private half is only ever written to the state folder.
pub struct KeyPair {
    pkcs8: Vec<u8>,
    public: String,
}

impl KeyPair {
    /// A new key pair.
    pub fn generate() -> Result<Self, Unspecified> {
        let pair = Ed25519KeyPair::generate()?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Ok(Self { pkcs8: pair.to_pkcs8v1()?.as_ref().to_vec(), public })
    }

    /// The key pair of a PEM that this made; `None` when it is none.
    pub(super) fn of_pem(pem: &str) -> Option<Self> {
        let lines: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let pkcs8 = STANDARD.decode(lines).ok()?;
        let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).ok()?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Some(Self { pkcs8, public })
    }

    /// The public half: 32 bytes in base64url without padding.
    pub fn public(&self) -> String {
        self.public.clone()
    }

    /// Both halves: PKCS #8 in PEM (RFC 7468).
    pub(super) fn pem(&self) -> String {
        // 48 bytes become 64 characters: one line.
        let lines: Vec<_> = self.pkcs8.chunks(48).map(|line| STANDARD.encode(line)).collect();
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
    }
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({})", self.public)
    }
}
