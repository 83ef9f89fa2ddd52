//! How an agent introduces itself.

use serde::{Deserialize, Serialize};
use switchtower_domain::{agent::AgentId, cluster::ClusterId, name::Name, tenant::TenantId};
use utoipa::ToSchema;

/// What an agent sends once, with a registration token.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationRequest {
    /// The registration token.
    #[schema(min_length = 1, max_length = 200)]
    pub token: String,
    /// The Ed25519 public key: 32 bytes in base64url without padding.
    #[schema(min_length = 43, max_length = 43, pattern = "^[A-Za-z0-9_-]{43}$")]
    pub public_key: String,
    /// A name for people, such as the host's.
    pub name: Name,
    /// The agent's version.
    #[schema(min_length = 1, max_length = 63)]
    pub version: String,
    /// How it applies desired state, such as `directory`.
    #[schema(min_length = 1, max_length = 63)]
    pub driver: String,
}

/// What an agent needs to know from then on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Registration {
    /// The agent's id: the `kid` of its tokens.
    pub agent_id: AgentId,
    /// Its cluster.
    pub cluster_id: ClusterId,
    /// Its tenant.
    pub tenant_id: TenantId,
    /// The audience (`aud`) of its tokens.
    pub audience: String,
    /// Seconds between heartbeats.
    pub heartbeat_seconds: u32,
}

/// The claims of the tokens that an agent signs itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgentClaims {
    /// The agent's id.
    pub sub: String,
    /// The audience from its registration.
    pub aud: String,
    /// When it was signed, seconds since 1970.
    pub iat: i64,
    /// When it ends: at most 60 seconds after `iat`.
    pub exp: i64,
}

/// How long an agent's token may live, in seconds.
pub const TOKEN_SECONDS: i64 = 60;
