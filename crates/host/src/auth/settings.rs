//! What tokens are checked against.

use jsonwebtoken::{Algorithm, Validation};

use crate::Config;

/// Seconds by which clocks may differ.
const LEEWAY: u64 = 60;

/// Issuer and audiences.
#[derive(Debug, Clone)]
pub(super) struct Settings {
    /// The issuer of users' tokens.
    pub(super) issuer: String,
    audiences: Vec<String>,
    agent_audience: String,
}

impl Settings {
    pub(super) fn new(config: &Config) -> Self {
        let oidc = &config.oidc;
        Self { issuer: oidc.issuer.clone(), audiences: oidc.audiences.clone(), agent_audience: config.audience.clone() }
    }

    /// The rules for users' tokens: `algorithm` is the key's, never the token's own choice.
    pub(super) fn user(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_audience(&self.audiences);
        validation.set_issuer(&[&self.issuer]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }

    /// The rules for agents' tokens.
    pub(super) fn agent(&self) -> Validation {
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.leeway = LEEWAY;
        validation.set_audience(&[&self.agent_audience]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        validation
    }
}
