//! Agents: a pair of keys, and tokens that are signed with it.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::{Answer, Client, World};

/// The audience of agents' tokens.
pub const AUDIENCE: &str = "https://switchtower/tests";

/// A pair of keys.
pub struct AgentKey {
    /// The public half, as it is registered.
    pub public: String,
    signing: EncodingKey,
}

impl AgentKey {
    /// A new pair.
    pub fn new() -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("an Ed25519 key");
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("the key can be read");
        let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        Self { public, signing: EncodingKey::from_ed_der(pkcs8.as_ref()) }
    }

    /// Signs claims under a key id.
    pub fn sign(&self, kid: &str, claims: &Value) -> String {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.signing).expect("the claims can be signed")
    }
}

impl Default for AgentKey {
    fn default() -> Self {
        Self::new()
    }
}

/// A registered agent.
pub struct Agent {
    /// Its id.
    pub id: String,
    /// Its keys.
    pub key: AgentKey,
}

impl Agent {
    /// The claims of its tokens, good for a minute.
    pub fn claims(&self) -> Value {
        let now = Timestamp::now().as_second();
        json!({ "sub": self.id, "aud": AUDIENCE, "iat": now, "exp": now + 60 })
    }

    /// A token.
    pub fn token(&self) -> String {
        self.key.sign(&self.id, &self.claims())
    }

    /// The agent, sending requests.
    pub fn client<'w>(&self, world: &'w World) -> Client<'w> {
        world.anyone().bearer(&self.token())
    }
}

impl World {
    /// Asks to register an agent with a token.
    pub async fn register(&self, token: &str, key: &AgentKey) -> Answer {
        let request = json!({
            "token": token, "public_key": key.public, "name": "agent-1", "version": "0.1.0", "driver": "directory",
        });
        self.anyone().post("/v1/agent/registrations", request).await
    }

    /// Registers an agent in a cluster.
    pub async fn agent(&self, owner: &Client<'_>, cluster: &str) -> Agent {
        let issued = owner.act(&format!("/v1/operator/clusters/{cluster}/registration-tokens")).await.ok(201);
        let key = AgentKey::new();
        let answer = self.register(issued["token"].as_str().expect("a token"), &key).await.ok(201);
        Agent { id: answer["agent_id"].as_str().expect("an id").to_owned(), key }
    }
}
