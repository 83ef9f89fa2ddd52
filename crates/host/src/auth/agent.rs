//! Agents' tokens: signed with a key that never leaves their cluster, and checked against its public half.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, decode, decode_header};
use switchtower_api::{Authenticated, Problem, edge::code};
use switchtower_control::call::ReadAhead;
use switchtower_domain::{access::Caller, agent::AgentId};
use switchtower_protocol::registration::{AgentClaims, TOKEN_SECONDS};
use switchtower_store::{
    Key,
    auth::{AgentAuth, TenantAuth},
};

use super::{Auth, expect_active, store_problem};

fn invalid(detail: &str) -> Problem {
    Problem::new(code::invalid_token, detail)
}

impl Auth {
    /// Checks an agent's token.
    pub(super) async fn agent(&self, token: &str, now: Timestamp) -> Result<Authenticated, Problem> {
        let header = decode_header(token).map_err(|_| invalid("The token is not a JWT."))?;
        if header.alg != Algorithm::EdDSA {
            return Err(invalid("Agents sign their tokens with EdDSA."));
        }
        let id: Option<AgentId> = header.kid.as_deref().and_then(|kid| kid.parse().ok());
        let id = id.ok_or_else(|| invalid("The token's `kid` is not the id of an agent."))?;
        let unknown = || {
            let detail = "The agent was revoked or deleted. Register it again with a new registration token.";
            Problem::new(code::agent_revoked, detail)
        };
        let (auth, tenant) = self.agent_rows(id).await?.ok_or_else(unknown)?;
        let key = DecodingKey::from_ed_components(&auth.public_key).map_err(|_| unknown())?;
        let checked = decode::<AgentClaims>(token, &key, &self.settings.agent());
        let claims = checked.map_err(|_| invalid("The token's signature, audience or time is not valid."))?.claims;
        if claims.sub != id.to_string() {
            return Err(invalid("The token's `sub` is not its `kid`."));
        }
        let lifetime = claims.exp.saturating_sub(claims.iat);
        let early = claims.iat > now.as_second().saturating_add(TOKEN_SECONDS);
        if !(0..=TOKEN_SECONDS).contains(&lifetime) || early {
            return Err(invalid("An agent's token lives 60 seconds at most."));
        }
        if auth.revoked {
            return Err(unknown());
        }
        expect_active(&tenant)?;
        Ok(Authenticated {
            caller: Caller::agent(id, auth.cluster_id, auth.tenant_id),
            cursor_key: tenant.cursor_key,
            memberships: Vec::new(),
            system_roles: Vec::new(),
            ahead: ReadAhead::default(),
        })
    }

    async fn agent_rows(&self, id: AgentId) -> Result<Option<(AgentAuth, TenantAuth)>, Problem> {
        let text = id.to_string();
        if let Some(tenant) = self.known_tenant(&text) {
            let tenant = tenant.to_string();
            let keys = [Key::Auth { id: &text }, Key::Auth { id: &tenant }];
            let mut found = self.store.get_many(&keys).await.map_err(store_problem)?;
            let [agent, tenant] = keys;
            let auth = found.doc(&agent).map_err(store_problem)?;
            let tenant = found.doc(&tenant).map_err(store_problem)?;
            return Ok(auth.zip(tenant));
        }
        let Some(auth) = self.store.agent_auth(id).await.map_err(store_problem)? else { return Ok(None) };
        let tenant = self.store.tenant_auth(auth.tenant_id).await.map_err(store_problem)?;
        self.remember(text, auth.tenant_id);
        Ok(tenant.map(|tenant| (auth, tenant)))
    }
}
