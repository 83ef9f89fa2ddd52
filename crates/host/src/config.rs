//! Settings, from the environment that the template gives to every function.

use std::env;

/// A function's settings.
#[derive(Debug, Clone)]
pub struct Config {
    /// The stack's name, which the names of its parts begin with.
    pub stack: String,
    /// The table.
    pub table: String,
    /// The audience of agents' tokens.
    pub audience: String,
    /// Seconds between agents' heartbeats.
    pub heartbeat_seconds: u32,
    /// Who vouches for users.
    pub oidc: Oidc,
    /// Whether the function that commits a deployment rings at once.
    pub fast_doorbell: bool,
}

/// The identity provider.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The issuer (`iss`) of users' tokens.
    pub issuer: String,
    /// Their audiences (`aud`); one of them must be in a token.
    pub audiences: Vec<String>,
    /// Where the issuer's keys are; where its OpenID configuration says, when absent.
    pub jwks_url: Option<String>,
}

/// A setting is missing or not valid.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: &'static str,
}

impl Config {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        let issuer = required("OIDC_ISSUER")?;
        Ok(Self {
            stack: required("STACK_NAME")?,
            table: required("TABLE_NAME")?,
            audience: required("API_AUDIENCE")?,
            heartbeat_seconds: number("HEARTBEAT_SECONDS", 30)?,
            oidc: Oidc { audiences: list(&required("OIDC_AUDIENCE")?), issuer, jwks_url: optional("OIDC_JWKS_URL") },
            fast_doorbell: optional("FAST_DOORBELL").is_some_and(|value| value == "on"),
        })
    }
}

/// A setting that must be there.
pub fn required(name: &'static str) -> Result<String, ConfigError> {
    optional(name).ok_or(ConfigError { name, problem: "is not set" })
}

/// A setting that may be missing; an empty one is.
pub fn optional(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn number(name: &'static str, default: u32) -> Result<u32, ConfigError> {
    let parse = |text: String| text.parse().map_err(|_| ConfigError { name, problem: "is not a number" });
    optional(name).map_or(Ok(default), parse)
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
