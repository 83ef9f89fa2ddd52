//! What callers are checked against: kept apart from the resources, so that no listing can show it.

use aws_sdk_dynamodb::types::{AttributeValue, ConditionCheck};
use serde::{Deserialize, Serialize};
use switchtower_domain::{
    agent::{Agent, AgentId},
    api_key::{ApiKey, ApiKeyId},
    cluster::ClusterId,
    name::Name,
    registration_token::{RegistrationToken, RegistrationTokenId},
    resource::{Kind, Resource},
    role::Role,
    tenant::{Tenant, TenantId, TenantStatus},
};

use crate::{
    Store,
    commit::{Commit, Refusal},
    cursor::CursorKey,
    error::StoreError,
    item,
    key::{self, Key},
    read::Range,
};

/// What a tenant's callers are checked against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TenantAuth {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Its slug.
    pub slug: Name,
    /// Whether its requests are answered.
    pub status: TenantStatus,
    /// What its cursors are signed with.
    pub cursor_key: CursorKey,
}

/// What an API key is checked against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ApiKeyAuth {
    /// The key, whose status and roles decide.
    pub key: Resource<ApiKey>,
    /// SHA-256 of the whole secret, in hexadecimal.
    pub sha256: String,
}

/// What a registration token is checked against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TokenAuth {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its cluster.
    pub cluster_id: ClusterId,
    /// SHA-256 of the whole secret, in hexadecimal.
    pub sha256: String,
}

/// What an agent's tokens are checked against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AgentAuth {
    /// Its tenant.
    pub tenant_id: TenantId,
    /// Its cluster.
    pub cluster_id: ClusterId,
    /// Its Ed25519 public key, in base64url without padding.
    pub public_key: String,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// A user's roles in a tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Membership {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The tenant's slug.
    pub slug: Name,
    /// The user, by subject.
    pub subject: String,
    /// What the user may do.
    pub roles: Vec<Role>,
}

impl Commit<'_> {
    /// Lets a tenant's callers be checked.
    pub fn tenant_auth(self, tenant: &Resource<Tenant>, cursor_key: CursorKey) -> Self {
        let doc =
            TenantAuth { tenant_id: tenant.id, slug: tenant.name.clone(), status: tenant.body.status, cursor_key };
        self.put(&Key::Auth { id: &tenant.id.to_string() }, "tenant_auth", tenant.id, &doc)
    }

    /// Refuses the transaction while a tenant is suspended.
    pub(crate) fn tenant_is_active(&mut self, id: &str, refusal: Refusal) {
        let names = ["doc", "status"].map(|name| (format!("#{name}"), name.to_owned()));
        let check = ConditionCheck::builder()
            .table_name(String::new())
            .set_key(Some(Key::Auth { id }.values().into()))
            .condition_expression("#doc.#status = :active")
            .set_expression_attribute_names(Some(names.into()))
            .expression_attribute_values(":active", AttributeValue::S("active".to_owned()))
            .build()
            .map_err(|error| StoreError::Unavailable(Box::new(error)));
        match check {
            Ok(check) => self.add_check(check, refusal),
            Err(error) => self.note(Err(error)),
        }
    }

    /// Lets an API key be checked.
    pub fn api_key_auth(self, key: &Resource<ApiKey>, sha256: String) -> Self {
        let doc = ApiKeyAuth { key: key.clone(), sha256 };
        self.put(&Key::Auth { id: &key.id.to_string() }, "api_key_auth", key.tenant_id, &doc)
    }

    /// Lets a registration token be checked.
    pub fn token_auth(self, token: &Resource<RegistrationToken>, sha256: String) -> Self {
        let doc = TokenAuth { tenant_id: token.tenant_id, cluster_id: token.body.cluster_id, sha256 };
        self.insert(&Key::Auth { id: &token.id.to_string() }, "token_auth", token.tenant_id, &doc)
    }

    /// Lets an agent be checked.
    pub fn agent_auth(self, agent: &Resource<Agent>) -> Self {
        let doc = AgentAuth {
            tenant_id: agent.tenant_id,
            cluster_id: agent.body.cluster_id,
            public_key: agent.body.public_key.clone(),
            revoked: agent.body.status == switchtower_domain::agent::AgentStatus::Revoked,
        };
        self.put(&Key::Auth { id: &agent.id.to_string() }, "agent_auth", agent.tenant_id, &doc)
    }

    /// Refuses an agent, whose row is going.
    pub fn agent_auth_removed(self, agent: AgentId) -> Self {
        self.remove(&Key::Auth { id: &agent.to_string() })
    }

    /// Makes a user a member of a tenant. `user` is the digest of issuer and subject.
    pub fn member(self, user: &str, membership: &Membership) -> Self {
        let key = Key::Member { user, tenant: membership.tenant_id };
        self.put(&key, "membership", membership.tenant_id, membership)
    }
}

impl Store {
    /// What an API key is checked against.
    pub async fn api_key_auth(&self, id: ApiKeyId) -> Result<Option<ApiKeyAuth>, StoreError> {
        self.get_doc(&Key::Auth { id: &id.to_string() }).await
    }

    /// What an agent is checked against.
    pub async fn agent_auth(&self, id: AgentId) -> Result<Option<AgentAuth>, StoreError> {
        self.get_doc(&Key::Auth { id: &id.to_string() }).await
    }

    /// What a registration token is checked against.
    pub async fn token_auth(&self, id: RegistrationTokenId) -> Result<Option<TokenAuth>, StoreError> {
        self.get_doc(&Key::Auth { id: &id.to_string() }).await
    }

    /// What a tenant's callers are checked against.
    pub async fn tenant_auth(&self, id: TenantId) -> Result<Option<TenantAuth>, StoreError> {
        self.get_doc(&Key::Auth { id: &id.to_string() }).await
    }

    /// What the system's own cursors are signed with, made when it is first needed.
    pub async fn system_cursor_key(&self, random: [u8; 32]) -> Result<CursorKey, StoreError> {
        let tenant = switchtower_domain::tenant::SYSTEM_TENANT;
        let id = tenant.to_string();
        let key = Key::Auth { id: &id };
        if let Some(found) = self.get_doc(&key).await? {
            return Ok(found);
        }
        let row = item::item(&key, "cursor_key", tenant, &CursorKey::new(random))?;
        self.put_if_absent(row).await?;
        let found = self.get_doc(&key).await?;
        found.ok_or_else(|| StoreError::corrupt(id.clone(), "it was written and is not there"))
    }

    /// The tenant of that slug.
    pub async fn tenant_by_slug(&self, slug: &Name) -> Result<Option<TenantId>, StoreError> {
        let tenant = switchtower_domain::tenant::SYSTEM_TENANT;
        self.get_doc(&Key::Name { tenant, kind: Tenant::KIND, name: slug.as_str() }).await
    }

    /// A user's tenants; at most 100. `user` is the digest of issuer and subject.
    pub async fn memberships(&self, user: &str) -> Result<Vec<Membership>, StoreError> {
        let range = Range::table(key::member_partition(user)).beginning(key::MEMBER);
        self.query(&range, None, 100).await?.into_iter().map(item::doc).collect()
    }
}
