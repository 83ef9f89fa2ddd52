//! API keys.

use jiff::Timestamp;
use switchtower_api::{Authenticated, Named, Problem, Scope, edge::code};
use switchtower_control::call::{self, ReadAhead};
use switchtower_domain::{
    access::Caller,
    actor::Actor,
    api_key::{ApiKey, ApiKeyId, ApiKeyStatus},
    credential::Credential,
};
use switchtower_store::{
    Key,
    auth::{ApiKeyAuth, Membership, TenantAuth},
};

use super::{Auth, expect_active, keys, store_problem};

impl Auth {
    /// Checks an API key. One whose checksum is wrong is refused without a read.
    pub(super) async fn api_key(
        &self,
        text: &str,
        wanted: Option<&str>,
        scope: Scope,
        named: Option<Named<'_>>,
        now: Timestamp,
    ) -> Result<Authenticated, Problem> {
        let credential: Credential<ApiKey> = text.parse().map_err(|_| {
            Problem::new(code::invalid_api_key, "The API key is not complete, or mistyped. Copy it again.")
        })?;
        let refused = || Problem::new(code::invalid_api_key, "The API key is not known. Create a new one.");
        let (auth, tenant, ahead) = self.api_key_rows(credential.id, named).await?.ok_or_else(refused)?;
        if !call::same(&auth.sha256, &call::sha256(text)) {
            return Err(refused());
        }
        match auth.key.status_at(now) {
            ApiKeyStatus::Active | ApiKeyStatus::Expiring => {}
            status => {
                let detail = format!("The API key is {}. Create a new one.", status.name());
                return Err(Problem::new(code::invalid_api_key, detail));
            }
        }
        expect_active(&tenant)?;
        let tenant_id = tenant.tenant_id;
        if wanted.is_some_and(|wanted| wanted != tenant.slug.as_str() && wanted != tenant_id.to_string()) {
            let detail = "The API key belongs to another tenant than `X-Tenant` names. Leave the header out.";
            return Err(Problem::new(code::permission_denied, detail));
        }
        let actor = Actor::ApiKey(credential.id);
        let roles = auth.key.body.roles;
        let membership =
            Membership { tenant_id, slug: tenant.slug.clone(), subject: actor.to_string(), roles: roles.clone() };
        if scope == Scope::System {
            let detail = "Tenants are managed by users with the role `system-admin`, not by API keys.";
            return Err(Problem::new(code::permission_denied, detail));
        }
        Ok(Authenticated {
            caller: Caller::with_roles(actor, tenant_id, roles),
            cursor_key: tenant.cursor_key,
            memberships: vec![membership],
            system_roles: Vec::new(),
            ahead,
        })
    }

    async fn api_key_rows(
        &self,
        id: ApiKeyId,
        named: Option<Named<'_>>,
    ) -> Result<Option<(ApiKeyAuth, TenantAuth, ReadAhead)>, Problem> {
        let text = id.to_string();
        if let Some(tenant) = self.known_tenant(&text) {
            let tenant_id = tenant.to_string();
            let own = [Key::Auth { id: &text }, Key::Auth { id: &tenant_id }];
            let mut found = self.store.get_many(&keys(tenant, own, named)).await.map_err(store_problem)?;
            let [auth, tenant] = own;
            let auth = found.doc(&auth).map_err(store_problem)?;
            let tenant = found.doc(&tenant).map_err(store_problem)?;
            return Ok(auth.zip(tenant).map(|(auth, tenant)| (auth, tenant, ReadAhead::new(found))));
        }
        let auth = self.store.api_key_auth(id).await.map_err(store_problem)?;
        let Some(auth) = auth else { return Ok(None) };
        let tenant = self.store.tenant_auth(auth.key.tenant_id).await.map_err(store_problem)?;
        self.remember(text, auth.key.tenant_id);
        Ok(tenant.map(|tenant| (auth, tenant, ReadAhead::default())))
    }
}
