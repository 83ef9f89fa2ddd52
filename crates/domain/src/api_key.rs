//! API keys: `swt_<id>_<43 characters>_<checksum>`, hashed at rest, shown once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
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

/// The two halves of a rotation; both must be written, or neither.
#[derive(Debug, Clone)]
pub struct Rotation {
    /// The old key, which runs out.
    pub retired: Change<ApiKey>,
    /// The key that replaces it.
    pub replacement: Change<ApiKey>,
}

/// What makes an API key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApiKeyInput {
    /// A name for people; several keys may have the same.
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

impl ApiKey {
    /// A key that works, for an input whose roles and expiry were checked.
    pub fn draft(roles: impl IntoIterator<Item = Role>, expires_at: Option<Timestamp>) -> Self {
        let roles: BTreeSet<_> = roles.into_iter().collect();
        Self { roles: roles.into_iter().collect(), status: ApiKeyStatus::Active, expires_at, replaced_by: None }
    }
}

impl Resource<ApiKey> {
    /// The key with the status that it has at a time.
    #[must_use]
    pub fn seen_at(self, now: Timestamp) -> Self {
        let status = self.status_at(now);
        Self { body: ApiKey { status, ..self.body }, ..self }
    }

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

    /// Lets the key run out at `until`, in favour of a new one that may do the same and lasts no longer.
    pub fn rotate(self, id: ApiKeyId, until: Timestamp, stamp: &Stamp) -> Result<Rotation, WrongState> {
        self.usable("rotate", stamp.now)?;
        let (name, labels) = (self.name.clone(), self.labels.clone());
        let replacement = Self::new(id, self.tenant_id, name, labels, self.body.clone(), stamp).created();
        let until = self.body.expires_at.map_or(until, |end| end.min(until));
        let body = ApiKey {
            status: ApiKeyStatus::Expiring,
            expires_at: Some(until),
            replaced_by: Some(id),
            ..self.body.clone()
        };
        let event = EventDraft::new("api_key.rotated").with(json!({ "replaced_by": id, "expires_at": until }));
        Ok(Rotation { retired: self.become_body(body, stamp, event), replacement })
    }

    /// The creation of this key.
    pub fn created(self) -> Change<ApiKey> {
        let event = EventDraft::new("api_key.created").with(json!({ "roles": self.body.roles }));
        Change::created(self, event)
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{actor::Actor, tenant::SYSTEM_TENANT};

    fn stamp() -> Stamp {
        Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::User("u".to_owned()) }
    }

    fn key(expires_at: Option<Timestamp>) -> Resource<ApiKey> {
        let body = ApiKey::draft([Role::Viewer, Role::Operator, Role::Viewer], expires_at);
        Resource::new(ApiKeyId::nil(), SYSTEM_TENANT, "ci".parse().unwrap(), Labels::default(), body, &stamp())
    }

    fn after(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn rotation_lets_the_old_key_run_out_and_makes_one_that_may_do_the_same() {
        let Rotation { retired, replacement } = key(None).rotate(ApiKeyId::nil().next(), after(60), &stamp()).unwrap();
        let (old, new) = (retired.after().unwrap().clone(), replacement.after().unwrap().clone());
        assert_eq!(old.status_at(after(59)), ApiKeyStatus::Expiring);
        assert_eq!(old.status_at(after(60)), ApiKeyStatus::Expired);
        assert_eq!(old.body.replaced_by, Some(new.id));
        assert_eq!((new.body.roles, new.body.expires_at), (vec![Role::Operator, Role::Viewer], None));
        assert!(old.rotate(ApiKeyId::nil(), after(60), &stamp()).is_err());
    }

    #[test]
    fn rotation_prolongs_neither_key() {
        let rotation = key(Some(after(10))).rotate(ApiKeyId::nil().next(), after(60), &stamp()).unwrap();
        for change in [rotation.retired, rotation.replacement] {
            assert_eq!(change.after().unwrap().body.expires_at, Some(after(10)));
        }
    }

    #[test]
    fn a_key_is_revoked_once() {
        let revoked = key(None).revoke(&stamp()).unwrap().after().unwrap().clone();
        assert_eq!(revoked.status_at(after(1)), ApiKeyStatus::Revoked);
        assert!(revoked.revoke(&stamp()).is_err());
    }

    #[test]
    fn an_expired_key_is_neither_revoked_nor_rotated() {
        let lapsed = key(Some(after(-1)));
        assert_eq!(lapsed.clone().seen_at(after(0)).body.status, ApiKeyStatus::Expired);
        assert!(lapsed.clone().revoke(&stamp()).is_err());
        assert!(lapsed.rotate(ApiKeyId::nil(), after(5), &stamp()).is_err());
    }
}
