//! Registration: a token that works once becomes an agent.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use switchtower_domain::{
    access::Caller,
    agent::{Agent, AgentId, AgentStatus},
    change::{Change, Stamp},
    cluster::{Cluster, ClusterId},
    context::Context,
    credential::Credential,
    event::EventDraft,
    field::FieldErrors,
    name::Labels,
    operation,
    registration_token::{RegistrationToken, RegistrationTokenId, TokenStatus},
    resource::{Kind, Resource},
    tenant::{TenantId, TenantStatus},
};
use switchtower_protocol::registration::{Registration, RegistrationRequest};
use switchtower_store::{
    Commit, Key, StoreError,
    auth::{TenantAuth, TokenAuth},
    live::Liveness,
};

use super::TRIES;
use crate::{Control, Error, call};

/// Where another token comes from.
const ANOTHER: &str = "Issue another with `POST /v1/operator/clusters/{id}/registration-tokens`.";

/// What a registration is decided on.
struct Loaded {
    tenant: TenantAuth,
    token: Resource<RegistrationToken>,
    cluster: Resource<Cluster>,
}

impl Control {
    /// Makes an agent of a registration token and a public key.
    ///
    /// INVARIANT: the token is spent in the transaction that makes the agent, on the revision that was found unused: of
    /// two key pairs with one token, one loses, however close they are. The one that won may ask again, since an answer can
    /// be lost on its way: it is told the same (`docs/decisions/repeated-registration.md`).
    pub async fn agent_register(
        &self,
        context: &Context,
        request: &RegistrationRequest,
    ) -> Result<Registration, Error> {
        check_public_key(&request.public_key)?;
        let secret: Credential<RegistrationToken> = request.token.parse().map_err(|_| {
            invalid("This is not a registration token, or a letter of it is missing or wrong. Copy it anew.".to_owned())
        })?;
        let auth = self.store.token_auth(secret.id).await?;
        let auth = auth.filter(|auth| call::same(&auth.sha256, &call::sha256(&request.token)));
        let auth = auth.ok_or_else(|| invalid(format!("There is no such registration token. {ANOTHER}")))?;
        let agent = context.id();
        for _ in 0..TRIES {
            match self.register_once(context, request, secret.id, &auth, agent).await {
                Err(Error::Busy) => {}
                settled => return settled,
            }
        }
        Err(Error::Busy)
    }

    async fn register_once(
        &self,
        context: &Context,
        request: &RegistrationRequest,
        token: RegistrationTokenId,
        auth: &TokenAuth,
        id: AgentId,
    ) -> Result<Registration, Error> {
        let loaded = self.registration_load(auth.tenant_id, token, auth.cluster_id).await?;
        let loaded = loaded.ok_or_else(|| invalid(format!("The token's cluster is gone. {ANOTHER}")))?;
        let Loaded { tenant, token, cluster } = loaded;
        expect_active(&tenant)?;
        if let Some(agent) = self.registered_before(&token, request).await? {
            return Ok(self.registration(agent, &cluster));
        }
        expect_unused(&token, context.now)?;
        let caller = Caller::agent(id, cluster.id, tenant.tenant_id);
        let granted = caller.authorize(&operation::agent_register)?;
        let stamp = context.stamp(&caller);
        let liveness = first_liveness(id, request, &cluster, context.now);
        let change = agent(id, request, &cluster, &stamp);
        let commit = Commit::new(&granted, context)
            .change(&token.spend(id, &stamp)?)
            .change(&change)
            .change(&cluster.clone().agent_registered(&stamp)?)
            .liveness(&liveness)?;
        let commit = match change.after() {
            Some(agent) => commit.agent_auth(agent),
            None => commit,
        };
        commit.send(&self.store).await?;
        Ok(self.registration(id, &cluster))
    }

    /// The agent that this very key pair became with this token.
    async fn registered_before(
        &self,
        token: &Resource<RegistrationToken>,
        request: &RegistrationRequest,
    ) -> Result<Option<AgentId>, Error> {
        let Some(id) = token.body.agent_id else { return Ok(None) };
        let agent =
            self.store.get::<Agent>(token.tenant_id, id).await?.filter(|agent| {
                agent.body.public_key == request.public_key && agent.body.status != AgentStatus::Revoked
            });
        Ok(agent.map(|agent| agent.id))
    }

    fn registration(&self, agent_id: AgentId, cluster: &Resource<Cluster>) -> Registration {
        Registration {
            agent_id,
            cluster_id: cluster.id,
            tenant_id: cluster.tenant_id,
            audience: self.audience.clone(),
            heartbeat_seconds: self.heartbeat_seconds,
        }
    }

    async fn registration_load(
        &self,
        tenant: TenantId,
        token: RegistrationTokenId,
        cluster: ClusterId,
    ) -> Result<Option<Loaded>, StoreError> {
        let (tenant_id, token_id, cluster_id) = (tenant.to_string(), token.to_string(), cluster.to_string());
        let keys = [
            Key::Auth { id: &tenant_id },
            Key::Resource { tenant, kind: RegistrationToken::KIND, id: &token_id },
            Key::Resource { tenant, kind: Cluster::KIND, id: &cluster_id },
        ];
        let mut found = self.store.get_many(&keys).await?;
        let [auth, token, cluster] = keys;
        Ok(match (found.doc(&auth)?, found.doc(&token)?, found.doc(&cluster)?) {
            (Some(tenant), Some(token), Some(cluster)) => Some(Loaded { tenant, token, cluster }),
            _ => None,
        })
    }
}

fn agent(id: AgentId, request: &RegistrationRequest, cluster: &Resource<Cluster>, stamp: &Stamp) -> Change<Agent> {
    let body = Agent {
        cluster_id: cluster.id,
        public_key: request.public_key.clone(),
        version: request.version.clone(),
        driver: request.driver.clone(),
        status: AgentStatus::Online,
        last_heartbeat_at: stamp.now,
    };
    let event = EventDraft::new("agent.registered").about(cluster.id);
    let name = request.name.clone();
    Change::created(Resource::new(id, cluster.tenant_id, name, Labels::default(), body, stamp), event)
}

/// The first liveness. Where agents were before, deployments may be stale: then it is not `online`, so that the first
/// heartbeat sees to them.
fn first_liveness(id: AgentId, request: &RegistrationRequest, cluster: &Resource<Cluster>, now: Timestamp) -> Liveness {
    Liveness {
        agent_id: id,
        tenant_id: cluster.tenant_id,
        cluster_id: cluster.id,
        last_heartbeat_at: now,
        applied_version: 0,
        version: request.version.clone(),
        status: if cluster.body.has_agent { AgentStatus::Degraded } else { AgentStatus::Online },
    }
}

/// Refuses what is not an Ed25519 public key: 32 bytes, in the one spelling that base64url without padding has for them.
fn check_public_key(text: &str) -> Result<(), Error> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32);
    let detail = "It must be 32 bytes in base64url without padding: an Ed25519 public key.";
    bytes.map(drop).ok_or_else(|| FieldErrors::one("/public_key", "not_valid", detail).into())
}

fn expect_active(tenant: &TenantAuth) -> Result<(), Error> {
    match tenant.status {
        TenantStatus::Active => Ok(()),
        TenantStatus::Suspended => {
            let detail = "The tenant is suspended, and registers no agents. Ask a system administrator.";
            Err(Error::refused("tenant_suspended", detail))
        }
    }
}

/// Refuses a token that does not work any more, and says why.
fn expect_unused(token: &Resource<RegistrationToken>, now: Timestamp) -> Result<(), Error> {
    match token.status_at(now) {
        TokenStatus::Unused => Ok(()),
        TokenStatus::Used => {
            let detail = format!("The registration token was used: it registers one agent only. {ANOTHER}");
            Err(Error::refused("registration_token_used", detail))
        }
        TokenStatus::Expired => {
            let at = token.body.expires_at;
            Err(invalid(format!("The registration token expired at {at:.0}. {ANOTHER}")))
        }
        TokenStatus::Revoked => Err(invalid(format!("The registration token was revoked. {ANOTHER}"))),
    }
}

fn invalid(detail: String) -> Error {
    Error::refused("registration_token_invalid", detail)
}

#[cfg(test)]
mod tests {
    use switchtower_domain::actor::Actor;

    use super::*;

    fn stamp() -> Stamp {
        Stamp { now: Timestamp::UNIX_EPOCH, actor: Actor::System("test".into()) }
    }

    fn token() -> Resource<RegistrationToken> {
        let body = RegistrationToken {
            cluster_id: ClusterId::nil(),
            status: TokenStatus::Unused,
            expires_at: Timestamp::from_second(1800).unwrap(),
            agent_id: None,
        };
        let (id, tenant) = (RegistrationTokenId::nil(), TenantId::nil());
        Resource::new(id, tenant, "token-1".parse().unwrap(), Labels::default(), body, &stamp())
    }

    fn code(result: Result<(), Error>) -> &'static str {
        match result {
            Err(Error::Refused { code, .. }) => code,
            Ok(()) => "ok",
            Err(_) => "another error",
        }
    }

    #[test]
    fn a_token_works_until_the_second_it_expires() {
        let at = |second| code(expect_unused(&token(), Timestamp::from_second(second).unwrap()));
        assert_eq!(at(1799), "ok");
        assert_eq!(at(1800), "registration_token_invalid");
    }

    #[test]
    fn a_used_token_is_told_apart_from_a_revoked_one() {
        let used = token().spend(AgentId::nil(), &stamp()).unwrap().after().unwrap().clone();
        assert_eq!(code(expect_unused(&used, stamp().now)), "registration_token_used");
        let revoked = token().revoke(&stamp()).unwrap().after().unwrap().clone();
        assert_eq!(code(expect_unused(&revoked, stamp().now)), "registration_token_invalid");
        // A used token stays used after its time.
        assert_eq!(code(expect_unused(&used, Timestamp::MAX)), "registration_token_used");
    }

    #[test]
    fn a_public_key_is_32_bytes_in_one_spelling() {
        assert!(check_public_key(&URL_SAFE_NO_PAD.encode([7; 32])).is_ok());
        assert!(check_public_key(&URL_SAFE_NO_PAD.encode([7; 31])).is_err());
        assert!(check_public_key(&URL_SAFE_NO_PAD.encode([7; 33])).is_err());
        // The last letter has two bits that must be zero.
        assert!(check_public_key(&format!("{}B", "A".repeat(42))).is_err());
    }
}
