//! An identity provider of the test's own: it serves its keys over HTTP, and signs whatever it is asked to.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair as RsaKeyPair, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// The audience of users' tokens.
pub const AUDIENCE: &str = "switchtower-tests";

/// The keys of all identity providers of this process: making an RSA key takes long.
pub static KEYS: LazyLock<Keys> = LazyLock::new(Keys::make);

/// A pair of keys.
pub struct Key {
    /// How it signs.
    pub algorithm: Algorithm,
    /// Its id.
    pub kid: &'static str,
    /// The secret half.
    pub signing: EncodingKey,
    /// The public half, as a JWK.
    pub jwk: Value,
    /// The public half as bytes, for forgeries.
    pub public: Vec<u8>,
}

/// One pair of keys for each algorithm.
pub struct Keys {
    /// RS256.
    pub rsa: Key,
    /// ES256.
    pub ec: Key,
    /// `EdDSA`.
    pub ed: Key,
    /// RS256, and not known to anybody.
    pub stranger: Key,
}

impl Keys {
    fn make() -> Self {
        Self { rsa: rsa("rsa-1"), ec: ec("ec-1"), ed: ed("ed-1"), stranger: rsa("stranger-1") }
    }
}

fn rsa(kid: &'static str) -> Key {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key");
    let der: Pkcs8V1Der<'_> = pair.as_der().expect("the key can be written");
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", wrapped(der.as_ref()));
    let modulus = pair.public_key().modulus().big_endian_without_leading_zero();
    let exponent = pair.public_key().exponent().big_endian_without_leading_zero();
    let jwk =
        json!({ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": text(modulus), "e": text(exponent) });
    let signing = EncodingKey::from_rsa_pem(pem.as_bytes()).expect("the key can be read");
    Key { algorithm: Algorithm::RS256, kid, signing, jwk, public: pair.public_key().as_ref().to_vec() }
}

fn ec(kid: &'static str) -> Key {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("an EC key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref()).expect("the key can be read");
    let public = pair.public_key().as_ref().to_vec();
    let jwk = json!({
        "kty": "EC", "use": "sig", "alg": "ES256", "kid": kid, "crv": "P-256",
        "x": text(&public[1..33]), "y": text(&public[33..65]),
    });
    Key { algorithm: Algorithm::ES256, kid, signing: EncodingKey::from_ec_der(pkcs8.as_ref()), jwk, public }
}

fn ed(kid: &'static str) -> Key {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("an Ed25519 key");
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("the key can be read");
    let public = pair.public_key().as_ref().to_vec();
    let jwk = json!({ "kty": "OKP", "use": "sig", "alg": "EdDSA", "kid": kid, "crv": "Ed25519", "x": text(&public) });
    Key { algorithm: Algorithm::EdDSA, kid, signing: EncodingKey::from_ed_der(pkcs8.as_ref()), jwk, public }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn wrapped(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes).into_bytes();
    text.chunks(64).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
}

/// An identity provider.
pub struct Idp {
    /// Its issuer, below which it serves its OpenID configuration.
    pub issuer: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    fetches: AtomicU32,
    down: AtomicBool,
}

impl Idp {
    /// Starts one. It serves until the process ends.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("the listener has an address");
        let issuer = format!("http://{address}/realms/tests");
        let shared = Arc::new(Shared::default());
        let (serving, told) = (shared.clone(), issuer.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A caller who hangs up is no reason to stop.
                let _ = serve(&stream, &told, &serving);
            }
        });
        Self { issuer, shared }
    }

    /// Where its keys are.
    pub fn jwks_url(&self) -> String {
        format!("{}/keys", self.issuer)
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> u32 {
        self.shared.fetches.load(Ordering::SeqCst)
    }

    /// Answers nothing but 503 from now on, or does answer again.
    pub fn set_down(&self, down: bool) {
        self.shared.down.store(down, Ordering::SeqCst);
    }

    /// The claims of a user's token, good for five minutes.
    pub fn claims(&self, subject: &str) -> Value {
        let now = Timestamp::now().as_second();
        json!({ "iss": self.issuer, "aud": AUDIENCE, "sub": subject, "iat": now, "nbf": now, "exp": now + 300 })
    }

    /// A user's token.
    pub fn token(&self, subject: &str) -> String {
        sign(&KEYS.rsa, &self.claims(subject))
    }

    /// A user's token with further claims, or others in place of the usual ones; `null` leaves one out.
    pub fn token_with(&self, subject: &str, claims: &Value) -> String {
        sign(&KEYS.rsa, &self.claims_with(subject, claims))
    }

    /// The claims of such a token.
    pub fn claims_with(&self, subject: &str, claims: &Value) -> Value {
        let mut all = self.claims(subject);
        let fields = all.as_object_mut().expect("claims are an object");
        for (name, value) in claims.as_object().expect("claims are an object") {
            fields.insert(name.clone(), value.clone());
        }
        fields.retain(|_, value| !value.is_null());
        all
    }
}

/// Signs claims with a key, under its id.
pub fn sign(key: &Key, claims: &Value) -> String {
    let header = Header { kid: Some(key.kid.to_owned()), ..Header::new(key.algorithm) };
    encode(&header, claims, &key.signing).expect("the claims can be signed")
}

/// Answers one request: the OpenID configuration, or the keys.
fn serve(mut stream: &TcpStream, issuer: &str, shared: &Shared) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    for line in lines.by_ref() {
        if line?.is_empty() {
            break;
        }
    }
    let (status, body) = if shared.down.load(Ordering::SeqCst) {
        ("503 Service Unavailable", json!({}))
    } else if path.ends_with("/keys") {
        ("200 OK", json!({ "keys": [KEYS.rsa.jwk, KEYS.ec.jwk, KEYS.ed.jwk] }))
    } else if path.ends_with("/.well-known/openid-configuration") {
        ("200 OK", json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }))
    } else {
        ("404 Not Found", json!({}))
    };
    if path.ends_with("/keys") {
        shared.fetches.fetch_add(1, Ordering::SeqCst);
    }
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}
