//! Users: OIDC tokens of one issuer, and membership in tenants.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use jsonwebtoken::{decode, decode_header};
use serde::Deserialize;
use serde_json::Value;
use switchtower_api::{Authenticated, Named, Problem, Scope, edge::code};
use switchtower_control::call::{self, ReadAhead};
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

use super::{Auth, expect_active, keys, store_problem};

/// The claims of a user's token that matter.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    /// Groups and roles, as Cognito, Keycloak and others write them.
    #[serde(flatten)]
    others: HashMap<String, Value>,
}

impl Claims {
    /// The roles that the token itself gives. Only the system's: tenants' roles come from memberships.
    ///
    /// A claim of another shape than a list of names gives nothing, and is no reason to refuse the token.
    fn system_roles(&self) -> Vec<Role> {
        let keycloak = self.others.get("realm_access").and_then(|access| access.get("roles"));
        let lists = ["cognito:groups", "roles", "groups"].into_iter().filter_map(|name| self.others.get(name));
        let mut names = lists.chain(keycloak).filter_map(Value::as_array).flatten().filter_map(Value::as_str);
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
        named: Option<Named<'_>>,
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
            let (memberships, ahead) = (Vec::new(), ReadAhead::default());
            return Ok(Authenticated { caller, cursor_key, memberships, system_roles, ahead });
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
                let ahead = ReadAhead::default();
                return Ok(Authenticated { caller, cursor_key, memberships, system_roles, ahead });
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
            Some(tenant) => self.membership(&user, tenant, named).await?,
            None => None,
        };
        // Whether a tenant exists is not told to those who have nothing to do with it.
        let stranger = || {
            let wanted = wanted.unwrap_or_default();
            Problem::new(code::permission_denied, format!("You are not a member of the tenant `{wanted}`."))
        };
        let (tenant, membership, ahead) = found.ok_or_else(stranger)?;
        if membership.is_none() && system_roles.is_empty() {
            return Err(stranger());
        }
        expect_active(&tenant)?;
        let roles: BTreeSet<_> =
            membership.iter().flat_map(|membership| &membership.roles).chain(&system_roles).copied().collect();
        let caller = Caller::with_roles(actor, tenant.tenant_id, roles);
        Ok(Authenticated { caller, cursor_key: tenant.cursor_key, memberships, system_roles, ahead })
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
        let claims = checked.map_err(|_| invalid(detail))?.claims;
        if claims.sub.is_empty() {
            return Err(invalid("The token's subject (`sub`) is empty."));
        }
        Ok(claims)
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
        named: Option<Named<'_>>,
    ) -> Result<Option<(TenantAuth, Option<Membership>, ReadAhead)>, Problem> {
        let id = tenant.to_string();
        let own = [Key::Auth { id: &id }, Key::Member { user, tenant }];
        let mut found = self.store.get_many(&keys(tenant, own, named)).await.map_err(store_problem)?;
        let [auth, member] = own;
        let auth = if tenant == SYSTEM_TENANT { None } else { found.doc(&auth).map_err(store_problem)? };
        let member = found.doc(&member).map_err(store_problem)?;
        Ok(auth.map(|auth| (auth, member, ReadAhead::new(found))))
    }
}
