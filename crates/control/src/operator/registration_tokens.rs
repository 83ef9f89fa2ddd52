//! Registration tokens: issued once, shown once.

use jiff::SignedDuration;
use switchtower_domain::{
    change::Change,
    cluster::{Cluster, ClusterId},
    credential::Credential,
    event::EventDraft,
    name::{Labels, Name},
    operation,
    registration_token::{LIFETIME_SECONDS, RegistrationToken, RegistrationTokenId, TokenStatus},
    resource::Resource,
};
use switchtower_store::{Commit, Listed};

use crate::{
    Call, Control, Error, call,
    resource::{ListRequest, Target},
};

impl Control {
    /// Issues a token that registers one agent in a cluster; the secret is in this answer only.
    pub async fn registration_token_issue(
        &self,
        call: &Call,
        cluster: ClusterId,
    ) -> Result<(Resource<RegistrationToken>, String), Error> {
        let granted = call.authorize(&operation::registration_token_issue)?;
        let cluster = self.cluster_of(call, cluster).await?;
        cluster.body.accepts_agents()?;
        let id: RegistrationTokenId = call.context.id();
        let secret = Credential::new(id, call.context.secret()).reveal();
        let lifetime = SignedDuration::from_secs(LIFETIME_SECONDS);
        let body = RegistrationToken {
            cluster_id: cluster.id,
            status: TokenStatus::Unused,
            expires_at: call.context.now.saturating_add(lifetime).unwrap_or(call.context.now),
            agent_id: None,
        };
        let name = Name::slugify(&format!("{}-{}", cluster.name, id.suffix()), "token");
        let token = Resource::new(id, granted.tenant_id(), name, Labels::default(), body, &call.stamp());
        let event = EventDraft::new("registration_token.issued").about(cluster.id);
        let change = Change::created(token.clone(), event);
        Commit::new(&granted, &call.context)
            .change(&change)
            .unchanged(&cluster)
            .token_auth(&token, call::sha256(&secret))
            .send(&self.store)
            .await?;
        Ok((token, secret))
    }

    /// The tokens of a cluster, without their secrets.
    pub async fn registration_token_list(
        &self,
        call: &Call,
        cluster: ClusterId,
        request: ListRequest,
    ) -> Result<Listed<Resource<RegistrationToken>>, Error> {
        let operation = &operation::registration_token_list;
        let cluster = self.cluster_of(call, cluster).await?;
        self.list_group(call, operation, &cluster.id.to_string(), request).await
    }

    /// Withdraws a token.
    pub async fn registration_token_revoke(
        &self,
        call: &Call,
        cluster: ClusterId,
        token: RegistrationTokenId,
    ) -> Result<Resource<RegistrationToken>, Error> {
        let operation = &operation::registration_token_revoke;
        let decide = |token: Resource<RegistrationToken>, stamp: &_| {
            if token.body.cluster_id != cluster {
                return Err(Error::NotFound { kind: "registration token" });
            }
            Ok(token.revoke(stamp)?)
        };
        self.act(call, operation, Target::any(token), decide).await
    }

    /// A cluster of the caller's tenant.
    pub(crate) async fn cluster_of(&self, call: &Call, cluster: ClusterId) -> Result<Resource<Cluster>, Error> {
        let found = self.store.get(call.caller.tenant_id(), cluster).await?;
        found.ok_or(Error::NotFound { kind: "cluster" })
    }
}
