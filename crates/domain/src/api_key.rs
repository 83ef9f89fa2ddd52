//! API keys: `swt_<id>_<43 characters>_<checksum>`, hashed at rest, shown once.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    change::{Change, Stamp, WrongState},
    event::EventDraft,
    id::resource_id,
    name::{Labels, Name},
    resource::{Kind, Resource},
    role::Role,
};

resource_id!(ApiKey, ApiKeyId, "key");

/// `active` -> `expiring` (rotated, in its grace window) -> `expired`; `active` or `expiring` -> `revoked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyStatus {
    /// Works.
    Active,
    /// Was rotated; works until `expires_at`.
    Expiring,
    /// Refused since it was revoked.
    Revoked,
    /// Refused since `expires_at`.
    Expired,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ApiKey {
    /// What its holder may do in the tenant.
    pub roles: Vec<Role>,
    /// Whether it works.
    pub status: ApiKeyStatus,
    /// From when it is refused.
    pub expires_at: Option<Timestamp>,
    /// The key that replaces it, once rotated.
    pub replaced_by: Option<ApiKeyId>,
}

/// What makes an API key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyInput {
    /// A name, unique among the tenant's keys.
    pub name: Name,
    /// The labels.
    #[serde(default)]
    #[schema(required = false)]
    pub labels: Labels,
    /// What its holder may do; at most what the caller may do. `system-admin` cannot be given.
    #[schema(min_items = 1, max_items = 6)]
    pub roles: Vec<Role>,
    /// From when it is refused; never, when left out.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

impl Kind for ApiKey {
    const KIND: &'static str = "api_key";
    const UNIQUE_NAME: bool = false;
}

impl Resource<ApiKey> {
    /// Whether the key works at a time, by its own row.
    pub fn status_at(&self, now: Timestamp) -> ApiKeyStatus {
        match self.body.status {
            ApiKeyStatus::Active | ApiKeyStatus::Expiring if self.body.expires_at.is_some_and(|end| end <= now) => {
                ApiKeyStatus::Expired
            }
            status => status,
        }
    }

    /// Refuses the key from its next request on.
    pub fn revoke(self, stamp: &Stamp) -> Result<Change<ApiKey>, WrongState> {
        self.usable("revoke", stamp.now)?;
        let body = ApiKey { status: ApiKeyStatus::Revoked, ..self.body.clone() };
        Ok(self.become_body(body, stamp, EventDraft::new("api_key.revoked")))
    }

    /// Lets the key run out at `until`, in favour of its replacement.
    pub fn retire(self, replaced_by: ApiKeyId, until: Timestamp, stamp: &Stamp) -> Result<Change<ApiKey>, WrongState> {
        self.usable("rotate", stamp.now)?;
        let until = self.body.expires_at.map_or(until, |end| end.min(until));
        let body = ApiKey {
            status: ApiKeyStatus::Expiring,
            expires_at: Some(until),
            replaced_by: Some(replaced_by),
            ..self.body.clone()
        };
        Ok(self.become_body(body, stamp, EventDraft::new("api_key.rotated")))
    }

    fn usable(&self, verb: &'static str, now: Timestamp) -> Result<(), WrongState> {
        match self.status_at(now) {
            ApiKeyStatus::Active => Ok(()),
            ApiKeyStatus::Expiring if verb == "revoke" => Ok(()),
            status => {
                let state = status.name().to_owned();
                let allowed = if verb == "revoke" { "`active` or `expiring`" } else { "`active`" };
                Err(WrongState { kind: ApiKey::KIND, verb, state, allowed })
            }
        }
    }
}

impl ApiKeyStatus {
    /// The status as the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
        }
    }
}
