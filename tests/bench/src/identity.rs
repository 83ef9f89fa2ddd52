//! Who calls: a user whose identity provider is the bench, and an agent.

use std::{
    io::BufReader,
    net::{TcpListener, TcpStream},
    thread,
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::{Fallible, wire};

/// The audience of users' and agents' tokens.
pub(crate) const AUDIENCE: &str = "https://bench.example.com";

/// A pair of keys that signs tokens.
pub(crate) struct Signer {
    key: EncodingKey,
    /// The public half, in base64url.
    pub(crate) public: String,
}

impl Signer {
    /// Makes one.
    pub(crate) fn generate() -> Fallible<Self> {
        let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new())?;
        let pair = Ed25519KeyPair::from_pkcs8(secret.as_ref()).map_err(|error| error.to_string())?;
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Ok(Self { key: EncodingKey::from_ed_der(secret.as_ref()), public })
    }

    /// A bearer token of 60 seconds.
    pub(crate) fn bearer(&self, kid: &str, claims: &Value) -> Fallible<String> {
        let now = Timestamp::now().as_second();
        let mut claims = claims.clone();
        claims["aud"] = AUDIENCE.into();
        claims["iat"] = now.into();
        claims["exp"] = (now + 60).into();
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        Ok(format!("Bearer {}", encode(&header, &claims, &self.key)?))
    }
}

/// The identity provider.
pub(crate) struct Idp {
    signer: Signer,
    /// Its issuer.
    pub(crate) issuer: String,
}

impl Idp {
    /// Starts one; it serves its keys at whatever path.
    pub(crate) fn start() -> Fallible<Self> {
        let signer = Signer::generate()?;
        let jwk =
            json!({ "kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": "bench", "crv": "Ed25519", "x": signer.public });
        let keys = json!({ "keys": [jwk] }).to_string();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let issuer = format!("http://{}", listener.local_addr()?);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A caller who hangs up is no reason to stop.
                drop(serve(stream, &keys));
            }
        });
        Ok(Self { signer, issuer })
    }

    /// A system-admin's token.
    pub(crate) fn admin(&self) -> Fallible<String> {
        self.signer.bearer("bench", &json!({ "iss": self.issuer, "sub": "bench", "roles": ["system-admin"] }))
    }
}

fn serve(stream: TcpStream, keys: &str) -> Fallible<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    wire::read(&mut reader)?;
    let headers = [("content-type", "application/json".to_owned()), ("connection", "close".to_owned())];
    Ok(wire::answer(&mut writer, "200 OK", &headers, keys.as_bytes())?)
}
