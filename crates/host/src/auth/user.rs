//! Users: OIDC tokens of one issuer, and membership in tenants.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jsonwebtoken::{decode, decode_header};
use serde::Deserialize;
use switchtower_api::{Authenticated, Problem, Scope, edge::code};
use switchtower_control::call;
use switchtower_domain::{
    access::Caller,
    actor::Actor,
    context::Entropy,
    name::Name,
    role::Role,
    tenant::{SYSTEM_TENANT, TenantId},
};
use switchtower_store::{
    CursorKey, Key,
    auth::{Membership, TenantAuth},
};

use super::{Auth, expect_active, store_problem};

/// The claims of a user's token that matter. Groups and roles come as Cognito, Keycloak and others write them.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    #[serde(rename = "cognito:groups", default)]
    cognito_groups: Vec<String>,
    #[serde(default)]
    realm_access: RealmAccess,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct RealmAccess {
    #[serde(default)]
    roles: Vec<String>,
}

impl Claims {
    /// The roles that the token itself gives. Only the system's: tenants' roles come from memberships.
    fn system_roles(&self) -> Vec<Role> {
        let mut names =
            [&self.cognito_groups, &self.realm_access.roles, &self.roles, &self.groups].into_iter().flatten();
        let admin = Role::SystemAdmin;
        let names_admin = names.any(|name| name.trim_start_matches('/') == admin.name());
        if names_admin { vec![admin] } else { Vec::new() }
    }
}

fn invalid(detail: &str) -> Problem {
    Problem::new(code::invalid_token, detail)
}

impl Auth {
    /// Checks a user's token and picks the tenant.
    pub(super) async fn user(
        &self,
        token: &str,
        wanted: Option<&str>,
        scope: Scope,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<Authenticated, Problem> {
        let claims = self.claims(token, now).await?;
        let system_roles = claims.system_roles();
        let actor = Actor::User(claims.sub.clone());
        let user = call::user_digest(&self.settings.issuer, &claims.sub);
        if scope == Scope::System {
            let cursor_key = self.store.system_cursor_key(entropy.bytes()).await.map_err(store_problem)?;
            let caller = Caller::with_roles(actor, SYSTEM_TENANT, system_roles.iter().copied());
            return Ok(Authenticated { caller, cursor_key, memberships: Vec::new(), system_roles });
        }
        let own = scope == Scope::Own;
        let memberships = match wanted {
            Some(_) if !own => Vec::new(),
            _ => self.store.memberships(&user).await.map_err(store_problem)?,
        };
        let tenant = match (wanted, memberships.as_slice()) {
            (Some(wanted), _) => self.tenant_id(wanted).await?,
            (None, [only]) => Some(only.tenant_id),
            (None, _) if own => {
                let caller = Caller::with_roles(actor, SYSTEM_TENANT, system_roles.iter().copied());
                let cursor_key = CursorKey::new(entropy.bytes());
                return Ok(Authenticated { caller, cursor_key, memberships, system_roles });
            }
            (None, []) if system_roles.is_empty() => {
                let detail = "You are not a member of any tenant. Ask an org-admin to add you.";
                return Err(Problem::new(code::permission_denied, detail));
            }
            (None, _) => {
                let detail = "Say which tenant: send `X-Tenant` with its id or slug. `GET /v1/me` lists yours.";
                return Err(Problem::new(code::tenant_required, detail));
            }
        };
        let found = match tenant {
            Some(tenant) => self.membership(&user, tenant).await?,
            None => None,
        };
        // Whether a tenant exists is not told to those who have nothing to do with it.
        let stranger = || {
            let wanted = wanted.unwrap_or_default();
            Problem::new(code::permission_denied, format!("You are not a member of the tenant `{wanted}`."))
        };
        let (tenant, membership) = found.ok_or_else(stranger)?;
        if membership.is_none() && system_roles.is_empty() {
            return Err(stranger());
        }
        expect_active(&tenant)?;
        let roles: BTreeSet<_> =
            membership.iter().flat_map(|membership| &membership.roles).chain(&system_roles).copied().collect();
        let caller = Caller::with_roles(actor, tenant.tenant_id, roles);
        Ok(Authenticated { caller, cursor_key: tenant.cursor_key, memberships, system_roles })
    }

    async fn claims(&self, token: &str, now: Timestamp) -> Result<Claims, Problem> {
        let header = decode_header(token).map_err(|_| invalid("The token is not a JWT that can be checked."))?;
        let kid = header.kid.ok_or_else(|| invalid("The token names no key (`kid`)."))?;
        let key = self.jwks.key(&kid, now).await?;
        if header.alg != key.algorithm {
            return Err(invalid("The token is signed with another algorithm than its key is for."));
        }
        let detail = "The token's signature, issuer, audience or time is not valid. Sign in again.";
        let checked = decode::<Claims>(token, &key.key, &self.settings.user(key.algorithm));
        checked.map(|token| token.claims).map_err(|_| invalid(detail))
    }

    /// The tenant of an id or slug. A slug never changes hands, so it is remembered.
    async fn tenant_id(&self, wanted: &str) -> Result<Option<TenantId>, Problem> {
        if let Ok(id) = wanted.parse() {
            return Ok(Some(id));
        }
        if let Some(known) = self.known_tenant(wanted) {
            return Ok(Some(known));
        }
        let Ok(slug) = wanted.parse::<Name>() else { return Ok(None) };
        let found = self.store.tenant_by_slug(&slug).await.map_err(store_problem)?;
        if let Some(tenant) = found {
            self.remember(wanted.to_owned(), tenant);
        }
        Ok(found)
    }

    async fn membership(
        &self,
        user: &str,
        tenant: TenantId,
    ) -> Result<Option<(TenantAuth, Option<Membership>)>, Problem> {
        let id = tenant.to_string();
        let keys = [Key::Auth { id: &id }, Key::Member { user, tenant }];
        let mut found = self.store.get_many(&keys).await.map_err(store_problem)?;
        let [auth, member] = keys;
        let auth = if tenant == SYSTEM_TENANT { None } else { found.doc(&auth).map_err(store_problem)? };
        let member = found.doc(&member).map_err(store_problem)?;
        Ok(auth.map(|auth| (auth, member)))
    }
}
