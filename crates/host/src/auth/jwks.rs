//! The identity provider's keys, by `kid`: fetched when first asked for, refreshed on an unknown `kid` at most every 30 s.
//!
//! It fails closed: without keys that are fresh enough, no token is accepted.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet},
};
use serde::Deserialize;
use switchtower_api::{Problem, edge::code};
use tokio::sync::Mutex;

use crate::config::Oidc;

/// How old keys may be before they are fetched again.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// How old keys may be when fetching fails.
const USABLE: SignedDuration = SignedDuration::from_hours(24);
/// How long to wait between fetches, whatever tokens ask for.
const COOLDOWN: SignedDuration = SignedDuration::from_secs(30);
/// The most bytes of a key set.
const MAX_BYTES: usize = 150_000;

static CLIENT: LazyLock<Option<reqwest::Client>> = LazyLock::new(|| {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.timeout(Duration::from_secs(5)).connect_timeout(Duration::from_secs(2)).build().ok()
});

/// A key with the one algorithm that it is used with.
#[derive(Clone)]
pub(super) struct VerifyingKey {
    /// The algorithm: the key's, never the token's own choice.
    pub(super) algorithm: Algorithm,
    /// The key.
    pub(super) key: Arc<DecodingKey>,
}

#[derive(Default)]
struct Cache {
    keys: HashMap<String, VerifyingKey>,
    fetched_at: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// The keys of one identity provider.
pub(super) struct Jwks {
    issuer: String,
    url: Option<String>,
    cache: Mutex<Cache>,
}

/// The part of an OpenID configuration (OpenID Connect Discovery 1.0) that matters.
#[derive(Deserialize)]
struct OpenIdConfiguration {
    issuer: String,
    jwks_uri: String,
}

impl Jwks {
    pub(super) fn new(oidc: &Oidc) -> Self {
        Self { issuer: oidc.issuer.clone(), url: oidc.jwks_url.clone(), cache: Mutex::default() }
    }

    /// The key of that id.
    pub(super) async fn key(&self, kid: &str, now: Timestamp) -> Result<VerifyingKey, Problem> {
        let mut cache = self.cache.lock().await;
        let within = |at: Option<Timestamp>, limit: SignedDuration| at.is_some_and(|at| now.duration_since(at) < limit);
        let known = cache.keys.contains_key(kid);
        if (!known || !within(cache.fetched_at, FRESH)) && !within(cache.tried_at, COOLDOWN) {
            cache.tried_at = Some(now);
            match self.fetch().await {
                Ok(keys) => {
                    cache.keys = keys;
                    cache.fetched_at = Some(now);
                }
                Err(error) => {
                    tracing::error!(%error, issuer = self.issuer, "the identity provider's keys could not be fetched");
                }
            }
        }
        if !within(cache.fetched_at, USABLE) {
            let detail = "Tokens cannot be checked: the identity provider does not answer. Try again in a moment.";
            return Err(Problem::new(code::unavailable, detail));
        }
        cache.keys.get(kid).cloned().ok_or_else(|| {
            Problem::new(code::invalid_token, "The token's `kid` is not a key of the identity provider. Sign in again.")
        })
    }

    async fn fetch(&self) -> Result<HashMap<String, VerifyingKey>, FetchError> {
        let url = match &self.url {
            Some(url) => url.clone(),
            None => self.discover().await?,
        };
        let set: JwkSet = serde_json::from_slice(&get(&url).await?)?;
        Ok(set.keys.iter().filter_map(verifying).collect())
    }

    /// Where the issuer's own OpenID configuration says that its keys are.
    async fn discover(&self) -> Result<String, FetchError> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let configuration: OpenIdConfiguration = serde_json::from_slice(&get(&url).await?)?;
        if configuration.issuer != self.issuer {
            return Err("the OpenID configuration is another issuer's".into());
        }
        let same_scheme = self.issuer.starts_with("http://") || configuration.jwks_uri.starts_with("https://");
        same_scheme.then_some(configuration.jwks_uri).ok_or_else(|| "the keys are not behind TLS".into())
    }
}

type FetchError = Box<dyn std::error::Error + Send + Sync>;

/// A document of the identity provider, bounded in size and time.
async fn get(url: &str) -> Result<Vec<u8>, FetchError> {
    let client = CLIENT.as_ref().ok_or("there is no HTTP client")?;
    let mut response = client.get(url).send().await?.error_for_status()?;
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_BYTES {
            return Err("the document is too large".into());
        }
    }
    Ok(bytes)
}

/// A key of the set, if it is one that tokens may be signed with.
fn verifying(jwk: &Jwk) -> Option<(String, VerifyingKey)> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => Algorithm::EdDSA,
        _ => return None,
    };
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.clone()?, VerifyingKey { algorithm, key: Arc::new(key) }))
}
