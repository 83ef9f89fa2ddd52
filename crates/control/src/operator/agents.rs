//! Agents, as operators see them.

use switchtower_domain::{
    agent::{Agent, AgentId, AgentStatus},
    change::Change,
    operation::{self, Operation},
    resource::Resource,
};
use switchtower_store::{Commit, StoreError, live::Liveness};

use crate::{
    Call, Control, Error,
    resource::{TRIES, Target, after},
};

impl Control {
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
        let decide = |agent: Resource<Agent>| Ok(agent.revoke(&call.stamp())?);
        after(self.agent_end(call, &operation::agent_revoke, target, decide).await?)
    }

    /// Forgets an agent, which is refused from its next request on.
    pub async fn agent_delete(&self, call: &Call, id: AgentId) -> Result<(), Error> {
        let decide = |agent: Resource<Agent>| Ok(agent.remove());
        self.agent_end(call, &operation::agent_delete, Target::any(id), decide).await.map(drop)
    }

    /// Ends an agent's rights. Its liveness stays until the watch over the fleet has seen to its cluster.
    async fn agent_end(
        &self,
        call: &Call,
        operation: &Operation,
        target: Target<Agent>,
        decide: impl Fn(Resource<Agent>) -> Result<Change<Agent>, Error>,
    ) -> Result<Change<Agent>, Error> {
        let granted = call.authorize(operation)?;
        for _ in 0..TRIES {
            let agent = self.load(call, &granted, target).await?;
            let liveness = self.store.liveness(agent.body.cluster_id, agent.id).await?;
            let change = decide(agent)?;
            let mut commit = Commit::new(&granted, &call.context).change(&change);
            commit = match change.after() {
                Some(revoked) => commit.agent_auth(revoked),
                None => commit.agent_auth_removed(target.id),
            };
            if let Some(before) = liveness {
                commit = commit.liveness(&Liveness { status: AgentStatus::Revoked, ..before })?;
            }
            match commit.send(&self.store).await {
                Ok(()) => return Ok(change),
                Err(StoreError::Stale) if target.if_match.is_some() => return Err(Error::Stale),
                Err(StoreError::Stale) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Busy)
    }
}
