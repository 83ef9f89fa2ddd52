//! Heartbeats.
//!
//! Nearly every heartbeat says nothing new: then it is one conditional write and one read, at the same time. One that ends a
//! silence does more, in an order that may break off anywhere:
//!
//! ```text
//!   1  the heartbeat's time is written, with the status `degraded`, and an inactive cluster becomes active
//!   2  the cluster's deployments are not stale any more
//!   3  the agent is `online`, and so is its liveness
//! ```
//!
//! INVARIANT: the liveness says `online` only after the deployments were seen to. A heartbeat that dies in between leaves a
//! liveness that is not `online`, so that the next one begins anew. What the watch over the fleet writes about a silent
//! cluster, it writes on the condition that no agent was heard since, so 1 also stops a watch that is under way.

use futures::future;
use switchtower_domain::{
    agent::{Agent, AgentStatus},
    cluster::{Capabilities, Cluster, ClusterStatus},
    deployment::Deployment,
    operation,
    resource::Resource,
};
use switchtower_protocol::heartbeat::{Heartbeat, HeartbeatReply};
use switchtower_store::{Commit, CursorKey, Page, StoreError, live::Liveness};

use super::{Own, TRIES, own};
use crate::{Call, Control, Error};

/// The most deployments that one transaction makes current: each is two rows.
const AT_ONCE: usize = 40;

impl Control {
    /// Takes note that an agent is there, and tells how often what is desired on its cluster has changed.
    pub async fn agent_heartbeat(&self, call: &Call, mut heartbeat: Heartbeat) -> Result<HeartbeatReply, Error> {
        let own = own(call, &operation::agent_heartbeat)?;
        let capabilities = heartbeat.capabilities.take();
        let liveness = Liveness {
            agent_id: own.agent,
            tenant_id: own.tenant,
            cluster_id: own.cluster,
            last_heartbeat_at: call.context.now,
            applied_version: heartbeat.applied_version,
            status: AgentStatus::heard(heartbeat.draining),
            version: heartbeat.version,
        };
        let cluster = self.store.cluster_now(own.tenant, own.cluster);
        let (heard, cluster) = future::join(self.store.heard(&liveness), cluster).await;
        let (cluster, desired_version) = cluster?;
        let inactive = cluster.as_ref().is_some_and(|cluster| cluster.body.status == ClusterStatus::Inactive);
        let known = cluster.and_then(|cluster| cluster.body.capabilities);
        if let Some(capabilities) = capabilities.filter(|told| known.as_ref() != Some(told)) {
            self.capabilities_told(call, &own, capabilities).await?;
        }
        if !heard? || inactive {
            self.silence_ended(call, &own, &liveness).await?;
        }
        Ok(HeartbeatReply { desired_version, heartbeat_seconds: self.heartbeat_seconds })
    }

    /// Keeps what an agent can do with its cluster, where publishing looks it up.
    async fn capabilities_told(&self, call: &Call, own: &Own, capabilities: Capabilities) -> Result<(), Error> {
        for _ in 0..TRIES {
            let Some(cluster) = self.store.get::<Cluster>(own.tenant, own.cluster).await? else { return Ok(()) };
            let Some(change) = cluster.told(capabilities.clone(), &call.stamp()) else { return Ok(()) };
            match Commit::new(&own.granted, &call.context).change(&change).send(&self.store).await {
                Err(StoreError::Stale) => {}
                settled => return Ok(settled?),
            }
        }
        Err(Error::Busy)
    }

    async fn silence_ended(&self, call: &Call, own: &Own, liveness: &Liveness) -> Result<(), Error> {
        let draining = liveness.status == AgentStatus::Draining;
        self.cluster_heard(call, own, liveness).await?;
        self.deployments_heard(call, own).await?;
        for _ in 0..TRIES {
            let agent = self.own_agent(own).await?;
            let change = agent.heard(draining, &liveness.version, &call.stamp());
            let mut commit = Commit::new(&own.granted, &call.context).liveness(liveness)?;
            if let Some(change) = &change {
                commit = commit.change(change);
            }
            match commit.send(&self.store).await {
                Err(StoreError::Stale) => {}
                settled => return Ok(settled?),
            }
        }
        Err(Error::Busy)
    }

    /// Step 1.
    async fn cluster_heard(&self, call: &Call, own: &Own, liveness: &Liveness) -> Result<(), Error> {
        let unsettled = Liveness { status: AgentStatus::Degraded, ..liveness.clone() };
        for _ in 0..TRIES {
            self.own_agent(own).await?;
            let cluster: Option<Resource<Cluster>> = self.store.get(own.tenant, own.cluster).await?;
            let mut commit = Commit::new(&own.granted, &call.context).liveness(&unsettled)?;
            if let Some(change) = cluster.and_then(|cluster| cluster.heard(&call.stamp())) {
                commit = commit.change(&change);
            }
            match commit.send(&self.store).await {
                Err(StoreError::Stale) => {}
                settled => return Ok(settled?),
            }
        }
        Err(Error::Busy)
    }

    /// Step 2.
    async fn deployments_heard(&self, call: &Call, own: &Own) -> Result<(), Error> {
        let mut tries = TRIES;
        let mut page = Page { limit: 100, cursor: None, key: CursorKey::new(call.context.secret()) };
        loop {
            let listed = self.store.list_cluster_deployments(own.cluster, &page).await?;
            match self.make_current(call, own, listed.items).await {
                Ok(()) => match listed.next_cursor {
                    Some(next) => page.cursor = Some(next),
                    None => return Ok(()),
                },
                // Somebody changed one of them: the same page again.
                Err(StoreError::Stale) if tries > 0 => tries -= 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn make_current(
        &self,
        call: &Call,
        own: &Own,
        deployments: Vec<Resource<Deployment>>,
    ) -> Result<(), StoreError> {
        let stamp = call.stamp();
        let changes: Vec<_> = deployments.into_iter().filter_map(|deployment| deployment.heard(&stamp)).collect();
        for some in changes.chunks(AT_ONCE) {
            let commit = Commit::new(&own.granted, &call.context);
            some.iter().fold(commit, Commit::change).send(&self.store).await?;
        }
        Ok(())
    }

    /// The agent's row, unless it was revoked or deleted while its request was under way.
    async fn own_agent(&self, own: &Own) -> Result<Resource<Agent>, Error> {
        let agent: Option<Resource<Agent>> = self.store.get(own.tenant, own.agent).await?;
        agent.filter(|agent| agent.body.status != AgentStatus::Revoked).ok_or_else(|| {
            let detail = "The agent was revoked or deleted. Register again with a new registration token.";
            Error::refused("agent_revoked", detail)
        })
    }
}
