//! An agent by hand: its key pair and what it says, without the program.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{Answer, Caller, World};

/// A registered agent that does only what a test tells it to.
pub(crate) struct HandAgent {
    /// What the registration answered.
    pub(crate) registration: Value,
    key: Vec<u8>,
}

impl HandAgent {
    /// Registers in a cluster.
    pub(crate) async fn register(world: &World, cluster: &Value) -> Self {
        let (key, public) = key_pair();
        let answer = present(&world.token(cluster).await, &public).await.ok();
        Self { registration: answer.body, key }
    }

    /// The agent's id.
    pub(crate) fn id(&self) -> &str {
        self.registration["agent_id"].as_str().expect("an id")
    }

    /// The agent as a caller, with a token that it signed just now.
    pub(crate) fn caller(&self) -> Caller {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let claims = json!({
            "sub": self.id(), "aud": self.registration["audience"], "iat": now, "exp": now + 60,
        });
        let header = Header { kid: Some(self.id().to_owned()), ..Header::new(Algorithm::EdDSA) };
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&self.key)).expect("a token");
        Caller::anyone().with("authorization", format!("Bearer {token}"))
    }

    /// Says that it is there.
    pub(crate) async fn heartbeat(&self) -> Answer {
        let body = json!({ "version": "0.0.0", "applied_version": 0 });
        self.caller().post("/v1/agent/heartbeats", body).await
    }
}

/// Presents a registration token with a public key.
pub(crate) async fn present(token: &str, public_key: &str) -> Answer {
    let body = json!({
        "token": token, "public_key": public_key, "name": "by-hand", "version": "0.0.0", "driver": "none",
    });
    Caller::anyone().post("/v1/agent/registrations", body).await
}

/// A new key pair: the private half as PKCS #8, the public half as an agent sends it.
pub(crate) fn key_pair() -> (Vec<u8>, String) {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key pair");
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key pair");
    (document.as_ref().to_vec(), URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()))
}
