//! Agents, as operators see them.

use switchtower_domain::{
    access::Granted,
    agent::{Agent, AgentId},
    cluster::ClusterId,
    operation,
    resource::Resource,
};
use switchtower_store::{Commit, Listed, StoreError};

use crate::{
    Call, Control, Error,
    resource::{ListRequest, Target},
};

impl Control {
    /// The agents of a cluster.
    pub async fn agent_list_by_cluster(
        &self,
        call: &Call,
        cluster: ClusterId,
        request: ListRequest,
    ) -> Result<Listed<Resource<Agent>>, Error> {
        self.list_group(call, &operation::agent_list, &cluster.to_string(), request).await
    }

    /// An agent with its last heartbeat.
    pub async fn agent_get(&self, call: &Call, id: AgentId) -> Result<Resource<Agent>, Error> {
        let mut agent: Resource<Agent> = self.get(call, &operation::agent_get, id).await?;
        if let Some(liveness) = self.store.liveness(agent.body.cluster_id, id).await? {
            agent.body.last_heartbeat_at = liveness.last_heartbeat_at;
        }
        Ok(agent)
    }

    /// Refuses an agent from its next request on; what it applied stays.
    pub async fn agent_revoke(&self, call: &Call, target: Target<Agent>) -> Result<Resource<Agent>, Error> {
        self.act_with(call, &operation::agent_revoke, target, Resource::<Agent>::revoke, |commit, change| {
            Ok(match change.after() {
                Some(agent) => commit.agent_auth(agent).liveness_removed(agent.body.cluster_id, agent.id),
                None => commit,
            })
        })
        .await
    }

    /// Forgets an agent, which is refused from its next request on.
    pub async fn agent_delete(&self, call: &Call, id: AgentId) -> Result<(), Error> {
        let granted = call.authorize(&operation::agent_delete)?;
        for _ in 0..3 {
            match self.agent_delete_once(call, &granted, id).await {
                Err(Error::Busy) => {}
                settled => return settled,
            }
        }
        Err(Error::Busy)
    }

    async fn agent_delete_once(&self, call: &Call, granted: &Granted, id: AgentId) -> Result<(), Error> {
        let found: Option<Resource<Agent>> = self.store.get(granted.tenant_id(), id).await?;
        let agent = found.ok_or(Error::NotFound { kind: "agent" })?;
        let cluster = agent.body.cluster_id;
        let commit = Commit::new(granted, &call.context).change(&agent.remove());
        let commit = commit.agent_auth_removed(id).liveness_removed(cluster, id);
        commit.send(&self.store).await.map_err(|error: StoreError| error.into())
    }
}
