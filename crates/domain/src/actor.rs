//! Who did something, as written in events and envelopes.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{agent::AgentId, api_key::ApiKeyId, tenant::TenantId};

/// The author of a change: `user:<subject>`, `api_key:key_…`, `agent:agt_…`, `tenant:ten_…` or `system:<part>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, by the subject that the identity provider gives.
    User(String),
    /// An API key.
    ApiKey(ApiKeyId),
    /// An agent in a cluster.
    Agent(AgentId),
    /// Somebody of another tenant, whose own log says who.
    Tenant(TenantId),
    /// A part of Switchtower itself, such as `fleet-watch`.
    System(String),
}

/// Why a text is not an [`Actor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected `user:…`, `api_key:…`, `agent:…`, `tenant:…` or `system:…`")]
pub struct ParseActorError;

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(subject) => write!(f, "user:{subject}"),
            Self::ApiKey(id) => write!(f, "api_key:{id}"),
            Self::Agent(id) => write!(f, "agent:{id}"),
            Self::Tenant(id) => write!(f, "tenant:{id}"),
            Self::System(part) => write!(f, "system:{part}"),
        }
    }
}

impl FromStr for Actor {
    type Err = ParseActorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(':').ok_or(ParseActorError)?;
        match kind {
            "user" if !rest.is_empty() => Ok(Self::User(rest.to_owned())),
            "api_key" => rest.parse().map(Self::ApiKey).map_err(|_| ParseActorError),
            "agent" => rest.parse().map(Self::Agent).map_err(|_| ParseActorError),
            "tenant" => rest.parse().map(Self::Tenant).map_err(|_| ParseActorError),
            "system" if !rest.is_empty() => Ok(Self::System(rest.to_owned())),
            _ => Err(ParseActorError),
        }
    }
}

impl Serialize for Actor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Actor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for Actor {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("`user:<subject>`, `api_key:<id>`, `agent:<id>`, `tenant:<id>` or `system:<part>`."))
            .examples(["api_key:key_01k2m5z8h3v9q4x7n6p0r2s1t5"])
            .into()
    }
}

impl ToSchema for Actor {}
